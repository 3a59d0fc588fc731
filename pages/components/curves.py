"""Learning curves on the Comparison page, over each other, and what must be known of them.

Holds ``how_they_learnt``, the section; the curves are drawn by ``core.charts.curves``.
"""

import pandas as pd
import streamlit as st

from core import runs
from core.charts.curves import overlaid_curves
from core.charts.theme import CONFIG
from core.evaluation.compare import curves
from core.evaluation.statistics import wilson
from core.words import PERCENT


def how_they_learnt(chosen: list[runs.Run], mine: pd.DataFrame) -> None:
    """Draw the curves of ``chosen``, whose rows of the comparison table are ``mine``."""
    st.subheader("How they learnt", anchor="curves")
    lines = curves(chosen)
    for place, name in zip(st.columns(2), ("val_accuracy", "val_loss"), strict=True):
        with place:
            st.plotly_chart(overlaid_curves(lines, name), theme=None, config=CONFIG, key=name)
    _caution(mine)
    if st.toggle("Show the learning rate at the end of each epoch"):
        st.plotly_chart(overlaid_curves(lines, "learning_rate"), theme=None, config=CONFIG)


def _caution(mine: pd.DataFrame) -> None:
    rows = mine.dropna(subset=["n", "accuracy"])
    if rows.empty:
        return
    row = rows.loc[rows["n"].astype(float).idxmin()]
    n, accuracy = int(row["n"]), float(row["accuracy"])
    low, high = wilson(accuracy * n, n)
    st.caption(
        f"Each point of a validation curve is known to about ± {50 * (high - low):.1f} points only "
        f"(Wilson's 95 % interval at {100 * accuracy:.0f}{PERCENT} of {n:,} images): smaller ups "
        "and downs are chance."
    )
