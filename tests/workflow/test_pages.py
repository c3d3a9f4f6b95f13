"""What the pages beside the README say is what there is."""

import re
import shlex

import pytest

from repository import ROOT
from workspace import Workspace

PAGES = sorted(path for folder in ("config", "profiles", "envs", "models")
               for path in (ROOT / folder).glob("*.md"))  # fmt: skip
TUTORIAL = (ROOT / "config/from_membranes.md").read_text()
COMMANDS = [
    shlex.split(line)
    for line in re.findall(r"^    \.venv/bin/snakemake (.*)", TUTORIAL, re.M)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name + page.stem)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    local = [target for target in targets if "://" not in target]
    assert not [target for target in local if not (page.parent / target).exists()]


def test_commands_of_the_tutorial_name_the_same_config():
    assert len(COMMANDS) >= 6
    given = {tuple(c[c.index("--configfile"):][:4]) for c in COMMANDS}  # fmt: skip
    assert given == {
        ("--configfile", "config/vnc.yaml", "--config", "data_root=../neuropil-data"),
    }


@pytest.mark.data
def test_targets_of_the_tutorial_can_be_made(tmp_path, data_root):
    targets = {word for c in COMMANDS for word in c[: c.index("--configfile")]}
    assert {"tour", "results/vnc/figures/stages.png"} <= targets
    workspace = Workspace(tmp_path, "config/vnc.yaml")
    settings = [f"data_root={data_root}"]
    planned = workspace.planned(*sorted(targets), settings=settings)
    figures = {"plot_stages", "plot_thresholds", "plot_sections", "plot_cells"}
    assert figures | {"plot_doubts", "render_tour", "measure_connectome"} <= {*planned}
