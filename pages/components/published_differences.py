"""My runs against the published network of the same name: differences in points, with intervals.

Holds ``against_the_paper``, run by run, and its footnotes. Class by class they stand in
``published_classes``; the figures in ``core.evaluation.published``.
"""

import pandas as pd
import streamlit as st

from core.charts.colours import ACCENT, RED
from core.evaluation.compare import RUN
from core.evaluation.published import CITATION, FOOTNOTES
from core.evaluation.published_differences import against_published
from pages.components.worded_table import worded_table
from pages.components.words import percent, points

NUMBERS = {
    "difference": (
        "Difference (points)",
        "Mine less published, with its 95 % interval; coloured only where it excludes zero.",
    ),
    "mine": ("My balanced accuracy", "Mean of the sensitivities."),
    "published": ("Published accuracy", "On a nearly balanced set: the fair partner of mine."),
}
# Of the published networks.
WITHOUT_INTERVAL = ("specificity", "precision", "f1")
WITHOUT_INTERVAL_WORDS = (
    "The published means of specificity, precision and F1 have no interval: it would take the "
    "confusion matrices, which the paper does not print."
)


def against_the_paper(table: pd.DataFrame) -> None:
    """Table of the runs in ``table`` (COMPARISON_COLUMNS) that have a published partner, if any."""
    real = table[(table["kind"] == RUN) & ~table["synthetic"]].dropna(subset=["balanced_accuracy"])
    rows = against_published(real).sort_values("difference", ascending=False, ignore_index=True)
    if rows.empty:
        return
    st.markdown("**My balanced accuracy less the published accuracy, network by network**")
    words = {
        "difference": [points(*row) for row in rows[["difference", "low", "high"]].to_numpy()],
        **{
            name: [percent(*row) for row in rows[[name, f"{name}_low", f"{name}_high"]].to_numpy()]
            for name in ("mine", "published")
        },
    }
    styles = [_style(row.low, row.high) for row in rows.itertuples()]
    texts = {"name": ("Network and run", None)}
    worded_table(
        rows[["name", *NUMBERS]],
        words,
        NUMBERS,
        texts,
        styles,
        name="against-the-paper",
        exact=rows,
    )
    st.caption(
        ":blue[Blue]: better than published; :red[Red]: worse; not coloured: the interval holds "
        "zero. It takes the two sets of images as independent of each other, and says nothing of "
        "the other differences between the studies, above all the split."
    )


def published_footnotes(measure: str) -> None:
    """What belongs beside the published networks where they stand among runs by ``measure``."""
    st.caption(FOOTNOTES["class mix"])
    words = [FOOTNOTES[note] for note in ("split", "macro", "intervals", "conclusion")]
    words += [f"† {FOOTNOTES['derived']}", FOOTNOTES["not legible"]]
    if measure in WITHOUT_INTERVAL:
        words.append(WITHOUT_INTERVAL_WORDS)
    more_notes([*words, f"Published: {CITATION}"])


def more_notes(words: list[str]) -> None:
    """Show further footnotes, folded up."""
    with st.expander("More notes on the published figures"):
        st.caption("\n".join(f"- {sentence}" for sentence in words))


def _style(low: float, high: float) -> str:
    if low > 0:
        return f"color: {ACCENT}"
    return f"color: {RED}" if high < 0 else ""
