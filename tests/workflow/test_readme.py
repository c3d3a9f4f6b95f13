"""What the README says is what there is."""

import re

from readme_tables import PRODUCTS, README, with_tables
from repository import ROOT

TEXT = README.read_text()


def test_tables_are_those_of_the_schemas():
    assert with_tables(TEXT) == TEXT, "run `make readme`"
    assert TEXT.count("<details>") == len(PRODUCTS) == 22


def test_links_and_pictures_exist():
    targets = re.findall(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"", TEXT)
    local = [a or b for a, b in targets if not (a or b).startswith("http")]
    assert local
    assert not [target for target in local if not (ROOT / target).exists()]


def test_make_targets_exist():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    named = re.findall(r"^ {4}make ([a-z-]+)|`make ([a-z-]+)", TEXT, re.M)
    assert {a or b for a, b in named} <= {*targets}


def test_configs_and_scripts_named_in_code_exist():
    named = re.findall(r"\b((?:config|scripts|rules|profiles)/[\w/.-]+\w)", TEXT)
    yours = {"config/mine.yaml"}
    assert not [p for p in {*named} - yours if not (ROOT / p).exists()]
