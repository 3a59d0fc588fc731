"""Runs that repeat each other: how far their scores spread, and what that says and does not say.

Holds the section of the Comparison page and the words for a group of repeats. Which runs repeat
each other is decided in ``core.evaluation.spread``.
"""

import pandas as pd
import streamlit as st

from core import runs
from core.charts.spread import spread_chart
from core.charts.theme import CONFIG
from core.evaluation.compare import comparison_table
from core.evaluation.spread import repeats, spread_table
from pages.components.score_tables import SCORE_WORDS
from pages.components.worded_table import worded_table
from pages.components.words import spread_words

TEXTS = {
    "group": ("Repeated run", None),
    "runs": ("Runs", "How many runs the figures are made of."),
    "repeated": ("What differs", None),
    "n": ("n", "Validation images of one run."),
}
# What differs between repeats -> what their spread says, and what it does not. Why folds give no
# margin of error: Bengio & Grandvalet, J Mach Learn Res 5 (2004) 1089-1105.
ABOUT = {
    "seed": (
        "**Seeds** change the starting weights, the order of the images and their augmentation, so "
        "this spread is the luck of the draw: a lead that is smaller than it means little. It says "
        "nothing about other patients, because every seed is checked on the same images."
    ),
    "fold": (
        "**Folds** change which {units} are held back for checking, so this spread says how much "
        "the score hangs on which {units} were met. It is no margin of error: the folds share most "
        "of their training images, and so are not independent of each other."
    ),
    "split_seed": (
        "**Other seeds of the split** divide the {units} anew, so this spread says how much the "
        "score hangs on which {units} were held back. The divisions share many images, and so are "
        "not independent of each other."
    ),
}
# Where the seed of the split moves with the other one, as in a study over seeds.
BOTH_SEEDS = (
    "**Seeds** change the starting weights, the order of the images and their augmentation, and "
    "here also which {units} were held back, so this spread is the luck of both draws: a lead that "
    "is smaller than it means little. The divisions share many images, and so are not independent "
    "of each other."
)
LIMITED = (
    "Some of these runs took only a part of the images (a **limit**), which each seed draws anew: "
    "their spread over seeds holds that too."
)
# Units that a split by this deals out.
UNITS = {"patient": "patients", "image": "images"}


def mean_and_spread(table: pd.DataFrame, measure: str) -> None:
    """Chart and table of the groups of repeats among ``table`` (COMPARISON_COLUMNS), if any."""
    repeated = repeats(table)
    if repeated.empty:
        return
    spread = spread_table(repeated)
    st.subheader("Mean and spread of repeated runs")
    for sentence in about_spread(spread):
        st.markdown(sentence)
    st.plotly_chart(spread_chart(repeated, spread, measure), theme=None, config=CONFIG)
    shown = spread.assign(
        repeated=[repeated_words(row) for _, row in spread.iterrows()],
        n=[_images(row["images"]) for _, row in spread.iterrows()],
        **{name: spread[f"{name}_mean"] for name in SCORE_WORDS},
    )
    words = {
        name: [
            spread_words(*(row[f"{name}_{part}"] for part in ("mean", "sd", "min", "max")))
            for _, row in spread.iterrows()
        ]
        for name in SCORE_WORDS
    }
    worded_table(
        shown[["group", "runs", "repeated", *SCORE_WORDS, "n"]],
        words,
        SCORE_WORDS,
        TEXTS,
        name="repeats",
        exact=shown.drop(columns=list(SCORE_WORDS)),
    )
    st.caption(
        "Mean ± standard deviation over the runs (n - 1 in the denominator, in percentage points), "
        "and the least and the greatest score. A score that is undefined in one of the runs has no "
        "mean."
    )


def about_spread(spread: pd.DataFrame) -> list[str]:
    """What the spread of these groups says and does not say, a sentence per kind of repeat."""
    units = " or ".join(sorted({UNITS.get(by, "images") for by in spread["split"]}))
    met = {name for differ in spread["differ"] for name in differ}
    about = dict(ABOUT)
    if {"seed", "split_seed"} <= met:
        about = {"seed": BOTH_SEEDS, "fold": ABOUT["fold"]}
    about = [words.format(units=units) for name, words in about.items() if name in met]
    if "seed" in met and spread["limited"].any():
        about.append(LIMITED)
    return about


def repeated_words(row: pd.Series) -> str:
    """What differs between the runs of a row of ``spread_table``: "seeds 0, 1, 2; folds 0, 1"."""
    names = {"seed": "seeds", "fold": "folds", "split_seed": "seeds of the split"}
    parts = (f"{names[name]} {', '.join(map(str, row[name]))}" for name in row["differ"])
    return "; ".join(parts) or "nothing: the same run again"


def repeats_of(
    run: runs.Run, finished: list[runs.Run]
) -> tuple[pd.DataFrame, pd.Series] | tuple[None, None]:
    """Rows of ``run`` and its repeats among ``finished``, and their row of ``spread_table``."""
    # A repeat has the same backbone and study; reading the metrics of all others takes long.
    same = [
        other
        for other in finished
        if all(other.config.get(name) == run.config.get(name) for name in ("backbone", "study"))
    ]
    rows = repeats(comparison_table(same))
    own = rows.loc[rows["run"] == run.id, "group"]
    if own.empty:
        return None, None
    rows = rows[rows["group"] == own.iloc[0]]
    return rows, spread_table(rows).iloc[0]


def _images(images: tuple[int, int]) -> str:
    low, high = images
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
