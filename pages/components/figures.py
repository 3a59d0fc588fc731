"""Figures with their intervals as cards in a row, which stand below each other on a telephone.

Holds ``Card`` and ``figures`` alone; the figures are made by ``core.evaluation``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import streamlit as st

from core.evaluation.statistics import Estimate
from core.words import PERCENT


@dataclass(frozen=True)
class Card:
    """A figure, what it is called and what it means; ``percent``: a fraction, shown as percent."""

    label: str
    figure: Estimate
    about: str
    percent: bool = True


def figures(cards: Iterable[Card]) -> None:
    """Show the cards side by side, each with its interval or the reason why there is none."""
    st.html(f'<div class="figures">{"".join(map(_html, cards))}</div>')


def _html(card: Card) -> str:
    def number(value: float) -> str:
        return f"{100 * value:.1f}" if card.percent else f"{value:.3f}"

    figure = card.figure
    if figure.value is None:
        value, interval = "undefined", figure.reason
    else:
        value = number(figure.value) + (PERCENT if card.percent else "")
        interval = (
            f"no interval: {figure.reason}"
            if figure.low is None
            else f"{number(figure.low)} to {number(figure.high)}"
        )
    return (
        f'<p class="figure"><span>{escape(card.label)}</span> <b>{escape(value)}</b>'
        f"<small>{escape(interval)}</small><small>{escape(card.about)}</small></p>"
    )
