"""The house rules that a machine can check: sizes, names, layers, paths."""

import ast
import re
import subprocess

import pytest
import yaml

from repository import (
    CONFIGS,
    MODULES,
    ROOT,
    RULE_FILES,
    SCRIPTS,
    TARGETS,
    read_rules,
    split_rules,
)

RULES = read_rules()
RULE_NAME = (
    "(extract|label|link|merge|measure|train|predict|plot|export|check|compile|write"
    r"|grow|render|evaluate|summarise)_\w+"
)
named = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def ids(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def body_lines(function):
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    rest = function.body[1:] if is_docstring else function.body
    return rest[-1].end_lineno - rest[0].lineno + 1 if rest else 0


def functions(path):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, kinds)]


@pytest.mark.parametrize("path", SCRIPTS, ids=ids(SCRIPTS))
def test_scripts_hold_no_logic(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 20
    logic = (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.While, ast.Try)
    loops = (ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.Lambda)
    found = [n for n in ast.walk(ast.parse(text)) if isinstance(n, logic + loops)]
    assert not [f"line {n.lineno}: {type(n).__name__}" for n in found]
    assert "start_log(snakemake)" in text


@pytest.mark.parametrize("path", MODULES, ids=ids(MODULES))
def test_modules_and_functions_are_small(path):
    is_kernel = "kernels" in path.parts  # a kernel lies in one file with what it calls
    assert len(path.read_text().splitlines()) <= (420 if is_kernel else 300)
    for function in functions(path):
        arguments = function.args.args + function.args.kwonlyargs
        count = len([a for a in arguments if a.arg not in ("self", "cls")])
        where = f"{path.name}:{function.lineno} {function.name}"
        is_list = path.parent.name == "schemas"  # of columns, whatever their number
        assert is_kernel or is_list or body_lines(function) <= 30, where
        assert is_kernel or count <= 6, where


@pytest.mark.parametrize("path", MODULES, ids=ids(MODULES))
def test_the_library_neither_prints_nor_pickles_nor_knows_snakemake(path):
    text = path.read_text()
    names = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
    assert "print" not in names
    assert not re.search(r"\bpickle\b|^\s*import snakemake|from snakemake", text, re.M)


@pytest.mark.parametrize("path", RULE_FILES, ids=ids(RULE_FILES))
def test_rule_files_open_with_a_contract_and_are_short(path):
    text = path.read_text()
    limit = 120 if path.name == "common.smk" else 150
    assert len(text.splitlines()) <= limit
    head = text.split('"""')[1]
    assert "REQUIRED INPUTS:" in head
    assert "OUTPUTS:" in head


def test_every_script_belongs_to_one_rule():
    used = [rule.script for rule in RULES if rule.script]
    assert sorted(used) == SCRIPTS
    assert len({rule.name for rule in RULES}) == len(RULES)


@named
def test_rule_script_log_and_benchmark_share_one_name(rule):
    assert re.fullmatch(RULE_NAME, rule.name)
    assert rule.script == ROOT / "scripts" / f"{rule.name}.py"
    for directive, folder in (("log", "logs"), ("benchmark", "benchmarks")):
        path = re.search(r'"([^"]+)"', rule.directives[directive]).group(1)
        assert f"{rule.name}" in re.split(r"[/.]", path), path
        assert folder in path.split("/"), path


@named
def test_rule_is_complete(rule):
    needed = {"output", "log", "benchmark", "conda", "resources", "script"}
    assert needed <= set(rule.directives)
    assert "mem_mb" in rule.directives["resources"]
    assert "runtime" in rule.directives["resources"]
    assert "retries" not in rule.directives  # a profile's business
    assert rule.docstring.strip().endswith(".")
    assert len(rule.docstring.splitlines()) == 1
    assert len(rule.text.splitlines()) <= 28


def test_targets_make_nothing_themselves():
    for rule in split_rules(TARGETS):
        assert {*rule.directives} == {"input"}
        assert rule.docstring.strip().endswith(".")


def test_the_snakefile_is_a_table_of_contents():
    text = (ROOT / "Snakefile").read_text()
    assert len(text.splitlines()) <= 90
    included = re.findall(r'include: "rules/(\w+\.smk)"', text)
    assert sorted(included) == sorted(path.name for path in RULE_FILES)


def test_each_config_is_named_as_its_dataset():
    for path in CONFIGS:
        assert yaml.safe_load(path.read_text())["dataset"] == path.stem


def tracked_files():
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [p for p in paths if p.is_file() and p.suffix not in (".png", ".lock")]


def test_no_path_of_one_machine_is_written_down():
    foreign = re.compile(r"(?<![\w.:/~$])/(?:home|root|Users|work|tmp|mnt|scratch)/")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in tracked_files()
        if path != ROOT / "LICENSE" and "tests" not in path.parts
        for line in path.read_text(errors="replace").splitlines()
        if foreign.search(line) or ("../shared" in line and path not in CONFIGS)
    ]
    assert not found
