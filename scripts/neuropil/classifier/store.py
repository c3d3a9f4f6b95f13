"""Files of classifiers: skops, which reads data and no code.

A file of skops is a zip archive of a JSON description and numpy arrays. Reading it
makes objects of types that skops or the list below know, and of no others.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from skops.io import dumps, get_untrusted_types, load

from neuropil.classifier.learners import TYPES, Constant, Platt
from neuropil.classifier.model import TARGETS, Classifier, Part
from neuropil.errors import InputError
from neuropil.whole_files import replacing

#: Parts of scikit-learn that skops does not know by itself, all plain trees and tables.
TRUSTED = (
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
FORMAT = 1
#: Where skops writes the name of an object, and none of its numbers, as long or not.
NAMES = re.compile(r'("__id__": |"file": ")([0-9]+)')


class Kind(NamedTuple):
    """What a file must hold to be of use.

    Attributes
    ----------
    setting : of the config that names the file
    needed : target that it predicts at least
    known : targets that it may predict
    trained_by : what makes such a file
    """

    setting: str
    needed: str
    known: tuple[str, ...]
    trained_by: str


SYNAPSES = Kind("classifier.model", "synaptic", tuple(TARGETS), "snakemake classifier")


def write_classifier(path: str | os.PathLike, classifier: Classifier) -> None:
    """Write a classifier; the same classifier gives the same bytes."""
    parts = {
        name: {"learner": as_plain(part.learner), "platt": list(part.platt)}
        for name, part in classifier.parts.items()
    }
    content = {"format": FORMAT, "scikit-learn": version("scikit-learn")}
    content |= {"features": list(classifier.features), "parts": parts}
    with replacing(path) as temporary:
        write_named(temporary, dumps(content))


def write_named(path: Path, archive: bytes) -> None:
    """Write an archive of skops so that its bytes follow from its content.

    skops names objects by their addresses in memory, and stamps the time on files.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as given:
        text = given.read("schema.json").decode()
        order = list(dict.fromkeys(match[2] for match in NAMES.finditer(text)))
        number = {name: str(at) for at, name in enumerate(order)}
        text = NAMES.sub(lambda match: match[1] + number[match[2]], text)
        files = {name.split(".")[0]: name for name in given.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(zipfile.ZipInfo("schema.json"), text, made.compression)
            for name in filter(files.get, order):
                entry = zipfile.ZipInfo(f"{number[name]}.npy")
                made.writestr(entry, given.read(files[name]), made.compression)


def as_plain(learner: object) -> object:
    """Give what skops can write: a number for what learnt no classes."""
    return learner.p if isinstance(learner, Constant) else learner


def read_classifier(path: str | os.PathLike, kind: Kind = SYNAPSES) -> Classifier:
    """Read a classifier.

    Raises
    ------
    InputError
        If the file is none, holds types of objects that no classifier has, or was
        written by a version with other targets
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{kind.setting} is {path}, and there is no such file. Train one "
            f"({kind.trained_by}), or set it to null for the rule."
        )
    try:
        strange = sorted(set(get_untrusted_types(file=path)) - set(TRUSTED))
        content = None if strange else load(path, trusted=list(TRUSTED))
    except Exception as error:  # whatever skops or zip meet in a broken file
        raise InputError(
            f"{path} can't be read as a classifier ({error}). Train it again "
            f"({kind.trained_by})."
        ) from error
    if strange:
        raise InputError(
            f"{path} holds objects of types {strange}, which no classifier of neuropil "
            "has; it was not read. Use a file that train_classifier wrote."
        )
    return as_classifier(content, path, kind)


def as_classifier(content: object, path: Path, kind: Kind) -> Classifier:
    """Make a classifier of what a file holds."""
    found = content.get("parts") if isinstance(content, Mapping) else None
    found = found if isinstance(found, Mapping) else {}
    if not isinstance(content, Mapping) or content.get("format") != FORMAT:
        raise InputError(
            f"{path} is no classifier of this version of neuropil (format {FORMAT}). "
            f"Train it again ({kind.trained_by})."
        )
    check_version(str(content.get("scikit-learn")), path, kind)
    if kind.needed not in found or set(found) - set(kind.known):
        raise InputError(
            f"{path} predicts {list(found)}; {kind.needed} is needed, and "
            f"{list(kind.known)} are known. Train it again ({kind.trained_by})."
        )
    try:
        parts = {
            name: Part(as_learner(p["learner"]), Platt(*p["platt"]))
            for name, p in found.items()
        }
        return Classifier(parts, tuple(content["features"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} lacks parts of a classifier, or has others ({error}). Train it "
            f"again ({kind.trained_by})."
        ) from error


def check_version(trained: str, path: Path, kind: Kind) -> None:
    """Refuse what another version of scikit-learn wrote: its trees may mean others."""
    here = version("scikit-learn")
    if trained.split(".")[:2] != here.split(".")[:2]:
        raise InputError(
            f"{path} was written with scikit-learn {trained}, and this is {here}, "
            f"which may read it otherwise. Train it again ({kind.trained_by})."
        )


def as_learner(stored: object) -> object:
    """Undo `as_plain`; a TypeError for what does not learn."""
    if isinstance(stored, float):
        return Constant(stored)
    if not isinstance(stored, TYPES):
        raise TypeError(f"{type(stored).__name__} in place of a learner")
    for nodes in list_trees(stored):
        check_tree(nodes, stored.n_features_in_)
    return stored


def list_trees(learner: object) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield, of each tree, per node: both children, feature, whether it is a leaf."""
    for tree in getattr(learner, "estimators_", []):
        left, right = tree.tree_.children_left, tree.tree_.children_right
        yield left, right, tree.tree_.feature, left == -1
    for predictor in chain.from_iterable(getattr(learner, "_predictors", [])):
        nodes = predictor.nodes
        split = (nodes[name] for name in ("right", "feature_idx"))
        left = np.where(nodes["is_categorical"], 0, nodes["left"])  # is refused
        yield left, *split, nodes["is_leaf"] == 1


def check_tree(nodes: tuple[np.ndarray, ...], features: int) -> None:
    """Refuse a tree that would lead out of its nodes, or in a circle.

    scikit-learn follows children without a check.
    """
    left, right, feature, leaf = (column.astype(np.int64) for column in nodes)
    own = np.arange(len(left))
    inside = [(own < child) & (child < len(left)) for child in (left, right)]
    known = (feature >= 0) & (feature < features)
    if not len(left) or not ((inside[0] & inside[1] & known) | (leaf == 1)).all():
        raise TypeError("a tree leads out of itself")
