import yaml

from neuropil.run_config import write_config


def test_the_config_of_a_run_reads_back_as_it_was(tmp_path):
    config = {
        "dataset": "tiny",
        "contacts": {"closing_nm": 70, "window_nm": {"z": 175}},
    }
    write_config(tmp_path / "config.yaml", config)
    text = (tmp_path / "config.yaml").read_text()
    assert yaml.safe_load(text) == config
    assert "snakemake 9" in text.splitlines()[0]
