"""What jobs ask for: coefficients, room, attempts, threads."""

import math

import pytest
import yaml

from neuropil.grid import Box
from neuropil.resources import (
    COEFFICIENTS,
    HALO_VX,
    LEAST_MB,
    LEAST_MINUTES,
    MOST_THREADS,
    ROOM,
    SNAKEMAKE_MB,
    VOLUMES,
    Extent,
    asked_mb,
    asked_minutes,
    chunk_threads,
    expected_mb,
    expected_seconds,
    read_needs,
)
from repository import ROOT, read_rules

TABLE = ROOT / "rules/resources.yaml"
NEEDS = read_needs(TABLE)
GIB = 1024**3
SHAPES = ((64, 128, 128), (32, 64, 256), (50, 250, 100))  # of chunk, block, tile
EXTENT = Extent(Box.of((96, 200, 200)), *SHAPES, 4, 8, 64, 2.5e-6)
FIRST = "z000_y000_x000"
RULES = {rule.name: rule for rule in read_rules()}


def need(**values):
    return dict.fromkeys(COEFFICIENTS, 0) | values


def test_every_rule_has_an_entry_and_no_entry_is_without_a_rule():
    assert NEEDS.keys() == RULES.keys()


def test_the_table_names_each_rule_once_with_known_words():
    steps = yaml.safe_load(TABLE.read_text())
    named = [rule for entries in steps.values() for rule in entries]
    assert len(named) == len(set(named))
    for step, entries in steps.items():
        for rule, entry in entries.items():
            assert entry.keys() <= {"per", *COEFFICIENTS}, rule
            assert entry["per"] in VOLUMES, rule
            assert entry["mb"] > 0, (step, rule)
            assert entry["s"] > 0, (step, rule)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_asks_for_what_the_table_says_of_itself(rule):
    asked = rule.directives["resources"]
    assert f'mem_mb=memory("{rule.name}")' in asked
    assert f'runtime=minutes("{rule.name}")' in asked
    assert rule.runs_per_chunk or "chunk_threads" not in rule.directives.get(
        "threads", ""
    )
    if NEEDS[rule.name]["per"] == "chunk":
        assert rule.runs_per_chunk
    if rule.runs_per_chunk and "snakemake.threads" in rule.script.read_text():
        assert rule.directives["threads"].strip() == "chunk_threads"


def test_a_chunk_of_1024_voxels_a_side_fits_in_8_gb():
    side = 1024
    shape = (side,) * 3
    tile = (256, 640, 640)  # of 25 x 10 x 10 nm
    extent = Extent(Box.of(shape), shape, (128, 256, 256), tile, 64, 8, 512, 2.5e-6)
    threads = chunk_threads(side**3)
    checked = [rule.name for rule in RULES.values() if rule.runs_per_chunk]
    assert len(checked) > 10
    for rule in checked:
        assert asked_mb(expected_mb(NEEDS[rule], extent, FIRST, threads)) <= 8000, rule


def test_memory_is_the_sum_of_its_parts():
    chunk, block, tile = 64 * 128 * 128 / 1e6, 64 * 96 * 160 / 1e6, 50 * 200 * 100 / 1e6
    of = need(per="chunk", mb=100, mb_per_mvx=2, mb_per_thread=10, mb_per_block_mvx=5)
    steady = 100 + 2 * chunk
    for threads in (1, 4):
        mb = expected_mb(of, EXTENT, FIRST, threads)
        assert mb == pytest.approx(steady + threads * (10 + 5 * block))
    um3 = 96 * 200 * 200 * 2.5e-6
    mb = expected_mb(need(per="dataset", mb=100, mb_per_um3=3), EXTENT)
    assert mb == pytest.approx(100 + 3 * um3)
    mb = expected_mb(need(per="one", mb=100, mb_per_tile_mvx=7), EXTENT)
    assert mb == pytest.approx(100 + 7 * tile)
    seconds = expected_seconds(need(per="chunk", s=3, s_per_mvx=0.5), EXTENT, FIRST)
    assert seconds == pytest.approx(3 + chunk / 2)


def test_what_is_asked_for_has_room_and_grows_with_attempts():
    for expected in (0, 120, 700, 1234, 5678, 123_456):
        asked = asked_mb(expected)
        wanted = expected * ROOM + SNAKEMAKE_MB
        assert max(LEAST_MB, wanted) <= asked <= max(LEAST_MB, wanted * 1.1 + 50)
        assert [asked_mb(expected, n) for n in (2, 3)] == [2 * asked, 3 * asked]
    for expected in (0, 60, 1000, 86_400):
        asked = asked_minutes(expected)
        assert asked >= max(LEAST_MINUTES, expected / 60 * 2)
        assert asked_minutes(expected, 3) == 3 * asked


def test_volumes_of_jobs():
    assert EXTENT.voxels("chunk", FIRST) == 64 * 128 * 128
    assert EXTENT.voxels("chunk", "z001_y001_x000") == 32 * 72 * 128  # at the edge
    whole = 96 * 200 * 200
    assert EXTENT.voxels("dataset") == whole
    assert EXTENT.voxels("bucket") == whole / 4
    assert EXTENT.voxels("shard") == whole / 8
    assert EXTENT.voxels("cube") == 64**3
    assert EXTENT._replace(exported_vx=512).voxels("cube") == whole
    assert EXTENT.voxels("one") == 0
    for per in VOLUMES:
        EXTENT.voxels(per, FIRST)


def test_a_block_is_no_larger_than_its_chunk_and_has_a_halo():
    shape = (32, 64, 128)
    assert EXTENT.tile_voxels == 50 * 200 * 100
    assert EXTENT.block_voxels == math.prod(n + 2 * HALO_VX for n in shape)


def test_threads_of_chunks():
    voxels = [100**3, 512**3, GIB, 4 * GIB, 8 * GIB, 4096**3]
    assert [chunk_threads(n) for n in voxels] == [1, 1, 1, 2, 4, MOST_THREADS]
