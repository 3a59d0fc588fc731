"""Colours that colour-blind readers can tell apart, and which class always has which.

The palette is Okabe & Ito's (2008); its black, invisible on a dark ground, is a light grey here.
"""

BACKGROUND, PANEL, GRID = "#0e1116", "#171c24", "#2a313c"
TEXT, MUTED = "#e6e9ee", "#9aa4b2"
ACCENT = "#56B4E9"
# What is worse, as the accent is better; farther from the published rows' orange than vermillion.
RED = "#ff6b6b"

ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILLION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#B8BEC7"

# Distinct within every label scheme; a class that means the same keeps its colour across schemes.
CLASS_COLOURS = {
    "normal": GREEN,
    "bacteria": ORANGE,
    "coronavirus": PURPLE,
    "virus": BLUE,
    "covid19": PURPLE,
    "pneumonia": VERMILLION,
    "not_covid19": GREY,
}

SERIES_COLOURS = (SKY, ORANGE, GREEN, PURPLE, YELLOW, VERMILLION, GREY, BLUE)
# Of runs, without what marks a published row or a baseline: the same in every chart of a page.
RUN_COLOURS = tuple(c for c in SERIES_COLOURS if c not in (ORANGE, GREY))
SERIES_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SERIES_PATTERNS = ("", "/", ".", "x", "-", "\\")
SERIES_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")


def class_colour(name: str) -> str:
    """The fixed colour of a class; grey for one that has none."""
    return CLASS_COLOURS.get(name, GREY)


def translucent(colour: str, opacity: float) -> str:
    """``#rrggbb`` as an rgba colour of that opacity, 0..1."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
