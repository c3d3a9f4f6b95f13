"""The log of a job: one line at the start and the end of a step, errors in full.

A job ends with its run: if that is killed, a job left behind could put its files, made
with older settings, in the place of those of the next run.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time

from neuropil.errors import InputError

SECONDS = 1.0  # between two looks at whether the run is still there


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


def end_with_parent() -> None:
    """Let this process end when the one that started it has ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS)
        logging.error("the run that this job belongs to was killed: the job ends, too")
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def log_error(kind, error, trace) -> None:
    """Log an uncaught error; of a wrong input, only its sentence goes to the screen."""
    logging.error("the job stopped", exc_info=(kind, error, trace))
    if issubclass(kind, InputError):
        sys.stderr.write(f"\n{error}\n")
    else:
        sys.__excepthook__(kind, error, trace)
