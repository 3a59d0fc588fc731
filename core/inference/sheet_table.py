"""The table of probabilities on a sheet: a row per network, a column per class.

Holds ``Opinion``, a row, and ``draw_table``. Up to ROOMY networks a row has two lines, with the
run's whole identifier; of more each has one. The page around it, with the identifiers of many, is
drawn by ``core.inference.sheet``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fpdf import FPDF

from core.charts.colours import class_colour
from core.charts.print_colours import ON_PAPER
from core.inference.sheet_text import FAINT, INK, MARGIN, RULE, WARNING, WIDTH, cell, printable

MOST_OPINIONS, ROOMY = 21, 8
HEAD, LINE, TWO_LINES, THREE_LINES = 5.2, 4.5, 8.4, 11.4  # mm
NAMES = 58  # mm at the least
SCORES = 46
SCORE = "Balanced accuracy (95 % interval)"


@dataclass(frozen=True)
class Opinion:
    """What one network said: its name, and its probabilities 0..1 by class in plain words.

    ``below`` stands under the name in a table of two lines, the run's identifier for example.
    ``score`` says in two lines how good the network is. ``mean`` marks the row that is a mean of
    others, ``intervals`` its low and high end by class, where there are any. ``problem`` is why
    there are no probabilities.
    """

    name: str
    probabilities: Mapping[str, float]
    below: str = ""
    score: tuple[str, str] = ("", "")
    mean: bool = False
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    problem: str = ""


def table_height(opinions: Sequence[Opinion]) -> float:
    """Height of the table in mm."""
    rows = [_height(each, opinions) for each in opinions[:MOST_OPINIONS]]
    return 2 + HEAD + sum(rows) + (LINE if len(opinions) > MOST_OPINIONS else 0) + 2


def draw_table(pdf: FPDF, opinions: Sequence[Opinion], colours: Mapping[str, str]) -> None:
    """Draw the table where ``pdf`` stands, and go below it.

    ``colours`` gives a class of the opinions its own name in the program.
    """
    classes = list(dict.fromkeys(name for each in opinions for name in each.probabilities))
    scores = SCORES if any(each.score[0] for each in opinions) else 0
    left = _names_width(pdf, opinions)
    column = (WIDTH - left - scores) / max(len(classes), 1)
    y = pdf.get_y() + 2
    cell(pdf, MARGIN, y, left, "Probability according to", 7, FAINT, "B")
    for number, name in enumerate(classes):
        cell(pdf, MARGIN + left + number * column, y, column, printable(name), 7, FAINT, "B")
    if scores:
        cell(pdf, MARGIN + WIDTH - scores, y, scores, SCORE, 7, FAINT, "B")
    y += HEAD
    for each in opinions[:MOST_OPINIONS]:
        pdf.set_draw_color(*RULE)
        pdf.line(MARGIN, y - 0.2, MARGIN + WIDTH, y - 0.2)
        two = _height(each, opinions) > LINE
        strong = "B" if each.mean else ""
        cell(pdf, MARGIN, y - 0.4, left, printable(each.name), 8, INK, strong)
        if two:
            cell(pdf, MARGIN, y + 3, left, printable(each.below), 7, FAINT)
        if each.problem:
            cell(pdf, MARGIN + left, y - 0.4, WIDTH - left, printable(each.problem), 8, WARNING)
        else:
            _shares(pdf, each, classes, MARGIN + left, y, column, two, colours)
            for line, words in enumerate(each.score[: 1 + two]):
                x, size = MARGIN + WIDTH - scores, 7.5 if line == 0 else 7
                cell(pdf, x, y - 0.4 + 3.4 * line, scores, printable(words), size, FAINT)
        y += _height(each, opinions)
    left_out = len(opinions) - MOST_OPINIONS
    if left_out > 0:
        cell(pdf, MARGIN, y - 0.4, WIDTH, f"and {left_out} more networks", 8, FAINT)
        y += LINE
    pdf.set_xy(MARGIN, y + 2)


def _height(each: Opinion, opinions: Sequence[Opinion]) -> float:
    if each.mean:
        return THREE_LINES if each.intervals else TWO_LINES
    networks = sum(not each.mean for each in opinions)
    return TWO_LINES if each.below and networks <= ROOMY else LINE


def _names_width(pdf: FPDF, opinions: Sequence[Opinion]) -> float:
    """Wide enough for the longest line of names that is shown, up to half the page."""
    widths = [NAMES]
    for each in opinions[:MOST_OPINIONS]:
        shown = [(each.name, 8)]
        shown += [(each.below, 7)] if _height(each, opinions) > LINE else []
        for words, size in shown:
            pdf.set_font("helvetica", "", size)
            widths.append(pdf.get_string_width(printable(words)) + 4)
    return min(max(widths), WIDTH * 0.42)


def _shares(
    pdf: FPDF,
    each: Opinion,
    classes: Sequence[str],
    left: float,
    y: float,
    column: float,
    two: bool,
    colours: Mapping[str, str],
) -> None:
    """The numbers of one row with their bars: below the numbers, or on one line before them."""
    for number, name in enumerate(classes):
        if name not in each.probabilities:
            continue
        x, share = left + number * column, each.probabilities[name]
        best = "B" if share == max(each.probabilities.values()) else ""
        room, bar_x, bar_y = (column - 3, x, y + 4.8) if two else (max(column - 16, 0), x, y + 1)
        cell(
            pdf, x if two else x + room + 1, y - 0.4, column if two else 15, f"{100 * share:.1f} %",
            8, INK, best,
        )  # fmt: skip
        pdf.set_fill_color(*RULE)
        pdf.rect(bar_x, bar_y, room, 2.2, "F")
        pdf.set_fill_color(*_ink_of(colours.get(name, name)))
        pdf.rect(bar_x, bar_y, room * min(max(share, 0), 1), 2.2, "F")
        if name in each.intervals:
            low, high = each.intervals[name]
            words = f"{100 * low:.1f} to {100 * high:.1f}"
            cell(pdf, x, y + 6.4, column, words, 7, FAINT)


def _ink_of(name: str) -> tuple[int, ...]:
    colour = ON_PAPER[class_colour(name)]
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
