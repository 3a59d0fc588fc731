"""One of the paper's questions on a page: verdict, sentence, chart, doubts, what would change it.

Holds ``evidence_of``, ``reader``, ``answered``, ``at_a_glance`` and ``show_answer``. The answers
are those of ``core.evaluation``; here they are cached by the files that they were read from.
"""

from collections.abc import Sequence
from types import ModuleType

import pandas as pd
import streamlit as st

from core import runs
from core.charts.comparison import comparison_chart
from core.charts.differences import best_chart, differences_chart
from core.charts.questions import MOST_PATIENTS, onset_chart, progression_chart
from core.charts.theme import CONFIG
from core.evaluation.evidence import (
    CANNOT,
    NO,
    NOT_SETTLED,
    YES,
    Evidence,
    QuestionAnswer,
    gather,
    setups,
    who_read,
)
from core.evaluation.slices import FEW
from core.settings import Settings
from pages.components.cases import changed, joined_cases
from pages.components.trivial_baselines import stored_baselines
from pages.components.words import class_title, percent

VERDICTS = {YES: "green", NO: "red", NOT_SETTLED: "orange", CANNOT: "gray"}


def evidence_of(chosen: Sequence[runs.Run], settings: Settings) -> Evidence:
    """What the runs ``chosen`` answer from; warns of those whose files cannot be used."""
    evidence = gather(
        chosen,
        lambda run: joined_cases(run, settings),
        lambda table: stored_baselines(table, settings),
    )
    usable = {run.id for run in evidence.runs}
    for run in chosen:
        if run.id not in usable:
            st.warning(f"Left out: metrics.json of `{run.id}` cannot be read; repeat the run.")
    return evidence


def reader(evidence: Evidence) -> pd.Series | None:
    """Let the reader choose who reads the images of the questions over days; None without runs."""
    available = setups(evidence.real)
    if available.empty:
        return None
    place = 0
    if len(available) > 1:
        place = st.selectbox(
            "Questions 2 and 4 are read by",
            list(available.index),
            format_func=lambda place: (
                f"{who_read(available.loc[place])}: balanced accuracy "
                f"{percent(available['balanced_accuracy'][place])}"
            ),
            help="A run, or a run and its repeats taken together: then an image that several of "
            "them checked counts once, with the mean of their answers.",
            # Other runs make another list.
            key="reader/" + "/".join(available["name"]),
        )
    return available.loc[place]


def answered(
    question: ModuleType, evidence: Evidence, setup: pd.Series | None = None
) -> QuestionAnswer:
    """The answer of ``question``, a module with an ``answer``; ``setup`` says who reads it."""
    marks = tuple(
        (
            str(run.folder),
            changed(run, "predictions.csv"),
            changed(run, "metrics.json"),
            int((evidence.cases[run.id]["sha256"] == "").sum()),
        )
        for run in evidence.runs
    )
    beside = tuple(evidence.baselines["division"]), evidence.baselines["accuracy"].sum()
    chosen = () if setup is None else tuple(setup["runs"])
    given = () if setup is None else (setup,)
    return _answered(question.KEY, marks, beside, chosen, question, evidence, given)


def at_a_glance(answers: Sequence[QuestionAnswer]) -> None:
    """The four verdicts in a row, one below the other on a narrow screen."""
    for place, answer in zip(st.columns(len(answers)), answers, strict=True):
        with place.container(border=True, height="stretch"):
            st.markdown(f"**{answer.key[-1]}** {answer.question}  \n{_badge(answer)}")
            if answer.figure:
                st.caption(answer.figure)


@st.cache_data(max_entries=64, show_spinner="Answering from what the runs said")
def _answered(
    key: str,
    marks: tuple,
    beside: tuple,
    chosen: tuple,
    _question: ModuleType,
    _evidence: Evidence,
    _setup: tuple,
) -> QuestionAnswer:
    return _question.answer(_evidence, *_setup)


def show_answer(answer: QuestionAnswer, evidence: Evidence) -> None:
    """One question with everything that belongs to its answer."""
    st.divider()
    st.subheader(f"{answer.key[-1]}. {answer.question}")
    st.caption(f"Asked of these runs: {answer.asked}")
    st.markdown(f"{_badge(answer)} &ensp;{answer.sentence}")
    if answer.tables:
        _DRAWN[answer.key](answer, evidence)
    if answer.doubts:
        st.caption("**To bear in mind**\n" + "\n".join(f"- {words}" for words in answer.doubts))
    missing = answer.verdict == CANNOT
    title = "The run to make" if missing else "What would change this answer"
    with st.expander(title, expanded=missing, key=f"change-{answer.key}"):
        st.markdown(answer.would_change)
        st.code("\n".join(answer.commands), language="bash", wrap_lines=True)
        st.page_link(
            "pages/training.py",
            label="Or plan it on the Training page",
            icon=":material/model_training:",
        )


def _badge(answer: QuestionAnswer) -> str:
    words = answer.in_short or answer.verdict
    return f":{VERDICTS[answer.verdict]}-badge[{words.upper()}]"


def _contest(answer: QuestionAnswer, evidence: Evidence) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("**The leader against every other network**")
        chart = differences_chart(answer.tables["pairs"])
        st.plotly_chart(chart, theme=None, config=CONFIG, key="contest")
    with right:
        st.markdown("**Which network is best, how often**")
        chart = best_chart(answer.tables["best"])
        st.plotly_chart(chart, theme=None, config=CONFIG, key="contest-best")


def _onset(answer: QuestionAnswer, evidence: Evidence) -> None:
    bands = answer.tables["bands"]
    st.plotly_chart(onset_chart(bands, FEW), theme=None, config=CONFIG, key="onset")
    few = bands.loc[bands["few"], "band"]
    if len(few):
        st.warning(
            f"Fewer than {FEW} images (open marks): {', '.join(few)}. Read the intervals there, "
            "not the values.",
            icon=":material/groups:",
        )
    st.caption(
        "Intervals are Wilson's, with each patient as one case, however many images there are."
    )


def _attained(answer: QuestionAnswer, evidence: Evidence) -> None:
    rows = answer.tables["rows"]
    lines = {"guessing": 1 / len(rows["classes"].iloc[0])} if rows["classes"].iloc[0] else {}
    chart = comparison_chart(rows, "balanced_accuracy", lines)
    st.plotly_chart(chart, theme=None, config=CONFIG, key="attained")
    if not answer.numbers["best_trivial"]:
        st.page_link(
            "pages/comparison.py",
            label="Compute the trivial baselines on the Comparison page",
            icon=":material/leaderboard:",
        )


def _progression(answer: QuestionAnswer, evidence: Evidence) -> None:
    patients, points = answer.tables["patients"], answer.tables["points"]
    chart = progression_chart(patients, points, class_title(evidence.positive))
    st.plotly_chart(chart, theme=None, config=CONFIG, key="progression")
    if len(patients) > MOST_PATIENTS:
        st.caption(
            f"The {MOST_PATIENTS} patients with most images; the figures are of all "
            f"{len(patients)}. The axis shows the part of 0 to 100 % that occurs."
        )


_DRAWN = {"RQ1": _contest, "RQ2": _onset, "RQ3": _attained, "RQ4": _progression}
