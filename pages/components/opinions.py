"""Whom to ask on the Prediction page, what all of them say together, and how far to believe it.

Holds widgets alone: opinions and their agreement come from ``core.inference``; how they are drawn
and put into words stands in ``opinion_table``.
"""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core import runs
from core.evaluation.calibration import right_when
from core.evaluation.cases import run_classes
from core.evaluation.confused_with import confused_with
from core.inference.agreement import NOT_PROOF, agreement, mean_words
from core.inference.opinions import (
    MOST_NETWORKS,
    Opinion,
    doubts,
    networks_to_ask,
    opinions,
)
from core.inference.predictor import Prediction, predict
from core.settings import Settings
from core.studies import studies
from pages.components.cases import cases_of, changed, sides_of
from pages.components.image_choice import ChosenImage
from pages.components.opinion_table import bars, table_of_opinions
from pages.components.waiting import asking

ONE, STUDY, ALL = "this network", "its study", "all networks"


def choose_networks(run: runs.Run, finished: list[runs.Run]) -> list[runs.Run]:
    """The networks to ask beside ``run``, itself among them; none when it is asked alone."""
    study = str(run.config.get("study") or "")
    classes = run_classes(run)
    same = {
        STUDY: networks_to_ask(studies(finished).get(study, []), classes)[0],
        ALL: networks_to_ask(finished, classes)[0],
    }
    ways = [ONE, *(way for way, asked in same.items() if len(asked) > 1)]
    if len(ways) == 1:
        st.caption("Train a second network with these classes, and both can be asked at once.")
        return []
    numbers = {way: f"{way} ({len(asked)})" for way, asked in same.items()}
    way = st.radio(
        "Ask", ways, format_func=lambda way: numbers.get(way, way),
        key=f"ask/{len(ways)}",
        help=f"Finished networks with the same classes, at most {MOST_NETWORKS}."
        + (f" The study is {study}." if STUDY in ways else ""),
    )  # fmt: skip
    return same.get(way, [])


def how_far_to_believe(run: runs.Run, prediction: Prediction) -> None:
    """Say in words how often the run was right when it was as sure, and what it confuses."""
    cases = cases_of(run)
    sure = right_when(cases, prediction.probabilities[prediction.predicted])
    st.markdown(f"{sure.sentence} {confused_with(cases, prediction.predicted).sentence}")


def opinions_together(
    asked: list[runs.Run], image: ChosenImage, settings: Settings
) -> list[Opinion]:
    """Ask every network for ``image``, show the opinions as they come and return them.

    Raises UserError as ``doubts``.
    """
    known = doubts(
        image.source, asked,
        {run.id: cases_of(run) for run in asked}, {run.id: sides_of(run) for run in asked},
    )  # fmt: skip
    classes, given = run_classes(asked[0]), []
    heading, progress, chart = st.empty(), st.empty(), st.empty()
    bars(chart, given, asked, classes, image.truth)
    for one in opinions(asked, known, _answer(image, settings)):
        given.append(one)
        progress.progress(len(given) / len(asked), f"{len(given)} of {len(asked)} have answered.")
        bars(chart, given, asked, classes, image.truth)
    progress.empty()
    together = agreement(given, classes)
    heading.markdown(f"### {together.sentence}  \n{mean_words(together)}")
    _left_out(given)
    table_of_opinions(given, asked, classes, image.truth)
    st.caption(NOT_PROOF)
    return given


def _answer(image: ChosenImage, settings: Settings) -> Callable[[runs.Run], Prediction]:
    def answer(run: runs.Run) -> Prediction:
        source = image.source
        on_disk = isinstance(source, Path) and source.exists()
        times = changed(run, "model.keras"), source.stat().st_mtime_ns if on_disk else 0
        return _predicted(run.id, times, source, image.name, run, settings)

    return answer


# Of the session: an upload must not outlive the visit.
@st.cache_data(scope="session", max_entries=512, show_spinner=False)
def _predicted(
    identifier: str,
    changed: tuple[int, int],
    image: Path | bytes,
    name: str,
    _run: runs.Run,
    _settings: Settings,
) -> Prediction:
    return asking(predict, _run, image, _settings, name=name)


def _left_out(given: list[Opinion]) -> None:
    for reason in dict.fromkeys(each.doubt for each in given if each.doubt):
        names = [each.name for each in given if each.doubt == reason]
        st.warning(
            f"Not in the mean, because **{reason}**: {'; '.join(names)}. Such an answer can show "
            "memory instead of skill. Exact copies of a file are recognised, other files of the "
            "same picture are not.",
            icon=":material/school:",
        )
    for each in given:
        if each.problem:
            st.warning(f"{each.name}: {each.problem}", icon=":material/error:")
