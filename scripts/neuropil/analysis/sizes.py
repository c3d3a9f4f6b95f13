"""Statistics of the sizes of synapses and of how many a pair of cells has."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from neuropil.analysis import lognormal
from neuropil.analysis.pairs import (
    compare_shuffled,
    correlate,
    count_pairs,
    number_cells,
    shuffle_correlation,
    shuffle_partners,
)
from neuropil.analysis.tables import read_touching
from neuropil.connectome import is_counted
from neuropil.whole_files import replacing

SIZES = {"area_um2": "µm²", "volume_um3": "µm³", "voxel_count": "voxel"}
PERCENTILES = (5, 25, 50, 75, 95)
# Relations of two synapses, and within which cells' synapses sizes are shuffled.
QUESTIONS = {
    "same_pair": ("same_pair", "all"),
    "same_pair_within_pre": ("same_pair", "pre"),
    "same_pair_within_post": ("same_pair", "post"),
    "same_pre": ("same_pre", "all"),
    "same_post": ("same_post", "all"),
    "unrelated": ("unrelated", "all"),
}
KEYS = ("group", "part", "quantity")
EMPTY = {"level": np.nan, "unit": "", "error": np.nan, "count": 0} | dict.fromkeys(
    ("expected", "low", "high", "p"), np.nan
)


def select_synapses(
    synapses: pd.DataFrame, min_p_synaptic: float, min_p_direction: float
) -> pd.DataFrame:
    """Take the synapses that make edges (`connectome.gather_edges`).

    A table from elsewhere has no probabilities: all of its rows are synapses.
    """
    if "p_synaptic" not in synapses:
        return synapses
    return synapses[is_counted(synapses, min_p_synaptic, min_p_direction)]


def find_size(synapses: pd.DataFrame) -> str | None:
    """Column that holds the sizes: areas before volumes before voxels."""
    return next((name for name in SIZES if name in synapses), None)


def measure_table(
    synapses: pd.DataFrame, given: dict, thresholds: tuple[float, float], sizes: dict
) -> pd.DataFrame:
    """Measure the run's own synapses, or those of a table from elsewhere.

    Parameters
    ----------
    synapses : table of schema ``connectome_synapses``, or `given_schema`
    given : the table's entry in the config's section `tables`; empty for the own one
    thresholds : min_p_synaptic and min_p_direction of edges
    sizes : section `sizes` of the config

    Returns
    -------
    Table of schema ``size_statistics``
    """
    synapses = select_synapses(synapses, *thresholds)
    numbers = [*given.get("numbers", {})]
    table = measure_sizes(synapses, numbers, sizes["shuffles"], sizes["seed"])
    if given.get("touching"):
        rows = measure_touching(read_touching(given, synapses))
        table = pd.concat([table, pd.DataFrame(rows)], ignore_index=True)
    return table


def measure_sizes(
    synapses: pd.DataFrame, numbers: Iterable[str], shuffles: int, seed: int
) -> pd.DataFrame:
    """Measure sizes and pairs, of all synapses and of those of either sign.

    Parameters
    ----------
    synapses : pre, post; if known area_um2, volume_um3 or voxel_count, and sign
    numbers : further columns whose mean and correlation with the size are measured
    shuffles, seed : how often partners and sizes are shuffled, and by what seed

    Returns
    -------
    Table of schema ``size_statistics``. What can't be measured has no row.
    """
    groups = {"all": synapses}
    if "sign" in synapses:
        signs = {"excitatory": 1, "inhibitory": -1}
        parts = {n: synapses[synapses["sign"] == sign] for n, sign in signs.items()}
        groups |= {name: part for name, part in parts.items() if len(part)}
    rows = [
        EMPTY | {"group": name} | row
        for name, part in groups.items()
        for row in measure_group(part, numbers, shuffles, seed)
    ]
    return pd.DataFrame(rows).astype({"value": float})


def measure_group(
    synapses: pd.DataFrame, numbers: Iterable[str], shuffles: int, seed: int
) -> Iterator[dict]:
    """All rows of one group of synapses; a size of 0 counts as unknown."""
    cells = number_cells(synapses)
    size = find_size(synapses)
    sizes = synapses[size].to_numpy(float) if size else np.full(len(synapses), np.nan)
    known = sizes > 0
    yield from count_all(cells, known)
    if known.any():
        yield from measure_distribution(sizes[known], SIZES[size])
    yield from measure_pairs(cells, shuffles, seed)
    yield from measure_likeness(synapses[known], np.log(sizes[known]), shuffles, seed)
    for name in numbers:
        yield from measure_number(synapses[name].to_numpy(float), sizes, name)


def count_all(cells: dict[str, np.ndarray], known: np.ndarray) -> Iterator[dict]:
    """Count synapses, cells, and partners per cell."""
    count = len(known)
    pre, post, pairs = (len(np.unique(cells[k])) for k in ("pre", "post", "pair"))
    row = {"part": "counts", "count": count}
    yield row | {"quantity": "synapses", "value": count}
    yield row | {"quantity": "synapses_of_known_size", "value": int(known.sum())}
    yield row | {"quantity": "pre_cells", "value": pre}
    yield row | {"quantity": "post_cells", "value": post}
    yield row | {"quantity": "pairs", "value": pairs}
    if count:
        yield row | {"quantity": "synapses_per_pair", "value": count / pairs}
        yield row | {"quantity": "post_cells_per_pre_cell", "value": pairs / pre}
        yield row | {"quantity": "pre_cells_per_post_cell", "value": pairs / post}


def measure_distribution(sizes: np.ndarray, unit: str) -> Iterator[dict]:
    """Mean, percentiles and inequality of sizes, and their log-normal fits."""
    count = len(sizes)
    row = {"part": "distribution", "count": count}
    error = sizes.std() / np.sqrt(count)
    yield (
        row
        | {"quantity": "mean", "value": sizes.mean(), "unit": unit}
        | {"error": error}
    )
    yield row | {"quantity": "gini", "value": lognormal.gini(sizes)}
    for level, value in zip(PERCENTILES, np.percentile(sizes, PERCENTILES)):
        yield (
            row
            | {"quantity": "percentile", "level": level}
            | {
                "value": value,
                "unit": unit,
            }
        )
    logs = np.log(sizes)
    fit = lognormal.fit_log_normal(logs)
    if fit:
        yield from describe_fit(logs, fit, f"ln({unit})")
    mixture = lognormal.fit_mixture(logs) if fit else None
    if mixture:
        yield from describe_mixture(mixture, fit, count, f"ln({unit})")


def describe_fit(
    logs: np.ndarray, fit: lognormal.LogNormal, unit: str
) -> Iterator[dict]:
    """Rows of the log-normal fit."""
    count = len(logs)
    row = {"part": "log_normal", "count": count}
    error = fit.sd / np.sqrt(count)
    yield row | {"quantity": "mu", "value": fit.mean, "error": error, "unit": unit}
    error = fit.sd / np.sqrt(2 * count)
    yield row | {"quantity": "sigma", "value": fit.sd, "error": error, "unit": unit}
    distance = lognormal.ks_distance(logs, fit)
    yield row | {"quantity": "ks_distance", "value": distance}


def describe_mixture(
    mixture: lognormal.Mixture, fit: lognormal.LogNormal, count: int, unit: str
) -> Iterator[dict]:
    """Rows of the mixture of two; a bic_gain above 0 speaks for it."""
    row = {"part": "mixture", "count": count}
    names = ("share", "mu", "sigma")
    for name, values, its in zip(names, mixture[:3], ("", unit, unit)):
        for which, value in zip(("small", "large"), values):
            yield row | {"quantity": f"{name}_{which}", "value": value, "unit": its}
    one = lognormal.bic(fit.log_likelihood, 2, count)
    two = lognormal.bic(mixture.log_likelihood, 5, count)
    yield row | {"quantity": "bic_gain", "value": one - two}


def measure_pairs(
    cells: dict[str, np.ndarray], shuffles: int, seed: int
) -> Iterator[dict]:
    """Pairs of cells by their number of synapses, beside shuffled partners."""
    found = count_pairs(cells)
    if not len(found):
        return
    shuffled = shuffle_partners(cells, shuffles, np.random.default_rng([seed, 0]))
    width = max(len(found), shuffled.shape[1])
    found = np.pad(found, (0, width - len(found)))
    shuffled = np.pad(shuffled, ((0, 0), (0, width - shuffled.shape[1])))
    row = {"part": "pairs", "count": len(cells["pair"])}
    for level in range(1, width):
        beside = compare_shuffled(found[level], shuffled[:, level])
        yield (
            row | {"quantity": "pairs", "level": level, "value": found[level]} | beside
        )
    several = compare_shuffled(found[2:].sum(), shuffled[:, 2:].sum(axis=1))
    yield row | {"quantity": "pairs_of_several", "value": found[2:].sum()} | several


def measure_likeness(
    synapses: pd.DataFrame, logs: np.ndarray, shuffles: int, seed: int
) -> Iterator[dict]:
    """Correlations of ln size over pairs of synapses, beside shuffled sizes."""
    cells = number_cells(synapses)
    for number, (name, question) in enumerate(QUESTIONS.items(), 1):
        found, count = correlate(logs, cells, question[0])
        if not np.isfinite(found):
            continue
        rng = np.random.default_rng([seed, number])
        shuffled = shuffle_correlation(logs, cells, question, shuffles, rng)
        row = {"part": "correlation", "quantity": name, "value": found, "count": count}
        yield row | compare_shuffled(found, shuffled)


def measure_number(values: np.ndarray, sizes: np.ndarray, name: str) -> Iterator[dict]:
    """Mean of a further number of synapses, and its correlation with their size."""
    known = np.isfinite(values)
    count = int(known.sum())
    if not count:
        return
    error = values[known].std() / np.sqrt(count)
    row = {"part": "numbers", "count": count}
    yield (
        row
        | {"quantity": f"mean_{name}", "value": values[known].mean()}
        | {"error": error}
    )
    both = known & (sizes > 0)
    if both.sum() > 2 and min(np.ptp(values[both]), np.ptp(sizes[both])) > 0:
        r = np.corrcoef(values[both], sizes[both])[0, 1]
        row = {"part": "numbers", "count": int(both.sum())}
        yield row | {"quantity": f"correlation_{name}_size", "value": r}


def measure_touching(pairs: pd.DataFrame) -> Iterator[dict]:
    """Pairs of cells that touch, and the share of them with a synapse."""
    row = EMPTY | {"group": "all", "part": "touching", "count": len(pairs)}
    connected = int(pairs["has_synapse"].sum())
    yield row | {"quantity": "pairs", "value": len(pairs)}
    yield row | {"quantity": "pairs_with_synapse", "value": connected}
    if len(pairs):
        yield row | {"quantity": "share_with_synapse", "value": connected / len(pairs)}


def nest_statistics(table: pd.DataFrame) -> dict:
    """Nest a table of schema ``size_statistics`` for JSON: group, part, quantity.

    Percentiles and pairs are lists with a level each; what is not known is left out.
    """
    nested: dict = {}
    for row in table.to_dict("records"):
        place = nested.setdefault(row["group"], {}).setdefault(row["part"], {})
        known = {name: value for name, value in row.items() if is_known(value)}
        entry = {k: v for k, v in known.items() if k not in KEYS}
        if "level" in known:
            place.setdefault(row["quantity"], []).append(entry)
        else:
            place[row["quantity"]] = entry
    return nested


def is_known(value) -> bool:
    """Whether a cell of the table holds something."""
    return value != "" and value == value


def write_statistics(path: str | os.PathLike, table: pd.DataFrame) -> None:
    """Write `nest_statistics` as JSON, complete or not at all."""
    text = json.dumps(nest_statistics(table), indent=1, allow_nan=False)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n")
