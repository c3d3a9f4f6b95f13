"""The conda commands that Snakemake calls, on one channel ($STAND_IN_CHANNEL).

All channels of an environment's file are replaced by that one; its pip part is
installed by the environment's pip, which may change none of the packages there.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

HOME = Path(__file__).resolve().parent
PLATFORMS = ["linux-64", "noarch"]


def read_arguments(argv: list[str]) -> argparse.Namespace:
    """Read a command line, if it is one of those that Snakemake writes."""
    parser = argparse.ArgumentParser("conda")
    parser.add_argument("--version", action="version", version="conda 24.7.1")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("info").add_argument("--json", action="store_true")
    config = commands.add_parser("config")
    config.add_argument("--get", choices=["channel_priority"], required=True)
    config.add_argument("--json", action="store_true")
    clean = commands.add_parser("clean")  # each environment keeps its archives
    for option in ("-y", "--tarballs", "--packages"):
        clean.add_argument(option, action="store_true")
    create = commands.add_parser("env").add_subparsers(required=True)
    create = create.add_parser("create")
    create.add_argument("--quiet", action="store_true")
    create.add_argument("--no-default-packages", action="store_true")
    create.add_argument("--file", type=Path, required=True)
    create.add_argument("--prefix", type=Path, required=True)
    return parser.parse_args(argv)


async def install_packages(specs: list[str], prefix: Path) -> None:
    """Solve and install."""
    from rattler import Channel, Gateway, VirtualPackage, install, solve

    cache = Path(f"{prefix}.packages")
    records = await solve(
        [Channel(os.environ["STAND_IN_CHANNEL"])],
        specs,
        platforms=PLATFORMS,
        gateway=Gateway(cache_dir=cache / "index"),
        virtual_packages=VirtualPackage.detect(),
    )
    await install(records, prefix, cache_dir=cache, show_progress=False)


def install_by_pip(lines: list[str], prefix: Path) -> int:
    """Install the pip part of an environment, and leave alone what conda installed.

    Its packages are links to those of another environment, where nothing may change.
    """
    pip = [f"{prefix}/bin/python", "-m", "pip", "--no-input"]
    there = subprocess.check_output([*pip, "list", "--format", "freeze"], text=True)
    constraints = prefix / "constraints.txt"
    constraints.write_text(there)
    command = [*pip, "install", "--quiet", "--constraint", str(constraints), *lines]
    return subprocess.run(command, check=False).returncode


def create_environment(file: Path, prefix: Path) -> int:
    wanted = yaml.safe_load(file.read_text())["dependencies"]
    specs = [line for line in wanted if isinstance(line, str)]
    by_pip = [line for part in wanted if isinstance(part, dict) for line in part["pip"]]
    try:
        asyncio.run(install_packages(specs, prefix))
    except Exception as error:  # whatever it is: Snakemake shows it
        print(f"{type(error).__name__}: {error}")
        return 1
    return install_by_pip(by_pip, prefix) if by_pip else 0


def main(argv: list[str]) -> int:
    arguments = read_arguments(argv)
    if arguments.command == "info":
        print(json.dumps({"conda_prefix": str(HOME), "platform": PLATFORMS[0]}))
    elif arguments.command == "config":
        print(json.dumps({"get": {"channel_priority": "strict"}}))
    elif arguments.command == "env":
        return create_environment(arguments.file, arguments.prefix)
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # py-rattler may abort in an ordinary exit
