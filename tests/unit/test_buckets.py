import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuropil.buckets import bucket_names, bucket_of


@given(arrays(np.uint64, st.integers(0, 50)), st.integers(1, 200))
def test_every_id_has_a_bucket(ids, count):
    buckets = bucket_of(ids, count)
    assert buckets.shape == ids.shape
    assert ((buckets >= 0) & (buckets < count)).all()
    assert np.array_equal(buckets[::-1], bucket_of(ids[::-1], count))


def test_ids_that_follow_each_other_fill_buckets_evenly():
    for ids in (
        np.arange(1, 64_001),
        np.arange(0, 64_000 * 64, 64),
        2**63 + np.arange(64_000, dtype="u8"),
    ):
        counts = np.bincount(bucket_of(ids.astype(np.uint64), 64), minlength=64)
        assert abs(counts - 1000).max() < 150


def test_names_sort_as_numbers_do():
    for count in (1, 64, 100, 101, 1000):
        names = bucket_names(count)
        assert len(names) == count
        assert names == sorted(names)
        assert list(map(int, names)) == list(range(count))
