"""One prediction on one page of A4, as a PDF: the image, where networks looked, what they said.

Holds ``Sheet``, plain data, and ``sheet_pdf``. What of runs and of an image goes on it is decided
in ``core.inference.sheet_facts`` and, for several networks, in ``core.inference.study_sheet``. The
page always fits: texts are cut to their room, and the pictures take what is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from fpdf import FPDF
from PIL import Image

from core.inference.sheet_table import MOST_OPINIONS, Opinion, draw_table, table_height
from core.inference.sheet_text import (
    FAINT,
    HEIGHT,
    INK,
    MARGIN,
    WARNING,
    WIDTH,
    cell,
    lines_of,
    paragraph,
    printable,
)
from core.words import NOT_FOR_DIAGNOSIS

SYNTHETIC = "SYNTHETIC: this image was drawn by ChestBench and shows nobody's lungs."
REFUSED = "No diagnosis for this image: do not believe the answer below."

GAP, CAPTION, ONE_LINE = 4, 8, 4.6  # mm
SMALLEST, SMALLEST_ROW = 4, 40  # mm; the side of a picture, and what all pictures get together
# Letters of a caption that fit below the smallest picture on one line.
FEW_LETTERS = 10
OF_A_RUN = len("20261125-130854-318274")  # letters of an identifier that no other run has
# So much smaller may pictures be that stand in fewer rows.
NEARLY = 0.85
FACT, LIMIT, SMALL_PRINT = 4.4, 3.5, 3.1  # mm, height of a line
MOST_MAPS, MOST_FACTS, MOST_LIMITS, MOST_REFUSALS = 20, 13, 9, 3


@dataclass(frozen=True)
class Map:
    """A heat map drawn over its image, RGB uint8 (h, w, 3), and what it is called."""

    picture: np.ndarray
    caption: str


@dataclass(frozen=True)
class Sheet:
    """Everything that stands on the page.

    ``pixels`` is what the network saw, uint8 (h, w). ``answer`` is the large line, ``more`` says
    more of it in smaller ones. ``refused`` holds the reasons for which the image should not be
    diagnosed. ``seen`` is the caption of the image, ``maps_title`` stands over all pictures.
    ``facts`` are pairs of words, ``limits`` sentences. ``colours`` gives a class of the opinions
    its own name in the program, by which its colour is found. ``runs`` are the identifiers of
    numbered networks, the first of which is 1.
    """

    pixels: np.ndarray
    image: str
    answer: str
    opinions: Sequence[Opinion]
    more: str = ""
    refused: Sequence[str] = ()
    seen: str = "What the network saw"
    maps_title: str = ""
    maps: Sequence[Map] = ()
    facts: Sequence[tuple[str, str]] = ()
    limits: Sequence[str] = ()
    colours: Mapping[str, str] = field(default_factory=dict)
    runs: Sequence[str] = ()
    synthetic: bool = False
    made: datetime | None = None


def sheet_pdf(sheet: Sheet) -> bytes:
    """The sheet as a PDF of one A4 page."""
    made = sheet.made or datetime.now()
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margins(MARGIN, MARGIN)
    pdf.c_margin = 0
    pdf.set_title("ChestBench: one prediction")
    pdf.set_creator("ChestBench")
    pdf.set_creation_date(made.astimezone())
    pdf.add_page()
    _head(pdf, sheet, made)
    # From the foot upwards is known how much room the pictures have.
    room = HEIGHT - MARGIN - pdf.get_y() - table_height(sheet.opinions)
    room -= FACT * min(len(sheet.facts), MOST_FACTS) + 3
    limits, runs, room = _foot(pdf, sheet, room)
    _pictures(pdf, sheet, room)
    draw_table(pdf, sheet.opinions, sheet.colours)
    _facts(pdf, sheet)
    for lines in limits:
        paragraph(pdf, lines, 7.5, FAINT, LIMIT)
        pdf.ln(0.7)
    for row in runs:
        y = pdf.get_y()
        for place, words in enumerate(row):
            wide = WIDTH / len(runs[0])
            cell(pdf, MARGIN + place * wide, y, wide, words, 7, FAINT)
        pdf.set_xy(MARGIN, y + SMALL_PRINT)
    return bytes(pdf.output())


def _head(pdf: FPDF, sheet: Sheet, made: datetime) -> None:
    title = f"ChestBench: one prediction, {made.day} {made:%B %Y, %H:%M}"
    paragraph(pdf, [title], 9, FAINT, 5)
    paragraph(pdf, [NOT_FOR_DIAGNOSIS], 10, WARNING, 5, "B")
    if sheet.synthetic:
        paragraph(pdf, [SYNTHETIC], 10, WARNING, 5, "B")
    if sheet.refused:
        pdf.ln(1)
        paragraph(pdf, [REFUSED], 10, WARNING, 5, "B")
        for reason in sheet.refused[:MOST_REFUSALS]:
            lines = lines_of(pdf, printable(reason, 300), 8, WIDTH, 2)
            paragraph(pdf, lines, 8, WARNING, 3.8)
    pdf.ln(1.5)
    # Of several networks the large line is a sentence.
    size, height = (15, 7) if len(sheet.answer) <= 60 else (12, 5.4)
    lines = lines_of(pdf, printable(sheet.answer, 170), size, WIDTH, 2, "B")
    paragraph(pdf, lines, size, INK, height, "B")
    if sheet.more:
        paragraph(pdf, lines_of(pdf, printable(sheet.more, 300), 8.5, WIDTH, 2), 8.5, INK, 4.2)
    cell(pdf, MARGIN, pdf.get_y(), WIDTH, f"Image: {printable(sheet.image)}", 9, FAINT)
    pdf.set_xy(MARGIN, pdf.get_y() + 6.5)


def _foot(pdf: FPDF, sheet: Sheet, room: float) -> tuple[list[list[str]], list[list[str]], float]:
    """The lines of the limits, the rows of the runs, and what both leave of ``room`` mm.

    That is to be enough for small pictures: where the page is full, each run has the beginning of
    its identifier alone, the time at which it was made, and each limit fewer lines than three.
    """
    whole = _numbered(pdf, sheet.runs)
    begun = _numbered(pdf, [f"{run[:OF_A_RUN]}..." for run in sheet.runs])
    for most, runs in ((3, whole), (3, begun), (2, begun), (1, begun)):
        limits = [
            lines_of(pdf, printable(sentence, 420), 7.5, WIDTH, most)
            for sentence in sheet.limits[:MOST_LIMITS]
        ]
        left = room - sum(LIMIT * len(lines) + 0.7 for lines in limits) - SMALL_PRINT * len(runs)
        if left >= SMALLEST_ROW:
            break
    return limits, runs, left


def _pictures(pdf: FPDF, sheet: Sheet, room: float) -> None:
    """The image and its maps as equal squares, as large as they fit into ``room`` mm of height."""
    if sheet.maps_title:
        cell(pdf, MARGIN, pdf.get_y(), WIDTH, printable(sheet.maps_title), 8.5, INK, "B")
        pdf.set_xy(MARGIN, pdf.get_y() + 5.5)
        room -= 5.5
    tiles = [(_grey(sheet.pixels), sheet.seen)]
    tiles += [(_colour(each.picture), each.caption) for each in sheet.maps[:MOST_MAPS]]
    short = all(len(caption) <= FEW_LETTERS for _, caption in tiles)
    below = ONE_LINE if short else CAPTION
    sizes = {rows: _side(len(tiles), rows, room, below) for rows in range(1, len(tiles) + 1)}
    largest = max(sizes.values())
    rows = min(rows for rows, side in sizes.items() if side >= NEARLY * largest)
    side, columns = sizes[rows], -(-len(tiles) // rows)
    top = pdf.get_y()
    for number, (picture, caption) in enumerate(tiles):
        row, column = divmod(number, columns)
        x, y = MARGIN + column * (side + GAP), top + row * (side + below)
        pdf.image(picture, x, y, side, side, keep_aspect_ratio=True)
        pdf.set_xy(x, y + side + 0.5)
        # A little wider than the picture: half of the gap is free.
        wide = side + GAP / 2
        paragraph(pdf, lines_of(pdf, printable(caption), 7, wide, 2), 7, FAINT, 3.1, width=wide)
    pdf.set_xy(MARGIN, top + rows * (side + below))


def _side(tiles: int, rows: int, room: float, below: float) -> float:
    columns = -(-tiles // rows)
    wide = (WIDTH - (columns - 1) * GAP) / columns
    return max(SMALLEST, min(wide, room / rows - below))


def _facts(pdf: FPDF, sheet: Sheet) -> None:
    y = pdf.get_y()
    for name, words in sheet.facts[:MOST_FACTS]:
        cell(pdf, MARGIN, y, 36, printable(name, 28), 8, FAINT)
        cell(pdf, MARGIN + 36, y, WIDTH - 36, printable(words, 130), 8, INK)
        y += FACT
    pdf.set_xy(MARGIN, y + 2)


def _numbered(pdf: FPDF, runs: Sequence[str]) -> list[list[str]]:
    """Identifiers with their numbers, down one column after another, as rows of the columns."""
    if not runs:
        return []
    words = [f"{number}. {printable(run)}" for number, run in enumerate(runs[:MOST_OPINIONS], 1)]
    pdf.set_font("helvetica", "", 7)
    columns = int(WIDTH // (max(map(pdf.get_string_width, words)) + 3)) or 1
    height = -(-len(words) // columns)
    return [words[row::height] for row in range(height)]


def _grey(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels)).convert("L")


def _colour(picture: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(picture)).convert("RGB")
