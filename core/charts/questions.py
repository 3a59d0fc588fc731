"""Charts of the paper's questions: recognition by days since onset, and patients over their days.

Tables are those of ``core.evaluation.onset`` and ``core.evaluation.progression``.
"""

import textwrap

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import ACCENT, MUTED, ORANGE, SKY, TEXT, translucent
from core.charts.theme import blank, dress, interval_bars

HEIGHT = 340
DAYS_AXIS = "Days since onset or admission"
MOST_PATIENTS = 12
# Outcome -> colour and dash; what neither names is muted.
OUTCOME_STYLES = {
    "died or needed intensive care": (ORANGE, "solid"),
    "survived or needed none": (SKY, "dash"),
}


def onset_chart(bands: pd.DataFrame, few: int) -> go.Figure:
    """Sensitivity in each band of days with its 95 % interval; n below each band.

    A band with fewer than ``few`` images has an open mark; one without any has a name alone.
    """
    y = "Recognised (%, 95 % interval)"
    if not bands["n"].sum():
        return blank("There is no image of COVID-19.", DAYS_AXIS, y, HEIGHT)
    rows = bands[bands["n"] > 0]
    figure = go.Figure()
    figure.add_scatter(
        x=rows.index,
        y=rows["sensitivity"],
        mode="markers",
        marker={
            "color": ACCENT,
            "size": 12,
            "line": {"width": 2},
            "symbol": ["circle-open" if n < few else "circle" for n in rows["n"]],
        },
        error_y=interval_bars(
            rows["sensitivity"], rows["low"], rows["high"], translucent(ACCENT, 0.7), width=5
        ),
        customdata=[
            f"{row.band}<br>{100 * row.sensitivity:.1f} % ({100 * row.low:.1f} to "
            f"{100 * row.high:.1f})<br>n = {row.n:,} images of {row.patients:,} patients"
            for row in rows.itertuples()
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    # Two short lines, so that five bands stand beside each other on a narrow screen.
    lines = ["<br>".join(textwrap.wrap(name, 7)) for name in bands["band"]]
    names = [f"{name}<br>n = {n:,}" for name, n in zip(lines, bands["n"], strict=True)]
    figure.update_xaxes(
        tickvals=list(bands.index), ticktext=names, range=[-0.5, len(bands) - 0.5], showgrid=False
    )
    figure.update_yaxes(tickformat=".0%", range=[max(0, rows["low"].min() - 0.1), 1.03])
    return dress(figure, DAYS_AXIS, y, HEIGHT)


def progression_chart(patients: pd.DataFrame, points: pd.DataFrame, class_title: str) -> go.Figure:
    """A line per patient over its days, for the first MOST_PATIENTS of ``patients``.

    The colour is the outcome's; the axis shows the probabilities that occur, not all of 0 to 100 %.
    """
    y = f"Probability of {class_title} (%)"
    if patients.empty:
        return blank("No patient has images of two days.", DAYS_AXIS, y, HEIGHT)
    shown = patients.head(MOST_PATIENTS)
    figure, named = go.Figure(), set()
    for row in shown.itertuples():
        own = points[points["patient"] == row.patient]
        colour, dash = OUTCOME_STYLES.get(row.outcome, (MUTED, "dot"))
        figure.add_scatter(
            x=own["day"],
            y=own["probability"],
            mode="lines+markers",
            name=row.outcome,
            legendgroup=row.outcome,
            showlegend=row.outcome not in named,
            line={"color": colour, "width": 2, "dash": dash},
            marker={"color": colour, "size": 8},
            hovertext=[f"patient {row.patient}, {row.outcome}"] * len(own),
            hovertemplate="%{hovertext}<br>day %{x:.0f}: %{y:.1%}<extra></extra>",
        )
        named.add(row.outcome)
    lowest = points.loc[points["patient"].isin(shown["patient"]), "probability"].min()
    figure.update_yaxes(tickformat=".0%", range=[max(0, lowest - 0.1), 1.03])
    figure.update_layout(showlegend=True, legend={"font": {"color": TEXT}})
    return dress(figure, DAYS_AXIS, y, HEIGHT + 40)
