"""A table as a file to take away: CSV for programs, LaTeX and Markdown for papers.

Holds the table of formats and how each is written. CSV has every number in full precision under the
names the program uses; LaTeX and Markdown have the words that a page shows. Which tables there are
is left to whoever shows them.
"""

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

LATEX_HEAD = (
    "% Made by ChestBench. Needs \\usepackage{booktabs,graphicx}. Letters beyond Latin ones need "
    "XeLaTeX or LuaLaTeX and a font that has them.\n"
    "% A table wider than the line is shrunk to it. Where that is too small, turn it: package "
    "rotating, sidewaystable in place of table.\n"
)
# Letters of a line within a cell, and lines of text that surely fit on a page.
LONGEST_LINE, MOST_LINES = 60, 35
# As wide as it is, but never wider than the line.
SHRUNK = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{"
# What has a meaning in LaTeX or no place in its first fonts -> how it is written there.
LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        **{sign: rf"\{sign}" for sign in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\symbol{34}",  # \textquotedbl is unknown to LaTeX's first fonts
        "[": "{[}",  # after the end of a row it would be an optional argument
        "]": "{]}",
        "\N{NO-BREAK SPACE}": "~",
        "\N{EN DASH}": "--",
        "\N{EM DASH}": "---",
        "\N{MINUS SIGN}": "$-$",
        "\N{PLUS-MINUS SIGN}": r"$\pm$",
        "\N{MULTIPLICATION SIGN}": r"$\times$",
        "\N{MIDDLE DOT}": r"$\cdot$",
        "\N{DAGGER}": r"$\dagger$",
        "\N{DOUBLE DAGGER}": r"$\ddagger$",
        "\N{LESS-THAN OR EQUAL TO}": r"$\leq$",
        "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
    }
)
MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\|*_`[]"} | {"<": "&lt;"})
# Cells that a spreadsheet would take for a formula: names in run folders are anybody's text.
_FORMULA = re.compile(r"[=@]|[+-](?![\d.])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def csv_text(table: pd.DataFrame) -> str:
    """``table`` as CSV, floats in the shortest form that reads back the same, missing ones empty.

    A text that a spreadsheet would compute gets an apostrophe before it.
    """
    shown = table.copy()
    for column in shown.columns:
        if shown[column].dtype == object or isinstance(shown[column].dtype, pd.StringDtype):
            shown[column] = shown[column].map(_harmless)
    return shown.to_csv(index=False)


def latex_text(words: pd.DataFrame, title: str) -> str:
    """``words`` (texts, columns as headed) as a LaTeX table with booktabs' rules, all escaped.

    It is never wider than the line it stands in: long texts have several lines, and what is still
    too wide is shrunk. More rows than fit on a page make several tables, each with the headings.
    """
    headings = [_latex_cell(name) for name in words.columns]
    parts = list(_parts(words))
    text = LATEX_HEAD
    for number, rows in enumerate(parts, 1):
        cells = [[_latex_cell(cell) for cell in row] for row in rows]
        table = pd.DataFrame(cells, columns=headings, dtype=object).to_latex(
            index=False, escape=False, column_format="l" * len(headings)
        )
        which = f" (part {number} of {len(parts)})" if len(parts) > 1 else ""
        text += (
            "\\begin{table}[htbp]\n"
            f"\\caption{{{_line(title + which).translate(LATEX)}}}\n"
            f"\\centering\\small\n{SHRUNK}%\n{table.strip()}}}\n\\end{{table}}\n"
        )
    return text


def markdown_text(words: pd.DataFrame, title: str) -> str:
    """``words`` (texts, columns as headed) as a Markdown table (pipes), the title in bold above."""
    columns = [_line(name).translate(MARKDOWN) for name in words.columns]
    rows = [[_line(cell).translate(MARKDOWN) for cell in row] for row in words.to_numpy(object)]
    escaped = pd.DataFrame(rows, columns=columns, dtype=object)
    # disable_numparse: tabulate would round and align what looks like a number.
    table = escaped.to_markdown(index=False, disable_numparse=True)
    return f"**{_line(title).translate(MARKDOWN)}**\n\n{table}\n"


@dataclass(frozen=True)
class TableFormat:
    """One kind of file: its name, suffix and MIME type, and how it is written.

    ``write`` takes the exact table, the table in words, and a title.
    """

    name: str
    suffix: str
    mime: str
    write: Callable[[pd.DataFrame, pd.DataFrame, str], str]


FORMATS = (
    TableFormat("CSV", "csv", "text/csv", lambda exact, words, title: csv_text(exact)),
    TableFormat(
        "LaTeX", "tex", "application/x-tex", lambda exact, words, title: latex_text(words, title)
    ),
    TableFormat(
        "Markdown", "md", "text/markdown", lambda exact, words, title: markdown_text(words, title)
    ),
)


def _parts(words: pd.DataFrame) -> Iterator[list[list[str]]]:
    """Rows in parts of MOST_LINES lines of text at most; one part where there is no row."""
    part, lines = [], 0
    for row in words.to_numpy(dtype=object):
        height = max((len(_lines(cell)) for cell in row), default=1)
        if part and lines + height > MOST_LINES:
            yield part
            part, lines = [], 0
        part.append(list(row))
        lines += height
    yield part


def _lines(cell: object) -> list[str]:
    """The lines of a cell, at spaces where there are any, else in the middle of a word."""
    text = _line(cell)
    if len(text) <= LONGEST_LINE:
        return [text]
    return textwrap.wrap(text, LONGEST_LINE, break_on_hyphens=False) or [""]


def _latex_cell(cell: object) -> str:
    lines = [line.translate(LATEX) for line in _lines(cell)]
    if len(lines) == 1:
        return lines[0]
    return r"\begin{tabular}[t]{@{}l@{}}" + r"\\".join(lines) + r"\end{tabular}"


def _line(text: object) -> str:
    return _CONTROL.sub(" ", str(text))


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.replace("\x00", " ")
    return f"'{text}" if _FORMULA.match(text.lstrip()) else text
