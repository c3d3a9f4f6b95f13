"""The stand-in offered to Snakemake: a conda on the PATH, and what it can install."""

import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conda_stand_in.channel import make_channel
from prove import read_environment

PROGRAMS = Path(__file__).with_name("bin")


@contextmanager
def offering_conda(folder: Path, files: Iterable[Path]) -> Iterator[tuple[str, ...]]:
    """Make a channel for the files of environments; give arguments for Snakemake.

    Parameters
    ----------
    folder : gets the channel and the environments
    files : envs/*.yaml whose packages the channel holds
    """
    names = {n for path in files for n in read_environment(path).versions}
    channel = make_channel(folder / "channel", sorted(names - {"python"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]))
        patch.setenv("STAND_IN_PYTHON", sys.executable)
        patch.setenv("STAND_IN_CHANNEL", channel)
        yield ("--sdm", "conda", "--conda-prefix", str(folder / "environments"))


def borrowed_packages(environment: Path) -> dict[str, set[str]]:
    """Rules that ran in an environment, and what each loaded from elsewhere."""
    found = defaultdict(set)
    for line in (environment / "loaded.jsonl").read_text().splitlines():
        process = json.loads(line)
        name = re.search(r"\.snakemake/scripts/\w+\.(\w+)\.py$", process["script"])
        if name:  # others only say their version
            found[name.group(1)].update(process["borrowed"])
    return dict(found)
