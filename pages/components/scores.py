"""One score of all networks on the Comparison page: which one, and the chart of it.

Holds ``choose_score``, ``score_chart`` and ``say_why_undefined``. The table of all scores stands in
``score_tables``.
"""

import pandas as pd
import streamlit as st

from core.charts.comparison import comparison_chart
from core.charts.theme import CONFIG
from core.evaluation.compare import undefined_words
from pages.components.score_tables import SCORE_WORDS


def choose_score() -> str:
    """Let the visitor choose a score and say what it is; a key of SCORE_WORDS."""
    measure = st.selectbox(
        "Score",
        list(SCORE_WORDS),
        format_func=lambda name: SCORE_WORDS[name][0],
        help=SCORE_WORDS["balanced_accuracy"][1],
    )
    st.caption(SCORE_WORDS[measure][1])
    return measure


def score_chart(table: pd.DataFrame, mine: pd.DataFrame, measure: str) -> None:
    """Draw ``measure`` of ``table``, beside what takes no network for the images of ``mine``.

    Both have COMPARISON_COLUMNS; ``table`` may hold published rows and baselines too.
    """
    # Guessing recognises each of k classes once in k times; that is also the mean sensitivity of
    # always giving the same answer.
    lines = {}
    if measure in ("balanced_accuracy", "sensitivity") and len(mine):
        lines = {"guessing": 1 / len(mine["classes"].iloc[0])}
    elif measure == "accuracy" and mine["majority"].notna().any():
        lines = {"always the commonest class": mine["majority"].max()}
    st.plotly_chart(comparison_chart(table, measure, lines), theme=None, config=CONFIG)


def say_why_undefined(table: pd.DataFrame, measure: str) -> None:
    """Say why ``measure`` is undefined in rows of ``table``, each reason once with their names."""
    score = SCORE_WORDS[measure][0]
    for sentence in undefined_words(table, measure):
        st.caption(f"**{score} undefined.** {sentence}")
