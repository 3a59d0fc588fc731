"""Dataset: how many images of what, which are left out and why, and every one to look at."""

import streamlit as st

from core.data.browse import filter_rows, repeats
from pages.components.browsing import filters, gallery
from pages.components.catalog import browsing_rows, catalog
from pages.components.frame import page
from pages.components.one_image import one_image
from pages.components.taking_part import choose_scheme, chosen_scheme, left_out, totals

with page(
    "Dataset",
    "Every image of the collections: what its source says about it, which class that makes it, "
    "and whether it takes part in training.",
) as settings:
    if opened := st.query_params.get("image"):
        one_image(browsing_rows(settings, *chosen_scheme()), opened, settings)
        st.stop()
    cohort, labels = choose_scheme()
    if settings.demonstration:
        st.caption("Here the synthetic set stands in for these collections; all of it takes part.")
    rows = browsing_rows(settings, cohort, labels)
    taking_part, left = rows[rows["label"] != ""], rows[rows["label"] == ""]
    totals(taking_part, left, repeats(taking_part))
    with st.container(horizontal=True, vertical_alignment="center"):
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
            label_visibility="collapsed",
        )
        if st.button("Read the folders again", icon=":material/refresh:", type="tertiary"):
            catalog(settings, reread=True)
            st.rerun()
    chosen = taking_part if show == "part" else left
    if show == "left" and len(left):
        left_out(left)
    if chosen.empty:
        st.info("No image is left out." if show == "left" else "No image takes part.")
        st.stop()
    gallery(filter_rows(chosen, filters(chosen, labels)), settings)
