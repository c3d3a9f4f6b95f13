"""A conda channel in a folder, of packages that are links to what pip installed here.

An environment of them is like a venv that holds some packages of this one: those it was
asked for, and those that they need. `python` is a package, too, whose files turn the
environment's folder into a venv of the Python that runs.
"""

import hashlib
import importlib.metadata
import io
import json
import os
import re
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE = f"lib/python{MINOR}/site-packages"
SUBDIR = "linux-64"
PROBE = Path(__file__).with_name("probe.py")
LOCK_NAMES = {"matplotlib-base": "matplotlib"}  # conda-forge's name -> pip's
CONDA_NAMES = {lock: conda for conda, lock in LOCK_NAMES.items()}


@dataclass
class Package:
    """A package of the channel; `links` are paths in it, and where they lead."""

    name: str
    version: str
    depends: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}-0.tar.bz2"

    @property
    def record(self) -> dict:
        return {
            "name": self.name,
            "version": self.version,
            "build": "0",
            "build_number": 0,
            "depends": self.depends,
            "subdir": SUBDIR,
        }


def lock_name(conda_name: str) -> str:
    """Name in the locks of a package that conda-forge calls otherwise.

    >>> lock_name("matplotlib-base"), lock_name("numpy")
    ('matplotlib', 'numpy')
    """
    return LOCK_NAMES.get(conda_name, conda_name)


def make_channel(folder: Path, conda_names: list[str]) -> str:
    """Make a channel of packages, and of all that they need.

    Parameters
    ----------
    folder : is made
    conda_names : packages that pip installed here, by their names on conda-forge

    Returns
    -------
    The channel's address
    """
    packages = [python_package()]
    packages += map(linked_package, closure(map(lock_name, conda_names)))
    for subdir in (SUBDIR, "noarch"):
        (folder / subdir).mkdir(parents=True)
        index = {"info": {"subdir": subdir}, "packages": {}, "packages.conda": {}}
        if subdir == SUBDIR:
            for package in packages:
                archive = write_archive(package, folder / subdir)
                index["packages"][archive.name] = package.record | describe(archive)
        (folder / subdir / "repodata.json").write_text(json.dumps(index))
    return folder.absolute().as_uri()


def closure(lock_names) -> list[str]:
    """List packages and all that they need, sorted."""
    todo, found = list(lock_names), set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += requirements(name)
    return sorted(found)


def requirements(lock_name: str) -> list[str]:
    """Names of what a package needs, by its own words; not of its extras.

    What it needs only on some machines, or for some Pythons, counts where it is here.
    """
    lines = importlib.metadata.requires(lock_name) or []
    parts = [line.partition(";") for line in lines]
    wanted = [(pip_name(what), when) for what, _, when in parts if "extra" not in when]
    return [name for name, when in wanted if not when or is_installed(name)]


def pip_name(requirement: str) -> str:
    """Name in a requirement, as the locks write it.

    >>> pip_name("ml_dtypes>=0.5"), pip_name("numpy (>=2)")
    ('ml-dtypes', 'numpy')
    """
    name = re.match(r"[\w.-]+", requirement.strip()).group()
    return re.sub(r"[-_.]+", "-", name).lower()


def is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def linked_package(lock_name: str) -> Package:
    """Package whose modules are links to those that pip installed."""
    found = importlib.metadata.distribution(lock_name)
    tops = {path.parts[0] for path in found.files} - {"..", "__pycache__"}
    needed = [CONDA_NAMES.get(name, name) for name in requirements(lock_name)]
    return Package(
        name=CONDA_NAMES.get(lock_name, lock_name),
        version=found.version,
        depends=[f"python {MINOR}.*", *needed],
        links={f"{SITE}/{top}": str(found.locate_file(top)) for top in sorted(tops)},
    )


def python_package() -> Package:
    """Package that makes a venv of the Python that runs, and loads the probe in it."""
    version = ".".join(map(str, sys.version_info[:3]))
    home = f"home = {sys.base_prefix}/bin\ninclude-system-site-packages = false\n"
    return Package(
        name="python",
        version=version,
        files={
            "pyvenv.cfg": home.encode(),
            f"{SITE}/stand_in_probe.py": PROBE.read_bytes(),
            f"{SITE}/stand_in_probe.pth": b"import stand_in_probe\n",
        },
        links={
            "bin/python": os.path.realpath(sys.executable),
            "bin/python3": "python",
            f"bin/python{MINOR}": "python",
        },
    )


def write_archive(package: Package, folder: Path) -> Path:
    """Write a package in conda's format of one tar file."""
    path = folder / package.file_name
    with tarfile.open(path, "w:bz2", compresslevel=1) as archive:
        for name, content in {**metadata(package), **package.files}.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
        for name, target in package.links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return path


def metadata(package: Package) -> dict[str, bytes]:
    """Files that describe a package to those who install it."""
    paths = [
        {
            "_path": name,
            "path_type": "hardlink",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_in_bytes": len(content),
        }
        for name, content in package.files.items()
    ]
    paths += [{"_path": name, "path_type": "softlink"} for name in package.links]
    return {
        "info/index.json": json.dumps(package.record).encode(),
        "info/paths.json": json.dumps({"paths": paths, "paths_version": 1}).encode(),
        "info/files": "\n".join([*package.files, *package.links]).encode(),
        "info/about.json": b"{}",
    }


def describe(archive: Path) -> dict:
    content = archive.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
