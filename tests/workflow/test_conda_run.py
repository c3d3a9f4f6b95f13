"""Every environment made by Snakemake, with a stand-in for conda, and used by rules."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from conda_stand_in.offer import borrowed_packages, offering_conda
from neuropil.meshes.poisson import LIBRARIES
from neuropil.provenance import code_modules
from prove import read_environment
from repository import ROOT, SCRIPTS, packages_behind, read_rules
from workspace import SHAPE, Workspace, assert_same_results, chunk_shape

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("conda")]

FILES = {path.stem: path for path in sorted((ROOT / "envs").glob("*.yaml"))}
ALONE = "poisson"  # made by itself: a large part of it comes from the package index
TOGETHER = [name for name in FILES if name != ALONE]
ALL = ("all", "morphology", "exports")
ONE_CHUNK = [chunk_shape(SHAPE)]  # gives the same tables, by fewer jobs
SETTINGS = [*ONE_CHUNK, f"classifier={{model: {ROOT}/models/synapses_phantom.skops}}"]
# Beside what a plain run makes, short rules of the other environments.
FURTHER = [
    f"results/tiny/{path}"
    for path in (
        "skeletons/buckets/00.h5",
        "meshes/mi/buckets/00.h5",
        "exports/connectome.graphml",
        "synapses/predictions.parquet",
    )
]
# What packages load where it is there, and do without where it is not.
TRIED = {"yaml", "cffi", "_cffi_backend", "pycparser"}  # numba
TRIED |= {"cloudpickle", "charset_normalizer", "rich"}  # pyarrow, scipy, skops
TRIED |= {"pytest", "_pytest", "py", "pluggy", "iniconfig"}  # scikit-learn
TRIED |= {"pygments", "psutil"}  # these


def users(name):
    """Rules that name an environment."""
    return [r for r in read_rules() if f"envs/{name}.yaml" in r.directives["conda"]]


@pytest.fixture(scope="module")
def conda(finished, tmp_path_factory):
    """Arguments for Snakemake; conda is on the PATH, with all packages asked for.

    All tests here come after the shared run: its kernels are compiled for them, too.
    """
    with offering_conda(tmp_path_factory.mktemp("conda"), FILES.values()) as words:
        yield words


@pytest.fixture(scope="module")
def workspace(conda, tmp_path_factory):
    """A folder to run in; all environments are made, but that of Poisson meshes."""
    workspace = Workspace(tmp_path_factory.mktemp("conda") / "run")
    workspace.run(*conda, "--conda-create-envs-only", *ALL, settings=SETTINGS)
    return workspace


@pytest.fixture(scope="module")
def environments(conda, workspace):
    return find_environments(conda)


def find_environments(conda):
    """Folder of each environment: Snakemake lays a copy of its file beside it."""
    names = {path.read_text(): name for name, path in FILES.items()}
    copies = Path(conda[-1]).glob("*.yaml")
    return {names[path.read_text()]: path.with_suffix("") for path in copies}


def versions_there(environment):
    records = [json.loads(p.read_text()) for p in environment.glob("conda-meta/*.json")]
    return {record["name"]: record["version"] for record in records}


def test_every_environment_is_made_with_the_versions_it_names(environments):
    assert sorted(environments) == TOGETHER
    for name, folder in environments.items():
        wanted = read_environment(FILES[name]).versions
        there = versions_there(folder)
        assert there["python"].startswith(wanted.pop("python"))
        assert {n: there.get(n) for n in wanted} == wanted


IMPORT = """
import importlib, sys

sys.path.append({scripts!r})
for name in {names}:
    importlib.import_module(name)
"""


@pytest.mark.parametrize("name", TOGETHER)
def test_an_environment_alone_provides_all_imports_of_its_rules(environments, name):
    """Without the folders of the Python that runs Snakemake, which lend what lacks."""
    rules = {rule.name for rule in users(name)}
    scripts = {path.stem for path in SCRIPTS}
    modules = sorted({*code_modules(*rules), "joblog"} - scripts)
    names = [f"neuropil.{module}" for module in modules]
    names += sorted(set().union(*(packages_behind(r.script) for r in users(name))))
    python = environments[name] / "bin/python"
    text = IMPORT.format(scripts=str(ROOT / "scripts"), names=names)
    subprocess.run([python, "-I", "-c", text], check=True)
    absent = "import snakemake"  # of no environment: nothing is lent to this Python
    done = subprocess.run([python, "-I", "-c", absent], stderr=-1, check=False)
    assert b"No module named 'snakemake'" in done.stderr


@pytest.fixture(scope="module")
def ran(conda, workspace):
    """The tiny phantom, from nothing, each job in the environment of its rule."""
    workspace.run(*conda, settings=ONE_CHUNK)
    return workspace


def test_tables_are_those_of_a_run_without_conda(finished, ran):
    assert_same_results(finished.results, ran.results)


def test_each_rule_ran_in_its_environment_and_borrowed_nothing(
    conda, ran, environments
):
    """A package that an environment lacks is taken from where Snakemake runs."""
    ran.run(*conda, *FURTHER, settings=SETTINGS)
    done = {path.stem for path in (ran.results / "benchmarks").iterdir()}
    for name, folder in environments.items():
        borrowed = borrowed_packages(folder)
        assert borrowed.keys() == {rule.name for rule in users(name)} & done
        for rule, packages in borrowed.items():
            others = {p for p in packages if not p.startswith("snakemake")}
            assert others <= TRIED, f"{name}.yaml lacks what {rule} loads"
            assert not others & packages_behind(ROOT / f"scripts/{rule}.py")


def edited(folder, name, line, other):
    """A copy of the repository with another line in the file of an environment."""
    for part in ("rules", "scripts", "config", "envs"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copy(ROOT / "Snakefile", folder)
    path = folder / f"envs/{name}.yaml"
    assert line in path.read_text()
    path.write_text(path.read_text().replace(line, other))
    return folder


def test_an_environment_that_cannot_be_solved_stops_the_run(conda, tmp_path):
    root = edited(tmp_path / "edited", "volumes", "scipy =1.17.1", "scipy =9.9.9")
    workspace = Workspace(tmp_path / "run", root=root)
    done = workspace.call(*conda[:-1], str(tmp_path / "environments"))
    words = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Could not create conda environment" in words
    assert "No candidates were found for scipy 9.9.9" in words
    assert not (workspace.folder / "results").exists()


@pytest.fixture
def poisson(conda, tmp_path):
    """The folder of the environment with a part from pip, and the words of a run."""
    done = Workspace(tmp_path / "run").call(
        *conda, "--show-failed-logs", "results/tiny/meshes/poisson.txt"
    )
    words = done.stdout + done.stderr
    if "Could not create" in words and "Retrying (" in words:
        pytest.skip("the package index, which has open3d, did not answer")
    assert "Could not create" not in words, words
    folder = find_environments(conda)[ALONE]
    yield folder, words
    shutil.rmtree(folder)  # half a gigabyte


def test_pip_adds_to_an_environment_what_conda_does_not_bring(poisson, tmp_path):
    folder, words = poisson
    ((name, version),) = read_environment(FILES[ALONE]).by_pip.items()
    found = f"{name.replace('-', '_')}-{version}.dist-info"
    assert list(folder.glob(f"lib/*/site-packages/{found}"))
    assert "check_poisson" in borrowed_packages(folder)
    checked = tmp_path / "run/results/tiny/meshes/poisson.txt"
    if checked.exists():
        assert checked.read_text() == f"open3d {version}\n"
    else:  # a library of the system is missing, which neither pip nor conda brings
        assert "cannot open shared object file" in words
        assert LIBRARIES in words
