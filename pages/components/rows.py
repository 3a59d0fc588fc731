"""The parts of the Dataset page: totals, filters, pages of pictures, and one image's row.

Holds widgets alone; the rows are chosen and counted by ``core.data.browse``.
"""

from pathlib import Path

import pandas as pd
import streamlit as st

from core.charts import CONFIG, age_histogram, class_counts
from core.data.browse import CHOICES, NOT_GIVEN, Filters, copies_of, same_patient, values_with_counts
from core.data.labels import CLASS_WORDS, FINDINGS
from core.errors import UserError
from core.imaging.decode import read_image
from core.imaging.thumbnails import picture
from core.settings import Settings
from pages.components.frame import dot
from pages.components.pictures import picture_grid

PER_PAGE = 24
LARGE_SIDE = 1400
# What a visitor may not see, or what only the program needs.
HIDDEN = ["path", "collection_order"]
VALUE_WORDS = {"F": "female", "M": "male", NOT_GIVEN: "not given"} | FINDINGS


def totals(part: pd.DataFrame, left: pd.DataFrame, repeated: dict[str, int]) -> None:
    """Numbers of the rows taking part, with what makes them less independent."""
    with st.container(horizontal=True, gap="medium"):
        st.metric("Images taking part", f"{len(part):,}", width="content")
        st.metric("Patients", f"{repeated['patients']:,}", width="content")
        st.metric("Left out", f"{len(left):,}", width="content")
        st.metric("Exact copies", f"{repeated['copies']:,}", width="content")
    copies = "No two files are byte for byte the same"
    if repeated["copies"]:
        copies = (
            f"{repeated['copies']:,} files are byte for byte the same as another (equal SHA-256)"
        )
    st.caption(
        f"{repeated['several']:,} patients have more than one image, at most {repeated['most']:,}. "
        "A network tested on patients it was trained on looks better than it is, so split by "
        f"patient. {copies}; near copies, such as one film at two sizes, are not counted."
    )


def left_out(left: pd.DataFrame) -> None:
    """Reasons with their numbers."""
    counts = left["why_left_out"].value_counts().rename_axis("reason").reset_index(name="images")
    st.dataframe(
        counts,
        hide_index=True,
        height="content",
        width="content",
        column_config={
            "reason": st.column_config.TextColumn("Why it is left out", width="large"),
            "images": st.column_config.NumberColumn("Images (n)", format="localized"),
        },
    )


def filters(rows: pd.DataFrame, labels: str) -> Filters:
    """Widgets for every filter that these rows allow."""
    chosen: dict = {}
    values = values_with_counts(rows, labels)
    with st.expander("Filter by source, finding, class, view, sex and age", icon=":material/tune:"):
        places = st.columns(3)
        for number, (column, title) in enumerate(CHOICES.items()):
            counts = values[column]
            chosen[column] = tuple(
                places[number % 3].multiselect(
                    title,
                    list(counts),
                    format_func=lambda v, counts=counts: (
                        f"{VALUE_WORDS.get(v, v)} ({counts.get(v, 0):,})"
                    ),
                    placeholder="any",
                    key=f"dataset-filter-{column}",
                    persist_state="session",
                )
            )
        oldest = rows["age"].max()
        if pd.notna(oldest):
            top = int(oldest) + 1
            low, high = places[2].slider(
                "Age (years)", 0, top, (0, top), key="dataset-age", persist_state="session"
            )
            if (low, high) != (0, top):
                chosen["age"] = (low, high)
                chosen["without_age"] = places[2].toggle("And images without an age")
    return Filters(**chosen)


