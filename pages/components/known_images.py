"""Getting to know what a run's images look like, before it is asked about another.

Holds ``has_reference``. What is made stands in ``core.inference.familiarity``; what an image is
judged to be is shown by ``refusal`` and ``several_images``.
"""

import time

import streamlit as st

from core import runs
from core.inference.familiarity import READ_IMAGES, NoReference, make_in_parts
from core.inference.reference import is_current
from core.settings import Settings
from pages.components.cases import changed
from pages.components.waiting import asking

# A run whose images are gone is not tried again at every movement of a slider.
SECONDS_UNTIL_TRIED_AGAIN = 60
HOW_LONG = (
    "About ten seconds where its training stored what the network saw in them; else up to "
    f"{2 * READ_IMAGES:,} of them are read first: seconds with a small network, minutes with a "
    "large one."
)


def has_reference(run: runs.Run, settings: Settings) -> bool:
    """Make the run's reference unless it is there; where that is not possible, say why."""
    tried = st.session_state.setdefault("no-reference", {})
    key = (run.id, changed(run, "model.keras"))
    until, sentence = tried.get(key, (0.0, ""))
    if time.monotonic() > until or is_current(run):
        sentence = _prepare(run, settings)
        if sentence:
            tried[key] = (time.monotonic() + SECONDS_UNTIL_TRIED_AGAIN, sentence)
    if sentence:
        st.warning(sentence, icon=":material/help:")
    return not sentence


def _prepare(run: runs.Run, settings: Settings) -> str:
    """Make the run's reference where there is none, with a bar; a sentence when it cannot be."""
    if is_current(run):
        return ""
    with st.empty():
        first = "First question to this run: getting to know what its images look like"
        st.progress(0.0, f"{first}. {HOW_LONG}")

        def progress(what: str, done: int, total: int) -> None:
            st.progress(min(1.0, done / max(total, 1)), f"{first}. {what}: {done:,} of {total:,}")

        try:
            make_in_parts(run, settings, progress, asking)
        except NoReference as error:
            return str(error)
        finally:
            st.empty()
    return ""
