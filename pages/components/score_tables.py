"""Scores as sortable tables, each with its interval and its n: run by run, and class by class.

Holds ``score_table``, from rows of ``core.evaluation.compare``, ``class_table``, and what every
table is shown with: ``worded_table``, whose cells show words and sort by the number behind them.
"""

from functools import partial

import pandas as pd
import streamlit as st

from core.evaluation.compare import BASELINE, PUBLISHED, RUN, SCORES
from core.evaluation.metrics import MEASURES
from core.evaluation.statistics import wilson
from pages.components.take_away import take_away
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
    "split": ("Split by", "image: a patient can stand on both sides; patient: never."),
    "n": ("n", "Validation images behind the scores."),
    "overlap_patients": ("Shared patients", "Patients with images on both sides."),
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
# Pixels; the first has room for a value and its interval.
SCORE_WIDTH = 150
WIDTHS = {"name": 300, "origin": 100, "class": 110, "n": 60, "repeated": 300, "holds": 330}
KIND_STYLES = {RUN: "", PUBLISHED: "color: #E69F00", BASELINE: "color: #B8BEC7"}
MOST_ROWS = 25
NO_VALUE = "not legible"


def score_table(table: pd.DataFrame) -> None:
    """Show ``table`` (COMPARISON_COLUMNS) sorted by balanced accuracy, best first."""
    table = table.sort_values("balanced_accuracy", ascending=False).reset_index(drop=True)
    table["origin"] = origins(table)
    beside = ["split", "overlap_patients"]
    bounds = [f"{score}{end}" for score in SCORES for end in ("", "_low", "_high")]
    worded_table(
        table[["name", "origin", "n", *SCORE_WORDS, *beside]],
        {name: [_score(row, name) for _, row in table.iterrows()] for name in SCORES},
        SCORE_WORDS,
        TEXT_WORDS,
        [KIND_STYLES[kind] for kind in table["kind"]],
        name="scores",
        exact=table[["run", "name", "origin", "n", *bounds, *beside]],
    )


def class_table(table: pd.DataFrame) -> None:
    """Show one row per class as the paper's tables 2 to 8, in the shape of ``per_class_table``.

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
    shown = table[["class", "n", "sensitivity", "precision", "specificity", "f1", "accuracy"]]
    shown = shown.assign(**{"class": shown["class"].map(class_title)})
    worded_table(shown, words, ONE_CLASS, CLASS_TEXT, name="classes", exact=table)


def origins(table: pd.DataFrame) -> pd.Series:
    """Where each row of a comparison comes from, in a word or two, synthetic images foremost."""
    words = table["kind"].map({RUN: "my run", PUBLISHED: "published", BASELINE: "baseline"})
    return words.mask(table["synthetic"] & (table["kind"] == RUN), "SYNTHETIC")


def worded_table(
    shown: pd.DataFrame,
    words: dict[str, list[str]],
    numbers: dict[str, tuple],
    texts: dict[str, tuple],
    row_styles: list[str] | None = None,
    width: int = SCORE_WIDTH,
    no_value: str = "–",
    *,
    name: str,
    exact: pd.DataFrame,
) -> None:
    """Show a table whose cells read as ``words`` (column -> a text per row, index 0 to n - 1).

    ``numbers`` and ``texts`` give each column its heading and help; ``row_styles`` a CSS each row;
    ``width`` is that of a column of numbers, in pixels; ``no_value`` stands for a missing number.
    Below it stands a way to take it away: as files called ``name``, of which CSV has ``exact``,
    every number with the ends of its interval.
    """
    style = shown.style
    if row_styles:
        style = style.apply(lambda column: row_styles)
    counts = [name for name in texts if pd.api.types.is_integer_dtype(shown[name])]
    style = style.format(thousands=",", na_rep=no_value, subset=counts)
    # Row by row: an interval stands in other columns than the value that a formatter is given.
    for place in range(len(shown)):
        row = {name: lambda _, text=cells[place]: text for name, cells in words.items()}
        style = style.format(row, subset=pd.IndexSlice[[place], list(words)])
    headings = {
        **{
            name: st.column_config.NumberColumn(title, help=help_text, width=width)
            for name, (title, help_text) in numbers.items()
        },
        **{
            name: st.column_config.Column(title, help=help_text, width=WIDTHS.get(name))
            for name, (title, help_text) in texts.items()
        },
    }
    height = "content" if len(shown) <= MOST_ROWS else 35 * MOST_ROWS
    st.dataframe(
        style, hide_index=True, height=height, column_config=headings, placeholder=no_value
    )
    titles = {column: title for column, (title, _) in {**numbers, **texts}.items()}
    take_away(name, exact, partial(_as_read, shown, words, titles, no_value))


def _as_read(
    shown: pd.DataFrame, words: dict[str, list[str]], titles: dict[str, str], no_value: str
) -> pd.DataFrame:
    """The table as it reads on the page, under its headings, all cells texts."""
    columns = {
        name: words.get(name)
        or [no_value if pd.isna(value) else str(value) for value in shown[name]]
        for name in shown.columns
    }
    return pd.DataFrame(columns).rename(columns=titles)


def _score(row: pd.Series, name: str) -> str:
    if row["kind"] == PUBLISHED and pd.isna(row[name]):
        return NO_VALUE
    if pd.isna(row[name]):
        return "undefined"
    mark = " †" if name in row["derived"] else ""
    return percent(row[name], row[f"{name}_low"], row[f"{name}_high"]) + mark