def gallery(rows: pd.DataFrame, settings: Settings) -> None:
    """``rows`` as pages of pictures, as charts or as a table, and the download."""
    if rows.empty:
        st.info("No image passes these filters. Take one away, or choose another cohort.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        view = st.segmented_control(
            "View",
            ["Pictures", "Charts", "Table"],
            default="Pictures",
            required=True,
            key="dataset-view",
            persist_state="session",
            label_visibility="collapsed",
        )
        mixed = view == "Pictures" and st.toggle(
            "Mixed order", True, key="dataset-mixed", persist_state="session"
        )
        st.download_button(
            f"Table of these {len(rows):,} images (CSV)",
            lambda: rows.drop(columns=HIDDEN).to_csv(index=False).encode(),
            file_name="chestbench-images.csv",
            mime="text/csv",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
    if view == "Table":
        st.dataframe(rows.drop(columns=HIDDEN), hide_index=True, height=560, lazy=len(rows) > 5000)
    elif view == "Charts":
        _charts(rows)
    else:
        _pictures(rows.sample(frac=1, random_state=0) if mixed else rows, settings)


def _charts(rows: pd.DataFrame) -> None:
    by_class, by_age = st.columns(2)
    words = {"": "left out"}
    with by_class:
        st.markdown("**Images of each class, by source**")
        st.plotly_chart(class_counts(rows, words), theme=None, config=CONFIG, key="dataset-classes")
    with by_age:
        st.markdown("**Age of the patients**")
        st.plotly_chart(age_histogram(rows, words), theme=None, config=CONFIG, key="dataset-ages")


def _pictures(rows: pd.DataFrame, settings: Settings) -> None:
    # Other rows, other pages: begin at the first one again.
    mark = (len(rows), rows["id"].iat[0], rows["id"].iat[-1])
    if st.session_state.get("dataset-mark") != mark:
        st.session_state["dataset-mark"], st.session_state["dataset-page"] = mark, 1
    page, pages = st.session_state["dataset-page"], -(-len(rows) // PER_PAGE)
    first = (page - 1) * PER_PAGE
    if pressed := picture_grid(rows.iloc[first : first + PER_PAGE], settings, "gallery"):
        st.query_params["image"] = pressed
        st.rerun()
    _pager(page, pages)


def one_image(rows: pd.DataFrame, identifier: str, settings: Settings) -> None:
    """One image, large, with its whole row and its relatives."""
    if st.button("All images", icon=":material/arrow_back:"):
        del st.query_params["image"]
        st.rerun()
    found = rows[rows["id"] == identifier]
    if found.empty:
        raise UserError(f"There is no image '{identifier}' in the catalog; go back to all images.")
    row = found.iloc[0]
    large, facts = st.columns([3, 2], gap="medium")
    with large.container(key="stage-large"):
        path = Path(row["path"])
        st.image(picture(read_image(path, settings.max_pixels), LARGE_SIDE), width="stretch")
    with facts:
        if row["label"]:
            st.markdown(
                f"### {dot(row['label'])}{row['label']}\n{CLASS_WORDS[row['label']]}",
                unsafe_allow_html=True,
            )
        else:
            st.markdown(f"### Left out\n{row['why_left_out']}")
        _facts(row)
        st.page_link(
            "pages/preprocessing.py",
            label="See how it is prepared",
            icon=":material/tonality:",
            query_params={"image": identifier},
        )
    for title, others in (
        ("Other images of this patient", same_patient(rows, row)),
        ("Exact copies of this file", copies_of(rows, row)),
    ):
        if len(others):
            st.subheader(f"{title} ({len(others)})", anchor=False)
            name = title.split(maxsplit=1)[0].lower()
            if pressed := picture_grid(others.head(PER_PAGE), settings, name):
                st.query_params["image"] = pressed
                st.rerun()


def _facts(row: pd.Series) -> None:
    given = row.drop(HIDDEN)
    given = given[given.map(lambda value: pd.notna(value) and value != "")]
    text = given.map(lambda value: f"{value:g}" if isinstance(value, float) else str(value))
    table = pd.DataFrame({"": text.index.str.replace("_", " "), "value": text.to_numpy()})
    st.table(table.set_index(""), border="horizontal")


def _pager(page: int, pages: int) -> None:
    def turn(by: int) -> None:
        st.session_state["dataset-page"] = page + by

    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        st.button("Previous", on_click=turn, args=(-1,), disabled=page == 1)
        st.markdown(f"Page {page:,} of {pages:,}", width="content")
        st.button("Next", on_click=turn, args=(1,), disabled=page == pages)
