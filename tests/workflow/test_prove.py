"""`envs/prove.py`: what it makes of answers of conda and mamba, which are made here."""

import json
import subprocess
import sys

import pytest

import prove
from repository import ROOT

FILES = sorted((ROOT / "envs").glob("*.yaml"))
# Stands in for conda or mamba: answers from a table of versions beside it.
CLIENT = f"""#!{sys.executable}
import json, sys
from pathlib import Path

style = Path(__file__).name
there = json.loads(Path(__file__).with_name("there.json").read_text())
if there is None:
    print(json.dumps({{"error": "CondaHTTPError", "message": "no network"}}))
    sys.exit(1)


def records(name):
    return [{{"name": name, "version": v, "build": "0"}} for v in there.get(name, [])]


def missing(names):
    message = "The following packages are not available: " + ", ".join(names)
    print(json.dumps({{"exception_name": "PackagesNotFoundError", "message": message}}))
    sys.exit(1)


specs = [a for a in sys.argv[2:] if a[0] != "-" and a not in ("conda-forge", "x")]
if sys.argv[1] == "search":
    (name,) = specs
    if style == "mamba":
        others = records(name) + records(name + "-tests")
        print(json.dumps({{"query": {{"query": name}}, "result": {{"pkgs": others}}}}))
    elif not records(name):
        missing([name])
    else:
        print(json.dumps({{name: records(name)}}))
else:
    pairs = [spec.partition("=")[::2] for spec in specs if spec != "never-made"]
    wrong = [n for n, v in pairs if not any(w.startswith(v) for w in there.get(n, []))]
    if wrong and style == "mamba":
        problems = [f"nothing provides requested {{name}}" for name in wrong]
        print(json.dumps({{"solver_problems": problems, "success": False}}))
        sys.exit(1)
    missing(wrong) if wrong else print(json.dumps({{"success": True, "dry_run": True}}))
"""


class Channel:
    """What the client knows of; it is asked about all environments of the project."""

    def __init__(self, folder, style):
        self.folder, self.client = folder, folder / style
        self.client.write_text(CLIENT)
        self.client.chmod(0o755)
        pairs = [e.versions for e in map(prove.read_environment, FILES)]
        self.there = {n: ["0.9.0", v or "23.2"] for p in pairs for n, v in p.items()}

    def ask(self):
        (self.folder / "there.json").write_text(json.dumps(self.there))
        command = [sys.executable, str(ROOT / "envs/prove.py")]
        done = subprocess.run(
            [*command, "--conda", str(self.client)],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(params=["conda", "mamba"])
def channel(tmp_path, request, monkeypatch):
    # The pip that it calls must not ask the package index.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return Channel(tmp_path, request.param)


def lines_of(words, package):
    return [line for line in words.splitlines() if f" {package} " in line]


def test_all_but_what_pip_installs_is_found(channel):
    _, words = channel.ask()
    for environment in map(prove.read_environment, FILES):
        for name, version in environment.versions.items():
            (line,) = (n for n in lines_of(words, name) if environment.name in n)
            assert line.split()[2:] == [version or "any", "found"]
        assert f"{environment.name:<11} (together)" in words
    assert words.count("can be solved") == len(FILES)
    (line,) = lines_of(words, "(pip)")
    assert "open3d-cpu" in line
    assert "missing" in line


def test_it_ends_well_only_if_all_is_there(channel, monkeypatch, capsys):
    monkeypatch.setattr(prove, "judge_by_pip", lambda name, version: prove.FOUND)
    monkeypatch.setattr(sys, "argv", ["prove.py", "--conda", str(channel.client)])
    (channel.folder / "there.json").write_text(json.dumps(channel.there))
    prove.list_versions.cache_clear()
    assert prove.main() == 0
    assert "All is there." in capsys.readouterr().out
    channel.there["zmesh"] = ["1.13.1", "1.9.0"]
    (channel.folder / "there.json").write_text(json.dumps(channel.there))
    prove.list_versions.cache_clear()
    assert prove.main() == 1
    assert "Something is missing" in capsys.readouterr().out


def test_a_missing_version_is_named_beside_those_there_are(channel):
    channel.there["zmesh"] = ["1.13.1", "1.9.0"]
    code, words = channel.ask()
    assert code == 1
    (line,) = lines_of(words, "zmesh")
    assert line.startswith("meshes")
    assert line.endswith("missing; newest others: 1.9.0, 1.13.1")
    (whole,) = (n for n in lines_of(words, "(together)") if n.startswith("meshes"))
    assert "can't be solved" in whole
    assert "zmesh" in whole


def test_a_missing_name_is_said_to_be_none(channel):
    del channel.there["edt"]
    code, words = channel.ask()
    assert code == 1
    (line,) = lines_of(words, "edt")
    assert line.endswith("no such name")


def test_a_failure_is_not_taken_for_a_missing_package(channel):
    channel.there = None
    code, words = channel.ask()
    assert code == 1
    assert "can't search for" in words
    assert "no network" in words
    assert "no such name" not in words


def test_without_conda_it_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["prove.py"])
    with pytest.raises(SystemExit, match="None of conda, mamba, micromamba"):
        prove.main()
