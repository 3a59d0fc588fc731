"""What the images are: how many of each class, how old the patients, how grey the pixels."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.colours import (
    ACCENT,
    BACKGROUND,
    GREY,
    MUTED,
    SERIES_COLOURS,
    SERIES_DASHES,
    SERIES_PATTERNS,
    YELLOW,
    class_colour,
)
from core.charts.theme import PERCENT_TICKS, blank, class_label, dress

# None of them marks a class in the charts that stand beside this one.
PART_COLOURS = (ACCENT, GREY, YELLOW)


def class_counts(
    rows: pd.DataFrame, words: Mapping[str, str] | None = None, by: str = "source"
) -> go.Figure:
    """Bars of images per class, one part of each bar per value of the column ``by``.

    ``rows`` has one row per image with ``label`` (class name). ``words`` renames classes.
    """
    axis = ("Images", "Class")
    if rows.empty:
        return blank("No image matches.", *axis, 240)
    counts = rows.groupby([by, "label"], observed=True).size().unstack(fill_value=0)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False).index]
    totals = counts.sum().sort_values()
    labels = [class_label(name, words) for name in totals.index]
    figure = go.Figure()
    for number, (part, values) in enumerate(counts.iterrows()):
        colour = PART_COLOURS[number % len(PART_COLOURS)]
        figure.add_bar(
            y=labels,
            x=values[totals.index],
            name=str(part) or "not given",
            orientation="h",
            marker={
                "color": colour,
                "line": {"color": BACKGROUND, "width": 1},
                "pattern": _pattern(number),
            },
            hovertemplate=f"%{{y}}, {part}: %{{x:,}} images<extra></extra>",
        )
    for label, total in zip(labels, totals, strict=True):
        figure.add_annotation(
            x=total, y=label, text=f"{total:,}", showarrow=False, xanchor="left", xshift=6
        )
    figure.update_layout(barmode="stack", showlegend=True, bargap=0.35, legend_traceorder="normal")
    # Room for the totals beside the longest bar.
    figure.update_xaxes(range=[0, 1.22 * totals.max()], nticks=6)
    figure.update_yaxes(showgrid=False)
    return dress(figure, *axis, 56 * len(totals) + 110)


def age_histogram(
    rows: pd.DataFrame,
    words: Mapping[str, str] | None = None,
    years: int = 10,
    height: int = 300,
) -> go.Figure:
    """Images by age of the patient in bars of ``years``, stacked by class.

    ``rows`` has one row per image with ``age`` (years, NaN: not given) and ``label``.
    """
    axis = (f"Age (years, in steps of {years})", "Images")
    known = rows.dropna(subset=["age"])
    if known.empty:
        return blank("No age is given for any of these images.", *axis, height)
    lower = (known["age"] // years * years).astype(int)
    counts = known.groupby([known["label"], lower], observed=True).size()
    figure = go.Figure()
    for number, name in enumerate(counts.index.get_level_values(0).unique()):
        part = counts[name]
        label = class_label(name, words).replace("<br>", " ")
        figure.add_bar(
            x=part.index + years / 2,
            y=part.to_numpy(),
            width=years * 0.94,
            name=label,
            marker={
                "color": class_colour(name),
                "line": {"width": 0},
                "pattern": _pattern(number),
            },
            customdata=[f"{a} to {a + years - 1} years" for a in part.index],
            hovertemplate=f"{label}, %{{customdata}}: %{{y:,}} images<extra></extra>",
        )
    missing = len(rows) - len(known)
    if missing:
        note = f"not given for {missing:,} of {len(rows):,} images"
        axis = (f"{axis[0]}<br><span style='color:{MUTED}'>{note}</span>", axis[1])
    figure.update_layout(barmode="stack", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(dtick=2 * years, tick0=0)
    return dress(figure, *axis, height)


def intensity_histogram(images: Mapping[str, np.ndarray], height: int = 300) -> go.Figure:
    """Share of pixels by grey value, one line per image, such as the stages of preprocessing.

    ``images`` are uint8 (0..255) or uint16 (0..65535) of any size, by name; 16-bit ones are shown
    on the 8-bit scale. Grey values are counted in 64 steps of 4.
    """
    axis = ("Grey value (0 black to 255 white)", "Pixels (%)")
    if not images:
        return blank("There is no image to count.", *axis, height)
    figure = go.Figure()
    for number, (name, image) in enumerate(images.items()):
        image = np.asarray(image)
        grey = image >> 8 if image.dtype == np.uint16 else image
        counts = np.bincount(grey.ravel() >> 2, minlength=64)
        figure.add_scatter(
            x=np.arange(64) * 4 + 2,
            y=counts / max(1, image.size),
            name=name,
            mode="lines",
            line={
                "color": SERIES_COLOURS[number % len(SERIES_COLOURS)],
                "dash": SERIES_DASHES[number % len(SERIES_DASHES)],
                "width": 2,
            },
            hovertemplate=f"{name}, grey %{{x:.0f}}: %{{y:.1%}}<extra></extra>",
        )
    figure.update_xaxes(range=[0, 256], dtick=64)
    figure.update_yaxes(tickformat=PERCENT_TICKS, rangemode="tozero")
    figure.update_layout(showlegend=True)
    return dress(figure, *axis, height)


def _pattern(number: int) -> dict:
    return {
        "shape": SERIES_PATTERNS[number % len(SERIES_PATTERNS)],
        "fillmode": "overlay",
        "fgcolor": BACKGROUND,
        "size": 6,
        "solidity": 0.25,
    }
