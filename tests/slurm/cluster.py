"""Start and stop a real SLURM on this machine's loopback: no systemd, no cgroups.

Debian's packages, as root. Three nodes (cpu1, big1, gpu1 with pretend GPUs) are this
one machine, and their partitions are those of profiles/slurm/partitions.yaml.

Usage: python -m slurm.cluster install     the four packages, if they are not there
       python -m slurm.cluster start|stop  for trying things by hand
"""

from __future__ import annotations

import fcntl
import getpass
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
NAME = "neuropil-slurm"  # in the path of each folder that a cluster is given
NODES = ("cpu1", "big1", "gpu1")
GPUS = 4
PORT = int(os.environ.get("NEUROPIL_SLURM_PORT", 26817))  # the first of four
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun", "munged")
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
# Jobs of Snakemake's plugin drop all SLURM_* variables, SLURM_CONF too, before they
# call srun: so the place where SLURM looks by itself must lead to our file as well.
DEFAULT_CONF = Path("/etc/slurm/slurm.conf")


def reason_to_skip() -> str:
    """Say why SLURM can't be started here; empty if it can."""
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        return f"SLURM is not installed ({', '.join(missing)} not found)"
    if os.geteuid() != 0:
        return "SLURM is started as root only"
    if os.path.lexists(DEFAULT_CONF) and not is_ours(DEFAULT_CONF):
        return f"{DEFAULT_CONF} is of another SLURM, which is left alone"
    return ""


def is_ours(conf: Path) -> bool:
    """Whether SLURM's default configuration leads to one that was written here."""
    return conf.is_symlink() and NAME in str(conf.readlink())


def install() -> str:
    """Install SLURM's packages; say why not, where that is not possible."""
    if all(shutil.which(name) for name in PROGRAMS):
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return "SLURM is left out, and its tests: installing it takes root and apt-get."
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "check": True}
    subprocess.run(["apt-get", "update", "-qq"], **quiet)
    options = ("-y", "-qq", "--no-install-recommends")
    subprocess.run(["apt-get", "install", *options, *PACKAGES], **quiet)
    return ""


