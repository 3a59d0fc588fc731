"""The curve of a learning-rate range test: the loss at each rate, and the two rates read off it."""

import math

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import ACCENT, BACKGROUND, GREY, ORANGE, TEXT
from core.charts.curves import MEASURES
from core.charts.theme import blank, dress

# What comes after the loss has begun to explode would press the rest of the curve flat.
ROOM_ABOVE = 1.3
# A label this share of the chart's width from its middle would be cut off on a narrow screen.
EDGE = 0.15


def loss_against_rate(
    curve: pd.DataFrame,
    base_lr: float | None = None,
    max_lr: float | None = None,
    height: int = 320,
) -> go.Figure:
    """Loss of every batch and its smoothed course against the learning rate, on a log axis.

    ``curve`` has the columns of ``core.runs.CURVE_COLUMNS``; losses that are no number are left
    out. ``base_lr`` and ``max_lr`` are marked where they are known. The axis ends a little above
    what the smoothed loss was before its lowest, and at twice its lowest at least.
    """
    x, y = MEASURES["learning_rate"], MEASURES["loss"]
    points = curve.dropna()
    if points.empty:
        return blank("The curve begins with the first training step.", x, y, height)
    figure = go.Figure()
    for column, name, line in (
        ("loss", "each batch", {"color": GREY, "width": 1}),
        ("smoothed", "smoothed", {"color": ACCENT, "width": 3}),
    ):
        figure.add_scatter(
            x=points["learning_rate"],
            y=points[column],
            name=name,
            mode="lines",
            line=line,
            opacity=0.6 if column == "loss" else 1,
            hovertemplate=f"{name}<br>learning rate %{{x:.2~e}}<br>loss %{{y:.3g}}<extra></extra>",
        )
    first, last = (math.log10(points["learning_rate"].iloc[place]) for place in (0, -1))
    # Two decades at least, so that a test that has just begun has a tick to read it by.
    ends = (first, max(last, first + 2))
    for name, rate, outside, height_share in (("base", base_lr, -1, 0), ("max", max_lr, 1, 1)):
        if rate:
            place = math.log10(rate)
            # Away from the other line, unless the edge of the chart is near.
            near_edge = outside * (place - sum(ends) / 2) > EDGE * (ends[1] - ends[0])
            side = -outside if near_edge else outside
            figure.add_vline(x=rate, line={"color": ORANGE, "width": 2, "dash": "dash"})
            figure.add_annotation(
                text=f"{name} {rate:.2g}",
                # On a log axis plotly takes a label's place, unlike a line's, as its exponent.
                x=place,
                y=height_share,
                yref="paper",
                xanchor="left" if side > 0 else "right",
                xshift=4 * side,
                yanchor="top" if height_share else "bottom",
                showarrow=False,
                font={"size": 13, "color": TEXT},
                bgcolor=BACKGROUND,
            )
    lowest = points["smoothed"].argmin()
    top = max(ROOM_ABOVE * points["smoothed"][: lowest + 1].max(), 2 * points["smoothed"].min())
    ticks = {"dtick": 1, "tickformat": "~e", "tickangle": 0, "tickfont": {"size": 12}}
    figure.update_xaxes(type="log", range=ends, **ticks)
    figure.update_yaxes(range=[0, top])
    figure.update_layout(showlegend=True)
    return dress(figure, x, y, height)
