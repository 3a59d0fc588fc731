"""Comparison: my runs beside each other and beside the published study."""

import pandas as pd
import streamlit as st

from core.evaluation.compare import comparison_table, published_rows, unusable_runs
from pages.components.cheat_test import cheat_test
from pages.components.curves import how_they_learnt
from pages.components.differences import is_it_real
from pages.components.frame import page
from pages.components.lung_heat import lung_heat
from pages.components.published_differences import against_the_paper, published_footnotes
from pages.components.repeats import mean_and_spread
from pages.components.report_button import report_button
from pages.components.run_choice import finished_runs, warn_of_shared_patients
from pages.components.run_filter import choose_runs
from pages.components.score_tables import score_table
from pages.components.scores import choose_score, say_why_undefined, score_chart
from pages.components.split_effect import what_the_split_does
from pages.components.timing import cost_of_a_score
from pages.components.trivial_baselines import (
    drawn_baselines,
    stored_baselines,
    trivial_baselines,
)

LEAD = (
    "Which network reads these X-rays best, and can we believe it? Every score stands with its "
    "95 % interval: where two intervals overlap widely, the difference may be chance."
)

# Anchor of a section below -> how the way there is called.
SECTIONS = {
    "baselines": "trivial baselines",
    "without-lungs": "without the lungs",
    "lung-heat": "heat inside the lungs",
    "differences": "is the difference real?",
    "split": "what the split does",
    "curves": "how they learnt",
    "cost": "what a score costs",
}

with page("Comparison", LEAD) as settings:
    finished = finished_runs(settings)
    chosen, labels = choose_runs(finished)
    mine = comparison_table(chosen)
    report_button(chosen, finished, mine, settings)
    table = mine
    if labels == "paper3" and st.toggle("Show the published figures", value=True):
        table = pd.concat([mine, published_rows()], ignore_index=True)
    elif labels != "paper3":
        st.caption("The paper has no figures for these classes: it knows three.")
    for sentence in unusable_runs(chosen).values():
        st.warning(f"Left out: {sentence}")
    if mine["synthetic"].any() and len(table) > len(mine):
        st.warning(
            "Some runs are **SYNTHETIC**: they read drawn images, the published networks real "
            "ones. Their scores cannot be set against each other."
        )

    measure = choose_score()
    baselines = stored_baselines(mine, settings)
    drawn = drawn_baselines(baselines, measure)
    score_chart(pd.concat([table, drawn], ignore_index=True), mine, measure)
    shown = pd.concat([table, baselines], ignore_index=True)
    score_table(shown)
    say_why_undefined(shown, measure)
    links = [f"[{words}](#{anchor})" for anchor, words in SECTIONS.items()]
    st.markdown(f"**Further down:** {' · '.join(links)}")
    if len(table) > len(mine):
        published_footnotes(measure)
        against_the_paper(mine)
    warn_of_shared_patients(chosen)

    trivial_baselines(chosen, mine, baselines, measure, settings)
    cheat_test(chosen, measure, settings)
    lung_heat(chosen, settings)
    is_it_real(chosen)
    mean_and_spread(mine, measure)
    what_the_split_does(chosen, settings)
    how_they_learnt(chosen, mine)
    cost_of_a_score(table, measure)
