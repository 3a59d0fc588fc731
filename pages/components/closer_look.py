"""From the figures of a confusion matrix to the images behind them, in a fragment of its own.

Holds the choice of a cell, which a click into a matrix makes as well, and the grids of images. One
image alone is shown by ``one_case``, slices by ``slices``.
"""

import pandas as pd
import streamlit as st

from core import runs
from core.data.labels import CLASS_WORDS
from core.evaluation.cases import cell_images, hardest_images, run_classes
from core.settings import Settings
from pages.components.cases import cases_of, changed, in_catalog, joined_cases
from pages.components.frame import errors_as_sentences
from pages.components.one_case import one_case
from pages.components.pictures import paged_grid
from pages.components.slices import slices_of
from pages.components.words import class_title, percent, run_title

VIEWS = {"cell": "Images of a cell", "hardest": "Hardest images", "slices": "Slices"}
VIEW, RUN, TRUTH, ANSWER = "closer-view", "cell-run", "cell-truth", "cell-answer"
CHANGED = "cell-changed"
NO_ANSWERS = (
    "predictions.csv of `{run}` is missing or cannot be read, so its images cannot be shown; "
    "repeat the run."
)
# Beyond this a share of runs is no longer read as single runs.
RUNS_AT_FIRST = 10


def keep_run(shown: list[runs.Run]) -> runs.Run:
    """Look at the first of the runs ``shown``, unless one of them is looked at already."""
    by_id = {run.id: run for run in shown}
    if st.session_state.get(RUN) not in by_id:
        st.session_state[RUN] = shown[0].id
    return by_id[st.session_state[RUN]]


def chosen_cell(run: runs.Run) -> tuple[str, str] | None:
    """The cell of this run that is looked at, as (true class, answer)."""
    cell = st.session_state.get(TRUTH), st.session_state.get(ANSWER)
    mine = st.session_state.get(RUN) == run.id and set(cell) <= {*run_classes(run)}
    return cell if mine else None


def choose_cell(run: runs.Run, chart: str) -> None:
    """Take the cell that was clicked in the matrix ``chart`` of ``run``."""
    points = st.session_state[chart].selection.points
    if points:
        truth, answer, *_ = points[0]["customdata"]
        st.session_state.update({VIEW: "cell", RUN: run.id, TRUTH: truth, ANSWER: answer})
        _close_image()


@st.fragment
def look_closer(
    shown: list[runs.Run], matching: list[runs.Run], finished: list[runs.Run], settings: Settings
) -> None:
    """Show images or slices of the runs ``shown``; hardest images are chosen among ``matching``.

    An address with ?image=<id> shows that image alone, with the answers of all ``finished`` runs
    that have the same classes.
    """
    with errors_as_sentences("Confusion matrices, closer look"):
        st.subheader("Look closer", anchor=False)
        view = st.segmented_control(
            "Show",
            list(VIEWS),
            format_func=VIEWS.get,
            default="cell",
            required=True,
            key=VIEW,
            persist_state="session",
            label_visibility="collapsed",
            on_change=_close_image,
        )
        run = _choose_run(shown)
        if st.session_state.pop(CHANGED, False):
            # The matrix, outside this fragment, frames the cell.
            st.rerun()
        opened = st.query_params.get("image")
        if opened and view != "slices":
            st.button("Back to the images", icon=":material/arrow_back:", on_click=_close_image)
            one_case(opened, run, finished, settings)
        elif view == "hardest":
            _hardest(run, matching, settings)
        elif cases_of(run).empty:
            st.info(NO_ANSWERS.format(run=run.id))
        elif view == "slices":
            slices_of(run, settings)
        else:
            _cell(run, settings)


def _choose_run(shown: list[runs.Run]) -> runs.Run:
    by_id = {run.id: run for run in shown}
    if len(by_id) > 1:
        st.selectbox(
            "Run",
            list(by_id),
            format_func=lambda identifier: run_title(by_id[identifier]),
            key=RUN,
            persist_state="session",
            on_change=_take_choice,
        )
    return by_id[st.session_state[RUN]]


