"""Following a patient: what the collection notes of the outcome and of each image, escaped.

Holds ``notes_of``. What the columns mean stands in ``core.data.rows``.
"""

from html import escape

import pandas as pd
import streamlit as st

from core.data.labels import finding_words
from core.data.patient_series import IMAGE_OUTCOMES, outcome_words, outcomes_of
from core.data.rows import OUTCOME_COLUMNS
from pages.components.take_away import take_away
from pages.components.words import day_words


def notes_of(images: pd.DataFrame) -> None:
    """Show the outcome of the patient and the notes on each of ``images``, rows of the catalog."""
    st.subheader("What the collection notes", anchor=False)
    outcome, notes = st.columns([2, 3], gap="large")
    with outcome:
        st.markdown("**The patient, and the outcome**")
        facts = _person(images) | outcomes_of(images)
        # What a collection writes is text to show, never markup to obey.
        lines = [f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts.items()]
        st.html(f'<dl class="facts">{"".join(lines)}</dl>')
        if not outcomes_of(images):
            st.caption("The collection tells no outcome of this patient.")
    with notes:
        st.markdown("**Clinical notes**")
        _clinical_notes(images)
    _day_by_day(images)
    st.caption(
        "Written by those who gave the images to the collection, not checked by ChestBench, and "
        "not seen by any network."
    )


def _person(images: pd.DataFrame) -> dict[str, str]:
    facts = {
        "finding": "; ".join(dict.fromkeys(map(finding_words, images["source_finding"]))),
        "sex": " / ".join(dict.fromkeys(word for word in images["sex"] if word)),
        "age (years)": " / ".join(f"{age:g}" for age in images["age"].dropna().unique()),
        "licence": "; ".join(dict.fromkeys(word for word in images["license"] if word)),
    }
    return {name: text for name, text in facts.items() if text}


def _clinical_notes(images: pd.DataFrame) -> None:
    told = images[images["clinical_notes"] != ""]
    if told.empty:
        st.caption("The collection has no clinical notes on these images.")
        return
    numbers = pd.Series(range(1, len(images) + 1), index=images.index)
    # The same words often stand beside every image of a patient.
    for text, rows in told.groupby("clinical_notes", sort=False):
        which = ", ".join(map(str, numbers[rows.index]))
        several = "s" if len(rows) > 1 else ""
        st.html(f'<p class="note"><b>Image{several} {which}</b> {escape(text)}</p>')


def _day_by_day(images: pd.DataFrame) -> None:
    told = [name for name in IMAGE_OUTCOMES if (images[name] != "").any()]
    if not told:
        return
    exact = images[["id", "offset_days", *told]]
    columns = {name: [outcome_words(name, value) for value in images[name]] for name in told}
    table = pd.DataFrame(columns).rename(columns=OUTCOME_COLUMNS)
    table.insert(0, "Image", range(1, len(images) + 1))
    table.insert(1, "Day", [day_words(day) for day in images["offset_days"]])
    st.markdown("**Image by image**")
    st.dataframe(table, hide_index=True)
    take_away("notes", exact, lambda: table)
