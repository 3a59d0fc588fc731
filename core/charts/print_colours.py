"""The colours of charts on white paper: every colour of the dark look and what stands for it.

Holds the table alone. It is applied to the text of a figure's JSON, where colours stand as #rrggbb
or as rgba(red,green,blue,...); on white the light ones of the palette would vanish.
"""

from core.charts.colours import (
    BACKGROUND,
    BLUE,
    GREEN,
    GREY,
    GRID,
    MUTED,
    ORANGE,
    PANEL,
    PURPLE,
    RED,
    SKY,
    TEXT,
    VERMILLION,
    YELLOW,
)

ON_PAPER = {
    BACKGROUND: "#ffffff",
    PANEL: "#eef2f6",
    GRID: "#d3d9e0",
    TEXT: "#15191f",
    MUTED: "#56606d",
    SKY: "#2f8fc8",
    ORANGE: "#c98500",
    GREEN: "#007f5c",
    YELLOW: "#a89500",
    BLUE: "#005a8f",
    VERMILLION: "#b84e00",
    PURPLE: "#b0588c",
    GREY: "#7b8490",
    RED: "#c92a2a",
}


def on_paper() -> dict[str, str]:
    """Every way in which a dark colour is written in a figure, and what replaces it on paper."""
    table = dict(ON_PAPER)
    for dark, light in ON_PAPER.items():
        table[f"rgba({_parts(dark)},"] = f"rgba({_parts(light)},"
    return table


def _parts(colour: str) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
