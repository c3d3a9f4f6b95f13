"""Lock, environments and imports agree with each other."""

import ast
import os
import re
import subprocess
import sys

import pytest

from conda_stand_in.channel import lock_name
from neuropil.provenance import (
    BESIDE_RESULTS,
    code_modules,
    imported_modules,
    module_file,
)
from prove import read_environment
from repository import (
    MODULES,
    ROOT,
    RULE_FILES,
    SCRIPTS,
    foreign_packages,
    imported_names,
    packages_behind,
    read_rules,
)

RULES = read_rules()
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
TEST_LOCK = "requirements-test.lock"
POISSON_LOCK = "requirements-poisson.lock"  # of what `make setup` does not install
LOCKS = ["requirements.lock", TEST_LOCK, POISSON_LOCK]
PACKAGE = {  # import name -> name in the lock, where they differ
    "PIL": "pillow",
    "DracoPy": "dracopy",
    "cc3d": "connected-components-3d",
    "cloudvolume": "cloud-volume",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
    "mpl_toolkits": "matplotlib",
    "open3d": "open3d-cpu",
    "rattler": "py-rattler",
}
CALLED = {  # used by name, never imported
    "pygments",
    "pytest",
    "pytest-xdist",
    "ruff",
    "snakefmt",
    "snakemake",
    "snakemake-executor-plugin-slurm",
    "snakemake-logger-plugin-rich",
}
named = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def lock(section, name="requirements.lock"):
    """Packages and versions in a lock: those used directly, or all."""
    text = (ROOT / name).read_text()
    if section == "direct":
        text = text.split("# used directly")[1].split("# needed by these")[0]
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)$", text, re.M))


def environment(path):
    """Packages and versions of a conda environment, by their names in the lock."""
    found = read_environment(path)
    named = {lock_name(name): version for name, version in found.versions.items()}
    named.pop("pip", None)  # it installs the others
    return named | found.by_pip


def lock_names(imports):
    return {PACKAGE.get(name, name) for name in imports}


def test_lock_names_every_import_and_nothing_unused():
    tests = sorted((ROOT / "tests").rglob("*.py")) + sorted(ROOT.glob("envs/*.py"))
    local = {name for path in tests for name in (path.stem, path.parent.name)}
    files = [*SCRIPTS, *MODULES, *tests]
    imported = lock_names(set().union(*map(foreign_packages, files)) - local)
    named = set().union(*(lock("direct", name) for name in LOCKS))
    assert imported <= named
    assert named - imported - CALLED == set()


def test_the_workflow_itself_needs_no_tool_of_the_tests():
    imported = lock_names(set().union(*map(foreign_packages, [*SCRIPTS, *MODULES])))
    assert not imported & set(lock("all", TEST_LOCK))


@pytest.mark.parametrize("name", LOCKS)
def test_lock_is_exact_and_names_each_package_once(name):
    text = (ROOT / name).read_text()
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    assert len(lines) == len(lock("all", name))


@pytest.mark.parametrize("name", LOCKS[1:])
def test_further_locks_change_no_version(name):
    assert not lock("all").keys() & lock("all", name).keys()


def test_only_poisson_meshes_need_open3d():
    users = {r.stage for r in RULES if "open3d" in packages_behind(r.script)}
    assert users == {"poisson"}
    assert "open3d-cpu" not in lock("all")


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_environments_agree_with_the_lock(path):
    versions = environment(path)
    known = lock("all") | lock("all", POISSON_LOCK)
    assert versions.pop("python") == "3.11"
    assert versions == {name: known.get(name) for name in versions}
    by_conda = [name for name in versions if name not in lock("all", POISSON_LOCK)]
    assert by_conda == sorted(by_conda)


@named
def test_environment_holds_what_the_rule_imports(rule):
    path = re.search(r'"\.\./(envs/\w+\.yaml)"', rule.directives["conda"]).group(1)
    needed = lock_names(packages_behind(rule.script))
    assert needed <= set(environment(ROOT / path))


def test_environments_hold_nothing_that_no_rule_imports():
    for path in ENVIRONMENTS:
        users = [r for r in RULES if path.name in r.directives["conda"]]
        needed = lock_names(set().union(*(packages_behind(r.script) for r in users)))
        assert set(environment(path)) - {"python"} == needed


@named
def test_code_digest_is_that_of_the_script(rule):
    assert f'code=code_digest("{rule.name}")' in rule.directives["params"]


@named
def test_no_job_waits_for_compiled_kernels_as_for_an_input(rule):
    """An ancient input hides other reasons to run; another brings needless ones."""
    assert "kernels.txt" not in rule.directives.get("input", "")


@named
def test_a_rule_depends_on_no_volume_but_those_it_reads(rule):
    assert not re.search(r"\bDATASET,", rule.directives.get("params", ""))


def test_code_digest_covers_scripts_and_library_but_not_the_log():
    modules = code_modules("extract_contacts")
    assert {"extract_contacts", "grid", "kernels.partner", "storage"} <= {*modules}
    assert "joblog" not in modules


SLOW_TO_IMPORT = {"scipy.spatial", "tensorstore", "tifffile", "PIL", "matplotlib"}
READ_VOLUMES = [
    rule
    for rule in RULES
    if rule.runs_per_chunk and "dataset=" in rule.directives["params"]
]


@pytest.mark.parametrize("rule", READ_VOLUMES, ids=lambda rule: rule.name)
def test_jobs_of_chunks_import_no_package_that_their_volumes_do_not_need(rule):
    text = rule.script.read_text()
    nodes = [n for n in ast.parse(text).body if isinstance(n, ast.ImportFrom)]
    imports = "; ".join(map(ast.unparse, nodes))
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {imports}; print(*sys.modules)"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "neuropil.volumes" in done.stdout.split()
    assert not SLOW_TO_IMPORT & {*done.stdout.split()}


def test_rule_files_import_only_the_library():
    for path in RULE_FILES:
        foreign = re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.M)
        assert set(foreign) <= {"neuropil", "snakemake", *sys.stdlib_module_names}


def imports_by_ast(path):
    """What `imported_modules` finds by lines, by the grammar of Python."""
    names = {n.removeprefix("neuropil.") for n in imported_names(path)}
    parents = {n.rpartition(".")[0] for n in names}
    return {n for n in names | parents if n and module_file(n)} - BESIDE_RESULTS


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=lambda path: path.stem)
def test_imports_are_seen_by_lines_as_by_the_grammar(path):
    parts = path.relative_to(ROOT / "scripts").with_suffix("").parts
    name = ".".join(p for p in parts if p not in ("neuropil", "__init__"))
    assert not name or imported_modules(name) == imports_by_ast(path)
