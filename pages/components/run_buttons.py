"""The buttons of one run: stop, resume, try again, delete; and of a queue that nobody serves.

Holds widgets and what they do; whether a run can go on is decided by ``core.runs``.
"""

import time

import streamlit as st

from core import run_requests, runs
from core.settings import Settings
from core.training import jobs
from pages.components.frame import errors_as_sentences
from pages.components.words import run_title

# The process of what is next in the queue needs some seconds to load Keras before it says it runs.
PATIENCE_SECONDS = 60


def act(action, *arguments) -> None:
    """Do what a button says. It runs before the page, outside what makes errors sentences there."""
    with errors_as_sentences("Training"):
        action(*arguments)


def can_resume(run: runs.Run) -> bool:
    """Whether the run ended early and its folder can still be used."""
    return run.state in runs.RESUMABLE and not run.problem


def resume_word(run: runs.Run) -> str:
    """What going on with a run is called: a failed one is tried again."""
    return "Try again" if run.state == runs.FAILED else "Resume"


def resume_button(run: runs.Run, settings: Settings) -> None:
    """Put a run that ended early back into the queue; no button where that cannot be."""
    if can_resume(run):
        st.button(
            resume_word(run),
            key=f"resume-{run.id}",
            icon=":material/replay:" if run.state == runs.FAILED else ":material/resume:",
            on_click=act,
            args=(jobs.resume, [run], settings),
        )


def where_it_goes_on(run: runs.Run) -> str:
    """From where a run would go on."""
    if not run.checkpoint_path.exists():
        return "Nothing of it was kept, so it would begin again."
    epoch, epochs = run.status.get("epoch"), run.status.get("epochs")
    where = f", in epoch {epoch} of {epochs}" if epoch and epochs else ""
    return f"It would go on from its checkpoint{where}."


def stop_button(run: runs.Run, label: str) -> None:
    """Ask an active run to stop; the button says so once that has been asked."""
    asked = run_requests.stop_requested(run)
    st.button(
        "Stopping at the next batch" if asked else label,
        key=f"stop-{run.id}",
        icon=":material/stop_circle:",
        disabled=asked,
        on_click=act,
        args=(run_requests.request_stop, run),
    )


def stop_all_button(active: list[runs.Run], label: str, key: str) -> None:
    """Ask several active runs to stop; the button says so once all have been asked."""
    asked = all(run_requests.stop_requested(run) for run in active)
    st.button(
        "Stopping" if asked else label,
        key=key,
        icon=":material/stop_circle:",
        disabled=asked,
        on_click=act,
        args=(_stop_all, active),
    )


def _stop_all(active: list[runs.Run]) -> None:
    # The queued ones first: the worker would begin the next as soon as the present one stops.
    for run in sorted(active, key=lambda run: run.state == runs.RUNNING):
        run_requests.request_stop(run)


def delete_button(run: runs.Run, settings: Settings) -> None:
    """Delete a run for good, after asking; one that is active is stopped first."""
    with st.popover("Delete", icon=":material/delete:", key=f"delete-{run.id}"):
        first = "Stop it, and delete" if run.state in runs.ACTIVE else "Delete"
        st.markdown(f"{first} **{run_title(run)}** with its model, curves and predictions?")
        st.button(
            "Delete for good",
            key=f"really-{run.id}",
            type="primary",
            on_click=act,
            args=(jobs.delete, run, settings),
        )


def waits_for_a_worker(first: runs.Run, settings: Settings) -> None:
    """Say when ``first`` has waited too long with nothing at work before it; offer a worker."""
    # A run that was put back into the queue has not waited since it was made.
    since = first.status.get("heartbeat") or first.created.timestamp()
    if time.time() - since > PATIENCE_SECONDS and not jobs.worker_at_work(settings):
        st.warning("Nothing takes runs from the queue; the worker may have been ended.")
        st.button(
            "Start the worker again",
            icon=":material/restart_alt:",
            on_click=act,
            args=(jobs.start_worker, settings),
        )
