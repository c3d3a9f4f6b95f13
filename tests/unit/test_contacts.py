"""Contact sites: equal to the definition, for any grid, and put together to cells."""

import functools
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import contact_oracle as oracle
from contact_tables import cut, gather_all, measure_tables
from neuropil.contacts.chunks import extract_contacts
from neuropil.contacts.linking import TABLES, Linked, link_contacts
from neuropil.contacts.plan import grow_steps, plan_contacts, reach_of, window_radius
from neuropil.contacts.sites import merge_strays
from neuropil.errors import InputError
from neuropil.grid import Box, Grid, voxel_index
from neuropil.kernels.crossings import count_crossings
from neuropil.partitions import ROWS
from neuropil.schemas import contacts as schemas
from neuropil.storage import as_table
from neuropil.surface import line_reach

HIGH = 2**63 + 7
SIZE = (25, 10, 10)
CONFIG = {
    "window_nm": {"z": 75, "y": 50, "x": 50},
    "closing_nm": 30,
    "dilation_nm": 10,
    "reach_nm": 50,
}
FULL = {
    "window_nm": {"z": 175, "y": 130, "x": 130},
    "closing_nm": 70,
    "dilation_nm": 20,
    "reach_nm": 80,
}
Found = namedtuple("Found", ["sites", "labels", "touching", "strays"])


def link(volume, box=None, chunk=None, block=None, config=CONFIG, threads=1, rows=ROWS):
    """Sites of a volume through chunks and blocks: labels of voxels, and tables."""
    box = box or Box.of(volume.shape)
    grid = Grid(box, chunk or box.shape)
    plan = plan_contacts(config, SIZE)
    whole = np.zeros(volume.shape, np.uint32)

    def read(wanted):
        out = np.zeros(wanted.shape, np.uint64)
        inner = wanted.intersect(Box.of(volume.shape))
        out[inner.within(wanted)] = volume[inner.slices]
        return out

    def write(part, labels):
        whole[part.slices] = labels

    chunks = {
        name: extract_contacts(
            *(read, write, (grid.core(name), box), plan, block or box.shape, threads)
        )
        for name in grid.chunks
    }
    for tables in chunks.values():
        for name, table in tables._asdict().items():
            as_table(table, getattr(schemas, name.upper()))
    linked = link_in_parts(chunks, grid, rows)
    strays = [tables.strays for tables in chunks.values()]
    linked = Found(*linked, merge_strays(pd.concat(strays, ignore_index=True)))
    for name, table in linked._asdict().items():
        as_table(table, getattr(schemas, name.upper()))
    sites = np.zeros(volume.shape, np.uint64)
    for name in grid.chunks:
        part = linked.labels[linked.labels["chunk"] == name]
        lookup = np.append(np.uint64(0), part["site"].to_numpy())
        core = grid.core(name).slices
        sites[core] = lookup[whole[core]]
    return sites, linked


def link_in_parts(chunks, grid, rows):
    """Tables of `link_contacts`, whose parts have so many rows."""

    def give(name, chunk, columns=None):
        table = getattr(chunks[chunk], name)
        return cut(table if columns is None else table[columns], rows)

    read = {name: functools.partial(give, name) for name in TABLES}
    return Linked(*gather_all(lambda *held: link_contacts(read, grid, *held), rows))


