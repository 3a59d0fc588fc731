"""Scores as sortable tables, each with its interval and its n: run by run, and class by class.

Holds ``score_table``, from rows of ``core.evaluation.compare``, and ``class_table``.
"""

from collections.abc import Sequence

import pandas as pd

from core.evaluation.compare import BASELINE, PUBLISHED, RUN, SCORES
from core.evaluation.metrics import MEASURES
from core.evaluation.statistics import wilson
from pages.components.worded_table import worded_table
from pages.components.words import class_title, percent

# Column of the comparison -> heading and help.
SCORE_WORDS = {
    "balanced_accuracy": (
        "Balanced accuracy",
        "Mean of the sensitivities: every class counts the same, however rare. The fair partner "
        "of the published accuracy.",
    ),
    "accuracy": ("Accuracy", "Share of all validation images named correctly."),
    "sensitivity": (
        "Sensitivity",
        "Of the images that are of a class, the share recognised as such; mean over the classes. "
        "Also called recall.",
    ),
    "specificity": (
        "Specificity",
        "Of the images that are not of a class, the share not taken for it; mean over the classes.",
    ),
    "precision": (
        "Precision",
        "Of the images taken for a class, the share that is of it; mean over the classes.",
    ),
    "f1": ("F1", "Harmonic mean of precision and sensitivity; mean over the classes."),
}
TEXT_WORDS = {
    "name": ("Network and run", None),
    "origin": (
        "From",
        "A run of yours, the published study, or a trivial baseline, which reads no lung; "
        "SYNTHETIC: drawn images.",
    ),
    "n": ("n", "Validation images behind the scores."),
    "divided": (
        "Split by",
        "image: a patient can stand on both sides, and so many do (shared); patient: never.",
    ),
}
# The same measures for one class; accuracy is the paper's own notion.
ONE_CLASS = {
    "sensitivity": (
        "Sensitivity",
        "Of the images of this class, the share recognised. Also called recall.",
    ),
    "precision": ("Precision", "Of the images taken for this class, the share that is of it."),
    "specificity": ("Specificity", "Of the images of other classes, the share not taken for it."),
    "f1": ("F1", "Harmonic mean of precision and sensitivity."),
    "accuracy": (
        "Accuracy",
        "As the paper defines it: recognised images of this class over all validation images. "
        "The classes add up to the overall accuracy.",
    ),
}
CLASS_TEXT = {
    "class": ("Class", None),
    "n": ("n", "Validation images that truly are of this class."),
}
KIND_STYLES = {RUN: "", PUBLISHED: "color: #E69F00", BASELINE: "color: #B8BEC7"}
NOT_LEGIBLE = "not legible"
DERIVED = "\N{NO-BREAK SPACE}†"


def score_table(table: pd.DataFrame) -> None:
    """Show ``table`` (COMPARISON_COLUMNS) sorted by balanced accuracy, best first."""
    table = table.sort_values("balanced_accuracy", ascending=False).reset_index(drop=True)
    table["origin"] = origins(table)
    table["divided"] = [_split_words(row) for _, row in table.iterrows()]
    beside = ["split", "overlap_patients"]
    first, *others = SCORE_WORDS
    bounds = [f"{score}{end}" for score in SCORES for end in ("", "_low", "_high")]
    worded_table(
        # What a telephone shows without scrolling stands first.
        table[["name", first, "n", *others, "divided", "origin"]],
        {name: [_score(row, name) for _, row in table.iterrows()] for name in SCORES},
        SCORE_WORDS,
        TEXT_WORDS,
        [KIND_STYLES[kind] for kind in table["kind"]],
        name="scores",
        exact=table[["run", "name", "origin", "n", *bounds, *beside]],
    )


def class_table(table: pd.DataFrame, derived: Sequence[str] = ()) -> None:
    """Show one row per class as the paper's tables 2 to 8, in the shape of ``per_class_table``.

    Cells of the columns ``derived``, which were worked out and not printed, carry a dagger.
    Where the table brings no interval for a sensitivity, Wilson's is worked out from its n, and so
    is that of the accuracy, unless the sensitivities are means that have none.
    """
    table = table.copy()
    if "sensitivity_low" not in table:
        bounds = [wilson(row.sensitivity * row.n, row.n) for row in table.itertuples()]
        table["sensitivity_low"], table["sensitivity_high"] = zip(*bounds, strict=True)
    images = int(table["n"].sum())
    if images and table["sensitivity_low"].notna().any():
        bounds = [wilson(accuracy * images, images) for accuracy in table["accuracy"]]
        table["accuracy_low"], table["accuracy_high"] = zip(*bounds, strict=True)
    words = {
        name: [
            percent(row[name], row.get(f"{name}_low"), row.get(f"{name}_high"))
            for _, row in table.iterrows()
        ]
        for name in ("accuracy", *MEASURES)
    }
    words |= {
        name: [f"{word}{DERIVED}" for word in words.get(name, [f"{n:,}" for n in table["n"]])]
        for name in derived
    }
    shown = table[["class", "n", "sensitivity", "precision", "specificity", "f1", "accuracy"]]
    shown = shown.assign(**{"class": shown["class"].map(class_title)})
    worded_table(shown, words, ONE_CLASS, CLASS_TEXT, name="classes", exact=table)


def origins(table: pd.DataFrame) -> pd.Series:
    """Where each row of a comparison comes from, in a word or two, synthetic images foremost."""
    words = table["kind"].map({RUN: "my run", PUBLISHED: "published", BASELINE: "baseline"})
    return words.mask(table["synthetic"] & (table["kind"] == RUN), "SYNTHETIC")


def _split_words(row: pd.Series) -> str:
    split, shared = row["split"], row["overlap_patients"]
    if pd.isna(split) or not split:
        return "–"
    return split if pd.isna(shared) or not shared else f"{split} ({int(shared):,} shared)"


def _score(row: pd.Series, name: str) -> str:
    if row["kind"] == PUBLISHED and pd.isna(row[name]):
        return NOT_LEGIBLE
    if pd.isna(row[name]):
        return "undefined"
    mark = DERIVED if name in row["derived"] else ""
    return percent(row[name], row[f"{name}_low"], row[f"{name}_high"]) + mark
