"""The demonstration study on the Home page: its button, and its progress while it runs.

Holds widgets alone: what the study is stands in ``core.demonstration``, how far a run has come in
``core.standing``.
"""

import streamlit as st

from core import run_requests, runs
from core.demonstration import demonstration_study
from core.run_files import split_of, text
from core.settings import Settings
from core.standing import latest_study, progress_of
from core.training import jobs
from pages.components.frame import errors_as_sentences

POLL_SECONDS = 1.0
SPLIT_WORDS = {
    "patient": "patients kept apart",
    "image": "images split at random, so one patient can be on both sides",
}


def demonstration(settings: Settings, button: bool) -> None:
    """The newest demonstration study, live while it is at work; ``button`` to start it again."""
    latest = latest_study(runs.list_runs(settings.runs))
    if any(run.state in runs.ACTIVE for run in latest):
        st.fragment(_watch, run_every=POLL_SECONDS)(settings)
        return
    _show(latest)
    with st.container(horizontal=True, vertical_alignment="center"):
        if any(run.state == runs.FINISHED for run in latest):
            st.page_link(
                "pages/comparison.py", label="Compare the runs", icon=":material/leaderboard:"
            )
        if button:
            start_button(settings, "Run the study again" if latest else "Run the study")


def start_button(settings: Settings, words: str, kind: str = "secondary") -> None:
    """The button that queues the demonstration study."""
    if st.button(words, type=kind, key="start-study"):
        jobs.submit(demonstration_study(), settings)
        st.rerun()


def _watch(settings: Settings) -> None:
    with errors_as_sentences("Home"):
        latest = latest_study(runs.list_runs(settings.runs))
        active = [run for run in latest if run.state in runs.ACTIVE]
        if not active:
            st.rerun()
        _show(latest)
        stopping = all(run_requests.stop_requested(run) for run in active)
        if st.button("Stop the study", key="stop-study", disabled=stopping):
            for run in active:
                run_requests.request_stop(run)
            st.rerun(scope="fragment")
        st.caption("You may close this page: the study goes on without it.")


def _show(latest: list[runs.Run]) -> None:
    for run in latest:
        share, words = progress_of(run)
        by = text(split_of(run.config).get("by")) or "split not known"
        name = f"**{text(run.config.get('backbone')) or run.id}**, {SPLIT_WORDS.get(by, by)}"
        st.progress(share, f"{name}  \n{words[:1].upper()}{words[1:]}")
