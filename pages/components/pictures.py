"""Rows of the catalog as a grid of small pictures that can be pressed.

Holds ``picture_grid`` and the words for a row. How a thumbnail is made stands in
``core.imaging.thumbnails``.
"""

import pandas as pd
import streamlit as st

from core.imaging.thumbnails import thumbnails
from core.settings import Settings

SIDE = 256


def picture_grid(
    rows: pd.DataFrame, settings: Settings, name: str, chosen: str | None = None
) -> str | None:
    """Show ``rows`` as pictures; gives the id of the one that was pressed, or None.

    ``name`` tells this grid from others; one that begins with "strip" stays in one line on a wide
    screen. ``chosen`` is the id of the one to mark. Rows are those of ``browsing_rows``.
    """
    files = list(zip(rows["path"], rows["sha256"], strict=True))
    small = thumbnails(files, SIDE, settings.max_pixels, settings.threads)
    pressed = None
    with st.container(key=f"grid-{name}"):
        for position, (row, image) in enumerate(zip(rows.itertuples(), small, strict=True)):
            mark = "-chosen" if row.id == chosen else ""
            with st.container(key=f"card{mark}-{name}-{position}-class-{row.label or 'none'}"):
                if image is None:
                    st.caption("This file cannot be shown.")
                else:
                    st.image(image, width="stretch", alt=f"X-ray {row.id}")
                if st.button(caption(row), key=f"press-{name}-{position}", width="stretch"):
                    pressed = row.id
    return pressed


def caption(row) -> str:
    """Class of a row (or why it is left out), sex and age, as far as they are known."""
    words = [row.label or row.why_left_out]
    if row.sex:
        words.append(row.sex)
    if pd.notna(row.age):
        words.append(f"{row.age:.0f} y")
    return ", ".join(words)
