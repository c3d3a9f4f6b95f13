"""Where a result came from: digests of code, and what to write into files."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import re
from pathlib import Path

PACKAGE = Path(__file__).parent
# Modules that write logs, metadata and compiled code, never a result.
BESIDE_RESULTS = frozenset({"joblog", "kernel_cache", "provenance"})
# `from neuropil.a import b, c`, in one line or in brackets, and `import neuropil.a`.
IMPORT = re.compile(
    r"^[ \t]*(?:from (neuropil[\w.]*) import (\([^)]*\)|.+)|import (neuropil[\w.]+))",
    re.M,
)
VERSIONED = ("numpy", "scipy", "numba", "h5py", "pandas", "pyarrow", "snakemake")


@functools.cache
def module_file(name: str) -> Path | None:
    """File of a module of this package, or of a rule's script; None if there is none.

    >>> module_file("kernels.partner").name, module_file("extract_contacts").name
    ('partner.py', 'extract_contacts.py')
    """
    path = PACKAGE.joinpath(*name.split("."))
    script = PACKAGE.parent / f"{name}.py"
    for candidate in (path.with_suffix(".py"), path / "__init__.py", script):
        if candidate.exists():
            return candidate
    return None


@functools.cache
def module_text(name: str) -> str:
    """Text of a module; kept, since the code of many rules holds it."""
    return module_file(name).read_text()


@functools.cache
def imported_modules(name: str) -> frozenset[str]:
    """Modules of this package that a module's text imports, anywhere in it.

    By its lines, and not by `ast`: each job on a cluster reads the rules twice, and so
    all of the library, which took half of that time.
    """
    found = set()
    for origin, names, whole in IMPORT.findall(module_text(name)):
        words = re.findall(r"(?:^|[(,])\s*(\w+)", re.sub(r"#.*", "", names))
        found.update([f"{origin}.{word}" for word in words], [origin], [whole])
    inside = [n.removeprefix("neuropil.") for n in found if n.startswith("neuropil.")]
    return frozenset(n for n in inside if module_file(n)) - BESIDE_RESULTS


def code_modules(*names: str) -> list[str]:
    """List the modules and all modules of this package that they import, sorted."""
    todo, seen = list(names), set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        if module_file(name) is None:
            raise ValueError(f"neuropil has no module {name}.")
        seen.add(name)
        todo.extend(imported_modules(name))
    return sorted(seen)


@functools.cache
def named_files(name: str) -> list[Path]:
    """List the files beside a module that its text names: a template, a style."""
    path = module_file(name)
    named = sorted(set(re.findall(r"[\"'](\w+\.\w+)[\"']", module_text(name))))
    return [path.with_name(t) for t in named if path.with_name(t).is_file()]


def code_digest(*names: str) -> str:
    """Digest of the code that modules or scripts run: theirs and what they import.

    Snakemake sees a change of a script, but not of the library behind it. With the
    digest of its script as a parameter of a rule, an edited library function reruns
    just the rules that use it. A template or style that lies beside a module counts as
    code; what writes logs and metadata does not.
    """
    digest = hashlib.sha256()
    for name in code_modules(*names):
        digest.update(name.encode())
        for path in (module_file(name), *named_files(name)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def describe_job(snakemake) -> str:
    """Say as JSON how a job's outputs are made: rule, inputs, parameters, versions."""
    return json.dumps(
        {
            "rule": snakemake.rule,
            "wildcards": dict(snakemake.wildcards.items()),
            "input": [str(path) for path in snakemake.input],
            "params": {key: value for key, value in snakemake.params.items()},
            "versions": {name: importlib.metadata.version(name) for name in VERSIONED},
        },
        default=str,
    )