def equal(one, other):
    for name in ("sites", "touching", "strays"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def tissue(shape, cells, gap, seed=0):
    """Cells of the nearest of random centres, with background between them."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 1, (cells, 3)) * shape * np.array(SIZE)
    place = np.stack(np.indices(shape), -1) * SIZE
    distance = np.linalg.norm(place[..., None, :] - centres, axis=-1)
    volume = np.argmin(distance, -1).astype(np.uint64) + np.uint64(HIGH)
    near = np.sort(distance, -1)
    volume[near[..., 1] - near[..., 0] < gap] = 0
    return volume


def row_values(table, keys):
    columns = [*keys, *schemas.CROSSINGS]
    return {
        (tuple(map(int, row[: len(keys)])), k): int(v)
        for row in table[columns].itertuples(index=False)
        for k, v in enumerate(row[len(keys) :])
        if v
    }


def check_definition(volume, config=CONFIG):
    before = volume.copy()
    sites, linked = link(volume, config=config)
    np.testing.assert_array_equal(volume, before)
    plan = plan_contacts(config, SIZE)
    labels, pairs = oracle.find_sites(volume, plan)
    np.testing.assert_array_equal(sites, labels)
    table = linked.sites
    found = zip(table["site"], table["supervoxel_a"], table["supervoxel_b"])
    assert {s: (a, b) for s, a, b in found} == pairs
    found = zip(linked.touching["site_a"], linked.touching["site_b"])
    assert set(found) == oracle.touching_sites(labels)
    lines = line_reach(SIZE, plan.reach_nm)
    sited, strays = oracle.count_crossings(volume, labels, pairs, lines)
    expected = {((label,), column): n for (label, column), n in sited.items()}
    assert row_values(table, ["site"]) == expected
    assert row_values(linked.strays, (*schemas.PAIR, schemas.BEHIND)) == strays
    for row in table.itertuples():
        place = np.argwhere(labels == row.site)
        assert row.voxel_count == len(place)
        assert (row.z_vx, row.y_vx, row.x_vx) == tuple(place[0])
        assert (row.start_z_vx, row.start_y_vx, row.start_x_vx) == tuple(place.min(0))
        assert (row.stop_z_vx, row.stop_y_vx, row.stop_x_vx) == tuple(place.max(0) + 1)
        assert (row.sum_z_vx, row.sum_y_vx, row.sum_x_vx) == tuple(place.sum(0))


def test_tables_of_crossings_grow_with_what_they_hold():
    rng = np.random.default_rng(0)
    volume = rng.integers(1, 3000, (8, 30, 30)).astype(np.uint64)
    volume[rng.random(volume.shape) < 0.4] = 0
    lines = line_reach(SIZE, 50)
    labels = np.zeros(volume.shape, np.uint32)
    pad = [(n, n) for n in np.abs(lines[0] * lines[2][:, None]).max(axis=0)]
    padded = np.pad(volume, pad, mode="symmetric").astype(np.uint32)
    _, met, crossings = count_crossings(padded, labels, np.zeros(1, np.uint64), lines)
    assert (met[:, 2] == 0).sum() > 2**11 < (met[:, 2] > 0).sum()
    _, strays = oracle.count_crossings(volume, labels, {}, lines)
    found = {
        (tuple(met[row].tolist()), column): int(crossings[row, column])
        for row, column in zip(*crossings.nonzero())
    }
    assert found == strays


shapes = st.tuples(*[st.integers(1, 7)] * 3)
chunks = st.tuples(*[st.integers(2, 6)] * 3)
noise = arrays("u8", shapes, elements=st.sampled_from([0, 0, 1, 5, HIGH, HIGH + 1]))


@settings(max_examples=15)
@given(noise)
def test_noise_equals_the_definition(volume):
    check_definition(volume)


@pytest.mark.parametrize("gap", [0, 15])
def test_tissue_equals_the_definition(gap):
    check_definition(tissue((9, 26, 24), 6, gap), FULL)


@settings(max_examples=15)
@given(noise, chunks, chunks)
def test_noise_is_the_same_in_any_grid(volume, chunk, block):
    sites, linked = link(volume)
    cut_sites, cut_linked = link(volume, chunk=chunk, block=block)
    np.testing.assert_array_equal(cut_sites, sites)
    equal(cut_linked, linked)


@pytest.mark.parametrize(
    ("chunk", "block", "threads"),
    [
        ((16, 40, 44), (5, 17, 44), 1),
        ((7, 23, 13), (4, 23, 7), 2),
        ((3, 50, 5), (9, 9, 9), 1),
    ],
)
@pytest.mark.parametrize("gap", [0, 15])
def test_tissue_is_the_same_in_any_grid(chunk, block, threads, gap):
    volume = tissue((16, 40, 44), 12, gap, seed=1)
    sites, linked = link(volume, config=FULL)
    cut_sites, cut_linked = link(volume, None, chunk, block, FULL, threads)
    np.testing.assert_array_equal(cut_sites, sites)
    equal(cut_linked, linked)
    assert len(linked.sites) > 20


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_tables_in_many_parts_are_those_in_one(rows):
    volume = tissue((16, 40, 44), 12, 15, seed=1)
    cut = (None, (7, 23, 13), (4, 23, 7), FULL)
    sites, linked = link(volume, *cut)
    parted_sites, parted = link(volume, *cut, rows=rows)
    np.testing.assert_array_equal(parted_sites, sites)
    equal(parted, linked)
    pd.testing.assert_frame_equal(parted.labels, linked.labels)
    assert len(linked.labels) > len(linked.sites) > 20


def test_a_box_of_a_volume_sees_nothing_beyond_it():
    volume = tissue((12, 30, 30), 8, 15)
    box = Box((2, 5, 3), (11, 24, 29))
    inner = np.zeros_like(volume)
    inner[box.slices] = volume[box.slices]
    sites, linked = link(volume, box, (4, 10, 11), (3, 5, 7), FULL)
    cut, alone = link(volume[box.slices], config=FULL)
    np.testing.assert_array_equal(sites[box.slices], cut)
    shifted = alone.sites[list(schemas.FIRST)] + box.start
    pd.testing.assert_frame_equal(linked.sites[list(schemas.FIRST)], shifted)


def test_larger_ids_of_the_same_order_change_nothing_but_ids():
    volume = tissue((8, 20, 20), 5, 15)
    small = np.where(volume, volume - np.uint64(HIGH - 1), np.uint64(0))
    sites, linked = link(volume, config=FULL)
    small_sites, small_linked = link(small, config=FULL)
    np.testing.assert_array_equal(small_sites, sites)
    columns = [c for c in linked.sites.columns if c not in schemas.PAIR]
    pd.testing.assert_frame_equal(small_linked.sites[columns], linked.sites[columns])


@pytest.mark.parametrize("value", [0, HIGH])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7)])
def test_volumes_without_two_ids_have_no_sites(shape, value):
    sites, linked = link(np.full(shape, value, np.uint64), chunk=(2, 2, 3))
    assert not sites.any()
    assert not any(len(table) for table in linked)
    members = pd.DataFrame({"supervoxel": [HIGH], "cell": [1]}, dtype="u8")
    assert not any(map(len, measure_tables(linked, members, SIZE, 0.0)))


def measure(volume, cell_of, min_area_um2=0.0, rows=ROWS):
    _, linked = link(volume, chunk=(6, 9, 20), block=(3, 9, 8), config=FULL)
    ids = np.unique(volume[volume != 0])
    members = pd.DataFrame({"supervoxel": ids, "cell": cell_of(ids)}).astype("u8")
    return measure_tables(linked, members, SIZE, min_area_um2, rows)


def slabs(split=True):
    """Two cells that face each other over 10 x 40 voxels; one is cut in two pieces."""
    volume = np.zeros((10, 12, 40), np.uint64)
    volume[:, :5, :20], volume[:, :5, 20:] = HIGH, HIGH + (1 if split else 0)
    volume[:, 7:] = HIGH + 5
    return volume


def test_a_contact_of_two_cells_has_the_area_of_their_interface():
    (contact,) = measure(slabs(split=False), lambda ids: ids).contacts.itertuples()
    assert contact.area_um2 == pytest.approx(0.25 * 0.4, rel=0.1)
    assert contact.z_nm == pytest.approx(125)
    assert contact.y_nm == pytest.approx(60, abs=5)
    assert contact.x_nm == pytest.approx(200)
    assert contact.site_count == 1


def test_pieces_of_a_cell_make_one_contact_of_the_same_area():
    whole = measure(slabs(split=False), lambda ids: ids)
    pieces = measure(slabs(), lambda ids: np.where(ids < HIGH + 5, 1, 2))
    (contact,) = pieces.contacts.itertuples()
    assert contact.site_count == 2
    assert contact.area_um2 == pytest.approx(whole.contacts["area_um2"][0], rel=0.02)
    (pair,) = pieces.pairs.itertuples()
    assert (pair.cell_a, pair.cell_b, pair.contact_count) == (1, 2, 1)
    assert pair.area_um2 == contact.area_um2
    assert pieces.site_contacts["contact"].tolist() == [1, 1]


def test_tissue_cut_into_pieces_has_the_areas_of_its_cells():
    volume = tissue((12, 30, 40), 14, 15)
    pieces = volume.copy()
    pieces[:, :, 20:] += np.uint64(1000) * (volume[:, :, 20:] > 0)
    whole = measure(volume, lambda ids: (ids - HIGH) % 1000 + 1).pairs
    cut = measure(pieces, lambda ids: (ids - HIGH) % 1000 + 1).pairs
    keys = ["cell_a", "cell_b"]
    both = whole.merge(cut, on=keys, how="outer", suffixes=("", "_cut")).fillna(0)
    error = (both["area_um2_cut"] - both["area_um2"]).abs().sum()
    assert error < 0.02 * both["area_um2"].sum()


def test_contacts_of_a_pair_add_up_to_its_area():
    measured = measure(tissue((12, 30, 40), 14, 15), lambda ids: ids % 4)
    total = measured.contacts.groupby(["cell_a", "cell_b"])["area_um2"].sum()
    pairs = measured.pairs.set_index(["cell_a", "cell_b"])
    pairs = pairs[pairs["contact_count"] > 0]
    np.testing.assert_allclose(total.reindex(pairs.index), pairs["area_um2"])
    contacts = measured.contacts
    assert (contacts["cell_a"] < contacts["cell_b"]).all()
    first = voxel_index(*contacts[list(schemas.FIRST)].to_numpy().T, (12, 30, 40))
    assert (first[1:] > first[:-1]).all()


@pytest.mark.parametrize("rows", [1, 5, 40])
def test_contacts_in_many_parts_are_those_in_one(rows):
    volume = tissue((12, 30, 40), 14, 15)
    volume[:, :, 20:] += np.uint64(1000) * (volume[:, :, 20:] > 0)
    arguments = (volume, lambda ids: (ids - HIGH) % 1000 // 2 + 1, 0.01)
    whole, parted = measure(*arguments), measure(*arguments, rows=rows)
    assert (whole.contacts["site_count"] > 1).any()
    assert 10 < len(whole.contacts) < len(whole.site_contacts)
    for one, other in zip(whole, parted):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_small_contacts_are_left_out_but_stay_in_the_area_of_their_pair():
    volume = tissue((12, 30, 40), 14, 15)
    everything = measure(volume, lambda ids: ids)
    large = measure(volume, lambda ids: ids, 0.02)
    assert 0 < len(large.contacts) < len(everything.contacts)
    assert large.contacts["area_um2"].min() >= 0.02
    assert set(large.site_contacts["contact"]) == set(large.contacts["contact"])
    columns = ["cell_a", "cell_b", "area_um2"]
    pd.testing.assert_frame_equal(large.pairs[columns], everything.pairs[columns])


def test_a_supervoxel_without_a_cell_is_named():
    _, linked = link(slabs(), config=FULL)
    members = pd.DataFrame({"supervoxel": [HIGH, HIGH + 1], "cell": [1, 2]})
    with pytest.raises(InputError, match=str(HIGH + 5)):
        measure_tables(linked, members.astype("u8"), SIZE, 0.0)


def test_lengths_become_voxels():
    plan = plan_contacts(FULL, SIZE)
    assert plan.radius == (3, 6, 6)
    assert reach_of(plan.closing) == (2, 7, 7)
    assert reach_of(plan.dilation) == (0, 2, 2)
    assert plan.halo == (7, 22, 22)
    assert [step[0] for step in grow_steps(70, SIZE)] == [0, 0, 1, 0, 1, 0, 0]
    assert grow_steps(70, (10, 10, 10)) == ((1, 1, 1),) * 7
    assert grow_steps(9, (10, 10, 10)) == ()
    assert window_radius(10, 40) == 1
