"""Home: what this is, where you stand, the next step, and the demonstration study."""

import streamlit as st

from core import runs
from core.data.labels import CLASS_WORDS
from core.standing import next_step, take_stock
from pages.components.catalog import browsing_rows, catalog
from pages.components.frame import dot, page
from pages.components.pictures import picture_grid
from pages.components.study import study

LEAD = (
    "ChestBench trains image-reading networks (CNNs) to tell normal chest X-rays from pneumonia "
    "and COVID-19. It repeats a published comparison of seven such networks, and shows every step "
    "of it on screen. Every score comes with the number of images behind it and its margin of "
    "error."
)
SHOWN = 6

with page("Which network reads chest X-rays best, and can we believe it?", LEAD) as settings:
    table = catalog(settings)
    rows = browsing_rows(settings, "paper", "paper3")
    shown = rows[rows["label"] != ""]
    # As many of each class, always the same ones: a face of the collection, not a lottery.
    shown = shown.groupby("label").sample(SHOWN // 3, random_state=3, replace=True)
    if pressed := picture_grid(shown, settings, "strip-home"):
        st.switch_page("pages/dataset.py", query_params={"image": pressed})

    all_runs = runs.list_runs(settings.runs)
    standing = take_stock(table, all_runs, settings)
    st.subheader("Where you stand", anchor=False)
    images, trained, weights, computer = st.columns(4)
    with images.container(border=True, height="stretch"):
        st.metric("Images", f"{standing.images:,}")
        st.caption("synthetic" if standing.synthetic else "real X-rays, as in the published study")
        st.markdown(
            "  \n".join(
                f'{dot(name)}{name} {n:,}<span class="sr"> ({CLASS_WORDS[name]})</span>'
                for name, n in standing.by_class.items()
            ),
            unsafe_allow_html=True,
        )
    with trained.container(border=True, height="stretch"):
        st.metric("Runs finished", standing.finished)
        st.caption("A run is one training of one network.")
        st.markdown(
            f"{standing.active} at work or waiting  \n{standing.unfinished} failed or interrupted"
        )
    with weights.container(border=True, height="stretch"):
        st.metric("Pretrained networks", f"{len(standing.weights)} of {standing.wanted}")
        st.caption("ImageNet weights on this computer; others are downloaded when first used.")
        st.markdown(", ".join(standing.weights))
    with computer.container(border=True, height="stretch"):
        st.metric("Computer", standing.device.kind)
        st.caption(standing.device.sentence)

    step = next_step(standing)
    st.subheader("Next step", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(step.sentence)
        if step.page:
            st.page_link(f"pages/{step.page}.py", label=step.link, icon=":material/arrow_forward:")

    st.subheader("Demonstration study", anchor=False)
    st.markdown(
        "Three short runs that differ in one thing each: a tiny network with patients kept apart, "
        "the same with images split at random, and a larger network. "
        + (
            "On a laptop without a GPU they take a few minutes in all."
            if standing.synthetic
            else f"They use all images of your collections ({standing.images:,} or more): "
            "expect some minutes per run for the tiny network and longer for the larger one."
        )
    )
    study(settings)
