"""The confusion matrix as a heat map: rows are true classes, columns the classifier's answers."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.colours import ACCENT, BACKGROUND, ORANGE, PANEL, TEXT
from core.charts.theme import class_label, dress

# Darker than this share of the accent, light figures read better than dark ones.
LIGHT_TEXT_BELOW = 0.55


def confusion_heatmap(
    matrix: Sequence[Sequence[float]],
    classes: Sequence[str],
    shares: bool = False,
    words: Mapping[str, str] | None = None,
    height: int | None = None,
    chosen: tuple[str, str] | None = None,
) -> go.Figure:
    """Heat map of counts (k, k) by [true class, predicted class], first class at the top.

    Colour is each cell's share of its row, so that classes of unequal size compare. A cell shows
    its count above its share, or, with ``shares``, its share above its count. ``words`` gives a
    class another name on the axes. Counts may be means, then with one decimal. ``chosen`` is the
    cell to frame, as true class and answer. Each point's customdata is [true class, predicted
    class, count in words, share of the row in words].
    """
    counts = np.asarray(matrix, dtype=float)
    images = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, images, out=np.zeros(counts.shape), where=images > 0)
    mean = bool((counts % 1).any())
    many = len(classes) > 3
    labels = [class_label(name, words) for name in classes]
    cells = [(i, j) for i in range(len(classes)) for j in range(len(classes))]

    figure = go.Figure()
    figure.add_heatmap(
        z=share,
        x=labels,
        y=labels,
        zmin=0,
        zmax=1,
        colorscale=[[0, PANEL], [1, ACCENT]],
        showscale=False,
        xgap=3,
        ygap=3,
        hoverinfo="skip",
    )
    percents = {(i, j): f"{100 * share[i, j]:.1f}%" if images[i, 0] else "–" for i, j in cells}
    # Plotly lets nobody select a cell of a heat map; a point in its middle can be.
    figure.add_scatter(
        x=[labels[j] for _, j in cells],
        y=[labels[i] for i, _ in cells],
        mode="markers",
        marker={"size": 30, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        showlegend=False,
        customdata=[
            [classes[i], classes[j], count_words(counts[i, j], mean), percents[i, j]]
            for i, j in cells
        ],
        hovertemplate="true: %{customdata[0]}<br>answer: %{customdata[1]}<br>"
        "%{customdata[2]} images, %{customdata[3]} of the row<extra></extra>",
    )
    # The nearest point counts, however far: that of the cell under the pointer.
    figure.update_layout(hoverdistance=-1, dragmode=False)
    if chosen:
        i, j = classes.index(chosen[0]), classes.index(chosen[1])
        figure.add_shape(
            type="rect",
            **{"x0": j - 0.48, "x1": j + 0.48, "y0": i - 0.48, "y1": i + 0.48},
            line={"color": ORANGE, "width": 3},
        )
    for i, j in cells:
        percent = percents[i, j]
        large, small = count_words(counts[i, j], mean), percent
        if shares:
            large, small = small, large
        faint = share[i, j] < LIGHT_TEXT_BELOW
        figure.add_annotation(
            x=j,
            y=i,
            text=f"<b>{large}</b><br><span style='font-size:12px'>{small}</span>",
            showarrow=False,
            font={"size": 14 if many else 17, "color": TEXT if faint else BACKGROUND},
        )
    height = height or 60 + 105 * max(3, len(classes))
    dress(figure, "Predicted class (model's answer)", "True class", height)
    # Class names side by side leave each a third or a fourth of a telephone's width.
    figure.update_layout(xaxis_tickfont_size=11 if many else 13)
    figure.update_layout(yaxis_tickfont_size=11 if many else 13)
    figure.update_xaxes(showgrid=False, tickangle=0, type="category", fixedrange=True)
    figure.update_yaxes(
        showgrid=False, tickangle=-90, type="category", autorange="reversed", fixedrange=True
    )
    return figure


def count_words(count: float, mean: bool = False) -> str:
    """A number of images: whole, or with one decimal where it is a mean."""
    return f"{count:,.1f}" if mean else f"{count:,.0f}"
