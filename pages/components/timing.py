"""What a score costs: accuracy against time with its Pareto front, and the table of all times.

Holds ``cost_of_a_score``. Which runs are on the front is found by ``core.evaluation.pareto``.
"""

import pandas as pd
import streamlit as st

from core.charts.comparison import score_against_time
from core.charts.theme import CONFIG
from core.evaluation.compare import PUBLISHED
from core.evaluation.pareto import pareto_front
from core.evaluation.spread import repeats
from pages.components.score_tables import NOT_LEGIBLE, SCORE_WORDS, origins
from pages.components.worded_table import worded_table
from pages.components.words import duration, exact_duration, percent

TIMES = {"training_seconds": "training time", "testing_seconds": "testing time"}
NUMBERS = {
    "training_seconds": ("Training", "Time of fitting, without preparing the images."),
    "feature_seconds": (
        "Reading images before",
        "Only where a head is trained on stored features: the time in which the frozen network "
        "read the images. Near zero when an earlier run had already stored what it saw.",
    ),
    "testing_seconds": ("Testing", "Time for all n validation images through the whole network."),
}
TEXTS = {
    "name": ("Network and run", None),
    "origin": ("From", "The published study, or a run of yours; SYNTHETIC: drawn images."),
    "n": ("n", "Validation images, the ones that testing reads."),
    "device": ("Computed on", "A time holds for its device alone."),
    "holds": ("What the training time holds", None),
}
# What a run trained -> what its training time is the time of.
HOLDS = {
    "head": "the last layers alone, on stored features",
    "network": "the network itself",
    "head and network": "the last layers on stored features, then the network itself",
}
PROJECTED = " ‡"
ABOUT_FEATURES = (
    "A run that trains on **stored features** reads every image through the frozen network once "
    "and then fits only the last layers. Its training time leaves that reading out: it stands in "
    "a column of its own, and is near zero where an earlier run had done it already."
)
ABOUT_PROJECTED = (
    "‡ Timed on a part of the validation images through the whole network, and scaled up to all."
)
ABOUT_PUBLISHED = (
    "The published networks (orange diamonds) are no part of the front: their times are those of "
    "another computer, an NVIDIA Tesla P40. Of the paper's table 10 one row alone is legible."
)


def cost_of_a_score(table: pd.DataFrame, measure: str) -> None:
    """Chart, front and table of the times of ``table`` (COMPARISON_COLUMNS), score ``measure``."""
    st.subheader("What a score costs", anchor="cost")
    time = st.segmented_control(
        "Time",
        list(TIMES),
        format_func=lambda name: TIMES[name].capitalize(),
        default="training_seconds",
        required=True,
        key="time-measure",
    )
    mine = table[table["kind"] != PUBLISHED]
    front = pareto_front(mine, measure, time)
    st.plotly_chart(score_against_time(table, measure, time, front), theme=None, config=CONFIG)
    if len(front):
        _read_front(front, mine, measure, time)
    if len(table) > len(mine):
        st.caption(ABOUT_PUBLISHED)
    timing_table(table)


def _read_front(front: pd.DataFrame, mine: pd.DataFrame, measure: str, time: str) -> None:
    score = SCORE_WORDS[measure][0].lower()
    if len(front) == 1:
        st.markdown(
            f"**No trade among these runs:** {front['name'].iloc[0]} is both the fastest and the "
            f"best ({score} {percent(front[measure].iloc[0])}, {TIMES[time]} "
            f"{duration(front[time].iloc[0])}). The Pareto front is this one run."
        )
    else:
        st.markdown(
            f"**The Pareto front** (dotted): the {len(front)} runs that no other run of yours "
            f"beats in both {score} and {TIMES[time]}. Whoever wants a better score than one of "
            "them has to pay with time; a run off the front is beaten in both, or in one without "
            "gaining in the other. From fastest to best:"
        )
        st.markdown(
            "\n".join(
                f"1. {row['name']}: {percent(row[measure])} for {duration(row[time])}"
                for _, row in front.iterrows()
            )
        )
    cautions = ["Where the intervals of two runs overlap widely, the gain may be chance."]
    if front["split"].nunique() > 1:
        cautions.append(
            "Some runs on the front are split by image and some by patient: a split by image "
            "scores higher without reading X-rays better."
        )
    if not repeats(mine).empty:
        cautions.append(
            "Some of these runs repeat each other: of such runs the front takes the luckiest, so "
            "look at the means above as well."
        )
    if mine["device"].nunique() > 1:
        cautions.append(
            "These runs were computed on different devices (see the table): their times are no "
            "fair comparison."
        )
    if time == "training_seconds" and front["trained"].eq("head").any():
        cautions.append(
            "For runs on stored features the time is that of the last layers alone (see below)."
        )
    st.caption(" ".join(cautions))


def timing_table(table: pd.DataFrame) -> None:
    """The paper's table 10 for all rows of ``table`` (COMPARISON_COLUMNS), fastest training first.

    Seconds in words with the exact number; what a published row lacks reads "not legible".
    """
    st.markdown("**Training and testing time, as the paper's table 10 gives them**")
    # Published rows last: but one of them have no time to be sorted by.
    table = table.assign(published=table["kind"] == PUBLISHED)
    table = table.sort_values(["published", "training_seconds"], kind="stable", ignore_index=True)
    head = table["trained"].str.startswith("head")
    table["feature_seconds"] = table["feature_seconds"].where(head)
    table["origin"] = origins(table)
    table["holds"] = table["trained"].map(HOLDS).fillna("not recorded")
    table["holds"] = table["holds"].mask(table["published"], "300 epochs, as published")
    columns = [name for name in NUMBERS if name != "feature_seconds" or head.any()]
    projected = (table["testing_images_timed"] < table["n"]).fillna(False).astype(bool)
    words = {
        name: [_cell(row[name], row["published"]) for _, row in table.iterrows()]
        for name in columns
    }
    if head.any():
        # Of a whole network there is none, published or not.
        words["feature_seconds"] = [
            word if stored else "–"
            for word, stored in zip(words["feature_seconds"], head, strict=True)
        ]
    words["testing_seconds"] = [
        word + PROJECTED * mark
        for word, mark in zip(words["testing_seconds"], projected, strict=True)
    ]
    worded_table(
        table[["name", *columns, "n", "device", "holds", "origin"]],
        words,
        {name: NUMBERS[name] for name in columns},
        TEXTS,
        ["color: #E69F00" if published else "" for published in table["published"]],
        name="times",
        exact=table[["run", "name", "origin", *columns, "n", "device", "holds"]],
    )
    notes = [ABOUT_FEATURES] if head.any() else []
    notes += [ABOUT_PROJECTED] if projected.any() else []
    if notes:
        st.caption("  \n".join(notes))


def _cell(seconds: float, published: bool) -> str:
    if pd.isna(seconds):
        return NOT_LEGIBLE if published else "–"
    return exact_duration(seconds)
