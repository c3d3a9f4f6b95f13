import json

import pandas as pd

from neuropil.summary import summarise_run


def test_summary_counts_scores_and_places(tmp_path):
    results = tmp_path / "mine"
    (results / "connectome").mkdir(parents=True)
    (results / "evaluation").mkdir()
    edges = results / "connectome/edges.parquet"
    pd.DataFrame({"synapse_count": [3, 4]}).to_parquet(edges)
    scores = {
        "synapses": {"f1": 0.96},
        "edges": {"f1": 0.94},
        "sign": {"accuracy": 0.98},
        "direction": {"accuracy": 1.0},
        "contacts": {"area_error": 0.031},
        "organelles": {"mi": {"ap50": 0.97}},
    }
    evaluation = results / "evaluation/evaluation.json"
    evaluation.write_text(json.dumps(scores))
    text = summarise_run([str(edges), str(evaluation)], str(results))
    assert "Found in mine\n          2 connections          7.0 synapses" in text
    assert "synapses, F1                   0.960" in text
    for words in ("3.1%", "mi, AP", f"{results}/connectome"):
        assert words in text
    assert f"{results}/contacts" not in text


def test_without_truth_there_are_no_scores(tmp_path):
    (tmp_path / "organelles").mkdir()
    mitochondria = tmp_path / "organelles/mi.parquet"
    pd.DataFrame({"volume_um3": [0.5, 0.25]}).to_parquet(mitochondria)
    (tmp_path / "connectome").mkdir()
    other = tmp_path / "connectome/thresholds.parquet"
    pd.DataFrame({"threshold": [0.5]}).to_parquet(other)
    text = summarise_run([str(mitochondria), str(other)], str(tmp_path))
    assert "thresholds" not in text
    assert "Compared" not in text
    assert "2 mi                   0.8 µm³" in text
