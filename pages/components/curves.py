"""What must be known of learning curves before they are compared.

Holds ``caution_of_curves``; the curves themselves are drawn by ``core.charts.curves``.
"""

import pandas as pd
import streamlit as st

from core.evaluation.statistics import wilson
from core.words import PERCENT


def caution_of_curves(mine: pd.DataFrame) -> None:
    """Say how uncertain one point of a validation curve is, for the runs of a comparison table."""
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
