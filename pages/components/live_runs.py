"""Runs and studies at work and in the queue, followed without a touch of the page.

Holds ``live_runs``, a fragment that looks at the run folders once a second while one is active, and
not at all otherwise. What else holds the queue up (a range test, a measurement) is shown too. A
study's table stands in ``study_box``, what has ended in ``ended_runs``.
"""

import streamlit as st

from core import runs
from core.charts.live import live_chart, live_points
from core.settings import Settings
from core.studies import studies
from core.training.jobs import all_queued
from pages.components.frame import errors_as_sentences
from pages.components.run_buttons import delete_button, stop_button, waits_for_a_worker
from pages.components.study_box import study_box
from pages.components.words import badge, job_title, run_title, time_left

POLL = "1s"
QUEUE_SHOWN = 5


def live_runs(settings: Settings) -> None:
    """Show every active run; reruns the whole page when one begins or ends its turn."""
    active = _active(settings)
    follow = st.fragment(_follow, run_every=POLL if active else None)
    # In a container of its own: a fragment that draws more than it did before would else draw over
    # what follows it on the page.
    with st.container():
        follow(settings, tuple(run.id for run in active))


def _follow(settings: Settings, known: tuple[str, ...]) -> None:
    with errors_as_sentences("Training"):
        _show(settings, known)


def _show(settings: Settings, known: tuple[str, ...]) -> None:
    everything = all_queued(settings)
    if tuple(job.id for job in everything if job.state in runs.ACTIVE) != known:
        st.rerun(scope="app")
    listed = [run for run in reversed(everything) if run.folder.parent == settings.runs]
    active = [run for run in reversed(listed) if run.state in runs.ACTIVE]
    at_work = [job for job in everything if job.state == runs.RUNNING]
    if not active:
        st.info(
            "**Nothing is training.** Choose a network and press Start; its curves grow here.",
            icon=":material/show_chart:",
        )
    grouped = studies(listed)
    for name, members in grouped.items():
        if any(run.state in runs.ACTIVE for run in members):
            with st.container(border=True, key=f"study-box-{name}"):
                study_box(name, members, settings)
                for run in members:
                    if run.state == runs.RUNNING:
                        _running(run, settings)
    of_studies = {run.id for members in grouped.values() for run in members}
    running = [run for run in active if run.state == runs.RUNNING]
    queued = [run for run in active if run.state == runs.QUEUED]
    others = [job for job in at_work if job.folder.parent != settings.runs]
    for job in others:
        with st.container(border=True, key=f"active-{job.id}"):
            _other(job, settings)
    for run in running:
        if run.id not in of_studies:
            with st.container(border=True, key=f"active-{run.id}"):
                _running(run, settings)
    alone = [(place, run) for place, run in enumerate(queued, start=1) if run.id not in of_studies]
    whole = len(alone) <= QUEUE_SHOWN or st.toggle(f"Show all {len(alone)} waiting runs")
    for place, run in alone if whole else alone[:QUEUE_SHOWN]:
        with st.container(border=True, key=f"active-{run.id}"):
            _waiting(run, place, bool(at_work), settings)
    if queued and not at_work:
        waits_for_a_worker(queued[0], settings)


def _running(run: runs.Run, settings: Settings) -> None:
    status = run.status
    st.markdown(f"{badge(run.state)} **{run_title(run)}**")
    done, total = status.get("step", 0), status.get("steps") or 1
    words = f"{status.get('phase', 'Starting')}: {done:,} of {total:,}"
    st.progress(min(max(done / total, 0.0), 1.0), words)
    facts = [time_left(status.get("seconds_left")), _rate(run), status.get("device", "")]
    if status.get("epochs") and _training(run):
        facts.insert(0, f"epoch {status['epoch']} of {status['epochs']}")
    st.caption(" · ".join(fact for fact in facts if fact))
    with st.container(horizontal=True):
        stop_button(run, "Stop")
        delete_button(run, settings)
    history = run.history()
    if history.empty:
        st.caption("The curves begin with the first training step.")
        return
    for place, measure in zip(st.columns(3), ("accuracy", "loss", "learning_rate"), strict=True):
        place.vega_lite_chart(live_points(history, measure), live_chart(measure), theme=None)


def _other(job: runs.Run, settings: Settings) -> None:
    status = job.status
    st.markdown(f":blue-badge[at work] **{job_title(job, settings)}**")
    done, total = status.get("step") or 0, status.get("steps") or 1
    words = f"{status.get('phase') or 'Starting'}: {done:,} of {total:,}"
    st.progress(min(max(done / total, 0.0), 1.0), words)
    stop_button(job, "Stop")


def _waiting(run: runs.Run, place: int, behind_another: bool, settings: Settings) -> None:
    where = "next in the queue" if place == 1 else f"number {place} in the queue"
    if place == 1 and not behind_another:
        where = "starting: loading Keras takes some seconds"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{badge(run.state)} **{run_title(run)}**  \n{where}", width="stretch")
        stop_button(run, "Take out of the queue")
        delete_button(run, settings)


def _rate(run: runs.Run) -> str:
    rate = run.status.get("steps_per_second")
    if not rate:
        return ""
    # While a network trains a step is a batch; everywhere else it is an image.
    if _training(run):
        images = rate * (run.config.get("batch_size") or 1)
        return f"{images:,.0f} images per second ({rate:.1f} steps)"
    return f"{rate:,.0f} images per second"


def _training(run: runs.Run) -> bool:
    return str(run.status.get("phase", "")).startswith("Training")


def _active(settings: Settings) -> list[runs.Run]:
    return [job for job in all_queued(settings) if job.state in runs.ACTIVE]
