"""Home: what this is, the next step, the demonstration study, every page, where you stand."""

import streamlit as st

from pages.components.frame import page

LEAD = (
    "ChestBench trains image-reading networks (CNNs) to tell normal chest X-rays from pneumonia "
    "and COVID-19. It repeats a published comparison of seven such networks, and shows every step "
    "of it on screen. Every score comes with the number of images behind it and its margin of "
    "error."
)
SHOWN_OF_EACH = 2

with page("Which network reads chest X-rays best, and can we believe it?", LEAD) as settings:
    # Under the title and not above it: a fresh server needs half a second to load these, and
    # there is something to read meanwhile.
    from core import runs
    from core.data.browse import few_of_each
    from core.standing import next_step, take_stock
    from pages.components.catalog import browsing_rows, counts
    from pages.components.demonstration import demonstration, start_button
    from pages.components.pictures import picture_grid
    from pages.components.standing import where_you_stand
    from pages.components.tour import tour

    rows = browsing_rows(settings, "paper", "paper3")
    # As many of each class, always the same ones: a face of the collection, not a lottery.
    shown = few_of_each(rows, SHOWN_OF_EACH, seed=3)
    if pressed := picture_grid(shown, settings, "strip-home"):
        st.switch_page("pages/dataset.py", query_params={"image": pressed})

    all_runs = runs.list_runs(settings.runs)
    placeable = counts(settings, "all", "paper3")["images"]
    standing = take_stock(counts(settings, "paper", "paper3"), placeable, all_runs, settings)
    step = next_step(standing)
    with st.container(key="next-step", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Next step.** {step.sentence}", width="content")
        if step.page:
            st.page_link(f"pages/{step.page}.py", label=step.link, icon=":material/arrow_forward:")
        else:
            start_button(settings, "Run the demonstration study", "primary")

    st.subheader("Demonstration study", anchor=False)
    st.markdown(
        "Three short runs that differ in one thing each: a tiny network (TinyCNN) with patients "
        "kept apart, the same network with images split at random, and a larger network "
        "(MobileNetV2). "
        + (
            "On a laptop without a GPU they take a few minutes in all."
            if standing.synthetic
            else f"They use every image that can be placed in a class ({standing.placeable:,} "
            "real X-rays): expect several minutes a run without a GPU."
        )
    )
    demonstration(settings, button=bool(step.page))

    st.subheader("What each page is for", anchor=False)
    tour()

    st.subheader("Where you stand", anchor=False)
    where_you_stand(standing)
