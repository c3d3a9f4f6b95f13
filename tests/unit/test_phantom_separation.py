import numpy as np
import pandas as pd

from neuropil.phantom.separation import near_pairs, separate_mitochondria


def balls(*rows):
    columns = ["organelle", "object", "z_nm", "y_nm", "x_nm", "radius_nm"]
    return pd.DataFrame(rows, columns=columns)


def test_of_crowded_mitochondria_the_largest_stay():
    table = balls(
        ("mi", 1, 0.0, 0.0, 0.0, 100.0),
        ("mi", 2, 0.0, 0.0, 150.0, 100.0),  # overlaps 1 and 3
        ("mi", 3, 0.0, 0.0, 300.0, 100.0),
        ("mi", 3, 0.0, 0.0, 400.0, 100.0),
        ("mi", 4, 0.0, 0.0, 600.0, 40.0),  # 60 nm from 3
        ("mi", 5, 0.0, 0.0, 700.0, 40.0),  # 160 nm from 3: free
        ("vc", 1, 0.0, 0.0, 0.0, 100.0),
    )
    out = separate_mitochondria(table)
    assert out["object"].tolist() == [1, 2, 2, 3, 1]
    assert out["x_nm"].tolist() == [0, 300, 400, 700, 0]
    assert out["organelle"].tolist() == ["mi", "mi", "mi", "mi", "vc"]


def test_what_is_left_lies_apart():
    random = np.random.default_rng(0)
    place = random.uniform(0, 1500, (60, 3))
    rows = [("mi", i + 1, *p, 80.0) for i, p in enumerate(place)]
    out = separate_mitochondria(balls(*rows))
    assert len(near_pairs(out)) == 0
    assert sorted(set(out["object"])) == list(range(1, out["object"].max() + 1))


def test_tissue_without_mitochondria_stays_as_it_is():
    table = balls(("vc", 1, 0.0, 0.0, 0.0, 100.0))
    pd.testing.assert_frame_equal(separate_mitochondria(table), table)
