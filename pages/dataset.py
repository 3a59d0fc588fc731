"""Dataset: how many images of what, which are left out and why, and every one to look at."""

import streamlit as st

from core.data.browse import filter_rows, repeats
from core.data.labels import COHORTS, LABEL_SCHEMES
from pages.components.catalog import browsing_rows, catalog
from pages.components.frame import page
from pages.components.rows import filters, gallery, left_out, one_image, totals

with page(
    "Dataset",
    "Every image of the collections: what its source says about it, which class that makes it, "
    "and whether it takes part in training.",
) as settings:
    opened = st.query_params.get("image")
    cohort_place, labels_place = st.columns(2)
    cohort = cohort_place.selectbox(
        "Which images take part (cohort)",
        list(COHORTS),
        format_func=lambda name: COHORTS[name].title,
        key="dataset-cohort",
        persist_state="session",
    )
    cohort_place.caption(COHORTS[cohort].sentence)
    labels = labels_place.selectbox(
        "How findings become classes (label scheme)",
        list(LABEL_SCHEMES),
        format_func=lambda name: LABEL_SCHEMES[name].title,
        key="dataset-labels",
        persist_state="session",
    )
    labels_place.caption(LABEL_SCHEMES[labels].sentence)
    rows = browsing_rows(settings, cohort, labels)

    if opened:
        one_image(rows, opened, settings)
        st.stop()

    taking_part, left = rows[rows["label"] != ""], rows[rows["label"] == ""]
    totals(taking_part, left, repeats(taking_part))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        show = st.segmented_control(
            "Show",
            ["part", "left"],
            format_func={
                "part": f"Taking part ({len(taking_part):,})",
                "left": f"Left out ({len(left):,})",
            }.get,
            default="part",
            required=True,
            key="dataset-show",
            persist_state="session",
        )
        if st.button("Read the folders again", icon=":material/refresh:", type="tertiary"):
            catalog(settings, reread=True)
            st.rerun()
    chosen = taking_part if show == "part" else left
    if show == "left":
        left_out(left)
    gallery(filter_rows(chosen, filters(chosen, labels)), settings)
