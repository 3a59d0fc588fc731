"""The parts of the Dataset page: cohort and labels, totals, filters, pages of pictures.

Holds widgets alone; the rows are chosen and counted by ``core.data.browse``. One image at a time is
shown by ``one_image``.
"""

import pandas as pd
import streamlit as st

from core.charts.dataset import age_histogram, class_counts
from core.charts.theme import CONFIG
from core.data.browse import CHOICES, NOT_GIVEN, OUTSIDE_COHORT, Filters, values_with_counts
from core.data.labels import COHORTS, FINDINGS, LABEL_SCHEMES
from core.data.patient_series import UNPLACEABLE
from core.settings import Settings
from pages.components.pictures import paged_grid
from pages.components.take_away import take_away

SCHEME_KEYS = ("dataset-cohort", "dataset-labels")
# What a visitor may not see, or what only the program needs.
HIDDEN = ["path", "collection_order"]
# What stands before the colon of a reason -> what it means.
REASONS = {
    OUTSIDE_COHORT: "Readable, but not among the images that this choice takes.",
    UNPLACEABLE: "The source's finding belongs to none of the classes.",
    "CT": "A slice of a computed tomography, no X-ray film.",
    "lateral view": "Taken from the side; only frontal views take part.",
    "volume": "A whole stack of CT slices in one file.",
    "other view": "Neither frontal nor from the side.",
    "not an X-ray": "The collection says that it was made in another way.",
    "listed twice": "The same file stands in the collection's list already.",
    "folder and file name contradict": "Nobody knows which of the two is right.",
    "file missing": "Listed by the collection, but not in this copy of it.",
}
VALUE_WORDS = {"F": "female", "M": "male", NOT_GIVEN: "not given"} | FINDINGS


def choose_scheme() -> tuple[str, str]:
    """Widgets for the cohort and the label scheme, each with its sentence."""
    chosen = []
    for place, key, title, table in zip(
        st.columns(2),
        SCHEME_KEYS,
        ("Which images take part (cohort)", "How findings become classes (label scheme)"),
        (COHORTS, LABEL_SCHEMES),
        strict=True,
    ):
        name = place.selectbox(
            title,
            list(table),
            format_func=lambda name, table=table: table[name].title,
            key=key,
            persist_state="session",
        )
        place.caption(table[name].sentence)
        chosen.append(name)
    return chosen[0], chosen[1]


def chosen_scheme() -> tuple[str, str]:
    """Cohort and label scheme as chosen last, while their widgets are not on screen."""
    first = next(iter(COHORTS)), next(iter(LABEL_SCHEMES))
    cohort, labels = (
        st.session_state.get(key, default) for key, default in zip(SCHEME_KEYS, first, strict=True)
    )
    return cohort, labels


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
    """Reasons with their numbers, and what each means."""
    counts = left["why_left_out"].value_counts().rename_axis("reason").reset_index(name="images")
    counts["meaning"] = counts["reason"].str.partition(":")[0].map(REASONS).fillna("")
    st.dataframe(
        counts,
        hide_index=True,
        height="content",
        width="content",
        column_config={
            "reason": st.column_config.TextColumn("Why it is left out", width=230),
            "images": st.column_config.NumberColumn("Images (n)", format="localized", width=90),
            "meaning": st.column_config.TextColumn("What that means", width=430),
        },
    )
    headings = {
        "reason": "Why it is left out",
        "images": "Images (n)",
        "meaning": "What that means",
    }
    take_away("left-out", counts, lambda: counts.rename(columns=headings))


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
            rows.drop(columns=HIDDEN),
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
        st.plotly_chart(class_counts(rows, words), theme=None, config=CONFIG, key="dataset-classes")
    with by_age:
        st.markdown("**Age of the patients**")
        st.plotly_chart(age_histogram(rows, words), theme=None, config=CONFIG, key="dataset-ages")


def _pictures(rows: pd.DataFrame, settings: Settings) -> None:
    # For stepping from image to image where one is shown alone.
    st.session_state["dataset-order"] = rows.index
    paged_grid(rows, settings, "gallery")
