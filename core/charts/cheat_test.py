"""The cheat test: what a run scores on whole images, without the lungs, and on the lungs alone.

Tables are those of ``core.evaluation.cheat_results``; the words for what is seen are handed in.
"""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import ACCENT, GREY, TEXT, VERMILLION
from core.charts.comparison import MEASURES
from core.charts.theme import WHOLE_TICKS, dress, interval_bars, name_rows, say_undefined

COLOURS = (ACCENT, VERMILLION, GREY)
ROW_HEIGHT = 96


def cheat_chart(table: pd.DataFrame, measure: str, seen: Mapping[str, str]) -> go.Figure:
    """One group of bars per run, one bar per key of ``seen``, in its order from above.

    An undefined score has no bar, but the word.
    """
    places = {run: place for place, run in enumerate(table["run"].unique())}
    figure = go.Figure()
    undefined = []
    for number, (name, words) in enumerate(seen.items()):
        rows = table[table["seen"] == name]
        heights = rows["run"].map(places) + 0.22 * (number - 1) + 0.08
        undefined += list(heights[rows["score"].isna()])
        figure.add_bar(
            x=rows["score"],
            y=heights,
            width=0.2,
            orientation="h",
            name=words,
            marker={"color": COLOURS[number], "line": {"width": 0}},
            error_x=interval_bars(rows["score"], rows["low"], rows["high"], TEXT, thickness=1.5),
            hovertext=rows["name"] + ", " + words,
            hovertemplate="%{hovertext}<br>%{x:.1%}<extra></extra>",
        )
    names = table.drop_duplicates("run").set_index("run")["name"]
    name_rows(figure, {place: names[run] for run, place in places.items()}, 0.4)
    say_undefined(figure, undefined)
    bottom = len(places) - 0.5
    figure.update_xaxes(range=[0, 1.02], **WHOLE_TICKS)
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[bottom, -0.55])
    figure.update_layout(showlegend=True, barmode="overlay")
    dress(figure, MEASURES[measure], "", int(ROW_HEIGHT * (bottom + 0.55)) + 110)
    figure.update_yaxes(title=None)
    return figure
