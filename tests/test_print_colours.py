"""Charts on paper: every colour has one that can be seen on white, and no two become one."""

import re

from core.charts import colours
from core.charts.print_colours import ON_PAPER, on_paper

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
ALL = {
    value
    for name, value in vars(colours).items()
    if name.isupper() and isinstance(value, str) and COLOUR.fullmatch(value)
}
# Grounds and lines are meant to be faint.
FAINT = {colours.BACKGROUND, colours.PANEL, colours.GRID}


def luminance(colour):
    """Relative luminance of WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_has_one_on_paper():
    assert set(ON_PAPER) == ALL
    assert len(set(ON_PAPER.values())) == len(ON_PAPER)


def test_what_is_drawn_is_seen_on_white():
    for dark, light in ON_PAPER.items():
        if dark not in FAINT:
            assert 1.05 / (luminance(light) + 0.05) >= 3, f"{dark} is too faint as {light}"


def test_translucent_colours_change_too():
    written = colours.translucent(colours.SKY, 0.7)
    (found,) = [text for text in on_paper() if written.startswith(text)]
    assert on_paper()[found] == "rgba(47,143,200,"
