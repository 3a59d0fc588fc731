"""Networks side by side: a score with its interval, published figures beside it, score for time.

Tables have the columns of a comparison table: kind ("run", "published" or "baseline"), name,
backbone, the scores as fractions with their _low and _high, training_seconds, testing_seconds,
derived.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import (
    ACCENT,
    GREY,
    MUTED,
    ORANGE,
    RUN_COLOURS,
    SERIES_SYMBOLS,
    TEXT,
    translucent,
)
from core.charts.theme import (
    PERCENT_TICKS,
    blank,
    dress,
    interval_bars,
    list_below,
    name_rows,
    say_undefined,
)

ROW_HEIGHT = 46
MOST_NAMES = 14
# Without what marks a published row or a baseline.
RUN_SYMBOLS = tuple(s for s in SERIES_SYMBOLS if s not in ("diamond", "square"))

MEASURES = {
    "accuracy": "Accuracy (%, 95 % interval)",
    "balanced_accuracy": "Balanced accuracy (%, 95 % interval)",
    "sensitivity": "Mean sensitivity (%, 95 % interval)",
    "specificity": "Mean specificity (%, 95 % interval)",
    "precision": "Mean precision (%, 95 % interval)",
    "f1": "Mean F1 (%, 95 % interval)",
}
TIMES = {
    "training_seconds": "Training time (s, logarithmic)",
    "testing_seconds": "Testing time (s, logarithmic)",
}
KINDS = {
    "run": {"name": "my runs", "colour": ACCENT, "symbol": "circle"},
    "published": {"name": "published", "colour": ORANGE, "symbol": "diamond"},
    "baseline": {"name": "trivial baselines", "colour": GREY, "symbol": "square"},
}


def comparison_chart(
    table: pd.DataFrame,
    measure: str = "balanced_accuracy",
    lines: Mapping[str, float] | None = None,
) -> go.Figure:
    """Dots with 95 % intervals, best row at the top; published values as diamonds.

    A published network stands on the row of the runs with its backbone, or on its own where there
    are none. A row whose score is undefined stands below all others, with the word instead of a
    dot. ``lines`` are reference scores, words -> fraction, such as {"chance": 1 / 3}.
    """
    lines, axis = dict(lines or {}), MEASURES[measure]
    # What is not legible of a published network is no score of ours, and stands in the table.
    rows = table[table[measure].notna() | (table["kind"] != "published")]
    if rows.empty:
        return blank("There is no score to compare yet.", axis, "", 240)
    mine, published = rows[rows["kind"] != "published"], rows[rows["kind"] == "published"]
    alone = published[~published["backbone"].isin(mine["backbone"])]
    places = pd.concat([mine, alone]).sort_values(measure, ascending=False).reset_index(drop=True)
    partners = places[places["kind"] == "run"][["backbone"]].rename_axis("place").reset_index()
    partners = partners.merge(published.drop(columns="name"), on="backbone").assign(beside=True)
    points = pd.concat([places.rename_axis("place").reset_index(), partners], ignore_index=True)

    figure = go.Figure()
    for kind, style in KINDS.items():
        chosen = points[points["kind"] == kind]
        if chosen.empty:
            continue
        # Below the run's own dot, so that neither hides the other.
        offset = 0.2 * chosen.get("beside", pd.Series(index=chosen.index)).eq(True)
        figure.add_scatter(
            x=chosen[measure],
            y=chosen["place"] + offset,
            name=style["name"],
            mode="markers",
            marker={"color": style["colour"], "symbol": style["symbol"], "size": 11},
            error_x=_errors(chosen, measure, style["colour"]),
            customdata=_interval_words(chosen, measure),
            hovertext=chosen["backbone"] + ", " + style["name"],
            hovertemplate="%{hovertext}<br>%{x:.1%}%{customdata}<extra></extra>",
        )
    name_rows(figure, places["name"].to_dict(), 0.32)
    say_undefined(figure, places.index[places[measure].isna()])
    for number, (words, value) in enumerate(lines.items()):
        figure.add_vline(
            x=value, line={"color": MUTED, "width": 1.5, "dash": ("dash", "dot")[number % 2]}
        )
        figure.add_annotation(
            x=value,
            y=len(places) - 0.35,
            text=f"{words} {value:.1%}",
            showarrow=False,
            xanchor="left",
            xshift=4,
            font={"size": 12, "color": MUTED},
        )
    bottom = len(places) - (0.1 if lines else 0.4)
    low = points.get(f"{measure}_low", points[measure]).fillna(points[measure])
    high = points.get(f"{measure}_high", points[measure]).fillna(points[measure])
    known = [*low.dropna(), *high.dropna(), *lines.values()] or [0.0, 1.0]
    ends = [min(known), max(known)]
    figure.update_xaxes(tickformat=".0%", nticks=6, range=[ends[0] - 0.03, ends[1] + 0.03])
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[bottom, -0.7])
    figure.update_layout(showlegend=True)
    dress(figure, axis, "", int(ROW_HEIGHT * (bottom + 0.7)) + 100)
    figure.update_yaxes(title=None)
    return figure


def score_against_time(
    table: pd.DataFrame,
    measure: str = "balanced_accuracy",
    time: str = "training_seconds",
    front: pd.DataFrame | None = None,
    height: int = 380,
) -> go.Figure:
    """What a score costs: one dot per row that has both figures, named in the list below.

    ``front`` are the rows of the Pareto front, fastest first: a line of steps joins them, and each
    carries its number. Beyond MOST_NAMES rows only the kinds of rows are listed. The list is added
    to ``height``.
    """
    x, y = TIMES[time], MEASURES[measure]
    rows = table[table[time] > 0].dropna(subset=[measure])
    if rows.empty:
        return blank("No row has both a score and a time yet.", x, y, height)
    figure = go.Figure()
    begin, end = np.log10([rows[time].min(), rows[time].max()]) + np.array([-0.5, 0.5])
    if front is not None and len(front):
        # The last score holds for whoever has more time still.
        figure.add_scatter(
            x=[*front[time], 10**end],
            y=[*front[measure], front[measure].iloc[-1]],
            name="Pareto front of my runs, numbered",
            mode="lines+text",
            line={"shape": "hv", "color": TEXT, "width": 1.5, "dash": "dot"},
            text=[f"<b>{number}</b>" for number in range(1, len(front) + 1)],
            textposition="top left",
            textfont={"size": 14, "color": TEXT},
            hoverinfo="skip",
        )
    groups = "kind" if len(rows) > MOST_NAMES else "name"
    for number, (name, group) in enumerate(rows.groupby(groups, sort=False)):
        style = KINDS[group["kind"].iloc[0]]
        colour, symbol = style["colour"], style["symbol"]
        if groups == "name" and symbol == "circle":
            colour = RUN_COLOURS[number % len(RUN_COLOURS)]
            symbol = RUN_SYMBOLS[number % len(RUN_SYMBOLS)]
        figure.add_scatter(
            x=group[time],
            y=group[measure],
            name=style["name"] if groups == "kind" else name,
            mode="markers+text" if group["kind"].iloc[0] == "published" else "markers",
            text="published  ",
            textposition="middle left",
            textfont={"size": 12, "color": colour},
            marker={"color": colour, "symbol": symbol, "size": 11},
            error_y=_errors(group, measure, colour),
            customdata=group["name"],
            hovertemplate="%{customdata}<br>%{x:,.0f} s<br>%{y:.1%}<extra></extra>",
        )
    figure.update_xaxes(type="log", range=[begin, end], **_whole_ticks(begin, end))
    figure.update_yaxes(tickformat=PERCENT_TICKS)
    return dress(figure, x, y, height + list_below(figure, len(figure.data)))


def _whole_ticks(begin: float, end: float) -> dict:
    """Ticks of a logarithmic axis between powers of ten, with a decade more on either side.

    Written out: plotly would write 20 as a small 2 between its powers of ten.
    """
    # Within two powers of ten their ticks alone are too few to read a time off.
    steps = (1,) if end - begin > 2 else (1, 2, 5)
    powers = range(int(np.floor(begin)) - 1, int(np.ceil(end)) + 2)
    ticks = [step * 10.0**power for power in powers for step in steps]
    return {"tickvals": ticks, "ticktext": [f"{tick:,.12g}" for tick in ticks]}


def _errors(rows: pd.DataFrame, measure: str, colour: str) -> dict:
    low, high = f"{measure}_low", f"{measure}_high"
    if low not in rows:
        return {"visible": False}
    return interval_bars(rows[measure], rows[low], rows[high], translucent(colour, 0.7))


def _interval_words(rows: pd.DataFrame, measure: str) -> list[str]:
    low, high = f"{measure}_low", f"{measure}_high"
    if low not in rows:
        return [""] * len(rows)
    bounds = zip(rows[low], rows[high], strict=True)
    return ["" if np.isnan(a) else f" ({100 * a:.1f} to {100 * b:.1f})" for a, b in bounds]
