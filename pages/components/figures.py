"""Figures with their intervals as cards in a row, which stand below each other on a telephone.

Holds ``figures`` alone; the figures are made by ``core.evaluation``.
"""

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.evaluation.statistics import Estimate
from pages.components.words import PERCENT


def figures(shown: Sequence[tuple[str, Estimate, str]], percent: bool = True) -> None:
    """Show each (label, estimate, what it means); ``percent``: fractions, shown as percent."""
    st.html(
        '<div class="figures">'
        + "".join(_card(label, figure, about, percent) for label, figure, about in shown)
        + "</div>"
    )


def _card(label: str, figure: Estimate, about: str, percent: bool) -> str:
    def number(value: float) -> str:
        return f"{100 * value:.1f}" if percent else f"{value:.3f}"

    if figure.value is None:
        value, interval = "undefined", figure.reason
    else:
        value = number(figure.value) + (PERCENT if percent else "")
        interval = (
            f"no interval: {figure.reason}"
            if figure.low is None
            else f"{number(figure.low)} to {number(figure.high)}"
        )
    return (
        f'<p class="figure"><span>{escape(label)}</span> <b>{escape(value)}</b>'
        f"<small>{escape(interval)}</small><small>{escape(about)}</small></p>"
    )
