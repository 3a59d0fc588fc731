"""What several runs say of one image: a bar of probabilities for each run.

Tables are those of ``core.evaluation.cases.image_across_runs`` and of
``core.inference.opinions.opinion_rows``.
"""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import BACKGROUND, class_colour
from core.charts.theme import CLASS_TITLES, WHOLE_TICKS, dress, name_rows

ROW_HEIGHT = 46


def probabilities_by_run(table: pd.DataFrame, classes: Sequence[str]) -> go.Figure:
    """One bar per row of ``table``, parted by the probabilities of ``classes``, which add up to 1.

    A row's name says whether its answer was right, where ``wrong`` is known. A row without
    probabilities keeps its place.
    """
    figure = go.Figure()
    places = list(range(len(table)))
    for name in classes:
        shares = table[f"p_{name}"].astype(float)
        figure.add_bar(
            x=shares,
            y=places,
            orientation="h",
            width=0.42,
            name=CLASS_TITLES.get(name, name),
            marker={"color": class_colour(name), "line": {"color": BACKGROUND, "width": 1}},
            # A share too narrow for its figure is read off the table.
            text=[f"{100 * share:.0f}" if share >= 0.08 else "" for share in shares],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            customdata=table["name"],
            hovertemplate=f"%{{customdata}}<br>{CLASS_TITLES.get(name, name)} %{{x:.1%}}"
            "<extra></extra>",
        )
    names = {
        place: name if pd.isna(missed) else f"{'✗' if missed else '✓'} {name}"
        for place, name, missed in zip(places, table["name"], table["wrong"], strict=True)
    }
    name_rows(figure, names, 0.4)
    figure.update_layout(barmode="stack", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(range=[0, 1.02], **WHOLE_TICKS)
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[len(table) - 0.6, -0.7])
    dress(figure, "Probability (%)", "", ROW_HEIGHT * len(table) + 100)
    figure.update_yaxes(title=None)
    return figure