def _cell(run: runs.Run, settings: Settings) -> None:
    classes = run_classes(run)
    places = st.columns(2)
    for place, key, label in zip(
        places, (TRUTH, ANSWER), ("Truly (row)", "Taken for (column)"), strict=True
    ):
        if st.session_state.get(key) not in classes:
            st.session_state[key] = None
        place.selectbox(
            label,
            classes,
            index=None,
            # The exact name first: the end of a long line is cut off on a telephone.
            format_func=lambda name: f"{class_title(name)}: {CLASS_WORDS[name]}",
            key=key,
            persist_state="session",
            placeholder="choose a class",
            on_change=_take_choice,
        )
    cell = chosen_cell(run)
    if cell is None:
        st.info(
            "Click a cell of the matrix, or choose its row and its column here, and its images "
            "show below.",
            icon=":material/ads_click:",
        )
        return
    truth, answer = (class_title(name) for name in cell)
    rows = cell_images(joined_cases(run, settings), *cell)
    right = cell[0] == cell[1]
    if rows.empty:
        st.info(
            f"No image of {truth} was {'recognised' if right else f'taken for {answer}'}. "
            "Choose another cell."
        )
        return
    st.markdown(
        f"**{len(rows):,}** image{'s' if len(rows) > 1 else ''} of **{truth}** "
        + ("recognised" if right else f"taken for **{answer}**")
        + f" by {run_title(run)}, the highest probability of {answer} first. Press one to see "
        "what every run says of it."
    )
    paged_grid(
        rows,
        settings,
        "case-cell",
        lambda row: (
            f"{percent(row.confidence)} {class_title(row.predicted)}; "
            f"true: {class_title(row.label)}"
        ),
    )


def _hardest(run: runs.Run, matching: list[runs.Run], settings: Settings) -> None:
    same = {other.id: other for other in matching if run_classes(other) == run_classes(run)}
    chosen = st.multiselect(
        "Runs",
        list(same),
        default=list(same)[:RUNS_AT_FIRST],
        format_func=lambda identifier: run_title(same[identifier]),
        # With other runs to choose from the choice starts again.
        key=f"hardest-runs-{hash(tuple(same))}",
        persist_state="session",
        placeholder="Choose runs",
        help="Finished runs with the same classes. An image counts for those that validated it.",
    )
    tables = [cases_of(same[identifier]) for identifier in chosen]
    for identifier, table in zip(chosen, tables, strict=True):
        if table.empty:
            st.warning(f"Left out: {NO_ANSWERS.format(run=identifier)}")
    marks = tuple((name, changed(same[name], "predictions.csv")) for name in chosen)
    rows = _missed(marks, tables)
    if rows.empty:
        st.info(
            "None of these runs missed an image." if chosen else "Choose at least one run above."
        )
        return
    every = int((rows["missed"] == rows["runs"]).sum())
    st.markdown(
        f"**{len(rows):,}** images were missed by at least one of these {len(chosen)} runs, "
        f"**{every:,}** by every run that validated them. Those missed by the largest share come "
        "first. A run counts only where the image was one of its validation images, so a split "
        "by other seeds leaves few runs an image."
    )
    paged_grid(in_catalog(rows, settings), settings, "case-hardest", _hardness)


@st.cache_resource(max_entries=16, show_spinner="Counting how many runs missed each image")
def _missed(marks: tuple, _tables: list[pd.DataFrame]) -> pd.DataFrame:
    return hardest_images(_tables)


def _hardness(row) -> str:
    return (
        f"{row.missed} of {row.runs} wrong: {class_title(row.answer)}; "
        f"true: {class_title(row.label)}"
    )


def _take_choice() -> None:
    st.session_state[CHANGED] = True
    _close_image()


def _close_image() -> None:
    if "image" in st.query_params:
        del st.query_params["image"]
