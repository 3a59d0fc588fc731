"""A measurement of finished runs on a page: asked for by a button, followed, stopped, tried again.

Holds ``measuring``, shared by the sections of the Comparison page whose figures take minutes. What
can be measured, and how it is queued, stands in ``core.measurements``.
"""

import streamlit as st

from core import runs
from core.evaluation.compare import run_name
from core.measurements import Measurement, newest, submit
from core.settings import Settings
from core.training.jobs import all_queued
from pages.components.frame import errors_as_sentences
from pages.components.run_buttons import stop_all_button, waits_for_a_worker
from pages.components.words import job_title, time_left

POLL = "1s"
WHERE = "Comparison"


def measuring(
    measurement: Measurement,
    missing: list[runs.Run],
    settings: Settings,
    button: str,
    takes: str,
    one_by_one: bool = False,
) -> None:
    """Offer ``measurement`` of the runs in ``missing``, and follow what is asked for already.

    ``button`` says what it does, ``takes`` how long that is; ``one_by_one``: it takes long, so that
    a single run is offered first.
    """
    jobs = newest(measurement, settings)
    active = {run.id for run in missing if run.id in jobs and _goes_on(jobs[run.id])}
    idle = [run for run in missing if run.id not in active]
    if active:
        # In a container of its own: a fragment that draws more than before would else draw over
        # what follows it.
        with st.container(border=True):
            st.fragment(_follow, run_every=POLL)(measurement, frozenset(active), settings)
    for run in idle:
        if run.id in jobs:
            _say_how_it_ended(jobs[run.id], run)
    if idle:
        _offer(measurement, idle, settings, button, takes, one_by_one)


def _goes_on(job: runs.Run) -> bool:
    # The next worker takes up an interrupted one.
    return job.state in (*runs.ACTIVE, runs.INTERRUPTED)


def _say_how_it_ended(job: runs.Run, run: runs.Run) -> None:
    words = job.problem or job.status.get("message", "")
    if job.state == runs.FAILED:
        st.error(f"**{run_name(run)}**: {words}", icon=":material/error:")
    elif job.state == runs.STOPPED and job.status.get("started"):
        st.caption(
            f"**{run_name(run)}**: stopped. What it had read is kept, and need not be again."
        )


def _offer(
    measurement: Measurement,
    idle: list[runs.Run],
    settings: Settings,
    button: str,
    takes: str,
    one_by_one: bool,
) -> None:
    every, by_id = f"all {len(idle)} runs", {run.id: run for run in idle}
    wanted = idle
    if len(idle) > 1:
        options = [*by_id, every] if one_by_one else [every, *by_id]
        choice = st.selectbox(
            f"{measurement.title} of",
            options,
            format_func=lambda option: run_name(by_id[option]) if option in by_id else option,
            key=f"{measurement.name}-of",
        )
        wanted = [by_id[choice]] if choice in by_id else idle
    st.button(
        button,
        key=f"{measurement.name}-start",
        icon=":material/pulmonology:",
        on_click=_start,
        args=(measurement, wanted, settings),
    )
    st.caption(f"{takes} It goes on when you close this page.")


# What a button does runs before the page, outside the frame that turns errors into sentences.
def _start(measurement: Measurement, wanted: list[runs.Run], settings: Settings) -> None:
    with errors_as_sentences(WHERE):
        submit(measurement, wanted, settings)


def _follow(measurement: Measurement, known: frozenset[str], settings: Settings) -> None:
    with errors_as_sentences(WHERE):
        _show(measurement, known, settings)


def _show(measurement: Measurement, known: frozenset[str], settings: Settings) -> None:
    found = newest(measurement, settings)
    jobs = [found[identifier] for identifier in known if identifier in found]
    if len(jobs) < len(known) or not all(map(_goes_on, jobs)):
        st.rerun(scope="app")
    jobs.sort(key=lambda job: job.id)
    running = [job for job in jobs if job.state == runs.RUNNING]
    for job in running:
        _at_work(job, settings)
    if waiting := [job for job in jobs if job.state != runs.RUNNING]:
        _in_the_queue(waiting, running, settings)
    stop_all_button(jobs, "Stop", f"{measurement.name}-stop")


def _at_work(job: runs.Run, settings: Settings) -> None:
    status = job.status
    done, total = status.get("step") or 0, status.get("steps") or 1
    st.markdown(f"**{job_title(job, settings)}**")
    words = str(status.get("phase") or "Starting")
    if total > 1:
        words += f": {done:,} of {total:,}, {time_left(status.get('seconds_left'))} of this step"
    st.progress(min(max(done / total, 0.0), 1.0), words)


def _in_the_queue(waiting: list[runs.Run], running: list[runs.Run], settings: Settings) -> None:
    if running:
        more = len(waiting)
        st.caption(
            "1 more waits for its turn." if more == 1 else f"{more} more wait for their turns."
        )
        return
    busy = [job for job in all_queued(settings) if job.state == runs.RUNNING]
    if busy:
        st.markdown(f"Waiting until this has ended: **{job_title(busy[0], settings)}**.")
    else:
        st.markdown("Starting: loading Keras takes some seconds.")
        waits_for_a_worker(waiting[0], settings)
