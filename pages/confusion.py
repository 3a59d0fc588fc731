"""Confusion matrices: which class is taken for which, the images of each cell, and slices."""

import streamlit as st

from pages.components.catalog import begin_reading
from pages.components.closer_look import keep_run, look_closer
from pages.components.frame import page
from pages.components.matrix import matrix_of
from pages.components.published_classes import published_classes
from pages.components.run_choice import choose_run, finished_runs
from pages.components.run_filter import of_study
from pages.components.waiting import have_ready

LEAD = (
    "A score says how often a network is wrong; its confusion matrix says how. Each row is what "
    "the images truly are, each column what the network took them for. Click a cell, or choose it "
    "below, to see its images."
)

with page("Confusion matrices", LEAD, predictions=True) as settings:
    finished = finished_runs(settings)
    studies, left, right = st.columns([2, 3, 3])
    with studies:
        matching = of_study(finished)
    with left:
        first = choose_run(matching, "Run", "matrix-run")
    with right:
        others = [run for run in matching if run.id != first.id]
        second = choose_run(others, "Beside it (optional)", "matrix-second", optional=True)
    shares = (
        st.segmented_control(
            "Large figures in the matrix",
            ["images", "shares of the row"],
            default="images",
            required=True,
        )
        == "shares of the row"
    )
    shown = [first] if second is None else [first, second]
    keys = ("alone",) if len(shown) == 1 else ("left", "right")
    # What a click into the matrix will ask for, while the matrix is read.
    begin_reading(settings)
    have_ready(keep_run(shown), settings)
    matrices, images = st.columns(len(shown), gap="large"), st.container()
    # Below each other: side by side they would be too narrow for their columns.
    tables = [st.container() for _ in shown]
    for place, run, key, below in zip(matrices, shown, keys, tables, strict=True):
        with place:
            matrix_of(run, finished, shares, key, below)
    published_classes(shown)
    with images:
        look_closer(shown, matching, finished, settings)
