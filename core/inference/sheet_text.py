"""Words on a PDF page: letters that its fonts have, and lines that end where their room ends.

Holds ``printable`` and the ways to write a line or some lines. The fonts are those that every
reader of PDF has, which know Western letters only; others are shown as question marks. What is
written where stands in ``core.inference.sheet``.
"""

import unicodedata

from fpdf import FPDF
from fpdf.enums import XPos, YPos

MARGIN, WIDTH, HEIGHT = 14, 182, 297  # mm of a page of A4; WIDTH between the margins
INK, FAINT, RULE = (21, 25, 31), (86, 96, 109), (211, 217, 224)
WARNING = (168, 111, 0)
MOST_LETTERS = 110


def printable(text: str, most: int = MOST_LETTERS) -> str:
    """``text`` in letters that the fonts have, on one line, cut in its middle beyond ``most``."""
    kept = "".join(" " if c in "\t\r\n" else c for c in unicodedata.normalize("NFC", text))
    # Controls, marks of writing direction and lone halves of letters change how a line reads.
    kept = "".join(c for c in kept if unicodedata.category(c)[0] != "C")
    kept = "".join(c if _known(c) else _plain(c) for c in kept)
    if len(kept) > most:
        half = (most - 5) // 2
        kept = f"{kept[:half]} ... {kept[-half:]}"
    return kept


def cell(
    pdf: FPDF,
    x: float,
    y: float,
    width: float,
    text: str,
    size: float,
    colour: tuple[int, ...],
    style: str = "",
) -> None:
    """Write ``text`` on one line at (x, y), ``width`` mm wide, ``size`` in points.

    What is too long ends in dots.
    """
    _pen(pdf, size, colour, style)
    # Letters differ in width: what is still too long loses its end.
    kept = text
    while kept and pdf.get_string_width(kept + ("..." if kept != text else "")) > width - 0.5:
        kept = kept[:-1]
    pdf.set_xy(x, y)
    pdf.cell(width, 5, kept + ("..." if kept != text else ""))


def lines_of(
    pdf: FPDF, text: str, size: float, width: float, most: int, style: str = ""
) -> list[str]:
    """The lines, at most ``most``, that ``text`` takes in ``width`` mm; the last ends in dots."""
    _pen(pdf, size, INK, style)
    lines = pdf.multi_cell(width, 4, text, dry_run=True, output="LINES")
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][:-3]}..."]
    return lines


def paragraph(
    pdf: FPDF,
    lines: list[str],
    size: float,
    colour: tuple[int, ...],
    height: float,
    style: str = "",
    width: float = WIDTH,
) -> None:
    """Write ``lines`` as ``lines_of`` gives them, ``height`` mm each, and go below them."""
    _pen(pdf, size, colour, style)
    for line in lines:
        pdf.cell(width, height, line, new_x=XPos.LEFT, new_y=YPos.NEXT)


def _pen(pdf: FPDF, size: float, colour: tuple, style: str) -> None:
    pdf.set_font("helvetica", style, size)
    pdf.set_text_color(*colour)


def _known(letter: str) -> bool:
    return ord(letter) < 256


def _plain(letter: str) -> str:
    dashes = {"\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{MINUS SIGN}": "-"}
    base = unicodedata.normalize("NFKD", letter)[:1]
    return dashes.get(letter) or (base if base and _known(base) else "?")
