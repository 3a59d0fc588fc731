"""Scores of slices of the validation images, with their intervals, slice below slice.

Tables are those of ``core.evaluation.slices.slice_table``.
"""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import MUTED, TEXT, class_colour, translucent
from core.charts.theme import CLASS_TITLES, dress, interval_bars, name_rows

LINE = 20  # pixels


def slices_chart(table: pd.DataFrame, classes: Sequence[str], few: int) -> go.Figure:
    """Sensitivity of each class and balanced accuracy with 95 % intervals, a block for each slice.

    A mark with fewer than ``few`` images behind it is open. An undefined score is said in words.
    """
    # A line for the name, one for each score and one to keep the blocks apart.
    block = len(classes) + 3
    figure = go.Figure()
    scores = {f"sensitivity_{c}": (CLASS_TITLES.get(c, c), class_colour(c)) for c in classes}
    scores["balanced_accuracy"] = ("balanced accuracy", TEXT)
    notes = []
    for line, (column, (title, colour)) in enumerate(scores.items(), start=1):
        behind = table[column.replace("sensitivity", "n")] if line <= len(classes) else table["n"]
        y = pd.Series(range(len(table)), index=table.index) * block + line
        known = table[column].notna()
        shown = table[known]
        figure.add_scatter(
            x=shown[column],
            y=y[known],
            name=title,
            mode="markers",
            marker={
                "color": colour,
                "size": 11,
                "line": {"width": 2},
                "symbol": [
                    ("circle" if line <= len(classes) else "diamond") + ("-open" * (n < few))
                    for n in behind[known]
                ],
            },
            error_x=interval_bars(
                *(shown[f"{column}{end}"] for end in ("", "_low", "_high")),
                translucent(colour, 0.7),
            ),
            customdata=[
                f"{name}<br>{title}, n = {n:,}"
                for name, n in zip(shown["slice"], behind[known], strict=True)
            ],
            hovertemplate="%{customdata}<br>%{x:.1%}<extra></extra>",
        )
        notes += [
            {
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "y": place,
                "text": f"{title}: undefined"
                + (", no image" if line <= len(classes) else ", a class is missing"),
                "showarrow": False,
                "font": {"size": 12, "color": MUTED},
            }
            for place in y[~known]
        ]
    figure.update_layout(annotations=notes, showlegend=True)
    names = {
        place * block: f"<b>{row.slice}</b> (n = {row.n:,}{', few' if row.few else ''})"
        for place, row in enumerate(table.itertuples())
    }
    name_rows(figure, names, 0)
    bottom = len(table) * block - 1
    figure.update_xaxes(tickformat=".0%", range=[-0.03, 1.03], nticks=6)
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[bottom, -1])
    title = "Share recognised (%, 95 % interval)"
    dress(figure, title, "", LINE * (bottom + 1) + 110)
    figure.update_yaxes(title=None)
    return figure
