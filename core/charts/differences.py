"""Runs against each other: differences with intervals against zero, and how often each is best.

Tables are those of ``core.evaluation.pairs``; every pair is turned so that the better stands first.
"""

import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import ACCENT, MUTED, TEXT, translucent
from core.charts.theme import WHOLE_TICKS, blank, dress, interval_bars, name_rows

ROW_HEIGHT = 44
# Letters that a narrow screen holds in a line; longer pairs take two lines and more height.
LINE, TWO_LINES = 42, 64
AXIS = "Difference in balanced accuracy (points, 95 % interval)"
# A finding -> how its pairs are drawn. Only what test and interval agree on has the full colour.
FINDINGS = {
    "better": {"name": "test and interval: better", "colour": ACCENT, "symbol": "circle"},
    "unclear": {
        "name": "only one of the two: not settled",
        "colour": TEXT,
        "symbol": "circle-open",
    },
    "chance": {"name": "chance explains it", "colour": MUTED, "symbol": "circle"},
}


def differences_chart(pairs: pd.DataFrame) -> go.Figure:
    """One row per pair that could be compared, in the order of ``pairs``, against a line at zero.

    ``pairs`` has name_a, name_b, difference, low, high (fractions, a less b), p_holm, n_common and
    finding.
    """
    rows = pairs.dropna(subset=["difference"]).reset_index(drop=True)
    if rows.empty:
        return blank("No two of these runs can be compared.", AXIS, "", 240)
    figure = go.Figure()
    for finding, style in FINDINGS.items():
        chosen = rows[rows["finding"] == finding]
        if chosen.empty:
            continue
        figure.add_scatter(
            x=100 * chosen["difference"],
            y=chosen.index,
            name=style["name"],
            mode="markers",
            marker={"color": style["colour"], "symbol": style["symbol"], "size": 11},
            error_x=interval_bars(
                *(100 * chosen[end] for end in ("difference", "low", "high")),
                translucent(style["colour"], 0.7),
            ),
            hovertext=[_words(row) for row in chosen.itertuples()],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    names = rows["name_a"] + " over " + rows["name_b"]
    wrapped = names.str.len().max() > LINE
    if wrapped:
        names = rows["name_a"] + "<br>over " + rows["name_b"]
    name_rows(figure, names.to_dict(), 0.43 if wrapped else 0.38)
    figure.add_vline(x=0, line={"color": MUTED, "width": 1.5, "dash": "dash"})
    low = 100 * min(0, rows["low"].min(), rows["difference"].min())
    high = 100 * max(0, rows["high"].max(), rows["difference"].max())
    margin = 0.06 * max(high - low, 1)
    figure.update_xaxes(nticks=7, range=[low - margin, high + margin])
    bottom = len(rows) - 0.5
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[bottom, -0.8])
    figure.update_layout(showlegend=True)
    height = TWO_LINES if wrapped else ROW_HEIGHT
    dress(figure, AXIS, "", int(height * (bottom + 0.8)) + 120)
    figure.update_yaxes(title=None)
    return figure


def best_chart(best: pd.DataFrame) -> go.Figure:
    """A bar per run, most often best at the top: columns name and probability (0..1, or NaN)."""
    axis = "Share of resamples in which the run is best (%)"
    rows = best.dropna(subset=["probability"])
    rows = rows.sort_values("probability", ascending=False, kind="stable").reset_index(drop=True)
    if rows.empty:
        return blank("Which run is best is undefined here.", axis, "", 240)
    figure = go.Figure()
    figure.add_bar(
        x=rows["probability"],
        y=rows.index,
        orientation="h",
        width=0.34,
        marker={"color": ACCENT, "line": {"width": 0}},
        texttemplate="%{x:.0%}",
        textposition="outside",
        cliponaxis=False,
        hovertext=rows["name"],
        hovertemplate="%{hovertext}<br>best in %{x:.1%} of the resamples<extra></extra>",
    )
    name_rows(figure, rows["name"].to_dict(), 0.36)
    bottom = len(rows) - 0.5
    figure.update_xaxes(range=[0, 1.12], **WHOLE_TICKS)
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[bottom, -0.8])
    dress(figure, axis, "", int(ROW_HEIGHT * (bottom + 0.8)) + 70)
    figure.update_yaxes(title=None)
    return figure


def _words(row) -> str:
    interval = "no interval"
    if row.low == row.low:
        interval = f"95 % interval {100 * row.low:.1f} to {100 * row.high:.1f}"
    return (
        f"{row.name_a} over {row.name_b}<br>{100 * row.difference:.1f} points, {interval}<br>"
        f"p {row.p_holm:.3f} after Holm, {row.n_common:,} images"
    )
