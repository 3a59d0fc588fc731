"""Rows of the catalog as a grid of small pictures that can be pressed.

Holds ``picture_grid``, ``paged_grid`` and the words for a row. How a thumbnail is made stands in
``core.imaging.thumbnails``.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from core.imaging.thumbnails import thumbnails
from core.settings import Settings
from core.words import class_title

SIDE = 256
PER_PAGE = 24


def caption(row) -> str:
    """Class of a row (or why it is left out), sex and age, as far as they are known."""
    words = [class_title(row.label) or row.why_left_out]
    if row.sex:
        words.append(row.sex)
    if pd.notna(row.age):
        words.append(f"{row.age:.0f} y")
    return ", ".join(words)


def picture_grid(
    rows: pd.DataFrame,
    settings: Settings,
    name: str,
    chosen: str | None = None,
    words: Callable[[tuple], str] = caption,
) -> None:
    """Show ``rows`` as pictures; pressing one opens it, as an address with ?image=<id> does.

    ``name`` tells this grid from others; one that begins with "strip" stays in one line on a wide
    screen. ``chosen`` is the id of the one to mark. ``words`` writes on a picture what is
    said of its row; ``rows`` have the columns it needs, and id, path, sha256 and label.
    """
    files = list(zip(rows["path"], rows["sha256"], strict=True))
    small = thumbnails(files, SIDE, settings.max_pixels, settings.threads)
    with st.container(key=f"grid-{name}"):
        for position, (row, image) in enumerate(zip(rows.itertuples(), small, strict=True)):
            mark = "-chosen" if row.id == chosen else ""
            with st.container(key=f"card{mark}-{name}-{position}-class-{row.label or 'none'}"):
                if image is None:
                    here = Path(row.path).is_file()
                    with st.container(key=f"no-picture-{name}-{position}"):
                        st.caption("This file cannot be read." if here else "Not in this copy.")
                else:
                    st.image(image, width="stretch", alt=f"X-ray {row.id}")
                st.button(
                    words(row),
                    key=f"press-{name}-{position}",
                    width="stretch",
                    on_click=_open,
                    args=(row.id,),
                )


def paged_grid(
    rows: pd.DataFrame, settings: Settings, name: str, words: Callable[[tuple], str] = caption
) -> None:
    """As ``picture_grid``, PER_PAGE pictures at a time; the page is kept while ``rows`` stay."""
    state, pages = f"page-{name}", -(-len(rows) // PER_PAGE)
    # Other rows, other pages: begin at the first one again.
    mark = (len(rows), rows["id"].iat[0], rows["id"].iat[-1])
    kept, page = st.session_state.get(state, (mark, 1))
    if kept != mark:
        page = 1

    def turn(by: int) -> None:
        st.session_state[state] = (mark, page + by)

    first = (page - 1) * PER_PAGE
    picture_grid(rows.iloc[first : first + PER_PAGE], settings, name, words=words)
    if pages > 1:
        with st.container(
            horizontal=True, horizontal_alignment="center", vertical_alignment="center"
        ):
            st.button("Previous", f"previous-{name}", on_click=turn, args=(-1,), disabled=page == 1)
            st.markdown(f"Page {page:,} of {pages:,}", width="content")
            st.button("Next", f"next-{name}", on_click=turn, args=(1,), disabled=page == pages)


def _open(identifier: str) -> None:
    st.query_params["image"] = identifier
