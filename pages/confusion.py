"""Confusion matrices: which class is taken for which, and the published table beside it."""

import streamlit as st

from core.charts.confusion import confusion_heatmap
from core.charts.theme import CONFIG
from core.evaluation.metrics import per_class_table
from core.evaluation.published import FOOTNOTES, PER_CLASS, TABLE_NUMBER
from core.evaluation.published import per_class_table as published_table
from pages.components.frame import page
from pages.components.matrix_words import read_matrix
from pages.components.run_choice import (
    choose_run,
    describe_run,
    finished_runs,
    warn_of_shared_patients,
)
from pages.components.score_tables import class_table
from pages.components.words import class_title

LEAD = (
    "A score says how often a network is wrong; its confusion matrix says how. Each row is what "
    "the images truly are, each column what the network took them for."
)


def show(run, shares: bool, key: str) -> None:
    metrics = run.metrics()
    if not metrics.get("confusion_matrix"):
        st.warning(f"metrics.json of `{run.id}` is missing or cannot be read; repeat the run.")
        return
    classes = metrics["classes"]
    describe_run(run, metrics)
    matrix, table = st.columns([2, 3], gap="large") if key == "alone" else (st, st)
    with matrix.container():
        st.plotly_chart(
            confusion_heatmap(
                metrics["confusion_matrix"],
                classes,
                shares,
                {name: class_title(name) for name in classes},
            ),
            theme=None,
            config=CONFIG,
            key=f"matrix-{key}",
        )
    with table.container():
        for sentence in read_matrix(metrics["confusion_matrix"], classes):
            st.markdown(sentence)
    warn_of_shared_patients(run.config, metrics)
    st.markdown("**Class by class, as the paper prints it**")
    class_table(per_class_table(metrics))
    for sentence in metrics.get("undefined", []):
        st.caption(sentence)
    backbone = run.config.get("backbone", "")
    if run.config.get("labels") == "paper3" and backbone in PER_CLASS:
        st.markdown(f"**The published {backbone}** (table {TABLE_NUMBER[backbone]} of the paper)")
        class_table(published_table(backbone))
        st.caption(f"{FOOTNOTES['intervals']} {FOOTNOTES['split']}")


with page("Confusion matrices", LEAD) as settings:
    finished = finished_runs(settings)
    left, right = st.columns(2)
    with left:
        first = choose_run(finished, "Run", "matrix-run")
    with right:
        second = choose_run(finished, "Beside it (optional)", "matrix-second", optional=True)
    shares = (
        st.segmented_control(
            "Large figures in the matrix",
            ["images", "shares of the row"],
            default="images",
            required=True,
        )
        == "shares of the row"
    )
    if second is None:
        show(first, shares, "alone")
    else:
        for place, run, key in zip(
            st.columns(2, gap="large"), (first, second), ("left", "right"), strict=True
        ):
            with place:
                show(run, shares, key)
