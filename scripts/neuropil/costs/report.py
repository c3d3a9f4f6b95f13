"""What a run asked for, used and cost, as a page of text."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from neuropil.costs.prices import describe_costs
from neuropil.costs.requests import describe_requests
from neuropil.whole_files import replacing


def write_report(path: str | Path, requests: pd.DataFrame, costs: pd.DataFrame) -> None:
    """Write a page of text, and log it.

    Parameters
    ----------
    requests, costs : tables of these schemas
    """
    text = f"{describe_requests(requests)}\n{describe_costs(costs)}"
    logging.info("costs\n%s", text)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
