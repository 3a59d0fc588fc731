"""Learning curves: one run while it trains, or several runs laid over each other.

Tables have the columns of ``core.runs.HISTORY_COLUMNS``; several runs also have ``name``.
"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import ACCENT, GREY, MUTED, SERIES_COLOURS, SERIES_DASHES, translucent
from core.charts.theme import blank, dress, list_below

# A browser draws this many points without delay, and a reader sees no more of them.
MOST_POINTS = 1000
# Above this many epochs markers hide the line.
MOST_MARKERS = 60

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


def training_curves(
    history: pd.DataFrame, measure: str = "loss", against: str = "step", height: int = 320
) -> go.Figure:
    """One run: batches as faint points, epochs as lines, validation dashed.

    ``measure`` is "loss" or "accuracy", ``against`` a key of AXES. Where there are more than
    MOST_POINTS batches, each point is the mean of a few that follow each other.
    """
    x, y = AXES[against], MEASURES[measure]
    if history.empty:
        return blank("The first batch has not been trained yet.", x, y, height)
    figure = go.Figure()
    batches, together = thin(_placed_batches(history, against)[["x", measure]].dropna())
    if len(batches):
        name = "one batch" if together == 1 else f"mean of {together} batches"
        figure.add_scatter(
            x=batches["x"],
            y=batches[measure],
            name=name,
            mode="markers",
            marker={"size": 4, "color": translucent(GREY, 0.4)},
            hovertemplate=_hover(measure, against),
        )
    epochs = history[history["kind"] == "epoch"]
    for column, name, line, symbol in (
        (measure, "training", {"color": GREY, "width": 2}, "circle"),
        (
            f"val_{measure}",
            "validation",
            {"color": ACCENT, "width": 3, "dash": "dash"},
            "diamond",
        ),
    ):
        points = epochs[[against, column]].dropna()
        if len(points):
            figure.add_scatter(
                x=points[against],
                y=points[column],
                name=name,
                mode="lines" if len(points) > MOST_MARKERS else "lines+markers",
                line=line,
                marker={"size": 8, "symbol": symbol},
                hovertemplate=_hover(measure, against),
            )
    _mark_phases(figure, epochs, against)
    _percent(figure, measure)
    figure.update_layout(showlegend=True)
    return dress(figure, x, y, height)


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
        run = points[points["name"] == name]
        figure.add_scatter(
            x=run[against],
            y=run[measure],
            name=name,
            mode="lines" if len(run) > 1 else "markers",
            line={
                "color": SERIES_COLOURS[number % len(SERIES_COLOURS)],
                "dash": SERIES_DASHES[number % len(SERIES_DASHES)],
                "width": 2.5,
            },
            hovertemplate=f"{name}<br>{_hover(measure, against)}",
        )
    _percent(figure, measure)
    return dress(figure, x, y, height + list_below(figure, len(names)))


def learning_rate_curve(
    history: pd.DataFrame, against: str = "step", height: int = 240
) -> go.Figure:
    """Learning rate of every batch of one run, at most MOST_POINTS of them, logarithmic."""
    x, y = AXES[against], "Learning rate (no unit, log)"
    placed = _placed_batches(history, against)[["x", "learning_rate"]].dropna()
    points = placed.iloc[_evenly(len(placed))]
    if points.empty:
        return blank("The first batch has not been trained yet.", x, y, height)
    figure = go.Figure()
    figure.add_scatter(
        x=points["x"],
        y=points["learning_rate"],
        mode="lines" if len(points) > 1 else "markers",
        line={"color": ACCENT, "width": 2},
        hovertemplate=_hover("learning_rate", against),
    )
    figure.update_yaxes(type="log", tickformat=".1~e")
    return dress(figure, x, y, height)


def thin(points: pd.DataFrame, most: int = MOST_POINTS) -> tuple[pd.DataFrame, int]:
    """At most ``most`` rows, each the mean of as many neighbours as the returned number says."""
    together = max(1, -(-len(points) // most))
    if together == 1:
        return points, 1
    return points.groupby(np.arange(len(points)) // together).mean(), together


def _evenly(count: int) -> np.ndarray:
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).astype(int))


def _placed_batches(history: pd.DataFrame, against: str) -> pd.DataFrame:
    batches = history[history["kind"] == "batch"]
    if against != "epoch" or batches.empty:
        return batches.assign(x=batches[against])
    # A batch stands within its epoch; phases may differ in the length of theirs.
    first = batches.groupby("epoch")["step"].transform("min")
    within = batches["step"] - first + 1
    length = within.groupby(batches["phase"]).transform("max")
    return batches.assign(x=batches["epoch"] - 1 + within / length)


def _mark_phases(figure: go.Figure, epochs: pd.DataFrame, against: str) -> None:
    changed = epochs["phase"].ne(epochs["phase"].shift())
    before = epochs[against].shift()[changed]
    for place, phase in zip(before, epochs["phase"][changed], strict=True):
        if np.isfinite(place):
            figure.add_vline(
                x=place,
                line={"color": MUTED, "width": 1, "dash": "dot"},
                annotation={"text": f" {phase}", "font": {"size": 12, "color": MUTED}},
                annotation_position="top right",
            )


def _hover(measure: str, against: str) -> str:
    value = ".1%" if measure.endswith("accuracy") else ".3g"
    place = {"epoch": "epoch %{x:.4~g}", "step": "step %{x:,}", "seconds": "%{x:.0f} s"}[against]
    return f"{place}: %{{y:{value}}}<extra></extra>"


def _percent(figure: go.Figure, measure: str) -> None:
    if measure.endswith("accuracy"):
        figure.update_yaxes(tickformat=".0%")
    else:
        figure.update_yaxes(rangemode="tozero")
