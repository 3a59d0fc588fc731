"""Looking through rows of the catalog: filters, and what passes as pictures, charts or a table.

Holds widgets alone; the rows are filtered and counted by ``core.data.browse``. Which rows there are
is chosen in ``taking_part``; one image at a time is shown by ``one_image``.
"""

import pandas as pd
import streamlit as st

from core.charts.dataset import age_histogram, class_counts
from core.charts.theme import CONFIG
from core.data.browse import CHOICES, NOT_GIVEN, Filters, values_with_counts
from core.settings import Settings
from core.words import class_title, finding_title, source_title
from pages.components.pictures import paged_grid

# What a visitor may not see, or what only the program needs.
HIDDEN = ["path", "collection_order"]
SEXES = {"F": "female", "M": "male"}
# How values of a column are written, where not as they stand.
TITLES = {"source": source_title, "finding": finding_title, "label": class_title}


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
                    format_func=lambda value, column=column, counts=counts: (
                        f"{_words(column, value)} ({counts.get(value, 0):,})"
                    ),
                    placeholder="any",
                    select_all=False,
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
    asked = Filters(**chosen)
    if asked.active:
        st.caption(f"{asked.active} filter{'s are' if asked.active > 1 else ' is'} set.")
    return asked


def _words(column: str, value: str) -> str:
    if value == NOT_GIVEN:
        return "not given"
    return TITLES[column](value) if column in TITLES else SEXES.get(value, value)


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
        st.dataframe(
            rows.drop(columns=HIDDEN).assign(
                **{column: rows[column].map(title) for column, title in TITLES.items()}
            ),
            hide_index=True,
            height=560,
            lazy=len(rows) > 5000,
            placeholder="",
        )
    elif view == "Charts":
        _charts(rows)
    else:
        _pictures(rows.sample(frac=1, random_state=0) if mixed else rows, settings)


def _charts(rows: pd.DataFrame) -> None:
    by_class, by_age = st.columns(2)
    words = {"": "left out"}
    with by_class:
        st.markdown("**Images of each class, by source**")
        named = rows.assign(source=rows["source"].map(source_title))
        st.plotly_chart(
            class_counts(named, words), theme=None, config=CONFIG, key="dataset-classes"
        )
    with by_age:
        st.markdown("**Age of the patients**")
        st.plotly_chart(age_histogram(rows, words), theme=None, config=CONFIG, key="dataset-ages")


def _pictures(rows: pd.DataFrame, settings: Settings) -> None:
    # For stepping from image to image where one is shown alone.
    st.session_state["dataset-order"] = rows.index
    paged_grid(rows, settings, "gallery")
