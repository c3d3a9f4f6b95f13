"""The log of a job: one line at the start and the end of a step, errors in full.

A job ends with its run: if that is killed, a job left behind could put its files, made
with older settings, in the place of those of the next run.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from neuropil.errors import InputError
from neuropil.usage import describe_usage

SECONDS = 1.0  # between two looks at whether the run is still there
SHELLS = {"sh", "bash", "dash", "zsh", "ksh"}


def start_log(snakemake) -> None:
    """Send log lines and uncaught errors of a job to the log file of its rule."""
    logging.basicConfig(
        filename=snakemake.log[0],
        filemode="w",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%H:%M:%S",
    )
    logging.getLogger("numba").setLevel(logging.WARNING)
    wildcards = " ".join(snakemake.wildcards)
    logging.info("%s %s starts", snakemake.rule, wildcards)
    sys.excepthook = log_error
    end_with_parent()
    atexit.register(lambda: log_usage(snakemake))


def log_usage(snakemake) -> None:
    """Log what the job has used, beside what it had asked for."""
    logging.info(describe_usage(snakemake.threads, snakemake.resources))


def end_with_parent() -> None:
    """Let this process end when the run that started it has ended, shells aside."""
    watched = list(ancestors())

    def watch() -> None:
        while all(start_of(process) == start for process, start in watched):
            time.sleep(SECONDS)
        logging.error("the run that this job belongs to was killed: the job ends, too")
        os._exit(1)

    if watched:
        threading.Thread(target=watch, daemon=True).start()


def ancestors() -> Iterator[tuple[int, str]]:
    """Yield what started this process, and when that started, up to the first no shell.

    A shell that runs a job may wait for it (old ones, those with traps), and does not
    end with Snakemake.
    """
    process = os.getppid()
    while start := start_of(process):
        yield process, start
        name, *rest = read_process(process)
        if name not in SHELLS:
            return
        process = int(rest[1])


def start_of(process: int) -> str:
    """When a process started, in the system's own count; empty if it has ended."""
    try:
        about = read_process(process)
    except OSError:
        return ""
    return "" if about[1] in "ZX" else about[20]  # a zombie nobody has waited for


def read_process(process: int) -> list[str]:
    """Name of a process, its state, the one that started it, ... (man proc, stat)."""
    text = Path(f"/proc/{process}/stat").read_text(errors="replace")
    name, rest = text.split("(", 1)[1].rsplit(")", 1)
    return [name, *rest.split()]


def log_error(kind, error, trace) -> None:
    """Log an uncaught error; of a wrong input, only its sentence goes to the screen."""
    logging.error("the job stopped", exc_info=(kind, error, trace))
    if issubclass(kind, InputError):
        sys.stderr.write(f"\n{error}\n")
    else:
        sys.__excepthook__(kind, error, trace)
