"""The log of a job: one line at the start and the end of a step, errors in full."""

from __future__ import annotations

import atexit
import logging
import sys

from neuropil.errors import InputError
from neuropil.usage import describe_usage


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
    atexit.register(lambda: logging.info(describe_usage(snakemake.threads)))


def log_error(kind, error, trace) -> None:
    """Log an uncaught error; of a wrong input, only its sentence goes to the screen."""
    logging.error("the job stopped", exc_info=(kind, error, trace))
    if issubclass(kind, InputError):
        sys.stderr.write(f"\n{error}\n")
    else:
        sys.__excepthook__(kind, error, trace)
