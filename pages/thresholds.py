"""Thresholds and calibration: what a rule on a probability misses, and what probabilities mean."""

import streamlit as st

from core.evaluation.cases import run_classes
from pages.components.calibration import do_probabilities_hold
from pages.components.frame import page
from pages.components.one_class import one_class
from pages.components.run_choice import choose_run, finished_runs, warn_of_shared_patients
from pages.components.run_filter import of_study
from pages.components.shown_answers import choose_temperature, describe, shown_answers

LEAD = (
    "A network answers with probabilities. From which one on an image is given a class is a "
    "choice: a low threshold misses few and alarms many. Move it here, say how common the disease "
    "is, and see what follows; and see whether 80 % means right 8 times in 10."
)

with page("Thresholds and calibration", LEAD, predictions=True) as settings:
    finished = finished_runs(settings)
    studies, left, right = st.columns([2, 3, 3])
    with studies:
        matching = of_study(finished)
    with left:
        first = choose_run(matching, "Run", "threshold-run")
    # Another set of classes would answer another question.
    alike = [run for run in matching if run.id != first.id]
    alike = [run for run in alike if run_classes(run) == run_classes(first)]
    with right:
        second = choose_run(alike, "Beside it (optional)", "threshold-second", optional=True)
    chosen = [first] if second is None else [first, second]
    shown = shown_answers(chosen)
    if shown:
        describe(shown)
        warn_of_shared_patients([one.run for one in shown])
        shown = choose_temperature(shown)
        one_class(shown)
        do_probabilities_hold(shown)
