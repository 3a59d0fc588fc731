"""Scores of a run for parts of its validation images: chart, table and warnings.

Holds widgets alone; slices are made and scored by ``core.evaluation.slices``.
"""

import pandas as pd
import streamlit as st

from core import runs
from core.charts.slices import slices_chart
from core.charts.theme import CONFIG
from core.evaluation.cases import run_classes
from core.evaluation.slices import ALL, FEW, SLICINGS, slice_table
from core.settings import Settings
from core.words import listed
from pages.components.cases import changed, joined_cases
from pages.components.score_tables import SCORE_WORDS
from pages.components.worded_table import worded_table
from pages.components.words import class_title, percent, run_title

TEXTS = {
    "slice": ("Slice", None),
    "n": ("n", "Validation images of the slice."),
    "patients": ("Patients", "An image whose patient is not known counts as one."),
}


def slices_of(run: runs.Run, settings: Settings) -> None:
    """Let a slicing be chosen; show the scores of ``run``, which has cases, for its slices."""
    name = st.selectbox(
        "Part the validation images by",
        list(SLICINGS),
        format_func=lambda name: SLICINGS[name].title,
        key="slicing",
        persist_state="session",
    )
    st.caption(f"{SLICINGS[name].sentence} Scores of {run_title(run)} alone.")
    rows = joined_cases(run, settings)
    if unknown := int((rows["sha256"] == "").sum()):
        st.warning(
            f"{unknown:,} of the {len(rows):,} validation images are not in the catalog as it is "
            "now: nothing is known of them here. Start the server with the collections that the "
            "run was trained on."
        )
    classes = run_classes(run)
    table = _table(run.id, changed(run, "predictions.csv"), name, unknown, classes, rows)
    few = table.loc[table["few"] & (table["slice"] != ALL), "slice"]
    if len(few):
        st.warning(
            f"Fewer than {FEW} images: {', '.join(few)}. Chance moves such scores widely; read "
            "their intervals, not their values.",
            icon=":material/groups:",
        )
    if table["slice"].nunique() < 3:
        st.info("All images fall into one slice here, so there is nothing to compare.")
    st.plotly_chart(slices_chart(table, classes, FEW), theme=None, config=CONFIG, key="slices")
    st.caption(
        f"An open mark has fewer than {FEW} images behind it. Accuracy moves with the mix of "
        "classes in a slice; the sensitivity of one class compares across slices."
    )
    _show(table, classes)


def _show(table: pd.DataFrame, classes: tuple[str, ...]) -> None:
    numbers = {score: SCORE_WORDS[score] for score in ("balanced_accuracy", "accuracy")} | {
        f"sensitivity_{name}": (
            f"Found, {class_title(name)}",
            f"Sensitivity: of the slice's images of {class_title(name)}, the share recognised.",
        )
        for name in classes
    }
    words = {
        score: [
            "undefined"
            if pd.isna(row[score])
            else percent(row[score], row[f"{score}_low"], row[f"{score}_high"])
            for _, row in table.iterrows()
        ]
        for score in numbers
    }
    for name in classes:
        column = f"sensitivity_{name}"
        words[column] = [
            f"{text}, n = {n}" if n else text
            for text, n in zip(words[column], table[f"n_{name}"], strict=True)
        ]
    worded_table(
        table[["slice", "n", "patients", *numbers]],
        words,
        numbers,
        TEXTS,
        name="slices",
        exact=table,
    )
    for why, slices in table[table["undefined"] != ""].groupby("undefined", sort=False)["slice"]:
        st.caption(f"**Undefined** for {listed(list(slices))}: {why}.")


@st.cache_data(max_entries=256, show_spinner=False)
def _table(
    identifier: str,
    changed: int,
    slicing: str,
    unknown: int,
    classes: tuple[str, ...],
    _rows: pd.DataFrame,
) -> pd.DataFrame:
    return slice_table(_rows, classes, SLICINGS[slicing])
