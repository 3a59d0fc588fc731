"""The curves of a run while it trains, as a Vega-Lite chart that grows in place.

Streamlit takes a plotly figure down and puts up a new one whenever its data change, which flickers
once a second. A Vega-Lite chart whose description stays the same is only given the new points. So
the description and the points are made apart here. The look is that of ``theme``.
"""

import pandas as pd

from core.charts.colours import ACCENT, BACKGROUND, GREY, GRID, MUTED, TEXT
from core.charts.curves import AXES, MEASURES, thin

BATCH, TRAINING, VALIDATION = "batches", "training", "validation"
RATE = "learning_rate"
# Measure -> how Vega-Lite writes it beside the axis, and exactly.
FORMATS = {"accuracy": (".0%", ".1%"), "loss": ("~g", ".3g"), RATE: ("~e", ".2~e")}
SERIES = {BATCH: GREY, TRAINING: GREY, VALIDATION: ACCENT}
_FONT = "Source Sans Pro, system-ui, sans-serif"


def live_points(history: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Points of one run's ``measure`` (a key of FORMATS): step, value, series.

    ``history`` has the columns of ``core.runs.HISTORY_COLUMNS``. Where there are many batches, each
    point is the mean of a few that follow each other. The learning rate has batches alone.
    """
    batches = history[history["kind"] == "batch"]
    epochs = history[history["kind"] == "epoch"]
    curves = [(thin(batches[["step", measure]].dropna())[0], measure, BATCH)]
    if measure != RATE:
        curves += [(epochs, measure, TRAINING), (epochs, f"val_{measure}", VALIDATION)]
    parts = [
        table[["step", column]].set_axis(["step", "value"], axis=1).assign(series=series)
        for table, column, series in curves
    ]
    points = pd.concat(parts, ignore_index=True).dropna()
    return points.astype({"step": float, "value": float})


def live_chart(measure: str, height: int = 300) -> dict:
    """The Vega-Lite description of the chart for ``live_points``; the same at every call."""
    short, exact = FORMATS[measure]
    encoding = {
        "x": {
            "field": "step",
            "type": "quantitative",
            "title": AXES["step"],
            "scale": {"nice": False},
            "axis": {"format": "~s", "tickMinStep": 1},
        },
        "y": {
            "field": "value",
            "type": "quantitative",
            "title": MEASURES[measure],
            "scale": {"zero": measure != "accuracy"},
            "axis": {"format": short},
        },
        "color": {
            "field": "series",
            "type": "nominal",
            "title": None,
            "scale": {"domain": list(SERIES), "range": list(SERIES.values())},
            "legend": {"orient": "top"},
        },
        "tooltip": [
            {"field": "series", "type": "nominal", "title": "curve"},
            {"field": "step", "type": "quantitative", "title": "step", "format": ",.0f"},
            {
                "field": "value",
                "type": "quantitative",
                "title": measure.replace("_", " "),
                "format": exact,
            },
        ],
    }
    marks = {
        BATCH: {"type": "point", "filled": True, "size": 14, "opacity": 0.45},
        TRAINING: {"type": "line", "point": {"size": 40}, "strokeWidth": 2},
        VALIDATION: {
            "type": "line",
            "point": {"shape": "diamond", "size": 60},
            "strokeWidth": 3,
            "strokeDash": [6, 4],
        },
    }
    if measure == RATE:
        encoding["color"]["scale"] = {"domain": [BATCH], "range": [ACCENT]}
        # The format alone would write a zero as 0e+0. The extent keeps room for labels that grow
        # longer: the chart is laid out once, with its first points.
        encoding["y"]["axis"] |= {"labelExpr": "datum.value ? datum.label : '0'", "minExtent": 48}
        marks = {BATCH: {"type": "line", "strokeWidth": 2}}
    return {
        "height": height,
        "encoding": encoding,
        "layer": [
            {"mark": mark, "transform": [{"filter": f"datum.series === '{series}'"}]}
            for series, mark in marks.items()
        ],
        "config": {
            "background": BACKGROUND,
            "font": _FONT,
            "view": {"stroke": None},
            "axis": {
                "gridColor": GRID,
                "domainColor": GRID,
                "tickColor": GRID,
                "labelColor": MUTED,
                "titleColor": TEXT,
                "labelFontSize": 13,
                "titleFontSize": 13,
                "titleFontWeight": "normal",
            },
            "legend": {"labelColor": TEXT, "labelFontSize": 13, "symbolOpacity": 1},
        },
    }
