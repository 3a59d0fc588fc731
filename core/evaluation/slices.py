"""The same scores for parts of the validation images: by source, finding, view, sex, age and size.

Holds the table of slicings and ``slice_table``. Scores and intervals are those of
``core.evaluation.metrics``; the charts of slices stand in ``core.charts.slices``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from core.data.labels import FINDINGS
from core.evaluation.metrics import evaluate
from core.words import class_title, finding_title, source_title

# Below this a slice says little, and is marked.
FEW = 30
NOT_GIVEN, ALL = "not given", "all validation images"

# Lower bound (inclusive) -> name of the band.
AGE_BANDS = {
    0: "under 18 years",
    18: "18 to 39 years",
    40: "40 to 59 years",
    60: "60 to 79 years",
    80: "80 years and older",
}
# Of the shorter side: the published networks take 224 pixels.
SIZE_BANDS = {
    1: "under 224 pixels",
    224: "224 pixels",
    225: "225 to 499 pixels",
    500: "500 to 999 pixels",
    1000: "1,000 pixels and more",
}


@dataclass(frozen=True)
class Slicing:
    """One way to part images: ``values`` gives the slice of every row of a catalog.

    ``order`` holds slices in the order to show them; others follow by falling number of images.
    """

    title: str
    sentence: str
    values: Callable[[pd.DataFrame], pd.Series]
    order: tuple[str, ...] = ()


def _column(name: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda rows: rows[name].replace("", NOT_GIVEN)


def _bands(values: pd.Series, bands: dict[int, str]) -> pd.Series:
    edges = [*bands, float("inf")]
    band = pd.cut(values, edges, right=False, labels=list(bands.values()))
    return band.astype("object").fillna(NOT_GIVEN)


SLICINGS: dict[str, Slicing] = {
    "source": Slicing(
        "Source",
        "The collection an image comes from. Collections differ in hospitals, machines and ages, "
        "so a network can tell them apart without looking at lungs.",
        lambda rows: _column("source")(rows).map(source_title),
    ),
    "finding": Slicing(
        "Finding",
        "What the source says, finer than the classes: within the paper's class coronavirus, "
        "other viruses against COVID-19. A slice of one finding has one class.",
        lambda rows: _column("finding")(rows).map(finding_title),
        tuple(FINDINGS.values()),
    ),
    "view": Slicing(
        "View",
        "How the film was taken: PA standing, AP mostly of the very ill or the very young, "
        "AP Supine lying down.",
        _column("view"),
        ("PA", "AP", "AP Supine"),
    ),
    "sex": Slicing(
        "Sex",
        "As far as the source gives it.",
        lambda rows: _column("sex")(rows).replace({"F": "female", "M": "male"}),
        ("female", "male"),
    ),
    "age": Slicing(
        "Age band",
        "The patient's age at the time of the image, as far as the source gives it.",
        lambda rows: _bands(rows["age"], AGE_BANDS),
        tuple(AGE_BANDS.values()),
    ),
    "size": Slicing(
        "Image size",
        "The file's shorter side. Size is no sign of disease, but goes with the source.",
        lambda rows: _bands(rows[["width", "height"]].min(axis=1), SIZE_BANDS),
        tuple(SIZE_BANDS.values()),
    ),
}


def slice_table(
    rows: pd.DataFrame, classes: Sequence[str], slicing: Slicing, seed: int = 0
) -> pd.DataFrame:
    """Scores of all validation images, then of each slice, one row each.

    ``rows`` are cases with the catalog's columns (``cases.with_catalog``). Columns: slice, n,
    patients (an image of an unknown patient counts as one), few (n below FEW), accuracy,
    balanced_accuracy and sensitivity_<class>, fractions 0..1, each with its 95 % interval in _low
    and _high and NaN where undefined, n_<class>, and undefined: a sentence saying why, or "". The
    balanced accuracy of a slice that lacks a class is undefined: a mean over other classes could
    not be compared. Raises UserError as ``metrics.evaluate`` when there are no rows.
    """
    # Raised here, before an empty table is sliced.
    table = [_row(ALL, rows, classes, seed)]
    values = slicing.values(rows)
    counts = values.value_counts()
    met = [name for name in (*slicing.order, *counts.index) if counts.get(name, 0)]
    # What nobody knows comes last.
    order = sorted(dict.fromkeys(met), key=lambda name: name == NOT_GIVEN)
    table += [_row(name, rows[values == name], classes, seed) for name in order]
    return pd.DataFrame(table)


def _row(name: str, rows: pd.DataFrame, classes: Sequence[str], seed: int) -> dict:
    metrics = evaluate(rows, classes, seed)
    intervals, n = metrics["ci95"], metrics["n"]
    missing = [c for c in classes if not metrics["per_class"][c]["n"]]
    patients = rows["patient"]
    row = {
        "slice": name,
        "n": n,
        "patients": int(patients[patients != ""].nunique() + (patients == "").sum()),
        "few": n < FEW,
        **_bounded("accuracy", metrics["accuracy"], intervals["accuracy"]),
    }
    balanced = (metrics["balanced_accuracy"], intervals["balanced_accuracy"])
    row |= _bounded("balanced_accuracy", *balanced)
    for c in classes:
        values, bounds = metrics["per_class"][c], intervals["per_class"][c]["sensitivity"]
        row |= _bounded(f"sensitivity_{c}", values["sensitivity"], bounds)
        row[f"n_{c}"] = values["n"]
    row["undefined"] = ""
    if missing:
        row["undefined"] = (
            f"no image of {' or of '.join(map(class_title, missing))}, so no sensitivity for "
            f"{'it' if len(missing) == 1 else 'them'} and no balanced accuracy"
        )
    return row


def _bounded(name: str, value: float | None, interval: Sequence[float] | None) -> dict:
    low, high = interval or (None, None)
    values = {name: value, f"{name}_low": low, f"{name}_high": high}
    return {key: float("nan") if value is None else value for key, value in values.items()}
