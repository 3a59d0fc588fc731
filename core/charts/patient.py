"""One patient over time: the probability of every class on each day, with its interval.

Tables are those of ``core.inference.follow.mean_answers``.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import MUTED, class_colour, translucent
from core.charts.theme import CLASS_TITLES, blank, dress, interval_bars

HEIGHT = 400
# Classes stand this far beside each other, as a share of the days shown, so that bars can be read.
ASIDE = 0.008
# The ends of a stretched axis, which has no room for 0 and 1, and what is written on it.
FLOOR = 1e-4
TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)


def probabilities_over_days(
    table: pd.DataFrame,
    classes: Sequence[str],
    runs: int,
    interval: str,
    stretched: bool = False,
) -> go.Figure:
    """A line per class through the mean of each day, a dot with its interval for each image.

    ``table`` has day, class, mean, low, high (fractions; low and high NaN where there is none) and
    ``learnt``, whether a run in the mean learnt from the image: such dots are hollow. ``interval``
    says in words what the bars are. ``stretched`` draws log-odds, which part what lies near 0 and
    near 100 %; there FLOOR and its counterpart are the ends. Undated rows are left out.
    """
    scale = "stretched scale, " if stretched else ""
    axis = "Days since onset or admission"
    of_runs = f"mean of {runs} runs" if runs > 1 else "one run"
    table = table.dropna(subset=["day"])
    if table.empty:
        return blank("No image of this patient has a day.", axis, "Probability (%)", HEIGHT)
    shares = ["mean", "low", "high"]
    table = table.assign(**{f"{share}_percent": 100 * table[share] for share in shares})
    if stretched:
        table[shares] = _log_odds(table[shares])
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
            error_y=interval_bars(
                rows["mean"], rows["low"], rows["high"], translucent(colour, 0.8)
            ),
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
    if stretched:
        reach = 1.05 * _log_odds(1 - FLOOR)
        ticks = {
            "tickvals": _log_odds(np.array(TICKS)),
            "ticktext": [f"{100 * tick:g}%" for tick in TICKS],
        }
        figure.update_yaxes(range=[-reach, reach], **ticks)
    else:
        figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%", nticks=6)
    bars = f",<br>bars: {interval}" if runs > 1 else ", no interval"
    return dress(figure, axis, f"Probability (%, {scale}{of_runs}{bars})", HEIGHT)


def _words(row, title: str) -> str:
    interval = "no interval"
    if row.low == row.low:
        interval = f"{row.low_percent:.2f} to {row.high_percent:.2f} %"
    return f"{title}, day {row.day:g}<br>{row.mean_percent:.2f} % ({interval})"


def _log_odds(shares):
    held = np.clip(shares, FLOOR, 1 - FLOOR)
    return np.log(held / (1 - held))
