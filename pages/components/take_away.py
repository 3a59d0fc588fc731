"""The control below a table that gives it as a file: CSV, LaTeX or Markdown.

Holds ``take_away``. A file is made when it is asked for, never while the page is drawn; how it is
written stands in ``core.table_files``.
"""

from collections.abc import Callable
from functools import partial
from itertools import count

import pandas as pd
import streamlit as st
from streamlit.errors import StreamlitDuplicateElementKey

from core.table_files import FORMATS, TableFormat

LABEL = "Take away"
HELP = {
    "CSV": "Every number in full precision, with the ends of its interval.",
    "LaTeX": "As shown, with booktabs' rules.",
    "Markdown": "As shown.",
}


def take_away(name: str, exact: pd.DataFrame, words: Callable[[], pd.DataFrame]) -> None:
    """Offer a table as files called ``name``: ``exact`` as CSV, what ``words`` gives otherwise.

    ``words`` is called when the file is asked for. A name may come several times on a page.
    """
    with st.popover(LABEL, type="tertiary", icon=":material/download:"):
        for number in count(1):
            try:
                _buttons(name, f"take-{name}-{number}", exact, words)
            except StreamlitDuplicateElementKey:
                continue  # the page has a table of this name already
            return


def _buttons(name: str, key: str, exact: pd.DataFrame, words: Callable[[], pd.DataFrame]) -> None:
    row = st.container(horizontal=True)
    for each in FORMATS:
        row.download_button(
            each.name,
            partial(_content, each, name, exact, words),
            f"chestbench-{name}.{each.suffix}",
            each.mime,
            key=f"{key}-{each.suffix}",
            help=HELP[each.name],
            on_click="ignore",
        )


def _content(
    each: TableFormat, name: str, exact: pd.DataFrame, words: Callable[[], pd.DataFrame]
) -> bytes:
    return each.write(exact, words(), name.replace("-", " ").capitalize()).encode()