class Cluster:
    """A SLURM whose state, sockets and logs lie in one folder.

    Parameters
    ----------
    root : the folder; its path holds `NAME`, which tells whose SLURM it is
    """

    def __init__(self, root: Path):
        if NAME not in str(root):
            raise ValueError(f"{root} does not hold {NAME}")
        self.root = root
        self.conf = root / "etc" / "slurm.conf"
        self.environment = {**os.environ, "SLURM_CONF": str(self.conf)}
        self.lock = None

    def call(self, *command: str, timeout: float = 60) -> str:
        """Run a command of SLURM; return what it prints."""
        return subprocess.run(
            command,
            env=self.environment,
            timeout=timeout,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def start(self) -> None:
        """Start all daemons, and wait until the nodes answer.

        There is one at a time on a machine: others wait until it stops. What was left
        running by tests that were killed is stopped first.
        """
        DEFAULT_CONF.parent.mkdir(exist_ok=True)
        path = DEFAULT_CONF.with_name("neuropil.lock")
        self.lock = os.open(path, os.O_CREAT, 0o600)
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        if is_ours(DEFAULT_CONF):
            for daemon in ("slurmd", "slurmctld", "munged"):
                subprocess.run(["pkill", "-KILL", "-x", daemon], check=False)
        self.write_conf()
        munge = self.root / "munge"
        files = {"socket": "socket", "key-file": "key", "seed-file": "seed"}
        options = [f"--{option}={munge / name}" for option, name in files.items()]
        options += [f"--pid-file={self.pid_file('munged')}"]
        options += [f"--log-file={self.root / 'log' / 'munged.log'}"]
        self.call("munged", "--force", "--num-threads=2", *options)
        wait_for((munge / "socket").exists, "munged")
        self.start_controller()
        for node in NODES:
            self.call("slurmd", "-N", node)
        wait_for(self.nodes_answer, "the nodes")

    def start_controller(self) -> None:
        """Start slurmctld, and wait until it answers."""
        self.call("slurmctld")
        wait_for(self.controller_answers, "slurmctld")

    def stop_controller(self) -> None:
        """Stop slurmctld, as for an upgrade; it saves its state, and jobs run on."""
        kill(self.pid_file("slurmctld"), signal.SIGTERM)

    def stop(self) -> None:
        """Cancel all jobs, stop all daemons, and remove what they left."""
        if self.controller_answers():
            self.call("scancel", "--full", f"--user={getpass.getuser()}")
            wait_for(lambda: not self.jobs(), "jobs to end", seconds=30)
        for name in (*(f"slurmd-{node}" for node in NODES), "slurmctld", "munged"):
            kill(self.pid_file(name), signal.SIGTERM)
        if DEFAULT_CONF.is_symlink() and DEFAULT_CONF.readlink() == self.conf:
            DEFAULT_CONF.unlink()
        if self.lock is not None:
            os.close(self.lock)

    def jobs(self, *states: str) -> list[tuple[str, str]]:
        """Jobs that did not end, or those of some states: their numbers, and comments.

        The comment says the rule and the wildcards of a job.
        """
        wanted = ["--states=" + ",".join(states)] if states else []
        text = self.call("squeue", "-h", "-o", "%i|%k", *wanted)
        return [tuple(line.split("|", 1)) for line in text.splitlines()]

    def drain(self, node: str) -> None:
        """Let a node end its jobs and take no more."""
        self.call(
            "scontrol", "update", f"nodename={node}", "state=drain", "reason=test"
        )

    def give_back(self, node: str) -> None:
        """Let a drained node work again."""
        state = self.call("sinfo", "-h", "-n", node, "-o", "%t")
        if state.startswith(("drain", "drng")):
            self.call("scontrol", "update", f"nodename={node}", "state=resume")

    def controller_answers(self) -> bool:
        """Whether slurmctld answers."""
        try:
            return "UP" in self.call("scontrol", "ping", timeout=10)
        except (subprocess.SubprocessError, FileNotFoundError):
            return False

    def nodes_answer(self) -> bool:
        """Whether every node can take jobs."""
        states = "--states=idle,mixed,allocated"
        found = self.call("sinfo", "-h", "-N", states, "-o", "%N").split()
        return set(found) == set(NODES)

    def pid_file(self, daemon: str) -> Path:
        """File in which a daemon says its number."""
        return self.root / "run" / f"{daemon}.pid"

    def write_conf(self) -> None:
        """Write the configuration, and let SLURM's default place lead to it."""
        for folder in ("etc", "state", "run", "log", "munge", *spools()):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o755)
        key = self.root / "munge" / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        values = {
            "HOST": socket.gethostname().split(".")[0],
            "USER": getpass.getuser(),
            "ROOT": str(self.root),
            "GPU_FILES": ",".join(map(str, self.make_gpus())),
        }
        ports = ("CONTROLLER_PORT", "CPU_PORT", "BIG_PORT", "GPU_PORT")
        values |= {name: str(PORT + i) for i, name in enumerate(ports)}
        for template in HERE.glob("*.conf.in"):
            text = template.read_text()
            for name, value in values.items():
                text = text.replace(f"@{name}@", value)
            (self.root / "etc" / template.stem).write_text(text)
        DEFAULT_CONF.unlink(missing_ok=True)
        DEFAULT_CONF.symlink_to(self.conf)

    def make_gpus(self) -> list[Path]:
        """Make devices like /dev/null, which stand for GPUs."""
        paths = [self.root / "run" / f"gpu{i}" for i in range(GPUS)]
        for path in paths:
            if not path.exists():
                os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        return paths


def spools() -> list[str]:
    """Folders of the nodes."""
    return [f"spool/{node}" for node in NODES]


def kill(pid_file: Path, how: signal.Signals) -> None:
    """Send a signal to a daemon, if it runs, and wait until it is gone."""
    try:
        number = int(pid_file.read_text())
        os.kill(number, how)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return
    try:
        wait_for(lambda: is_gone(number), f"{pid_file.stem} to end", seconds=15)
    except TimeoutError:
        os.kill(number, signal.SIGKILL)


def is_gone(number: int) -> bool:
    """Whether a process has ended; one that nobody waited for has no program left."""
    try:
        os.readlink(f"/proc/{number}/exe")
    except OSError:
        return True
    return False


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until a condition holds; raise TimeoutError if it does not."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"gave up waiting for {what} after {seconds:.0f} s")
        time.sleep(0.1)


if __name__ == "__main__":
    by_hand = Cluster(Path("/var/tmp") / NAME)
    if sys.argv[1:] == ["install"]:
        print(install() or "SLURM is installed.")
    elif sys.argv[1:] in (["start"], ["stop"]):
        getattr(by_hand, sys.argv[1])()
    else:
        sys.exit(__doc__)
