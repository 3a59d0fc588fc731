"""One class against the rest: curves over all thresholds, and 1,000 people under one of them.

Curves are those of ``core.evaluation.class_curves``, rules those of ``core.evaluation.thresholds``.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import MUTED, TEXT, class_colour, translucent
from core.charts.theme import CLASS_TITLES, WHOLE_TICKS, blank, dress, list_below

SENSITIVITY = "Sensitivity (% of the class found)"
FALSE_ALARMS = "False alarms (1 - specificity, % of the others)"
# Where each class has others.
ALARMS = "False alarms (% of all other images)"
PRECISION = "Precision (% of the called that are right)"
# A second run is told from the first by its dash: the colour says the class.
DASHES = ("solid", "dash")
GUESSING = {
    "mode": "lines",
    "name": "guessing",
    "line": {"color": MUTED, "width": 1.5, "dash": "dot"},
    "hoverinfo": "skip",
}
PER_ROW = 40
# What becomes of a person -> its name and marker; the colour says who has the disease.
PEOPLE = {
    "found": ("found", "square"),
    "missed": ("missed", "x-thin"),
    "false_alarms": ("false alarms", "x-thin"),
    "left_alone": ("rightly left alone", "square"),
}
# Half of a mark, in steps from one person to the next.
HALF = 0.34


def roc_chart(
    curves: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]],
    class_name: str,
    here: Sequence[tuple[float, float]] = (),
) -> go.Figure:
    """ROC curves of one class, one for each (name of the run, points, band); two at most.

    ``points`` has x, y and threshold, ``band`` x, low and high; ``here`` are the places (x, y) of
    the threshold in use, which are marked. All fractions.
    """
    figure = _curves(curves, class_name, here, FALSE_ALARMS, SENSITIVITY, "linear")
    if figure.data:
        figure.add_scatter(**GUESSING, x=[0, 1], y=[0, 1])
    return figure


def precision_recall_chart(
    curves: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]],
    class_name: str,
    share: float | None = None,
    here: Sequence[tuple[float, float]] = (),
) -> go.Figure:
    """Precision-recall curves of one class, as ``roc_chart``; ``share`` is that of the class."""
    figure = _curves(curves, class_name, here, SENSITIVITY, PRECISION, "vh")
    if figure.data and share is not None:
        figure.add_scatter(**GUESSING, x=[0, 1], y=[share, share])
    return figure


def curves_by_class(
    curves: Mapping[str, tuple[str, pd.DataFrame, pd.DataFrame]], recall: bool = False
) -> go.Figure:
    """All classes of one run in one chart: class -> (how the list calls it, points, band).

    ROC curves, or with ``recall`` precision-recall curves; tables as for ``roc_chart``.
    """
    x, y, shape = ALARMS, "Sensitivity (%)", "linear"
    if recall:
        x, y, shape = SENSITIVITY, "Precision (%)", "vh"
    drawn = {name: curve for name, curve in curves.items() if len(curve[1])}
    if not drawn:
        return blank("No curve: a class is missing.", x, y, 360)
    figure = go.Figure()
    for name, curve in drawn.items():
        _add_curve(figure, curve, class_colour(name), shape)
    if not recall:
        figure.add_scatter(**GUESSING, x=[0, 1], y=[0, 1])
    return _with_whole_axes(figure, x, y, len(drawn) + (not recall), 300)


def people_chart(people: Mapping[str, int] | None, class_name: str) -> go.Figure:
    """1,000 people as squares, row by row: those with ``class_name`` first, crosses where it errs.

    ``people`` has found, missed, false_alarms and left_alone, whole numbers.
    """
    if people is None:
        return blank("A class is missing: undefined.", "Each mark is one person", "People", 240)
    colours = {
        "found": class_colour(class_name),
        "missed": class_colour(class_name),
        "false_alarms": TEXT,
        "left_alone": translucent(MUTED, 0.45),
    }
    figure, place, paths = go.Figure(), 0, []
    for what, (name, symbol) in PEOPLE.items():
        numbers = range(place, place + people[what])
        place += people[what]
        crosses = symbol == "x-thin"
        pen = {"color": colours[what], "width": 2 if crosses else 0}
        # For the legend alone: a browser draws four shapes at once, while a thousand markers take
        # it longer than all else on the page.
        figure.add_scatter(
            **{"x": [None], "y": [None], "mode": "markers", "name": f"{people[what]:,} {name}"},
            marker={"symbol": symbol, "size": 9, "color": colours[what], "line": pen},
        )
        paths.append(
            {
                "type": "path",
                "path": "".join((_cross if crosses else _square)(number) for number in numbers),
                "line": pen,
                **({} if crosses else {"fillcolor": colours[what]}),
            }
        )
    rows = -(-place // PER_ROW)
    unmoved = {"showticklabels": False, "showgrid": False, "fixedrange": True, "automargin": False}
    figure.update_xaxes(range=[-1, PER_ROW], **unmoved)
    figure.update_yaxes(range=[rows, -1], **unmoved)
    figure.update_layout(
        showlegend=True,
        legend={"itemclick": False, "itemdoubleclick": False},
        shapes=[path for path in paths if path["path"]],
        margin={"l": 32, "b": 32},
    )
    x = f"Each mark is one of {place:,} people"
    return dress(figure, x, f"Rows of {PER_ROW} people", 12 * rows + 120)


def _square(number: int) -> str:
    y, x = divmod(number, PER_ROW)
    return f"M{x - HALF:.4g},{y - HALF:.4g}H{x + HALF:.4g}V{y + HALF:.4g}H{x - HALF:.4g}Z"


def _cross(number: int) -> str:
    y, x = divmod(number, PER_ROW)
    left, right, top, bottom = x - HALF, x + HALF, y - HALF, y + HALF
    falling = f"M{left:.4g},{top:.4g}L{right:.4g},{bottom:.4g}"
    return f"{falling}M{left:.4g},{bottom:.4g}L{right:.4g},{top:.4g}"


def _curves(
    curves: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]],
    class_name: str,
    here: Sequence[tuple[float, float]],
    x: str,
    y: str,
    shape: str,
) -> go.Figure:
    label = CLASS_TITLES.get(class_name, class_name)
    drawn = [curve for curve in curves if len(curve[1])]
    if not drawn:
        return blank(f"No curve for {label}: a class is missing.", x, y, 360)
    colour, figure = class_colour(class_name), go.Figure()
    for curve, dash in zip(drawn, DASHES, strict=False):
        _add_curve(figure, curve, colour, shape, dash)
    if here:
        figure.add_scatter(
            x=[x for x, _ in here],
            y=[y for _, y in here],
            mode="markers",
            name="the chosen threshold",
            marker={"color": TEXT, "size": 12, "line": {"width": 2, "color": colour}},
            hovertemplate="x %{x:.1%}, y %{y:.1%}<extra>the chosen threshold</extra>",
        )
    return _with_whole_axes(figure, x, y, len(drawn) + (1 if here else 0) + 1)


def _add_curve(
    figure: go.Figure,
    curve: tuple[str, pd.DataFrame, pd.DataFrame],
    colour: str,
    shape: str,
    dash: str = "solid",
) -> None:
    name, points, band = curve
    if len(band):
        figure.add_scatter(
            x=[*band["x"], *band["x"][::-1]],
            y=[*band["high"], *band["low"][::-1]],
            fill="toself",
            fillcolor=translucent(colour, 0.18),
            line={"width": 0},
            mode="lines",
            showlegend=False,
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=points["x"],
        y=points["y"],
        mode="lines",
        name=name,
        line={"color": colour, "width": 2.5, "dash": dash, "shape": shape},
        customdata=points["threshold"],
        hovertemplate="threshold %{customdata:.1%}<br>x %{x:.1%}, y %{y:.1%}"
        f"<extra>{name}</extra>",
    )


def _with_whole_axes(figure: go.Figure, x: str, y: str, names: int, height: int = 350) -> go.Figure:
    for axes in (figure.update_xaxes, figure.update_yaxes):
        # The labels are always these. Room made for them by measuring draws the chart twice.
        axes(range=[-0.02, 1.02], automargin=False, **WHOLE_TICKS)
    dress(figure, x, y, 360)
    below = list_below(figure, names)
    figure.update_layout(height=height + below, margin={"l": 72, "b": below + 58})
    return figure
