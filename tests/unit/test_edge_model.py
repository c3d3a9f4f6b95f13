"""What a model of edges sees, learns and says."""

import numpy as np
import pandas as pd
import pytest

from neuropil.classifier.store import read_classifier, write_classifier
from neuropil.errors import InputError
from neuropil.kernels.moments import add_moments
from neuropil.schemas.segmentation import BINS, PARTIAL_EDGES, SEEN
from neuropil.segmentation.edges import link_cells
from neuropil.segmentation.features import label_edges, measure_features
from neuropil.segmentation.learning import KIND, predict_edges, train_edges
from neuropil.segmentation.moments import SUMS as MOMENTS
from neuropil.segmentation.moments import add_up_moments

PAIR = ["supervoxel_a", "supervoxel_b"]
SIZE_NM = (25, 10, 10)


def edge_sums(rng, ends, open_share):
    """Sums of edges whose faces have low values as often as `open_share` says."""
    faces = rng.integers(20, 200, (len(ends), 3))
    total = faces.sum(axis=1)
    low = rng.binomial(total, open_share)
    bins = np.zeros((len(ends), BINS), np.int64)
    bins[:, 2], bins[:, 13] = low, total - low
    map_sum = low * 40 + (total - low) * 215
    table = np.column_stack([faces, map_sum, bins])
    columns = pd.DataFrame(table, columns=PARTIAL_EDGES.columns[2:])
    return pd.DataFrame(np.asarray(ends, np.uint64), columns=PAIR).join(columns)


