"""Runs that have ended, newest first: their score or what went wrong, and what can be done next.

Holds ``ended_runs``. Active runs stand in ``live_runs``.
"""

import streamlit as st

from core import runs
from core.settings import Settings
from pages.components.words import badge, duration, percent, run_title

SHOWN = 6


def ended_runs(settings: Settings) -> None:
    """List what has ended, with links to its results, its log, and a way to delete it."""
    ended = [run for run in runs.list_runs(settings.runs) if run.state not in runs.ACTIVE]
    if not ended:
        return
    st.subheader("Runs that have ended")
    st.page_link(
        "pages/comparison.py", label="Compare all finished runs", icon=":material/leaderboard:"
    )
    everything = len(ended) <= SHOWN or st.toggle(f"Show all {len(ended)}")
    for run in ended if everything else ended[:SHOWN]:
        with st.container(border=True, key=f"ended-{run.id}"):
            _one(run)


def _one(run: runs.Run) -> None:
    st.markdown(
        f"{badge(run.state)} **{run_title(run)}**  \n"
        f":small[{run.created:%d %B %Y, %H:%M} · `{run.id}`]"
    )
    if run.state == runs.FINISHED:
        metrics = run.metrics()
        interval = (metrics.get("ci95") or {}).get("balanced_accuracy") or (None, None)
        st.markdown(
            f"Balanced accuracy **{percent(metrics.get('balanced_accuracy'), *interval)}** on "
            f"{metrics.get('n_validation', 0):,} validation images, trained in "
            f"{duration(metrics.get('training_seconds'))}."
        )
    elif run.state == runs.FAILED:
        st.error(run.problem or run.status.get("message") or "It failed without a word.")
    else:
        st.markdown(run.status.get("message") or "It ended early.")
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.state == runs.FINISHED:
            for page, label, icon in (
                ("confusion", "Confusion matrix", ":material/grid_on:"),
                ("prediction", "Try an image", ":material/radiology:"),
            ):
                st.page_link(
                    f"pages/{page}.py", label=label, icon=icon, query_params={"run": run.id}
                )
        _delete(run)
    if run.state != runs.FINISHED and (log := run.log_tail()):
        with st.expander("Last lines of the run's log"):
            st.code(log, language=None)


def _delete(run: runs.Run) -> None:
    with st.popover("Delete", icon=":material/delete:", key=f"delete-{run.id}"):
        st.markdown(f"Delete **{run_title(run)}** with its model, curves and predictions?")
        if st.button("Delete for good", key=f"really-{run.id}", type="primary"):
            runs.delete_run(run)
            st.rerun()
