"""Loaded by each Python of an environment: writes down what it had loaded at its end.

A line of JSON per process goes to `loaded.jsonl` in the environment: the script, and
the packages that came neither from there nor from Python itself.
"""

import atexit
import json
import sys
import sysconfig
from pathlib import Path


def borrowed_packages() -> list[str]:
    """Top-level names of the modules that lie in site-packages of another folder."""
    own = sysconfig.get_paths()["purelib"]
    files = {
        name.partition(".")[0]: str(getattr(module, "__file__", None))
        for name, module in list(sys.modules.items())
    }
    return sorted(n for n, f in files.items() if "site-packages" in f and own not in f)


def write_down() -> None:
    line = {"script": sys.argv[0], "borrowed": borrowed_packages()}
    with open(Path(sys.prefix) / "loaded.jsonl", "a") as file:
        file.write(json.dumps(line) + "\n")  # one write: lines of processes don't mix


if __name__ == "stand_in_probe":  # its name in an environment, not among the tests
    atexit.register(write_down)
