"""Sortable tables whose cells are words, laid out so that a wide screen shows every column.

Holds ``worded_table``. Which words stand in a table is the business of whoever shows it; as a file
it is given by ``take_away``.
"""

import math
import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.components.take_away import take_away

# Pixels that a page has for a table on a screen of 1440, within an expander too.
ROOM = 1020
# Most pixels of a column of texts; more words take another line.
TEXT_WIDTH, NARROWER = 160, {"repeated": 125, "divided": 90}
# Pixels of a line, of what is above and below it, and of the lowest row in which Streamlit breaks
# lines at all: one above 4 rem.
LINE, AROUND, LOWEST = 20, 5, 65
MOST_ROWS = 25
# A missing number that has no words of its own.
NO_VALUE = "–"
# Beside the words of a cell.
PADDING = 18
NO_BREAK = "\N{NO-BREAK SPACE}"
# Widths of letters at the size in which tables are drawn, in pixels.
LETTERS = dict.fromkeys(f"ijltfrI.,:;'()|[] {NO_BREAK}", 4.1) | dict.fromkeys("mwMW%", 11.0)


def worded_table(
    shown: pd.DataFrame,
    words: dict[str, list[str]],
    numbers: dict[str, tuple],
    texts: dict[str, tuple],
    row_styles: list[str] | None = None,
    width: int | None = None,
    *,
    name: str,
    exact: pd.DataFrame,
    room: int = ROOM,
) -> None:
    """Show a table whose cells read as ``words`` (column -> a text per row, index 0 to n - 1).

    ``numbers`` and ``texts`` give each column its heading and help; ``row_styles`` a CSS each row;
    ``width`` is that of a column of numbers in pixels, by its words where it is None. The first
    column stays in sight. Where one line a row would be wider than ``room``, pixels, an interval
    goes below its value. Below the table stands a way to take it away: as files called ``name``, of
    which CSV has ``exact``, every number with the ends of its interval.
    """
    titles = {column: title for column, (title, _) in {**numbers, **texts}.items()}
    read = _as_read(shown, words)
    widths = {column: _widest(read[column], title) for column, title in titles.items()}
    widths |= dict.fromkeys(numbers, width) if width else {}
    folded = sum(widths.values()) > room
    wrapping = [column for column in numbers if folded and _wraps(shown[column], read[column])]
    widths |= {column: _widest(_parts(read[column]), titles[column]) for column in wrapping}
    if folded:
        widths |= {
            column: min(widths[column], max(NARROWER.get(column, TEXT_WIDTH), _widest([], title)))
            for column, (title, _) in texts.items()
        }
    laid = words | {column: [_unbroken(word) for word in words[column]] for column in wrapping}
    # A missing number would read as NO_VALUE, whatever its words are.
    as_texts = [
        column
        for column in words
        if any(
            pd.isna(value) and word != NO_VALUE
            for value, word in zip(shown[column], words[column], strict=True)
        )
    ]
    handed = shown.assign(**{column: _sorting_texts(shown[column]) for column in as_texts})
    st.dataframe(
        _styled(handed, laid, texts, row_styles),
        hide_index=True,
        height="content" if len(shown) <= MOST_ROWS else 35 * MOST_ROWS,
        row_height=_row_height(read, widths, wrapping, texts) if folded else None,
        column_config=_columns(numbers, texts, widths, {*wrapping, *as_texts}),
        placeholder=NO_VALUE,
    )
    take_away(name, exact, lambda: read.rename(columns=titles))


def _columns(numbers: dict, texts: dict, widths: dict, as_texts: set[str]) -> dict:
    first = next(iter(texts))
    columns = {}
    for column, (title, help_text) in {**texts, **numbers}.items():
        # A column of numbers would cut off what needs a second line.
        kind = st.column_config.TextColumn if column in as_texts else st.column_config.NumberColumn
        columns[column] = (kind if column in numbers else st.column_config.Column)(
            title,
            help=help_text,
            width=widths[column],
            pinned=column == first,
            alignment="right" if column in as_texts else None,
        )
    return columns


def _styled(
    handed: pd.DataFrame,
    words: dict[str, list[str]],
    texts: dict[str, tuple],
    row_styles: list[str] | None,
):
    plain = row_styles or [""] * len(handed)
    first = next(iter(texts))
    style = handed.style.apply(
        lambda column: [_pinned(css) for css in plain] if column.name == first else plain
    )
    counts = [name for name in texts if pd.api.types.is_integer_dtype(handed[name])]
    style = style.format(thousands=",", na_rep=NO_VALUE, subset=counts)
    # Row by row: an interval stands in other columns than the value that a formatter is given.
    for place in range(len(handed)):
        row = {name: lambda _, text=cells[place]: text for name, cells in words.items()}
        style = style.format(row, subset=pd.IndexSlice[[place], list(words)])
    return style


def _pinned(css: str) -> str:
    """The style of a cell in a pinned column, which Streamlit draws at six tenths of its strength.

    Half way to white, it stays as easy to read as the others.
    """
    found = re.search("#([0-9a-f]{6})", css, re.IGNORECASE)
    parts = bytes.fromhex(found[1]) if found else (255, 255, 255)
    return "color: #" + "".join(f"{(part + 255) // 2:02x}" for part in parts)


def _as_read(shown: pd.DataFrame, words: dict[str, list[str]]) -> pd.DataFrame:
    """The table as it reads on the page, all cells texts."""
    return pd.DataFrame(
        {
            name: words.get(name)
            or [NO_VALUE if pd.isna(value) else str(value) for value in shown[name]]
            for name in shown.columns
        }
    )


def _wraps(values: pd.Series, words: Sequence[str]) -> bool:
    """Whether an interval may go below its value.

    Only texts take a second line, and they sort by their letters: fractions alone keep their order.
    """
    return any(" (" in word for word in words) and values.dropna().between(0, 1).all()


def _sorting_texts(values: pd.Series) -> list[str]:
    """Numbers from 0 on as texts that sort as the numbers do; "" for a missing one, the first."""
    return ["" if pd.isna(value) else f"{value:012.3f}" for value in values]


def _widest(words: Sequence[str], title: str) -> int:
    """Pixels of a column in which ``words`` and its heading take one line each."""
    return math.ceil(max(_pixels(word) for word in [*words, title])) + PADDING


def _unbroken(words: str) -> str:
    """``words`` that break before an interval and after it, and nowhere else."""
    whole = words.replace(" ", NO_BREAK)
    return whole.replace(f"{NO_BREAK}(", " (").replace(f"),{NO_BREAK}", "), ")


def _parts(words: Sequence[str]) -> list[str]:
    """What stays on one line in cells whose intervals stand below their values."""
    return [part for word in words for part in _unbroken(word).split(" ")]


def _row_height(read: pd.DataFrame, widths: dict, wrapping: list[str], texts: dict) -> int:
    lines = [
        _lines(_unbroken(word) if column in wrapping else word, widths[column] - PADDING)
        for column in read.columns
        if column in wrapping or column in texts
        for word in read[column]
    ]
    return max(LOWEST, AROUND + LINE * max(lines, default=1))


def _lines(words: str, room: float) -> int:
    """How many lines ``words`` take where each has ``room`` pixels."""
    lines, used = 1, 0.0
    for word in words.split(" "):
        needed = _pixels(word)
        if used and used + needed > room:
            lines, used = lines + 1, 0.0
        used += needed + LETTERS[" "]
    return lines


def _pixels(words: str) -> float:
    return sum(LETTERS.get(sign, 8.4 if sign.isupper() else 7.1) for sign in words)
