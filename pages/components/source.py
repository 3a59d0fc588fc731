"""An image to work on: one of the catalog, or an upload.

Holds ``choose_image``. How a file becomes grey values stands in ``core.imaging.decode``.
"""

from pathlib import Path

import numpy as np
import streamlit as st

from core.data.browse import few_of_each
from core.errors import UserError
from core.imaging.decode import FORMAT_NAMES, read_image
from core.settings import Settings
from core.words import class_title
from pages.components.catalog import browsing_rows
from pages.components.pictures import picture_grid

SHOWN_OF_EACH = 2


def choose_image(settings: Settings) -> tuple[str, np.ndarray]:
    """Widgets to choose an image; gives what it is called and its grey values, (H, W).

    The address may name one of the catalog: ``?image=<id>``. Raises UserError when the image is
    not there or cannot be read.
    """
    asked = st.query_params.get("image")
    with st.container(horizontal=True, vertical_alignment="center"):
        source = st.segmented_control(
            "Image from",
            ["The collections", "A file of yours"],
            default="The collections",
            required=True,
            key="source",
            persist_state="session",
            label_visibility="collapsed",
        )
        if source == "The collections" and st.button("Show others", icon=":material/shuffle:"):
            st.session_state["source-draw"] = st.session_state.get("source-draw", 0) + 1
    if source == "A file of yours":
        return _upload(settings)
    return _from_catalog(settings, asked)


def _upload(settings: Settings) -> tuple[str, np.ndarray]:
    # Of any ending: DICOM files often have none, and the content decides in any case.
    file = st.file_uploader(f"X-ray image: {FORMAT_NAMES}", key="upload")
    if file is None:
        st.info("Choose a file above. It is shown here and kept nowhere.")
        st.stop()
    return file.name, read_image(file.getvalue(), settings.max_pixels, file.name)


def _from_catalog(settings: Settings, asked: str | None) -> tuple[str, np.ndarray]:
    rows = browsing_rows(settings, "all", "paper3")
    shown = few_of_each(rows, SHOWN_OF_EACH, seed=st.session_state.get("source-draw", 0))
    if shown.empty:
        raise UserError("The collections hold no image that can be used; see the Dataset page.")
    asked = asked or shown["id"].iat[0]
    picture_grid(shown, settings, "strip-source", chosen=asked)
    chosen = rows[rows["id"] == asked]
    if chosen.empty:
        raise UserError(f"There is no image '{asked}' in the catalog; choose one of those above.")
    row = chosen.iloc[0]
    image = read_image(Path(row["path"]), settings.max_pixels)
    return f"{class_title(row['label']) or 'left out'}: {row['id']}", image
