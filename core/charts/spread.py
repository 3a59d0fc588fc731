"""Runs that repeat each other: every run a dot, their mean a bar.

Tables are those of ``core.evaluation.spread``: runs with ``group`` and their scores as fractions,
and one row per group with the mean and the standard deviation of each score.
"""

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import ACCENT, TEXT, translucent
from core.charts.comparison import MEASURES, ROW_HEIGHT
from core.charts.theme import PERCENT_TICKS, blank, dress, name_rows


def spread_chart(
    repeats: pd.DataFrame, spread: pd.DataFrame, measure: str = "balanced_accuracy"
) -> go.Figure:
    """One row per group of ``spread``, in its order: a dot per run, a bar at the mean.

    The band reaches one standard deviation to both sides of the mean. A group whose mean is
    undefined keeps its dots.
    """
    axis = f"{MEASURES[measure].partition(' (')[0]} (%, each dot one run)"
    places = {group: place for place, group in enumerate(spread["group"])}
    dots = repeats.dropna(subset=[measure])
    if dots.empty:
        return blank("No group of repeats has this score.", axis, "", 240)
    means = spread.dropna(subset=[f"{measure}_mean"])
    mean, deviation = means[f"{measure}_mean"], means[f"{measure}_sd"]
    rows = means["group"].map(places)

    figure = go.Figure()
    figure.add_bar(
        base=mean - deviation,
        x=2 * deviation,
        y=rows,
        orientation="h",
        width=0.34,
        name="one standard deviation to both sides",
        marker={"color": translucent(ACCENT, 0.22), "line": {"width": 0}},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=dots[measure],
        y=dots["group"].map(places),
        name="one run",
        mode="markers",
        # Open, so that runs with nearly the same score can be told apart.
        marker={"color": ACCENT, "symbol": "circle-open", "size": 10, "line": {"width": 2}},
        hovertext=dots["name"],
        hovertemplate="%{hovertext}<br>%{x:.1%}<extra></extra>",
    )
    figure.add_scatter(
        x=mean,
        y=rows,
        name="mean",
        mode="markers",
        marker={"symbol": "line-ns", "size": 17, "line": {"color": TEXT, "width": 3}},
        customdata=100 * deviation,
        hovertext=means["group"],
        hovertemplate="%{hovertext}<br>mean %{x:.1%}, standard deviation %{customdata:.1f} "
        "percentage points<extra></extra>",
    )
    name_rows(figure, dict(enumerate(spread["group"])), 0.36)
    low = min(dots[measure].min(), (mean - deviation).min())
    high = max(dots[measure].max(), (mean + deviation).max())
    margin = 0.05 * max(high - low, 0.02)
    bottom = len(places) - 0.5
    figure.update_xaxes(tickformat=PERCENT_TICKS, nticks=6, range=[low - margin, high + margin])
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[bottom, -0.7])
    figure.update_layout(showlegend=True)
    dress(figure, axis, "", int(ROW_HEIGHT * (bottom + 0.7)) + 110)
    figure.update_yaxes(title=None)
    return figure