def grid_of_cells(seed):
    """Forty cells of ten supervoxels in a row each; rows lie side by side."""
    rng = np.random.default_rng(seed)
    number = np.arange(400).reshape(40, 10) + 1
    along = np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    across = np.column_stack([number[:-1].ravel(), number[1:].ravel()])
    ends = np.concatenate([along, across])
    share = np.repeat([0.8, 0.1], [len(along), len(across)])
    sums = edge_sums(rng, ends, share)
    labels = number.astype(np.uint64).repeat(4, 0).repeat(7, 1)[None]
    ends, table = add_moments(labels, labels.astype("u1"), (0, 0, 0), labels.shape)
    rows = pd.DataFrame(ends, columns=PAIR).join(pd.DataFrame(table, columns=MOMENTS))
    moments = add_up_moments([rows])
    shares = pd.DataFrame({"supervoxel": number.ravel().astype(np.uint64)})
    shares["voxel_count"] = rng.integers(500, 5000, 400).astype(np.uint64)
    shares["cell"] = ((number.ravel() - 1) // 10 + 1).astype(np.uint64)
    return sums, moments, shares


def moments_of(counts, ends):
    """Moments of supervoxels of which only the sizes matter, all in one place."""
    keys = [(k, k) for k in counts] + [tuple(pair) for pair in ends]
    rows = pd.DataFrame(np.array(keys, np.uint64), columns=PAIR)
    rows[[*MOMENTS]] = 0
    rows["count"] = [*counts.values(), *(1 for _ in ends)]
    return rows


def cases(seed):
    sums, moments, shares = grid_of_cells(seed)
    return label_edges(measure_features(sums, moments, SIZE_NM), shares)


def test_features_are_those_of_the_tissue():
    sums = edge_sums(np.random.default_rng(0), [[3, 5]], np.array([0.5]))
    sums[["faces_z", "faces_y", "faces_x"]] = [40, 60, 100]
    sums[[f"bin_{k}" for k in range(BINS)]] = 0
    sums[["bin_2", "bin_13", "map_sum"]] = [50, 150, 50 * 40 + 150 * 215]
    moments = moments_of({3: 8000, 5: 400}, [(3, 5)])
    row = measure_features(sums, moments, SIZE_NM).iloc[0]
    area = (40 * 100 + 160 * 250) * 1e-6
    assert row["weight"] == 200
    assert row["share_to_1"] == 0
    assert row["share_to_12"] == 0.25
    assert row["share_to_14"] == 1
    expected = {
        "mean": (50 * 40 + 150 * 215) / 200 / 255,
        "area": np.log(area),
        "share_z": 4000 / 44000,
        "volume_small": np.log(400 * 2.5e-6),
        "volume_large": np.log(8000 * 2.5e-6),
        "relative_area": np.log(area) - 2 / 3 * np.log(400 * 2.5e-6),
    }
    assert row[[*expected]].astype(float).to_dict() == pytest.approx(expected, rel=1e-6)


def test_edges_join_whose_sides_lie_mostly_in_one_true_cell():
    ends = [[1, 2], [1, 3], [2, 4]]
    sums = edge_sums(np.random.default_rng(0), ends, np.full(3, 0.5))
    moments = moments_of(dict.fromkeys(range(1, 5), 10), ends)
    features = measure_features(sums, moments, SIZE_NM)
    rows = [
        (1, 7, 6),
        (1, 8, 4),
        (2, 7, 9),
        (2, 0, 90),
        (3, 8, 5),
        (3, 7, 4),
        (4, 0, 9),
    ]
    shares = pd.DataFrame(rows, columns=["supervoxel", "cell", "voxel_count"])
    labels = label_edges(features, shares.astype("u8"))
    assert labels[PAIR].to_numpy().tolist() == [[1, 2], [1, 3]]  # 4 is in no cell
    assert labels["joined"].tolist() == [True, False]


def test_what_is_learnt_makes_the_cells_of_another_tissue(tmp_path):
    write_classifier(tmp_path / "model.skops", train_edges([cases(1), cases(2)]))
    model = read_classifier(tmp_path / "model.skops", KIND)
    sums, moments, shares = grid_of_cells(3)
    features = measure_features(sums, moments, SIZE_NM)
    scores = predict_edges(model, features)
    joins = link_cells(sums, "q20", scores)
    joined = joins[joins["score"] >= 0.5]
    cell = shares.set_index("supervoxel")["cell"]
    ends = [cell[joined[name]].to_numpy() for name in PAIR]
    assert len(joined) == pytest.approx(40 * 9, abs=5)  # trees split between bins
    assert np.mean(ends[0] == ends[1]) > 0.98


def test_the_same_labels_give_the_same_file(tmp_path):
    for name in "ab":
        write_classifier(tmp_path / name, train_edges([cases(1)]))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_score_of_groups_is_the_mean_over_their_faces():
    sums = edge_sums(
        np.random.default_rng(1), [[1, 2], [1, 3], [2, 3]], np.full(3, 0.5)
    )
    scores = sums[PAIR].assign(score=[0.9, 0.6, 0.2])
    joins = link_cells(sums, "mean", scores)
    faces = sums[["faces_z", "faces_y", "faces_x"]].sum(axis=1).to_numpy()
    mean = (0.6 * faces[1] + 0.2 * faces[2]) / (faces[1] + faces[2])
    assert joins[PAIR].to_numpy().tolist() == [[1, 2], [1, 3]]
    assert joins["score"].to_numpy() == pytest.approx([0.9, mean], abs=2e-4)


def test_too_few_edges_teach_nothing():
    few = cases(1)
    with pytest.raises(
        InputError, match=r"joins 360 edges .* and parts 5; at least 100"
    ):
        train_edges([pd.concat([few[few["joined"]], few[~few["joined"]].head(5)])])


def test_a_model_of_other_features_is_refused():
    model = train_edges([cases(1)])
    features = cases(2).drop(columns=SEEN[-1])
    with pytest.raises(InputError, match=r"reads .'apart'., which edges do not"):
        predict_edges(model, features)


def test_a_classifier_of_synapses_is_no_model_of_edges(tmp_path):
    model = train_edges([cases(1)])
    write_classifier(
        tmp_path / "other.skops", model._replace(parts={"sign": model.parts["joined"]})
    )
    with pytest.raises(InputError, match=r"joined is needed.*snakemake edge_model"):
        read_classifier(tmp_path / "other.skops", KIND)
