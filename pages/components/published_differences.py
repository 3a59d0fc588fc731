"""My runs against the published network of the same name: differences in points, with intervals.

Holds ``against_the_paper``. The figures stand in ``core.evaluation.published``.
"""

import pandas as pd
import streamlit as st

from core.charts.colours import ACCENT, VERMILLION
from core.evaluation.compare import RUN
from core.evaluation.published import against_published
from pages.components.score_tables import worded_table
from pages.components.words import percent, points

NUMBERS = {
    "difference": (
        "Difference (points)",
        "Mine less published, with its 95 % interval; coloured only where it excludes zero.",
    ),
    "mine": ("My balanced accuracy", "Mean of the sensitivities."),
    "published": ("Published accuracy", "On a nearly balanced set: the fair partner of mine."),
}


def against_the_paper(table: pd.DataFrame) -> None:
    """Table of the runs in ``table`` (COMPARISON_COLUMNS) that have a published partner, if any."""
    real = table[(table["kind"] == RUN) & ~table["synthetic"]].dropna(subset=["balanced_accuracy"])
    rows = against_published(real).sort_values("difference", ascending=False, ignore_index=True)
    if rows.empty:
        return
    st.markdown("**My balanced accuracy less the published accuracy, network by network**")
    words = {
        "difference": [points(*row) for row in rows[["difference", "low", "high"]].to_numpy()],
        "mine": [percent(value) for value in rows["mine"]],
        "published": [percent(value) for value in rows["published"]],
    }
    styles = [_style(row.low, row.high) for row in rows.itertuples()]
    texts = {"name": ("Network and run", None)}
    worded_table(
        rows[["name", *NUMBERS]],
        words,
        NUMBERS,
        texts,
        styles,
        170,
        name="against-the-paper",
        exact=rows,
    )
    st.caption(
        ":blue[Blue]: better than published; :orange[red]: worse; not coloured: the interval holds "
        "zero. It takes the two sets of images as independent of each other, and says nothing of "
        "the other differences between the studies, above all the split."
    )


def _style(low: float, high: float) -> str:
    if low > 0:
        return f"color: {ACCENT}"
    return f"color: {VERMILLION}" if high < 0 else ""
