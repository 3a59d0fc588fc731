"""The one look of all charts: a plotly template by name, and the function that puts it on.

Importing this registers the template and leaves plotly's default as it is.
"""

import textwrap
from collections.abc import Iterable, Mapping

import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio

from core.charts.colours import BACKGROUND, GRID, MUTED, PANEL, SERIES_COLOURS, TEXT

TEMPLATE_NAME = "chestbench"

# Passed to whatever shows a figure: fills its column; of plotly's tools only the one that saves the
# chart, while the pointer is over it. pages/components/chart_files.js makes PNG and SVG of it.
CONFIG = {
    "responsive": True,
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtons": [["toImage"]],
}

# For fractions on an axis whose ends follow the data: no two ticks of it read the same.
PERCENT_TICKS = ".1~%"
# For an axis that shows all of 0 to 100 %, at every width of the screen.
WHOLE_TICKS = {"tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1]}

# Classes whose name is not how people write it.
CLASS_TITLES = {"covid19": "COVID-19", "not_covid19": "not COVID-19"}

_AXIS = {
    "automargin": True,
    "gridcolor": GRID,
    "linecolor": GRID,
    "zeroline": False,
    # Invisible, but they keep the labels off the plot.
    "ticks": "outside",
    "ticklen": 4,
    "tickcolor": BACKGROUND,
    "tickfont": {"size": 13, "color": MUTED},
    "title": {"font": {"size": 13, "color": TEXT}, "standoff": 8},
}

pio.templates[TEMPLATE_NAME] = go.layout.Template(
    layout={
        "paper_bgcolor": BACKGROUND,
        "plot_bgcolor": BACKGROUND,
        "colorway": SERIES_COLOURS,
        "font": {"family": "Source Sans Pro, system-ui, sans-serif", "size": 14, "color": TEXT},
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "hoverlabel": {
            "bgcolor": PANEL,
            "bordercolor": GRID,
            "font": {"size": 13, "color": TEXT},
            "align": "left",
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": MUTED, "activecolor": TEXT},
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": 13},
            "bgcolor": "rgba(0,0,0,0)",
        },
    }
)


def dress(figure: go.Figure, x: str, y: str, height: int) -> go.Figure:
    """Put the look on ``figure``: axis titles with their units, height in pixels, full width.

    A figure drawn again with new rows keeps the reader's zoom and hidden series.
    """
    figure.update_layout(template=TEMPLATE_NAME, height=height, uirevision="keep")
    figure.update_xaxes(title_text=x)
    figure.update_yaxes(title_text=y)
    return figure


def blank(sentence: str, x: str, y: str, height: int) -> go.Figure:
    """An empty chart with its axes and one sentence that says why it is empty."""
    figure = go.Figure()
    figure.add_annotation(
        text=sentence,
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 14, "color": MUTED},
    )
    figure.update_xaxes(showticklabels=False, showgrid=False, fixedrange=True)
    figure.update_yaxes(showticklabels=False, showgrid=False, fixedrange=True)
    return dress(figure, x, y, height)


def class_label(name: str, words: Mapping[str, str] | None = None) -> str:
    """How an axis writes a class: its name, or what ``words`` calls it, in lines of 14 letters."""
    label = (words or {}).get(name) or CLASS_TITLES.get(name, name)
    return "<br>".join(textwrap.wrap(label, 14, break_long_words=False)) or label


def interval_bars(
    value: pd.Series,
    low: pd.Series,
    high: pd.Series,
    colour: str,
    thickness: float = 2,
    width: int = 4,
) -> dict:
    """Plotly's error_x or error_y from ``low`` to ``high`` about ``value``; none where one is NaN.

    ``thickness`` of the line and ``width`` of its ends are pixels.
    """
    return {
        "type": "data",
        "symmetric": False,
        "array": (high - value).fillna(0),
        "arrayminus": (value - low).fillna(0),
        "color": colour,
        "thickness": thickness,
        "width": width,
    }


def name_rows(figure: go.Figure, names: Mapping[int, str], above: float) -> None:
    """Write a name over each row of a chart, at its place on the y axis less ``above``.

    Names beside the rows would take half of a narrow screen.
    """
    named = [
        {
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "align": "left",
            "y": place - above,
            "text": name,
            "showarrow": False,
            "font": {"size": 13, "color": TEXT},
            "bgcolor": BACKGROUND,
            "borderpad": 0,
        }
        for place, name in names.items()
    ]
    # All at once: plotly copies those that are there for each one that is added.
    figure.update_layout(annotations=[*figure.layout.annotations, *named])


def say_undefined(figure: go.Figure, places: Iterable[float]) -> None:
    """Write "undefined" at the left end of rows of a chart, at their ``places`` on the y axis."""
    said = [
        {
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "y": place,
            "text": "undefined",
            "showarrow": False,
            "font": {"size": 13, "color": MUTED},
        }
        for place in places
    ]
    figure.update_layout(annotations=[*figure.layout.annotations, *said])


def list_below(figure: go.Figure, names: int) -> int:
    """Put the legend as a list of ``names`` lines below the plot; returns its height in pixels.

    Names of runs are too long to stand beside each other, or beside the plot, on a narrow screen.
    """
    listing = 20 * names
    figure.update_layout(
        showlegend=True,
        legend={
            "orientation": "v",
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "font": {"size": 12},
        },
        margin={"b": listing + 48},
    )
    return listing
