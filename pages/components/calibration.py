"""Do a run's probabilities mean what they say: diagram, histogram and figures, before and after.

Holds widgets alone; all of it is computed in ``core.evaluation.calibration``.
"""

import streamlit as st

from core.charts.calibration import confidence_histogram, reliability_chart
from core.charts.theme import CONFIG
from core.evaluation.calibration import FEW, Calibration, right_when
from pages.components.figures import Card, figures
from pages.components.shown_answers import ShownAnswers
from pages.components.words import percent

SAID = (0.6, 0.8, 0.95)
ABOUT = (
    "Answers are put together by how sure the network was. Where its probabilities are true, 80 % "
    "is right 8 times in 10, and the marks lie on the dotted line; below it the network is too "
    f"sure of itself. An open mark has fewer than {FEW} answers. Bars are Wilson's intervals."
)
ABOUT_FIGURES = (
    "**Expected calibration error**: the mean distance of the marks from the line, weighted by "
    "their answers. **Brier score**: the mean squared distance between all probabilities and the "
    "truth, 0 to 2, lower is better. Intervals from 1,000 resamples that draw whole patients "
    "within each class; that of the calibration error is approximate: "
    "reflected, as chance only ever raises it."
)


def do_probabilities_hold(shown: list[ShownAnswers]) -> None:
    """Show reliability and its figures for each of ``shown``, before and at its temperature."""
    st.subheader("Do its probabilities mean what they say? (calibration)", anchor=False)
    for one, place in zip(shown, st.columns(len(shown), gap="large"), strict=True):
        with place:
            if len(shown) > 1:
                st.markdown(f"**{one.name}**")
            _reliability(one, len(shown) == 1)
    st.caption(ABOUT)
    st.caption(ABOUT_FIGURES)


def _reliability(one: ShownAnswers, alone: bool) -> None:
    found = {"as it answers": one.calibration()}
    if one.applied != 1.0:
        found[f"at T = {one.applied:.2f}"] = one.calibration(one.applied)
    tables = {name: calibration.bins for name, calibration in found.items()}
    drawn, said = st.columns([1, 1], gap="large") if alone else (st.container(), st.container())
    with drawn:
        key = f"{one.run.id}-{one.applied}"
        chart = reliability_chart(tables, FEW)
        st.plotly_chart(chart, theme=None, config=CONFIG, key=f"reliability-{key}")
        chart = confidence_histogram(tables)
        st.plotly_chart(chart, theme=None, config=CONFIG, key=f"histogram-{key}")
    with said:
        for name, calibration in found.items():
            if len(found) > 1:
                st.markdown(f"**{name[0].upper()}{name[1:]}**")
            _figures(calibration)
        st.markdown("\n".join(f"- {right_when(one.answers, p).sentence}" for p in SAID))


def _figures(calibration: Calibration) -> None:
    n, chance = f"n = {calibration.n:,}.", calibration.error_by_chance
    shares = calibration.brier_of_shares
    figures(
        [
            Card(
                "Expected calibration error",
                calibration.error,
                n if chance is None else f"{n} True probabilities would show {percent(chance)}.",
            ),
            Card(
                "Brier score",
                calibration.brier,
                n if shares is None else f"{n} Always giving the class shares: {shares:.3f}.",
                percent=False,
            ),
        ]
    )
