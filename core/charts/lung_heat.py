"""Heat inside the lungs: each run's share beside what a map without any knowledge would have.

Tables are those of ``core.evaluation.lung_heat_results``.
"""

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import ACCENT, TEXT
from core.charts.theme import WHOLE_TICKS, blank, dress, interval_bars, name_rows

ROW_HEIGHT = 64
AXIS = "Heat inside the lungs' box (%, 95 % interval)"


def lung_heat_chart(table: pd.DataFrame) -> go.Figure:
    """One row per run: a dot with its interval, and a line at the box's share of the image."""
    if table.empty:
        return blank("No run has been measured.", AXIS, "Run", 240)
    places = pd.Series(range(len(table)), index=table.index)
    figure = go.Figure()
    figure.add_scatter(
        x=table["area"],
        y=places,
        name="chance: the box's share of the image",
        mode="markers",
        marker={"symbol": "line-ns", "size": 18, "line": {"color": TEXT, "width": 2}},
        hovertext=table["name"],
        hovertemplate="%{hovertext}<br>the box takes %{x:.1%} of the image<extra></extra>",
    )
    figure.add_scatter(
        x=table["share"],
        y=places,
        name="share of the heat inside",
        mode="markers",
        marker={"color": ACCENT, "size": 12},
        error_x=interval_bars(
            table["share"], table["share_low"], table["share_high"], ACCENT, width=5
        ),
        customdata=table["n"],
        hovertext=table["name"],
        hovertemplate="%{hovertext}<br>%{x:.1%} of the heat inside, %{customdata} images"
        "<extra></extra>",
    )
    name_rows(figure, dict(zip(places, table["name"], strict=True)), 0.34)
    bottom = len(table) - 0.5
    figure.update_xaxes(range=[0, 1.02], **WHOLE_TICKS)
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[bottom, -0.65])
    figure.update_layout(showlegend=True)
    dress(figure, AXIS, "Run", int(ROW_HEIGHT * (bottom + 0.65)) + 120)
    return figure
