"""What the evaluation says in cases whose answer is known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluation_tables import (
    BIG,
    IDENTITY,
    TRUTH,
    make_contacts,
    make_edges,
    make_mapping,
    make_synapses,
    match_volumes,
)
from neuropil.evaluation import connectome, identity, organelles, scores, synapses
from neuropil.grid import Box, tile
from neuropil.schemas import evaluation as schemas
from neuropil.storage import as_table


def outcomes(matches):
    return sorted(zip(matches["outcome"], matches["reason"]))


class TestCells:
    supervoxels = pd.DataFrame(
        {"supervoxel": [1, 2, 3, 4, BIG], "voxel_count": [50, 30, 20, 10, 5]}
    ).astype({"supervoxel": "uint64", "voxel_count": "int64"})
    truth = pd.DataFrame(
        {"supervoxel": [1, 2, 3, 4, BIG], "cell": [7, 7, 8, 8, BIG]}
    ).astype("uint64")

    def find(self, membership, truth):
        shares = identity.share_supervoxels(truth, self.supervoxels)
        return identity.match_cells(membership, shares)

    def match(self, cells):
        membership = self.truth.assign(cell=np.array(cells, "uint64"))
        mapping = self.find(membership, self.truth)
        as_table(mapping, schemas.CELL_MATCHES)
        return mapping.set_index("cell")

    def test_right_cells_map_one_to_one(self):
        mapping = self.match([1, 1, 3, 3, BIG])
        assert mapping["truth_cell"].to_dict() == {1: 7, 3: 8, BIG: BIG}
        assert mapping["main"].all()
        assert (mapping["fraction"] == 1).all()

    def test_fragments_of_a_split_cell_map_to_it_and_the_largest_is_main(self):
        mapping = self.match([1, 2, 3, 3, BIG])
        assert mapping["truth_cell"].to_dict() == {1: 7, 2: 7, 3: 8, BIG: BIG}
        assert mapping["main"].to_dict() == {1: True, 2: False, 3: True, BIG: True}

    def test_a_merged_cell_maps_to_its_majority(self):
        mapping = self.match([1, 1, 1, 1, BIG])
        assert mapping["truth_cell"].to_dict() == {1: 7, BIG: BIG}
        assert mapping.loc[1, "fraction"] == pytest.approx(80 / 110)

    def test_supervoxels_may_lie_in_several_cells(self):
        shares = pd.DataFrame(
            {
                "supervoxel": [1, 1, 2, 2],
                "cell": [7, 8, 8, 0],
                "voxel_count": [9, 5, 6, 1],
            }
        ).astype("uint64")
        membership = pd.DataFrame({"supervoxel": [1, 2], "cell": [5, 5]}, dtype="u8")
        (row,) = identity.match_cells(membership, shares).itertuples()
        assert (row.cell, row.truth_cell, row.voxel_count) == (5, 8, 21)
        assert row.fraction == pytest.approx(11 / 21)

    def test_supervoxels_without_truth_map_to_nothing(self):
        membership = pd.DataFrame({"supervoxel": [1], "cell": [9]}).astype("uint64")
        mapping = self.find(membership, self.truth[1:])
        assert mapping["truth_cell"].tolist() == [0]
        assert not mapping["main"].any()


class TestSynapses:
    def match(self, predicted, truth=TRUTH, mapping=IDENTITY, rejected=None):
        matches = synapses.match_synapses(truth, predicted, mapping, rejected)
        as_table(matches, schemas.SYNAPSE_MATCHES)
        return matches

    def test_a_perfect_prediction_scores_one(self):
        score = synapses.score_synapses(self.match(TRUTH))
        assert score["synapses"] == {
            "precision": 1.0,
            "recall": 1.0,
            "f1": 1.0,
            "matched": 3,
            "missed": 0,
            "false": 0,
            "area_ratio": 1.0,
        }
        assert score["sign"]["accuracy"] == score["direction"]["accuracy"] == 1.0

    def test_a_swapped_direction_matches_but_is_wrong(self):
        swapped = make_synapses(
            [(1, 2, 1, 0, 1), (2, 2, 3, 1000, -1), (BIG, BIG, 3, 5000, 1)]
        )
        score = synapses.score_synapses(self.match(swapped))
        assert score["synapses"]["f1"] == 1.0
        assert score["direction"]["accuracy"] == pytest.approx(2 / 3)

    def test_an_unknown_sign_is_wrong(self):
        score = synapses.score_synapses(
            self.match(TRUTH.assign(sign=np.int8([1, 0, 1])))
        )
        assert score["sign"]["accuracy"] == pytest.approx(2 / 3)

    def test_two_close_synapses_need_the_optimal_assignment(self):
        """The nearest prediction of both is the same; a greedy choice misses one."""
        truth = make_synapses([(1, 1, 2, 0, 1), (2, 1, 2, 150, 1)])
        found = make_synapses([(1, 1, 2, 140, 1), (2, 1, 2, 310, 1)])
        matches = self.match(found, truth)
        assert outcomes(matches) == [("true", "")] * 2
        assert matches["distance_nm"].tolist() == [140, 160]

    def test_reach_is_200_nm_with_the_limit(self):
        truth = TRUTH[:1]
        for place, outcome in ((200, "true"), (200.1, "missed")):
            matches = self.match(TRUTH[:1].assign(x_nm=place), truth)
            assert matches["outcome"][0] == outcome

    def test_reasons(self):
        truth = make_synapses(
            [
                (1, 1, 2, 0, 1),
                (2, 1, 2, 100, 1),
                (3, 3, 4, 1000, 1),
                (4, 5, 6, 3000, 1),
                (5, 7, 8, 5000, 1),
                (6, 1, 9, 9000, 1),
            ]
        )
        found = make_synapses(
            [
                (1, 1, 2, 10, 1),
                (2, 3, 4, 1300, 1),
                (3, 5, 7, 3000, 1),
                (4, 2, 3, 7000, 1),
            ]
        )
        rejected = make_synapses([(1, 7, 8, 5100, 1)])
        matches = self.match(found, truth, rejected=rejected)
        missed = matches[matches["outcome"] == "missed"].set_index("truth_synapse")
        assert missed["reason"].to_dict() == {
            2: "shared",
            3: "too far",
            4: "wrong partner",
            5: "below threshold",
            6: "no candidate",
        }
        assert missed["predicted_synapse"].to_dict() == {2: 1, 3: 2, 4: 3, 5: 0, 6: 0}
        false = matches[matches["outcome"] == "false"].set_index("predicted_synapse")
        assert false["reason"].to_dict() == {
            2: "too far",
            3: "wrong partner",
            4: "nothing near",
        }
        assert false["x_nm"].to_dict() == {2: 1300, 3: 3000, 4: 7000}

    def test_mistakes_of_junctions_are_told_from_later_ones(self):
        found = make_synapses([(1, 1, 2, 7000, 1), (2, 1, 2, 9000, 1)])
        junctions = pd.DataFrame(
            {
                "truth": [1, 2, BIG, 0, 0],
                "object": [0, 0, 0, 10, 11],
                "iou": [0.3, 0.0, 0.2, 0.0, 0.3],
            }
        ).astype({"truth": "u8", "object": "u8"})
        found = found.assign(junction=np.array([10, 11], "u8"), p_synaptic=0.9)
        matches = synapses.match_candidates(TRUTH, found, IDENTITY, junctions, 0.5)
        assert outcomes(matches) == [
            ("false", "false junction"),
            ("false", "nothing near"),
            ("missed", "junction missed"),
            ("missed", "no candidate"),
            ("missed", "no candidate"),
        ]
        unlikely = found.assign(p_synaptic=0.4)
        args = (TRUTH, unlikely, IDENTITY, junctions, 0.5)
        assert (synapses.match_candidates(*args)["outcome"] == "missed").all()

    def test_a_second_prediction_of_one_synapse_is_a_duplicate(self):
        twice = pd.concat([TRUTH, TRUTH[:1].assign(synapse=np.uint64(77), x_nm=50.0)])
        assert outcomes(self.match(twice))[0] == ("false", "duplicate")

    def test_a_synapse_between_fragments_of_one_cell_is_false(self):
        mapping = make_mapping({1: 1, 2: 1})
        found = make_synapses([(1, 1, 2, 0, 1)])
        assert outcomes(self.match(found, TRUTH[:1], mapping))[0][0] == "false"

    def test_synapses_on_the_lesser_part_of_a_merged_cell_are_wrong(self):
        merged = make_mapping({1: 1, 2: 2, BIG: BIG, 3: 2})
        found = make_synapses([(1, 1, 2, 0, 1), (3, BIG, 3, 5000, 1)])
        matches = self.match(found, TRUTH[[True, False, True]], merged)
        assert outcomes(matches) == [
            ("false", "wrong partner"),
            ("missed", "wrong partner"),
            ("true", ""),
        ]

    def test_an_empty_side(self):
        empty = TRUTH.iloc[:0]
        missed = synapses.score_synapses(self.match(empty))["synapses"]
        assert (missed["precision"], missed["recall"], missed["f1"]) == (0, 0, 0)
        false = synapses.score_synapses(self.match(TRUTH, empty))["synapses"]
        assert (false["f1"], false["false"]) == (0, 3)
        both = synapses.score_synapses(self.match(empty, empty))["synapses"]
        assert both["f1"] == 1

    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6))
    def test_assignment_equals_the_best_of_all(self, pairs):
        near = pd.DataFrame(sorted(set(pairs)), columns=["truth", "predicted"])
        near["distance_nm"] = (near["truth"] * 7 + near["predicted"] * 3) % 5 + 1.0
        chosen = synapses.assign_nearest(near)
        best = (0, 0.0)
        for size in range(len(near) + 1):
            for rows in itertools.combinations(range(len(near)), size):
                part = near.iloc[list(rows)]
                if part["truth"].is_unique and part["predicted"].is_unique:
                    best = max(best, (size, -part["distance_nm"].sum()))
        assert (len(chosen), -chosen["distance_nm"].sum()) == best


class TestEdges:
    truth = make_edges([(1, 2, 2), (2, 3, 1), (BIG, 1, 4)])

    def score(self, predicted, truth=truth, mapping=IDENTITY):
        truth = truth.rename(columns={"synapse_count": "count"})
        matches = connectome.match_edges(truth, predicted, mapping)
        as_table(matches, schemas.EDGE_MATCHES)
        return connectome.score_edges(matches)

    def test_a_perfect_prediction_scores_one(self):
        score = self.score(self.truth)
        assert score["f1"] == score["weighted_f1"] == score["sign_accuracy"] == 1.0

    def test_a_swapped_direction_is_one_missed_and_one_false_edge(self):
        score = self.score(make_edges([(2, 1, 2), (2, 3, 1), (BIG, 1, 4)]))
        assert (score["matched"], score["missed"], score["false"]) == (2, 1, 1)
        assert score["weighted_f1"] == pytest.approx(2 * 5 / 14)

    def test_weights_count_missing_synapses(self):
        score = self.score(make_edges([(1, 2, 1), (2, 3, 1), (BIG, 1, 2)]))
        assert score["f1"] == 1.0
        assert score["weighted_f1"] == pytest.approx(2 * 4 / (7 + 4))

    def test_a_split_cell_adds_a_false_edge(self):
        mapping = make_mapping({1: 1, 2: 2, 3: 3, 9: 1, BIG: BIG})
        split = make_edges([(1, 2, 1), (9, 2, 1), (2, 3, 1), (BIG, 1, 4)])
        score = self.score(split, mapping=mapping)
        assert (score["matched"], score["missed"], score["false"]) == (3, 0, 1)

    def test_an_empty_side(self):
        empty = self.truth.iloc[:0]
        assert self.score(empty)["f1"] == 0
        assert self.score(self.truth, empty)["f1"] == 0
        assert self.score(empty, empty)["f1"] == 1


class TestContacts:
    truth = make_contacts([(1, 2, 2.0), (1, 3, 1.0), (3, BIG, 1.0)])

    def score(self, predicted, truth=truth, mapping=IDENTITY):
        areas = connectome.compare_contacts(truth, predicted, mapping)
        as_table(areas, schemas.CONTACT_AREAS)
        return connectome.score_contacts(areas)

    def test_equal_areas_have_no_error(self):
        score = self.score(self.truth)
        assert (score["area_error"], score["bias"], score["pairs_f1"]) == (0, 0, 1)

    def test_missed_false_and_wrong_areas_add_up(self):
        found = make_contacts([(1, 2, 2.5), (1, 3, 0.5), (2, 3, 0.25)])
        score = self.score(found)
        assert score["area_error"] == pytest.approx((0.5 + 0.5 + 0.25 + 1) / 4)
        assert score["bias"] == pytest.approx((0.5 - 0.5 + 0.25 - 1) / 4)

    def test_ids_in_another_order_and_split_cells_are_summed(self):
        mapping = make_mapping({5: 2, 6: 1, 7: 1, 8: 3, 9: BIG})
        found = make_contacts([(5, 6, 1.5), (5, 7, 0.5), (6, 8, 1.0), (8, 9, 1.0)])
        assert self.score(found, mapping=mapping)["area_error"] == 0
        touching = pd.concat([found, make_contacts([(6, 7, 0.4)])])
        assert self.score(touching, mapping=mapping)["area_error"] == pytest.approx(0.1)

    def test_without_truth_there_is_no_error_to_state(self):
        empty = self.truth.iloc[:0]
        assert self.score(self.truth, empty)["area_error"] is None
        assert self.score(empty)["area_error"] == 1


class TestOrganelles:
    @given(
        *[arrays("u8", (5, 4, 3), elements=st.sampled_from([0, 1, 2, BIG]))] * 2,
        st.tuples(*[st.integers(1, 5)] * 3),
    )
    def test_overlaps_of_boxes_add_up_to_those_of_the_volume(self, truth, found, shape):
        boxes = tile(Box.of(truth.shape), shape)
        parts = [
            organelles.extract_overlaps(truth[b.slices], found[b.slices]) for b in boxes
        ]
        whole = organelles.extract_overlaps(truth, found)
        pd.testing.assert_frame_equal(organelles.merge_overlaps(parts), whole)
        assert whole["voxel_count"].sum() == ((truth > 0) | (found > 0)).sum()

    @given(*[arrays("u8", (4, 4, 4), elements=st.integers(0, 3))] * 2)
    def test_matches_cover_every_object_once(self, truth, found):
        matches = match_volumes(truth, found)
        for side, volume in (("truth", truth), ("object", found)):
            ids = sorted(matches[side][matches[side] != 0])
            assert ids == sorted(set(volume[volume != 0].tolist()))
        for row in matches[matches["outcome"] == "true"].itertuples():
            both = ((truth == row.truth) & (found == row.object)).sum()
            any_of = ((truth == row.truth) | (found == row.object)).sum()
            assert both / any_of >= 0.5
            assert row.iou == both / any_of

    def test_a_perfect_prediction_scores_one(self):
        volume = np.repeat(np.arange(4, dtype="u8"), 5).reshape(1, 4, 5)
        score = organelles.score_objects(match_volumes(volume, volume * 3))
        assert (score["ap50"], score["f1"], score["mean_iou"]) == (1, 1, 1)

    def test_half_an_object_is_enough_and_less_is_not(self):
        truth = np.ones((1, 1, 10), "u8")
        for kept, ap50 in ((5, 1.0), (4, 0.0)):
            found = np.where(np.arange(10) < kept, np.uint64(9), np.uint64(0))
            score = organelles.score_objects(match_volumes(truth, found[None, None]))
            assert score["ap50"] == ap50

    def test_two_halves_share_one_object_by_size_then_id(self):
        truth, found = np.ones((1, 1, 10), "u8"), np.repeat([4, 3], 5).astype("u8")
        matches = match_volumes(truth, found[None, None])
        assert matches["object"].tolist() == [4, 3]
        assert matches["outcome"].tolist() == ["false", "true"]

    def test_a_large_false_object_costs_more_than_a_small_one(self):
        truth = np.zeros((1, 1, 100), "u8")
        truth[..., :10], truth[..., 20:30] = 1, 2
        large, small = truth.copy(), truth.copy()
        large[..., 50:80], small[..., 50:53] = 3, 3
        scores = [
            organelles.score_objects(match_volumes(truth, found))["ap50"]
            for found in (large, small)
        ]
        assert scores == [pytest.approx(2 / 3), 1.0]

    def test_true_objects_that_are_to_be_dropped_count_for_nothing(self):
        truth = np.zeros((1, 1, 40), "u8")
        truth[..., :10], truth[..., 20:23], truth[..., 30:33] = 1, 2, 3
        found = truth.copy()
        found[..., 30:33] = 0
        overlaps = organelles.extract_overlaps(truth, found)
        matches = organelles.match_objects(overlaps, min_size_vx=5)
        assert matches["outcome"].tolist() == ["true", "ignored", "ignored"]
        score = organelles.score_objects(matches)
        assert (score["ap50"], score["f1"], score["ignored"]) == (1, 1, 2)

    def test_cells_of_matched_objects(self):
        volume = np.repeat(np.arange(4, dtype="u8"), 5).reshape(1, 4, 5)
        truth = pd.DataFrame({"object": [1, 2, 3], "cell": [1, 2, 3]}).astype("u8")
        truth = truth.assign(z_nm=0.0, y_nm=0.0, x_nm=[1.0, 2.0, 3.0], organelle="mi")
        found = truth.assign(cell=np.array([1, 3, 0], "u8"))
        matches = match_volumes(volume, volume)
        named = organelles.name_truth("mi", truth, pd.DataFrame())
        located = organelles.locate_objects(matches, named, found, IDENTITY)
        as_table(located, schemas.ORGANELLE_MATCHES)
        assert located["x_nm"].tolist() == [1, 2, 3]
        score = organelles.score_mapping(located)
        assert score == {"accuracy": pytest.approx(1 / 3), "unmapped": 1 / 3}

    def test_a_junction_may_lie_in_either_of_its_cells(self):
        volume = np.repeat(np.arange(3, dtype="u8"), 5).reshape(1, 3, 5)
        made = make_synapses([(1, 4, 5, 0, 1), (2, 4, 5, 9, 1)])
        named = organelles.name_truth("sj", pd.DataFrame(), made)
        found = named.assign(cell=np.array([5, 6], "u8"))
        matches = match_volumes(volume, volume)
        located = organelles.locate_objects(matches, named, found, IDENTITY)
        assert organelles.score_mapping(located)["accuracy"] == 0.5

    def test_an_empty_side(self):
        full, empty = np.ones((2, 2, 2), "u8"), np.zeros((2, 2, 2), "u8")
        aps = [
            organelles.score_objects(match_volumes(*pair))["ap50"]
            for pair in ((full, empty), (empty, full), (empty, empty))
        ]
        assert aps == [0, 0, 1]


def test_average_precision_of_a_known_curve():
    ranked = np.array([1, 1, 0, 1, 0, 0, 1], bool)
    assert scores.average_precision(ranked, 5) == pytest.approx(
        (1 + 1 + 3 / 4 + 4 / 7) / 5
    )
