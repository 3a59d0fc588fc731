"""The same training under both splits: a line from the split by image to the one by patient.

Tables are those of ``core.evaluation.split_effect``.
"""

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import ACCENT, MUTED, TEXT, translucent
from core.charts.theme import PERCENT_TICKS, dress, interval_bars

HEIGHT = 320
SIDES = {"image": "split by image", "patient": "split by patient"}


def split_chart(pairs: pd.DataFrame, change: pd.Series, measure: str, title: str) -> go.Figure:
    """A thin line per pair of runs, and a thick one with 95 % intervals for all of them together.

    ``change`` is the row of ``measure``, whose title is ``title``.
    """
    figure = go.Figure()
    for number, row in enumerate(
        pairs.dropna(subset=[f"{measure}_{s}" for s in SIDES]).to_dict("records")
    ):
        figure.add_scatter(
            x=[0, 1],
            y=[row[f"{measure}_{side}"] for side in SIDES],
            mode="lines+markers",
            name="runs of the same seed and fold",
            legendgroup="pairs",
            showlegend=number == 0,
            line={"color": translucent(MUTED, 0.8), "width": 1.5},
            marker={"size": 7, "color": MUTED},
            hovertext=[row["pair"]] * 2,
            hovertemplate="%{hovertext}: %{y:.1%}<extra></extra>",
        )
    known = [side for side in SIDES if change[side] == change[side]]
    value, low, high = (
        pd.Series([change[f"{side}{end}"] for side in known], dtype=float)
        for end in ("", "_low", "_high")
    )
    figure.add_scatter(
        # Beside the lines of the pairs, which it would hide.
        x=[(-0.06, 1.06)[side == "patient"] for side in known],
        y=value,
        mode="lines+markers",
        name="all of them together",
        line={"color": ACCENT, "width": 3},
        marker={"size": 11, "color": ACCENT},
        error_y=interval_bars(value, low, high, translucent(ACCENT, 0.7), width=5),
        hovertemplate="%{y:.1%}<extra></extra>",
    )
    if not known:
        figure.add_annotation(
            text="undefined", x=0.5, y=0.5, yref="paper", showarrow=False, font={"color": TEXT}
        )
    figure.update_xaxes(
        tickvals=[0, 1], ticktext=list(SIDES.values()), range=[-0.4, 1.4], showgrid=False
    )
    figure.update_yaxes(tickformat=PERCENT_TICKS, nticks=6)
    figure.update_layout(showlegend=True)
    return dress(figure, "How the images were divided", f"{title} (%, 95 % interval)", HEIGHT)
