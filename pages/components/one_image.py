"""One image of the catalog: large, with its whole row and its relatives.

Holds widgets alone; relatives are found by ``core.data.browse``.
"""

from html import escape
from pathlib import Path

import pandas as pd
import streamlit as st

from core.data.browse import copies_of, same_patient
from core.data.labels import CLASS_WORDS
from core.errors import UserError
from core.imaging.decode import read_image
from core.imaging.thumbnails import picture
from core.settings import Settings
from core.words import class_title, finding_title, source_title
from pages.components.frame import dot
from pages.components.pictures import picture_grid

LARGE_SIDE = 1400
RELATIVES = 24
# In the order they are read; the path on the server's disk is nobody's business.
FIELDS = {
    "finding": "finding",
    "source_finding": "finding, in the source's words",
    "patient": "patient",
    "sex": "sex",
    "age": "age (years)",
    "offset_days": "days since onset or admission",
    "view": "view",
    "modality": "modality",
    "clinical_notes": "clinical notes",
    "width": "width (pixels)",
    "height": "height (pixels)",
    "source": "source",
    "license": "licence",
    "excluded": "why it is excluded",
    "synthetic": "synthetic",
    "id": "id",
    "sha256": "SHA-256 of the file",
}

TITLES = {"finding": finding_title, "source": source_title}


def one_image(rows: pd.DataFrame, identifier: str, settings: Settings) -> None:
    """Show the image ``identifier`` of ``rows``; raises UserError when it is not there."""
    found = rows[rows["id"] == identifier]
    _steps(rows, found)
    if found.empty:
        raise UserError(f"There is no image '{identifier}' in the catalog; go back to all images.")
    row = found.iloc[0]
    large, facts = st.columns([3, 2], gap="medium")
    with facts:
        if row["label"]:
            st.markdown(
                f"### {dot(row['label'])}{class_title(row['label'])}\n{CLASS_WORDS[row['label']]}",
                unsafe_allow_html=True,
            )
        else:
            st.markdown(f"### Left out\n{row['why_left_out']}")
        facts_of(row)
        st.page_link(
            "pages/preprocessing.py",
            label="See how it is prepared",
            icon=":material/tonality:",
            query_params={"image": identifier},
        )
    with large:
        large_picture(row, settings)
    _relatives("Other images of this patient", same_patient(rows, row), settings, "other")
    _relatives("Exact copies of this file", copies_of(rows, row), settings, "copies")


def _steps(rows: pd.DataFrame, found: pd.DataFrame) -> None:
    order = st.session_state.get("dataset-order", found.index[:0])
    place = order.get_loc(found.index[0]) if len(found) and found.index[0] in order else None

    def open_at(position: int) -> None:
        st.query_params["image"] = rows["id"].loc[order[position]]

    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("All images", icon=":material/arrow_back:"):
            del st.query_params["image"]
            st.rerun()
        if place is not None:
            last = len(order) - 1
            st.button("Previous", on_click=open_at, args=(place - 1,), disabled=place == 0)
            st.button(
                "Next", on_click=open_at, args=(min(place + 1, last),), disabled=place == last
            )
            st.caption(f"{place + 1:,} of {len(order):,}", width="content")


def large_picture(row: pd.Series, settings: Settings) -> None:
    """Show the image of a catalog row (id, path) as large as there is room, or why it cannot be."""
    with st.container(key="picture-large"):
        try:
            image = read_image(Path(row["path"]), settings.max_pixels)
        except UserError as error:
            st.info(str(error))
        else:
            st.image(picture(image, LARGE_SIDE), width="stretch", alt=f"X-ray {row['id']}")


def facts_of(row: pd.Series) -> None:
    """Show what the catalog knows of an image, field by field; what is not known is left out."""
    lines = []
    for field, words in FIELDS.items():
        value = row[field]
        if pd.isna(value) or value == "":
            continue
        text = {True: "yes", False: "no"}[bool(value)] if field == "synthetic" else f"{value}"
        if isinstance(value, float):
            text = f"{value:g}"
        text = TITLES[field](text) if field in TITLES else text
        # What a collection writes is text to show, never markup to obey.
        lines.append(f"<dt>{words}</dt><dd>{escape(text)}</dd>")
    st.html(f'<dl class="facts">{"".join(lines)}</dl>')


def _relatives(title: str, others: pd.DataFrame, settings: Settings, name: str) -> None:
    if others.empty:
        return
    st.subheader(f"{title} ({len(others)})", anchor=False)
    picture_grid(others.head(RELATIVES), settings, name)
