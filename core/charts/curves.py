"""Learning curves: one run while it trains, or several runs laid over each other.

Tables have the columns of ``core.runs.HISTORY_COLUMNS``; several runs also have ``name``.
"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import RUN_COLOURS, SERIES_DASHES
from core.charts.theme import PERCENT_TICKS, blank, dress, list_below

# A browser draws this many points without delay, and a reader sees no more of them.
MOST_POINTS = 1000

MEASURES = {
    "loss": "Loss (nats)",
    "accuracy": "Accuracy (% of images)",
    "val_loss": "Validation loss (nats)",
    "val_accuracy": "Validation accuracy (% of images)",
    "learning_rate": "Learning rate (no unit)",
}
AXES = {
    "epoch": "Epoch (passes over the training images)",
    "step": "Training step (batches)",
    "seconds": "Time since training began (s)",
}


def overlaid_curves(
    curves: pd.DataFrame,
    measure: str = "val_accuracy",
    against: str = "epoch",
    height: int = 320,
) -> go.Figure:
    """Epoch lines of several runs, one colour and dash per ``name``, names listed below.

    ``measure`` is a key of MEASURES. The list of names is added to ``height``.
    """
    x, y = AXES[against], MEASURES[measure]
    points = curves[["name", against, measure]].dropna()
    if points.empty:
        return blank("No run has finished an epoch yet.", x, y, height)
    figure = go.Figure()
    names = list(dict.fromkeys(points["name"]))
    for number, name in enumerate(names):
        # Another dash for each colour, and further on for each round of colours.
        dash = number + number // len(RUN_COLOURS)
        run = points[points["name"] == name]
        figure.add_scatter(
            x=run[against],
            y=run[measure],
            name=name,
            mode="lines" if len(run) > 1 else "markers",
            line={
                "color": RUN_COLOURS[number % len(RUN_COLOURS)],
                "dash": SERIES_DASHES[dash % len(SERIES_DASHES)],
                "width": 2.5,
            },
            hovertemplate=f"{name}<br>{_hover(measure, against)}",
        )
    _format(figure, measure)
    return dress(figure, x, y, height + list_below(figure, len(names)))


def thin(points: pd.DataFrame, most: int = MOST_POINTS) -> tuple[pd.DataFrame, int]:
    """At most ``most`` rows, each the mean of as many neighbours as the returned number says."""
    together = max(1, -(-len(points) // most))
    if together == 1:
        return points, 1
    return points.groupby(np.arange(len(points)) // together).mean(), together


def _hover(measure: str, against: str) -> str:
    value = ".1%" if measure.endswith("accuracy") else ".3g"
    place = {"epoch": "epoch %{x:.4~g}", "step": "step %{x:,}", "seconds": "%{x:.0f} s"}[against]
    return f"{place}: %{{y:{value}}}<extra></extra>"


def _format(figure: go.Figure, measure: str) -> None:
    if measure.endswith("accuracy"):
        figure.update_yaxes(tickformat=PERCENT_TICKS)
    elif measure == "learning_rate":
        figure.update_yaxes(tickformat="~e", rangemode="tozero")
    else:
        figure.update_yaxes(rangemode="tozero")
