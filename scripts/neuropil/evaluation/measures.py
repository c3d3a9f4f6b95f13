"""What the evaluation's numbers mean, and what they should reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A score on the page: where it stands, what it means, what it should reach."""

    key: str
    name: str
    meaning: str
    bar: float | None = None
    is_error: bool = False

    def passes(self, value: float) -> bool:
        """Whether a value reaches the bar."""
        return value <= self.bar if self.is_error else value >= self.bar


MATCHED = "one to one, within 200 nm and between the same two cells"
MEASURES = (
    Measure("synapses.f1", "Synapses, F1", f"Matched {MATCHED}.", 0.95),
    Measure(
        "synapses.precision", "Synapses, precision", "Part of predictions matched."
    ),
    Measure("synapses.recall", "Synapses, recall", "Part of true synapses matched."),
    Measure(
        "edges.f1", "Connections, F1", "Directed pairs of cells, one to one.", 0.93
    ),
    Measure("edges.precision", "Connections, precision", "Part of predictions right."),
    Measure("edges.recall", "Connections, recall", "Part of true connections found."),
    Measure("edges.weighted_f1", "Connections, weighted F1", "In numbers of synapses."),
    Measure("sign.accuracy", "Sign", "Of matched synapses; unknown is wrong.", 0.97),
    Measure("direction.accuracy", "Direction", "Of matched synapses."),
    Measure(
        "contacts.area_error",
        "Contact area, error",
        "Sum of |predicted - true| over pairs of cells / sum of true.",
        0.05,
        is_error=True,
    ),
    Measure("contacts.bias", "Contact area, bias", "The same with signs."),
    Measure("contacts.pairs_f1", "Touching pairs, F1", "Pairs of cells that touch."),
)
AP50 = (
    "Area under precision-recall, match at IoU ≥ 0.5, larger objects ranked first. "
    "True objects below min_size_vx do not count."
)
NAMES = {"sj": "Synaptic junctions", "mi": "Mitochondria", "vc": "Vesicle clouds"}
AP50_BARS = {"mi": 0.95}
MAPPING = "Matched objects in the right cell."


def name_class(organelle: str) -> str:
    """Name an organelle in words; one of a user keeps the name it has."""
    return NAMES.get(organelle, organelle)


def list_measures(scores: dict) -> list[Measure]:
    """List the measures of a run: the common ones, and two per organelle."""
    return [
        *MEASURES,
        *(
            Measure(
                f"organelles.{name}.ap50", f"{name}, AP50", AP50, AP50_BARS.get(name)
            )
            for name in scores["organelles"]
        ),
        *(
            Measure(f"mapping.{name}.accuracy", f"{name_class(name)} in cells", MAPPING)
            for name in scores["mapping"]
        ),
    ]


def find_score(scores: dict, key: str) -> float | None:
    """Value at a dotted key."""
    for part in key.split("."):
        scores = scores[part]
    return scores
