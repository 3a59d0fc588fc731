"""Probabilities against what was right: the reliability diagram and how often each was said.

Tables are those of ``core.evaluation.calibration.reliability_bins``.
"""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import ACCENT, MUTED, ORANGE, translucent
from core.charts.theme import WHOLE_TICKS, blank, dress, interval_bars

SAID = "Probability of the answer (%)"
RIGHT = "Answers that were right (%, 95 % interval)"
COUNT = "Answers (n)"
STYLES = (("circle", ACCENT), ("diamond", ORANGE))


def reliability_chart(tables: Mapping[str, pd.DataFrame], few: int) -> go.Figure:
    """Share of right answers over their probability, a series for each of ``tables`` (two at most).

    A mark stands at the mean probability of its bin; with fewer than ``few`` answers it is open.
    """
    figure = go.Figure()
    for (name, bins), (symbol, colour) in zip(tables.items(), STYLES, strict=False):
        rows = bins[bins["n"] > 0]
        if rows.empty:
            continue
        figure.add_scatter(
            x=rows["confidence"],
            y=rows["share"],
            name=name,
            mode="lines+markers",
            line={"color": translucent(colour, 0.5), "width": 1.5},
            marker={
                "color": colour,
                "size": 10,
                "symbol": [f"{symbol}-open" if n < few else symbol for n in rows["n"]],
                "line": {"width": 2},
            },
            error_y=interval_bars(
                rows["share"], rows["share_low"], rows["share_high"], translucent(colour, 0.7)
            ),
            customdata=rows[["right", "n"]],
            hovertemplate="said %{x:.1%}, right %{y:.1%}<br>%{customdata[0]:,} of "
            "%{customdata[1]:,} answers<extra></extra>",
        )
    if not figure.data:
        return blank("There is no answer to draw.", SAID, RIGHT, 320)
    figure.add_scatter(
        **{"x": [0, 1], "y": [0, 1], "mode": "lines", "name": "as said"},
        line={"color": MUTED, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(range=[-0.02, 1.02], **WHOLE_TICKS)
    figure.update_layout(showlegend=True)
    return dress(figure, SAID, RIGHT, 360)


def confidence_histogram(tables: Mapping[str, pd.DataFrame]) -> go.Figure:
    """How many answers had a probability in each bin, a bar for each of ``tables``."""
    figure = go.Figure()
    for (name, bins), (_, colour) in zip(tables.items(), STYLES, strict=False):
        if bins["n"].sum():
            figure.add_bar(
                x=(bins["low"] + bins["high"]) / 2,
                y=bins["n"],
                name=name,
                marker={"color": translucent(colour, 0.7), "line": {"width": 0}},
                customdata=bins[["low", "high"]],
                hovertemplate="%{customdata[0]:.0%} to %{customdata[1]:.0%}: %{y:,} answers"
                "<extra></extra>",
            )
    if not figure.data:
        return blank("There is no answer to draw.", SAID, COUNT, 180)
    figure.update_xaxes(range=[-0.02, 1.02], **WHOLE_TICKS)
    figure.update_layout(showlegend=False, bargap=0.08)
    return dress(figure, SAID, COUNT, 180)
