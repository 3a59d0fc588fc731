"""Follow a patient: dated X-rays in a row, and what networks say of them over the days."""

import streamlit as st

from core.data.patient_series import images_of_patient
from core.inference.follow import IDENTITY, NOT_SEVERITY, follow_together
from pages.components.catalog import catalog
from pages.components.frame import page
from pages.components.patient_choice import choose_asked, choose_patient
from pages.components.patient_course import answers_of, course_of, tables_of
from pages.components.patient_images import images_in_a_row
from pages.components.patient_notes import notes_of
from pages.components.run_choice import finished_runs

LEAD = (
    "Choose a patient with several dated X-rays, and ask networks what they make of each: does the "
    "answer change over the days, and do they agree?"
)

with page("Follow a patient", LEAD, predictions=True) as settings:
    finished = finished_runs(settings)
    who, which = st.columns(2, gap="large")
    with who:
        runs, classes = follow_together(choose_asked(finished, settings))
    with which:
        patient = choose_patient(runs, settings)
    images = images_of_patient(catalog(settings), patient)
    st.caption(IDENTITY)
    row, course = st.container(), st.container()
    answers = answers_of(images, runs, settings)
    with course:
        means = course_of(images, answers, classes)
        st.caption(f"**What this does not show.** {NOT_SEVERITY}")
        tables_of(images, answers, means, classes)
    with row:
        images_in_a_row(images, means, runs, classes, settings)
    notes_of(images)
