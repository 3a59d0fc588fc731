"""One image's answer: how likely the classifier holds each class."""

from collections.abc import Mapping

import plotly.graph_objects as go

from core.charts.colours import class_colour, translucent
from core.charts.theme import WHOLE_TICKS, blank, class_label, dress


def probability_bars(
    probabilities: Mapping[str, float],
    truth: str | None = None,
    words: Mapping[str, str] | None = None,
) -> go.Figure:
    """One bar per class, 0..100 %, the answer full and the others faint; ``truth`` is marked.

    ``probabilities`` are fractions by class name, drawn in the order given, first at the top.
    """
    axis = ("Probability (%)", "Class")
    if not probabilities:
        return blank("There is no answer yet.", *axis, 200)
    answer = max(probabilities, key=probabilities.get)
    labels = []
    for name in probabilities:
        label = class_label(name, words)
        label = f"<b>{label}</b>" if name == answer else label
        labels.append(f"{label}<br>◆ true class" if name == truth else label)
    figure = go.Figure()
    figure.add_bar(
        x=list(probabilities.values()),
        y=labels,
        orientation="h",
        marker={
            "color": [
                translucent(class_colour(name), 1.0 if name == answer else 0.6)
                for name in probabilities
            ]
        },
        text=[f"{100 * value:.1f}%" for value in probabilities.values()],
        # Beside a long bar there is no room on a narrow screen.
        textposition=["inside" if value > 0.75 else "outside" for value in probabilities.values()],
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.2%}<extra></extra>",
    )
    figure.update_xaxes(range=[0, 1.02], **WHOLE_TICKS)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return dress(figure, *axis, 52 * len(probabilities) + 70)
