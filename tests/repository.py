"""What the tests of the workflow know about the repository, read from its text."""

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from neuropil.provenance import code_modules, module_file

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
MODULES = sorted((ROOT / "scripts" / "neuropil").rglob("*.py"))
RULE_FILES = sorted((ROOT / "rules").glob("*.smk"))
TARGETS = ROOT / "rules" / "targets.smk"  # names for what other rules make
CONFIGS = sorted(p for p in (ROOT / "config").glob("*.yaml") if p.name != "config.yaml")


@dataclass(frozen=True)
class Rule:
    """A rule as its text says it: the body of each directive, and its docstring."""

    name: str
    stage: str
    text: str
    directives: dict[str, str]

    @property
    def docstring(self) -> str:
        found = re.search(r'^    """(.*?)"""', self.text, re.M | re.S)
        return found.group(1) if found else ""

    @property
    def script(self) -> Path | None:
        found = re.search(r'"([^"]+)"', self.directives.get("script", ""))
        return (ROOT / "rules" / found.group(1)).resolve() if found else None

    @property
    def runs_per_chunk(self) -> bool:
        return "{chunk}" in self.directives.get("output", "")


def read_rules() -> list[Rule]:
    """All rules of the rule files but targets, in the order of the text."""
    return [r for path in RULE_FILES if path != TARGETS for r in split_rules(path)]


def split_rules(path: Path) -> list[Rule]:
    parts = re.split(r"^(?:rule|checkpoint) (\w+):\n", path.read_text(), flags=re.M)
    return [
        Rule(name, path.stem, body, split_directives(body))
        for name, body in zip(parts[1::2], map(cut_body, parts[2::2]))
    ]


def cut_body(text: str) -> str:
    """Lines up to the first that is not indented."""
    found = re.search(r"^\S", text, re.M)
    return text[: found.start()].rstrip() if found else text.rstrip()


def split_directives(body: str) -> dict[str, str]:
    parts = re.split(r"^    (\w+):", body, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def imported_names(path: Path) -> set[str]:
    """Dotted names that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def foreign_packages(path: Path) -> set[str]:
    """Import names of packages of others that a file imports itself."""
    tops = {name.split(".")[0] for name in imported_names(path)}
    return tops - set(sys.stdlib_module_names) - {"neuropil"}


def packages_behind(path: Path) -> set[str]:
    """Packages of others that a script needs, through the library too."""
    files = [path, *map(module_file, [*code_modules(path.stem), "joblog"])]
    return set().union(*(foreign_packages(f) for f in files))
