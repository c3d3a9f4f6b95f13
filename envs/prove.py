"""Ask the channels whether all that envs/*.yaml name is there, and fits together.

To be run after a change of versions, on a machine that reaches the channels and has
conda, mamba or micromamba:

    .venv/bin/python envs/prove.py

Prints for each package whether its version is there, or which others are; for each
environment whether it can be solved as a whole, for its Python and this machine; and
whether the package index has what pip installs. Installs nothing, and exits with 1 if
anything is missing.
"""

import argparse
import functools
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

COMMANDS = ("conda", "mamba", "micromamba")
FOUND = "found"
SOLVED = "can be solved"


@dataclass(frozen=True)
class Environment:
    """What a file of an environment asks for: versions by names, and lines for pip."""

    name: str
    channels: tuple[str, ...]
    versions: dict[str, str | None]
    by_pip: dict[str, str]

    @property
    def specs(self) -> list[str]:
        """Packages as conda's command line writes them."""
        return [f"{n}={v}" if v else n for n, v in self.versions.items()]


def read_environment(path: Path) -> Environment:
    """Read the file of an environment: lines ``name =version``, and a part for pip."""
    content = yaml.safe_load(path.read_text())
    lines = [line for line in content["dependencies"] if isinstance(line, str)]
    parts = [part["pip"] for part in content["dependencies"] if isinstance(part, dict)]
    pairs = [re.fullmatch(r"(\S+)(?: =(\S+))?", line).groups() for line in lines]
    return Environment(
        name=path.stem,
        channels=tuple(name for name in content["channels"] if name != "nodefaults"),
        versions=dict(pairs),
        by_pip=dict(line.split("==") for part in parts for line in part),
    )


def run_json(*command: str) -> dict:
    """Run a command that answers in JSON, also when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return {"failed": bool(done.returncode)} | json.loads(done.stdout)
    except json.JSONDecodeError:
        words = (done.stderr or done.stdout).strip()
        sys.exit(f"{' '.join(command)}\ngave no JSON, but: {words[-1000:]}")


@functools.cache
def list_versions(conda: str, channels: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Versions of a package in the channels, sorted."""
    places = [part for channel in channels for part in ("-c", channel)]
    answer = run_json(conda, "search", "--override-channels", *places, "--json", name)
    # conda lists records by name; mamba and micromamba all of them under result.
    records = answer.get(name) or answer.get("result", {}).get("pkgs", [])
    is_missing = answer.get("exception_name") == "PackagesNotFoundError"
    if answer["failed"] and not (is_missing or "result" in answer):
        sys.exit(f"{conda} can't search for {name}: {explain(answer)}")
    versions = {record["version"] for record in records if record["name"] == name}
    return tuple(sorted(versions, key=numbers))


def numbers(version: str) -> list[int]:
    """Numbers in a version, by which versions are sorted.

    >>> sorted(["0.1.9", "0.1.86", "0.2.0rc1"], key=numbers)
    ['0.1.9', '0.1.86', '0.2.0rc1']
    """
    return [int(number) for number in re.findall(r"\d+", version)]


def explain(answer: dict) -> str:
    """Say what conda, or mamba, says of a failure."""
    words = answer.get("solver_problems") or [answer.get("message")]
    return " ".join(str(w or answer.get("error") or "no reason given") for w in words)


def judge_version(wanted: str | None, versions: tuple[str, ...]) -> str:
    """Say whether a version, or one that continues it, is among those there are.

    >>> judge_version("3.11", ("3.10.2", "3.11.9"))
    'found'
    >>> judge_version("4.1.1", ("3.27.0", "4.1.0"))
    'missing; newest others: 3.27.0, 4.1.0'
    >>> judge_version("1.0", ())
    'no such name'
    """
    if not versions:
        return "no such name"
    fits = [v for v in versions if not wanted or f"{v}.".startswith(f"{wanted}.")]
    return FOUND if fits else f"missing; newest others: {', '.join(versions[-5:])}"


def judge_whole(conda: str, environment: Environment) -> str:
    """Say whether an environment's packages can be installed together."""
    places = [part for channel in environment.channels for part in ("-c", channel)]
    answer = run_json(
        *(conda, "create", "--dry-run", "--json", "--name", "never-made"),
        *("--override-channels", *places, *environment.specs),
    )
    solved = answer.get("success", True) and not answer["failed"]
    return SOLVED if solved else f"can't be solved: {explain(answer)}"


def judge_by_pip(name: str, version: str) -> str:
    """Say whether the package index has a version."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps"]
    command += ["--ignore-installed", "--quiet", f"{name}=={version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "missing: " + done.stderr.strip()[-200:] if done.returncode else FOUND


def judge(conda: str, environment: Environment) -> Iterator[tuple[str, ...]]:
    """Judge all that an environment names: rows of name, version and judgement."""
    for name, version in environment.versions.items():
        there = list_versions(conda, environment.channels, name)
        yield name, version or "any", judge_version(version, there)
    yield "(together)", "", judge_whole(conda, environment)
    for name, version in environment.by_pip.items():
        yield f"{name} (pip)", version, judge_by_pip(name, version)


def main() -> int:
    """Print a table of judgements; returns 1 if anything is missing, 0 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    there = next(filter(shutil.which, COMMANDS), None)
    parser.add_argument("--conda", default=there, help="conda, mamba or micromamba")
    conda = parser.parse_args().conda
    if conda is None:
        sys.exit(f"None of {', '.join(COMMANDS)} is on the PATH; name it with --conda.")
    is_well = True
    for path in sorted(Path(__file__).parent.glob("*.yaml")):
        for row in judge(conda, read_environment(path)):
            print("{:<11} {:<26} {:<9} {}".format(path.stem, *row), flush=True)
            is_well &= row[-1] in (FOUND, SOLVED)
    print("All is there." if is_well else "Something is missing: see above.")
    return not is_well


if __name__ == "__main__":
    sys.exit(main())
