"""The container recipe and the page on software say what the repository holds.

Nothing is built: no container engine runs where tests run.
"""

import re
import shlex
import subprocess
import tomllib

import pytest

from neuropil.meshes.poisson import LIBRARIES
from repository import ROOT, read_rules

RECIPE = (ROOT / "envs/Dockerfile").read_text()
PAGE = (ROOT / "envs/README.md").read_text()


def instructions(word):
    """What follows an instruction, continued lines joined."""
    joined = RECIPE.replace("\\\n", " ")
    return re.findall(rf"^{word} (.*)$", joined, re.M)


def words_after(command):
    """Words of a shell command after its name, wherever the recipe calls it."""
    calls = re.findall(rf"{command} (.*?)(?:&&|;|$)", "\n".join(instructions("RUN")))
    return [shlex.split(call) for call in calls]


def test_its_python_is_the_one_that_the_project_asks_for():
    (image,) = instructions("FROM")
    (version,) = re.findall(r"^python:(\d+\.\d+)-slim-", image)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"].startswith(f">={version},<")


def test_it_installs_exactly_the_locks():
    copied = [shlex.split(text) for text in instructions("COPY")]
    (*files, folder), *others = copied
    assert not others
    assert files == ["requirements.lock", "requirements-poisson.lock"]
    installed = words_after("python -m pip install")
    assert [words[-1] for words in installed] == [f"{folder}{name}" for name in files]
    assert all("--no-deps" in words for words in installed)


def test_docker_is_sent_what_is_copied_and_nothing_else():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    lines = [line for line in lines if line[0] != "#"]
    files = shlex.split(*instructions("COPY"))[:-1]
    assert lines == ["*", *(f"!{name}" for name in files)]
    assert all((ROOT / name).is_file() for name in files)


def test_its_system_libraries_are_those_that_open3d_is_said_to_need():
    (words,) = words_after("apt-get install")
    packages = [word for word in words if word[0] != "-"]
    assert packages == LIBRARIES.split()[2:]


def test_it_runs_snakemake_and_not_as_root():
    assert instructions("ENTRYPOINT") == ['["snakemake"]']
    (user,) = instructions("USER")
    assert user != "root"
    assert RECIPE.index(f"USER {user}") > RECIPE.rindex("\nRUN ")


@pytest.mark.parametrize("text", instructions("RUN"), ids=lambda text: text[:12])
def test_its_shell_lines_can_be_read_by_a_shell(text):
    done = subprocess.run(["sh", "-n", "-c", text], stderr=-1, check=False)
    assert done.returncode == 0, done.stderr


def test_the_page_names_the_rules_of_each_environment():
    served = {}
    for rule in read_rules():
        (name,) = re.findall(r"envs/(\w+)\.yaml", rule.directives["conda"])
        served.setdefault(name, set()).add(rule.stage)
    assert sorted(served) == sorted(p.stem for p in ROOT.glob("envs/*.yaml"))
    rows = re.findall(r"^\| \[(\w+)\]\((\w+)\.yaml\) \| (.*?) \|", PAGE, re.M)
    assert [row[:2] for row in rows] == [(name, name) for name in sorted(served)]
    assert {row[0]: row[2] for row in rows} == {
        name: ", ".join(sorted(stages)) for name, stages in served.items()
    }
