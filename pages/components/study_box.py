"""One study as one table: a row per run, how far each has come, and what can be done about them.

Holds ``study_box``, for a study with something left to do, and ``study_line`` for a finished one.
What the table says is read by ``core.studies``.
"""

from collections import Counter

import pandas as pd
import streamlit as st

from core import run_requests, runs
from core.settings import Settings
from core.studies import BEST_SO_FAR, FINAL, study_table
from core.training import jobs
from pages.components.run_buttons import act, can_resume, resume_word, stop_all_button
from pages.components.words import STATES, badge, percent, time_left

# Beyond this many rows the table scrolls in itself.
MOST_ROWS, TABLE_HEIGHT = 12, 480
COLUMNS = ("Run", "State", "Epoch", "Score", "Time left")
NAMED = 5


def study_box(name: str, members: list[runs.Run], settings: Settings) -> None:
    """The table of a study's runs, with the buttons that stop, resume and retry them."""
    st.markdown(f"**{name}**")
    table = study_table(members)
    st.progress(_share(table), in_numbers(members))
    height = TABLE_HEIGHT if len(table) > MOST_ROWS else "content"
    st.table(_in_words(table), border="horizontal", hide_index=True, height=height)
    if table["score"].notna().any():
        st.caption(f"Score: {FINAL} when finished; until then the {BEST_SO_FAR}.")
    _reasons(table)
    _buttons(name, members, table, settings)


def study_line(name: str, members: list[runs.Run]) -> None:
    """A finished study in one line, with the way to its results."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"study-line-{name}"):
        st.markdown(f"{badge(runs.FINISHED)} **{name}** · {in_numbers(members)}", width="content")
        for page, label, icon in (
            ("comparison", "Compare its runs", ":material/leaderboard:"),
            ("confusion", "Confusion matrices", ":material/grid_on:"),
        ):
            st.page_link(f"pages/{page}.py", label=label, icon=icon, query_params={"study": name})


def in_numbers(members: list[runs.Run]) -> str:
    """How many runs are in which state: "3 of 7 finished, 1 training, 3 waiting"."""
    counts = Counter(run.state for run in members)
    others = [
        f"{counts[state]} {word}"
        for state, (_, word) in STATES.items()
        if state != runs.FINISHED and counts[state]
    ]
    return ", ".join([f"{counts[runs.FINISHED]} of {len(members)} finished", *others])


def _share(table: pd.DataFrame) -> float:
    begun = (table["epoch"] / table["epochs"]).astype(float).fillna(0).clip(0, 1)
    return float(begun.where(table["state"] != runs.FINISHED, 1.0).mean())


def _in_words(table: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (row.differs, badge(row.state), _epoch(row), _score(row), _left(row))
        for row in table.itertuples()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _epoch(row) -> str:
    if pd.isna(row.epochs):
        return ""
    return f"{0 if pd.isna(row.epoch) else row.epoch} of {row.epochs}"


def _score(row) -> str:
    if pd.isna(row.score):
        return ""
    return f"{percent(row.score)}{' so far' if row.score_is == BEST_SO_FAR else ''}"


def _left(row) -> str:
    if row.state != runs.RUNNING or pd.isna(row.seconds_left):
        return ""
    return time_left(row.seconds_left).removesuffix(" left")


def _reasons(table: pd.DataFrame) -> None:
    """Why runs of the study failed or broke off, each reason once."""
    broken = table[table["state"].isin((runs.FAILED, runs.INTERRUPTED)) & (table["message"] != "")]
    for message, rows in broken.groupby("message", sort=False):
        names = list(rows["differs"])
        others = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        st.caption(f"**{', '.join(names[:NAMED])}{others}**: {message}")


def _buttons(name: str, members: list[runs.Run], table: pd.DataFrame, settings: Settings) -> None:
    active = [run for run in members if run.state in runs.ACTIVE]
    failed = [run for run in members if can_resume(run) and run.state == runs.FAILED]
    halted = [run for run in members if can_resume(run) and run.state != runs.FAILED]
    with st.container(horizontal=True, vertical_alignment="center"):
        if active:
            stop_all_button(active, "Stop the study", f"study-stop-{name}")
        if halted:
            st.button(
                f"Resume {_runs(halted)}",
                key=f"study-resume-{name}",
                icon=":material/resume:",
                type="secondary" if active else "primary",
                on_click=act,
                args=(jobs.resume, halted, settings),
            )
        if failed:
            st.button(
                f"Retry the failed ({len(failed)})",
                key=f"study-retry-{name}",
                icon=":material/replay:",
                on_click=act,
                args=(jobs.resume, failed, settings),
            )
        _one_run(name, members, _told_apart(table), settings)


def _one_run(
    name: str, members: list[runs.Run], differs: dict[str, str], settings: Settings
) -> None:
    """Stop, resume or retry one run of the study."""
    words = {}
    for run in members:
        if run.state in runs.ACTIVE and not run_requests.stop_requested(run):
            words[run.id] = f"Stop {differs[run.id]}"
        elif can_resume(run):
            words[run.id] = f"{resume_word(run)} {differs[run.id]}"
    if not words:
        return
    key = f"study-one-{name}"
    st.menu_button(
        "One run",
        list(words),
        key=key,
        format_func=words.get,
        icon=":material/more_vert:",
        on_click=_act_on_one,
        args=(key, settings),
    )


def _told_apart(table: pd.DataFrame) -> dict[str, str]:
    # Runs that repeat each other exactly have the same words.
    alike = table.duplicated("differs", keep=False)
    words = table["differs"].where(~alike, table["differs"] + " · " + table["run"].str[-4:])
    return dict(zip(table["run"], words, strict=True))


def _act_on_one(key: str, settings: Settings) -> None:
    if not (chosen := st.session_state[key]):
        return
    act(_stop_or_resume, chosen, settings)


def _stop_or_resume(chosen: str, settings: Settings) -> None:
    run = runs.read_run(settings.runs, chosen)
    if run.state in runs.ACTIVE:
        run_requests.request_stop(run)
    else:
        jobs.resume([run], settings)


def _runs(chosen: list[runs.Run]) -> str:
    return f"{len(chosen)} runs" if len(chosen) > 1 else "1 run"
