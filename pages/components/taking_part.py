"""Which images take part: the choice of cohort and labels, how many, and why others do not.

Holds the head of the Dataset page, widgets alone; the rows are chosen and counted by
``core.data.browse``. The images themselves are shown by ``browsing``.
"""

import pandas as pd
import streamlit as st

from core.data.browse import OUTSIDE_COHORT
from core.data.labels import COHORTS, LABEL_SCHEMES
from core.data.patient_series import UNPLACEABLE
from pages.components.take_away import take_away

SCHEME_KEYS = ("dataset-cohort", "dataset-labels")
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
