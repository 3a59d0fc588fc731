"""One patient over time: the probability of every class on each day, with its interval.

Tables are those of ``core.inference.follow.mean_answers``.
"""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import MUTED, class_colour, translucent
from core.charts.theme import CLASS_TITLES, blank, dress

HEIGHT = 400
# Classes stand this far beside each other, as a share of the days shown, so that bars can be read.
ASIDE = 0.008


def probabilities_over_days(
    table: pd.DataFrame, classes: Sequence[str], runs: int, interval: str
) -> go.Figure:
    """A line per class through the mean of each day, a dot with its interval for each image.

    ``table`` has day, class, mean, low, high (fractions; low and high NaN where there is none) and
    ``learnt``, whether a run in the mean learnt from the image: such dots are hollow. ``interval``
    says in words what the bars are. Undated rows are left out.
    """
    axis = "Days since onset or admission"
    of_runs = f"mean of {runs} runs" if runs > 1 else "one run"
    table = table.dropna(subset=["day"])
    if table.empty:
        return blank("No image of this patient has a day.", axis, "Probability (%)", HEIGHT)
    first, last = table["day"].min(), table["day"].max()
    span = max(last - first, 1)
    figure = go.Figure()
    for place, name in enumerate(classes):
        rows = table[table["class"] == name]
        colour, title = class_colour(name), CLASS_TITLES.get(name, name)
        aside = (place - (len(classes) - 1) / 2) * ASIDE * span
        days = rows.groupby("day")["mean"].mean()
        figure.add_scatter(
            x=days.index + aside,
            y=days,
            mode="lines",
            line={"color": translucent(colour, 0.55), "width": 2},
            legendgroup=name,
            showlegend=False,
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=rows["day"] + aside,
            y=rows["mean"],
            mode="markers",
            name=title,
            legendgroup=name,
            marker={
                "color": colour,
                "size": 10,
                "symbol": ["circle-open" if learnt else "circle" for learnt in rows["learnt"]],
                "line": {"color": colour, "width": 2},
            },
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (rows["high"] - rows["mean"]).fillna(0),
                "arrayminus": (rows["mean"] - rows["low"]).fillna(0),
                "color": translucent(colour, 0.8),
                "thickness": 2,
                "width": 4,
            },
            hovertext=[_words(row, title) for row in rows.itertuples()],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    if table["learnt"].any():
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name="hollow: learnt from",
            marker={"symbol": "circle-open", "color": MUTED, "size": 10, "line": {"width": 2}},
        )
    figure.update_layout(showlegend=True)
    figure.update_xaxes(range=[first - 0.06 * span, last + 0.06 * span], nticks=8)
    figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%", nticks=6)
    bars = f",<br>bars: {interval}" if runs > 1 else ", no interval"
    return dress(figure, axis, f"Probability (%, {of_runs}{bars})", HEIGHT)


def _words(row, title: str) -> str:
    interval = "no interval"
    if row.low == row.low:
        interval = f"{100 * row.low:.1f} to {100 * row.high:.1f} %"
    return f"{title}, day {row.day:g}<br>{100 * row.mean:.1f} % ({interval})"
