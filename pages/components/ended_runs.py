"""What has ended, newest first: its score or what went wrong, and what can be done next.

Holds ``ended_runs`` and ``offer_to_resume``, which stands at the top of the page. Active runs and
studies stand in ``live_runs``.
"""

import streamlit as st

from core import runs
from core.settings import Settings
from core.studies import studies
from core.training import jobs
from core.undefined_scores import why_undefined
from pages.components.run_buttons import (
    act,
    can_resume,
    delete_button,
    resume_button,
    where_it_goes_on,
)
from pages.components.study_box import study_box, study_line
from pages.components.words import badge, balanced_words, run_title, training_time

SHOWN = 6
NO_STUDY = ""


def offer_to_resume(settings: Settings) -> None:
    """A warning with a button when runs were interrupted: their process is gone."""
    interrupted = [
        run
        for run in reversed(runs.list_runs(settings.runs))
        if run.state == runs.INTERRUPTED and can_resume(run)
    ]
    if not interrupted:
        return
    one = len(interrupted) == 1
    with st.container(key="interrupted"):
        st.warning(
            f"**{'A run was' if one else f'{len(interrupted)} runs were'} interrupted**: the "
            "computer went down, or the process that trained was ended. "
            + ("It goes" if one else "They go")
            + " on from the last checkpoint, or from the beginning where there is none: "
            f"{', '.join(run_title(run) for run in interrupted[:SHOWN])}"
            f"{' and others' if len(interrupted) > SHOWN else ''}.",
            icon=":material/power_off:",
        )
        st.button(
            "Resume it" if one else "Resume them",
            key="resume-interrupted",
            type="primary",
            icon=":material/resume:",
            on_click=act,
            args=(jobs.resume, interrupted, settings),
        )


def ended_runs(settings: Settings) -> None:
    """List what has ended: studies first, then run by run with links, log, resume and delete."""
    listed = runs.list_runs(settings.runs)
    ended = [run for run in listed if run.state not in runs.ACTIVE]
    if not ended:
        return
    grouped = studies(listed)
    _ended_studies(grouped, settings)
    st.subheader("Runs that have ended")
    st.page_link(
        "pages/comparison.py", label="Compare all finished runs", icon=":material/leaderboard:"
    )
    of_studies = {run.id for members in grouped.values() for run in members}
    of = {NO_STUDY: [run for run in ended if run.id not in of_studies]}
    of |= {
        name: [run for run in reversed(members) if run.state not in runs.ACTIVE]
        for name, members in grouped.items()
    }
    of = {name: members for name, members in of.items() if members}
    chosen = next(name for name, members in of.items() if ended[0] in members)
    if len(of) > 1 or chosen != NO_STUDY:
        chosen = st.selectbox(
            "Show the runs of",
            list(of),
            index=list(of).index(chosen),
            format_func=lambda name: f"study {name}" if name else "no study",
            # When another run has ended, the choice starts again where that one stands.
            key=f"ended-of/{ended[0].id}",
        )
    shown = of[chosen]
    if len(shown) > SHOWN and not st.toggle(f"Show all {len(shown)}"):
        shown = shown[:SHOWN]
    for run in shown:
        with st.container(border=True, key=f"ended-{run.id}"):
            _one(run, settings)


def _ended_studies(grouped: dict[str, list[runs.Run]], settings: Settings) -> None:
    """Studies without an active run: what is left of one as a table, a finished one as a line."""
    ended = {
        name: members
        for name, members in grouped.items()
        if not any(run.state in runs.ACTIVE for run in members)
    }
    if ended:
        st.subheader("Studies that have ended")
    for name, members in ended.items():
        if all(run.state == runs.FINISHED for run in members):
            study_line(name, members)
        else:
            with st.container(border=True, key=f"study-box-{name}"):
                study_box(name, members, settings)


def _one(run: runs.Run, settings: Settings) -> None:
    st.markdown(
        f"{badge(run.state)} **{run_title(run)}**  \n"
        f":small[{run.created:%d %B %Y, %H:%M} · `{run.id}`]"
    )
    if run.state == runs.FINISHED:
        metrics = run.metrics()
        st.markdown(
            f"Balanced accuracy **{balanced_words(metrics)}** on "
            f"{metrics.get('n_validation', 0):,} validation images, trained in "
            f"{training_time(run)}."
        )
        for sentence in why_undefined(metrics, "balanced_accuracy"):
            st.caption(sentence)
    elif run.state == runs.FAILED:
        st.error(run.problem or run.status.get("message") or "It failed without a word.")
    else:
        st.markdown(run.status.get("message") or "It ended early.")
    if can_resume(run):
        st.caption(where_it_goes_on(run))
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.state == runs.FINISHED:
            for page, label, icon in (
                ("confusion", "Confusion matrix", ":material/grid_on:"),
                ("prediction", "Try an image", ":material/radiology:"),
            ):
                st.page_link(
                    f"pages/{page}.py", label=label, icon=icon, query_params={"run": run.id}
                )
        resume_button(run, settings)
        delete_button(run, settings)
    if run.state != runs.FINISHED and (log := run.log_tail()):
        with st.expander("Last lines of the run's log"):
            st.code(log, language=None)
