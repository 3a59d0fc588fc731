"""What covering a part of an image changed: every class before and after, and at random places."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.charts.colours import BACKGROUND, MUTED, TEXT, class_colour, translucent
from core.charts.theme import CLASS_TITLES, WHOLE_TICKS, blank, dress, name_rows

ROW_HEIGHT = 74


def covered_bars(
    before: Mapping[str, float],
    after: Mapping[str, float],
    elsewhere: Sequence[Mapping[str, float]],
) -> go.Figure:
    """Two bars per class, faint before and full after, and the span of the random places.

    All are fractions 0..1 by class name; ``elsewhere`` has one answer for each random place.
    """
    if not before:
        return blank("Nothing is covered yet.", "Probability (%)", "Class", 200)
    figure = go.Figure()
    places = list(range(len(before)))
    for values, aside, opacity, label in (
        (before, -0.16, 0.4, "before"),
        (after, 0.16, 1, "after"),
    ):
        figure.add_bar(
            x=[values[name] for name in before],
            y=[place + aside for place in places],
            orientation="h",
            width=0.26,
            name=label,
            marker={
                "color": [translucent(class_colour(name), opacity) for name in before],
                "line": {"width": 0},
            },
            text=[f"{100 * values[name]:.1f}%" for name in before],
            textposition=["inside" if values[name] > 0.75 else "outside" for name in before],
            # Dark figures, as plotly would choose them, cannot be read on a faint bar.
            insidetextfont={"color": TEXT if label == "before" else BACKGROUND},
            cliponaxis=False,
            hovertext=[CLASS_TITLES.get(name, name) for name in before],
            hovertemplate=f"%{{hovertext}}, {label}: %{{x:.2%}}<extra></extra>",
            showlegend=False,
        )
    if elsewhere:
        _spans(figure, before, elsewhere)
    changes = {name: 100 * (after[name] - before[name]) for name in before}
    names = {
        place: f"<b>{CLASS_TITLES.get(name, name)}</b> {change:+z.1f} points"
        for place, (name, change) in enumerate(changes.items())
    }
    name_rows(figure, names, 0.42)
    figure.update_layout(barmode="overlay", showlegend=bool(elsewhere))
    figure.update_xaxes(range=[0, 1.02], **WHOLE_TICKS)
    figure.update_yaxes(
        showticklabels=False, showgrid=False, range=[len(before) - 0.4, -0.65], fixedrange=True
    )
    words = "Probability (%): faint before, full after"
    return dress(figure, words, "Class", ROW_HEIGHT * len(before) + 90)


def _spans(
    figure: go.Figure, before: Mapping[str, float], elsewhere: Sequence[Mapping[str, float]]
) -> None:
    places = [place + 0.37 for place in range(len(before))]
    lows = [min(answer[name] for answer in elsewhere) for name in before]
    highs = [max(answer[name] for answer in elsewhere) for name in before]
    x = [value for low, high in zip(lows, highs, strict=True) for value in (low, high, None)]
    y = [value for place in places for value in (place, place, None)]
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": MUTED, "width": 3}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=[answer[name] for name in before for answer in elsewhere],
        y=[place for place in places for _ in elsewhere],
        mode="markers",
        name=f"after covering {len(elsewhere)} random places instead",
        marker={"color": TEXT, "size": 6, "symbol": "line-ns-open", "line": {"width": 2}},
        hovertemplate="a random place covered instead: %{x:.2%}<extra></extra>",
    )
