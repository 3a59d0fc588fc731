"""One prediction on one page of A4, as a PDF: the image, where networks looked, what they said.

Holds ``Sheet``, plain data, and ``sheet_pdf``. What of a run and of an image goes on it is decided
in ``core.inference.sheet_facts``. The page always fits: texts are cut to their room, and the
pictures take what is left. The fonts are those that every reader of PDF has, which know Western
letters only; others are shown as question marks.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import Image

from core.charts.colours import class_colour
from core.charts.print_colours import ON_PAPER
from core.words import NOT_FOR_DIAGNOSIS

SYNTHETIC = "SYNTHETIC: this image was drawn by ChestBench and shows nobody's lungs."

MARGIN, WIDTH, HEIGHT = 14, 182, 297  # mm; WIDTH between the margins
GAP, CAPTION, SMALLEST = 4, 11, 12  # mm; SMALLEST side of a picture
INK, FAINT, RULE = (21, 25, 31), (86, 96, 109), (211, 217, 224)
WARNING = (168, 111, 0)
MOST_MAPS, MOST_OPINIONS, MOST_FACTS, MOST_LIMITS = 7, 12, 13, 6
_MOST_LETTERS = 110


@dataclass(frozen=True)
class Map:
    """A heat map drawn over its image, RGB uint8 (h, w, 3), and what it is called."""

    picture: np.ndarray
    caption: str


@dataclass(frozen=True)
class Opinion:
    """What one network said: its name, and its probabilities 0..1 by class in plain words."""

    name: str
    probabilities: dict[str, float]


@dataclass(frozen=True)
class Sheet:
    """Everything that stands on the page.

    ``pixels`` is what the network saw, uint8 (h, w). ``answer`` is the large line. ``facts`` are
    pairs of words, ``limits`` sentences. ``colours`` gives a class of the opinions its own name in
    the program, by which its colour is found.
    """

    pixels: np.ndarray
    image: str
    answer: str
    opinions: Sequence[Opinion]
    maps: Sequence[Map] = ()
    facts: Sequence[tuple[str, str]] = ()
    limits: Sequence[str] = ()
    colours: dict[str, str] | None = None
    synthetic: bool = False
    made: datetime | None = None


def sheet_pdf(sheet: Sheet) -> bytes:
    """The sheet as a PDF of one A4 page."""
    made = sheet.made or datetime.now()
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margins(MARGIN, MARGIN)
    pdf.set_title("ChestBench: one prediction")
    pdf.set_creator("ChestBench")
    pdf.set_creation_date(made.astimezone())
    pdf.add_page()
    _head(pdf, sheet, made)
    # From the foot upwards is known how much room the pictures have.
    foot = _room_below(sheet)
    _pictures(pdf, sheet, HEIGHT - MARGIN - foot - pdf.get_y())
    _opinions(pdf, sheet)
    _facts(pdf, sheet)
    _limits(pdf, sheet)
    return bytes(pdf.output())


def printable(text: str, most: int = _MOST_LETTERS) -> str:
    """``text`` in letters that the fonts have, on one line, cut in its middle beyond ``most``."""
    kept = "".join(" " if c in "\t\r\n" else c for c in unicodedata.normalize("NFC", text))
    # Controls, marks of writing direction and lone halves of letters change how a line reads.
    kept = "".join(c for c in kept if unicodedata.category(c)[0] != "C")
    kept = "".join(c if _known(c) else _plain(c) for c in kept)
    if len(kept) > most:
        half = (most - 5) // 2
        kept = f"{kept[:half]} ... {kept[-half:]}"
    return kept


def _known(letter: str) -> bool:
    return ord(letter) < 256


def _plain(letter: str) -> str:
    dashes = {"\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{MINUS SIGN}": "-"}
    base = unicodedata.normalize("NFKD", letter)[:1]
    return dashes.get(letter) or (base if base and _known(base) else "?")


def _head(pdf: FPDF, sheet: Sheet, made: datetime) -> None:
    _write(pdf, f"ChestBench: one prediction, {made.day} {made:%B %Y, %H:%M}", 9, FAINT)
    _write(pdf, NOT_FOR_DIAGNOSIS, 10, WARNING, "B")
    if sheet.synthetic:
        _write(pdf, SYNTHETIC, 10, WARNING, "B")
    pdf.ln(1.5)
    _write(pdf, printable(sheet.answer, 70), 15, INK, "B", 7)
    _cell(pdf, MARGIN, pdf.get_y(), WIDTH, f"Image: {printable(sheet.image)}", 9, FAINT)
    pdf.set_xy(MARGIN, pdf.get_y() + 7)


def _room_below(sheet: Sheet) -> float:
    """Height in mm of what stands below the pictures; lines are of fixed height."""
    opinions = min(len(sheet.opinions), MOST_OPINIONS) + 1 + (len(sheet.opinions) > MOST_OPINIONS)
    facts, limits = min(len(sheet.facts), MOST_FACTS), min(len(sheet.limits), MOST_LIMITS)
    return 6 * opinions + 6 + 4.6 * facts + 3 + 8.6 * limits + 5


def _pictures(pdf: FPDF, sheet: Sheet, room: float) -> None:
    """The image and its maps as equal squares, as large as they fit into ``room`` mm of height."""
    tiles = [(_grey(sheet.pixels), "What the network saw")]
    tiles += [(_colour(each.picture), each.caption) for each in sheet.maps[:MOST_MAPS]]
    sizes = {columns: _side(len(tiles), columns, room) for columns in range(1, len(tiles) + 1)}
    columns = max(sizes, key=sizes.get)
    side = sizes[columns]
    top = pdf.get_y()
    for number, (picture, caption) in enumerate(tiles):
        row, column = divmod(number, columns)
        x, y = MARGIN + column * (side + GAP), top + row * (side + CAPTION)
        pdf.image(picture, x, y, side, side, keep_aspect_ratio=True)
        pdf.set_xy(x, y + side + 0.5)
        pdf.set_font("helvetica", "", 7)
        pdf.set_text_color(*FAINT)
        lines = pdf.multi_cell(side, 3.2, printable(caption), dry_run=True, output="LINES")
        pdf.multi_cell(side, 3.2, "\n".join(lines[:3]), align="L")
    rows = -(-len(tiles) // columns)
    pdf.set_xy(MARGIN, top + rows * (side + CAPTION))


def _side(tiles: int, columns: int, room: float) -> float:
    rows = -(-tiles // columns)
    wide = (WIDTH - (columns - 1) * GAP) / columns
    return max(SMALLEST, min(wide, room / rows - CAPTION))


def _opinions(pdf: FPDF, sheet: Sheet) -> None:
    """A row per network, a column per class: the probability as a bar with its number."""
    classes = list(dict.fromkeys(name for each in sheet.opinions for name in each.probabilities))
    left = 58
    column = (WIDTH - left) / max(len(classes), 1)
    y = pdf.get_y() + 2
    for number, name in enumerate(classes):
        x = MARGIN + left + number * column
        _cell(pdf, x, y, column, printable(name, int(column / 1.5)), 7.5, FAINT, "B")
    _cell(pdf, MARGIN, y, left, "Probability according to", 7.5, FAINT, "B")
    for each in sheet.opinions[:MOST_OPINIONS]:
        y += 6
        pdf.set_draw_color(*RULE)
        pdf.line(MARGIN, y - 0.4, MARGIN + WIDTH, y - 0.4)
        _cell(pdf, MARGIN, y, left, printable(each.name, 38), 8, INK)
        for number, name in enumerate(classes):
            if name not in each.probabilities:
                continue
            x, share = MARGIN + left + number * column, each.probabilities[name]
            room = column - 17
            pdf.set_fill_color(*RULE)
            pdf.rect(x, y + 1.3, room, 2.4, "F")
            pdf.set_fill_color(*_ink_of((sheet.colours or {}).get(name, name)))
            pdf.rect(x, y + 1.3, room * min(max(share, 0), 1), 2.4, "F")
            best = share == max(each.probabilities.values())
            _cell(pdf, x + room + 1, y, 15, f"{100 * share:.1f} %", 8, INK, "B" if best else "")
    left_out = len(sheet.opinions) - MOST_OPINIONS
    if left_out > 0:
        y += 6
        _cell(pdf, MARGIN, y, WIDTH, f"and {left_out} more networks", 8, FAINT)
    pdf.set_xy(MARGIN, y + 8)


def _facts(pdf: FPDF, sheet: Sheet) -> None:
    y = pdf.get_y()
    for name, words in sheet.facts[:MOST_FACTS]:
        _cell(pdf, MARGIN, y, 40, printable(name, 28), 8, FAINT)
        _cell(pdf, MARGIN + 40, y, WIDTH - 40, printable(words, 98), 8, INK)
        y += 4.6
    pdf.set_xy(MARGIN, y + 2)


def _limits(pdf: FPDF, sheet: Sheet) -> None:
    for sentence in sheet.limits[:MOST_LIMITS]:
        pdf.set_font("helvetica", "", 8)
        pdf.set_text_color(*FAINT)
        text = printable(sentence, 260)
        lines = pdf.multi_cell(WIDTH, 3.8, text, dry_run=True, output="LINES")
        pdf.multi_cell(
            WIDTH, 3.8, "\n".join(lines[:2]), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )
        pdf.ln(0.8)


def _write(pdf: FPDF, text: str, size: float, colour: tuple, style: str = "", height: float = 5):
    pdf.set_font("helvetica", style, size)
    pdf.set_text_color(*colour)
    pdf.cell(WIDTH, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _cell(
    pdf: FPDF, x: float, y: float, width: float, text: str, size: float, colour, style: str = ""
) -> None:
    pdf.set_font("helvetica", style, size)
    pdf.set_text_color(*colour)
    # Letters differ in width: what is still too long loses its end.
    while text and pdf.get_string_width(text) > width - 1:
        text = text[:-1]
    pdf.set_xy(x, y)
    pdf.cell(width, 5, text)


def _ink_of(name: str) -> tuple[int, int, int]:
    colour = ON_PAPER[class_colour(name)]
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def _grey(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels)).convert("L")


def _colour(picture: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(picture)).convert("RGB")
