"""Following a patient: what the networks say over the days, as a chart and as tables.

Holds ``answers_of``, which asks them with a progress bar and asks nothing twice, ``course_of`` and
``tables_of``. What is computed stands in ``core.inference.follow``.
"""

import time
from pathlib import Path

import pandas as pd
import streamlit as st

from core import runs
from core.charts.patient import probabilities_over_days
from core.charts.theme import CONFIG
from core.evaluation.cases import TRAINING, UNKNOWN, VALIDATION
from core.inference.follow import (
    INTERVALS,
    averaged_runs,
    change_over_days,
    mean_answers,
    patient_answers,
    runs_that_learnt,
)
from core.inference.predictor import predict
from core.settings import Settings
from pages.components.cases import cases_of, changed, sides_of
from pages.components.take_away import take_away
from pages.components.waiting import asking
from pages.components.worded_table import worded_table
from pages.components.words import class_title, day_words, percent, points

# Below this no bar: what is known already is there in a blink.
QUICK_SECONDS = 0.3
PARTS = {VALIDATION: "checked", TRAINING: "trained on", UNKNOWN: "not known"}
PLAIN, STRETCHED = "0 to 100 %", "stretched at both ends"
INTERVAL_WORDS = {"range": "lowest to highest", "t": "95 % t interval"}


def answers_of(images: pd.DataFrame, asked: list[runs.Run], settings: Settings) -> pd.DataFrame:
    """What each run says of each image, as ``core.inference.follow.patient_answers``."""
    place, began = st.empty(), time.monotonic()

    def report(what: str, done: int, total: int) -> None:
        if time.monotonic() - began > QUICK_SECONDS:
            words = f"{what}: {done} of {total} answers. A network takes some seconds to load."
            place.progress(done / total, words)

    answers = patient_answers(
        images,
        asked,
        {run.id: cases_of(run) for run in asked},
        {run.id: sides_of(run) for run in asked},
        lambda run, path: _ask(run.id, _versions(run, path), path, run, settings),
        report,
    )
    place.empty()
    return answers


def course_of(
    images: pd.DataFrame, answers: pd.DataFrame, classes: tuple[str, ...]
) -> pd.DataFrame:
    """Show whom the answers can be believed of, and the chart; gives the means over the runs."""
    st.subheader("What the networks say over the days", anchor=False)
    learnt = runs_that_learnt(answers)
    averaged = answers[answers["run"].isin(_choose_averaged(learnt))]
    several = averaged["run"].nunique() > 1
    interval = "range"
    with st.container(horizontal=True, gap="large"):
        if several:
            interval = st.segmented_control(
                "Bars show",
                list(INTERVALS),
                format_func=INTERVAL_WORDS.get,
                default="range",
                required=True,
                key="follow-interval",
                help="lowest to highest: the answers of all runs lie in it. 95 % t interval: where "
                "the mean of many more such runs would lie, as if their answers were normally "
                "distributed.",
            )
        scale = st.segmented_control(
            "Scale",
            [PLAIN, STRETCHED],
            default=PLAIN,
            required=True,
            key="follow-scale",
            help="Networks are often all but certain. The stretched scale (log-odds) parts 99 from "
            "99.9 %, and 0.1 from 1 %; it makes small changes look large.",
        )
    means = mean_answers(images, averaged, classes, interval)
    trained = averaged[(averaged["part"] == TRAINING) | averaged["copy_learnt"]]["id"]
    means["learnt"] = means["id"].isin(trained)
    means["interval"] = INTERVAL_WORDS[interval] if several else "none, of one run"
    st.plotly_chart(
        probabilities_over_days(
            means,
            classes,
            averaged["run"].nunique(),
            INTERVAL_WORDS[interval],
            stretched=scale == STRETCHED,
        ),
        theme=None,
        config=CONFIG,
        key="follow-chart",
    )
    moved = change_over_days(images, averaged, classes, interval)
    if len(moved):
        said = [
            f"{class_title(row['class'])} {points(row['mean'], row['low'], row['high'])}"
            for _, row in moved.iterrows()
        ]
        beside = f"mean of {moved['n'].iloc[0]} runs, {INTERVAL_WORDS[interval]}"
        st.markdown(
            f"**From the first day to the last**, in points: {'; '.join(said)} "
            f"({beside if several else 'one run, which has no interval'})."
        )
    return means


def tables_of(
    images: pd.DataFrame, answers: pd.DataFrame, means: pd.DataFrame, classes: tuple[str, ...]
) -> None:
    """Show the means image by image, and which of the images each run learnt from."""
    numbered = pd.Series(range(1, len(images) + 1), index=images["id"])
    shown = pd.DataFrame({"number": numbered.to_numpy()})
    shown["day"] = [day_words(day) for day in images["offset_days"]]
    shown["view"] = images["view"].replace("", "not given")
    exact = images[["id", "offset_days", "view"]].reset_index(drop=True)
    exact.insert(0, "number", shown["number"])
    words = {}
    for name in classes:
        own = means[means["class"] == name].reset_index(drop=True)
        shown[name] = own["mean"]
        words[name] = [percent(row["mean"], row["low"], row["high"]) for _, row in own.iterrows()]
        exact[[f"p_{name}", f"p_{name}_low", f"p_{name}_high"]] = own[["mean", "low", "high"]]
    n = int(means["n"].iloc[0])
    exact["runs"], exact["interval"] = n, means["interval"].iloc[0]
    worded_table(
        shown,
        words,
        {name: (class_title(name), f"Mean of {n} run{'s' if n > 1 else ''}") for name in classes},
        {"number": ("Image", None), "day": ("Day", None), "view": ("View", None)},
        name="course",
        exact=exact,
    )
    parts = answers["part"].map(PARTS).fillna("no part").mask(answers["copy_learnt"], "trained on")
    # Where no run learnt from any, the sentence above has said so already.
    with st.expander(
        "Which of these images each run learnt from", expanded=bool((parts == "trained on").any())
    ):
        _parts_of(answers, parts, numbered)


def _parts_of(answers: pd.DataFrame, parts: pd.Series, numbered: pd.Series) -> None:
    numbers = answers["id"].map(numbered)
    table = answers.assign(part=parts, number=numbers)
    table = table.pivot(index="name", columns="number", values="part")
    table = table.reindex(answers["name"].unique()).reset_index()
    table.columns = ["Network and run", *(f"Image {number}" for number in numbered)]
    st.dataframe(
        table.style.map(lambda part: "color: #E69F00" if part == "trained on" else ""),
        hide_index=True,
        column_config={"Network and run": st.column_config.Column(width=270)},
    )
    # The words say who met which image; each run's own answers, of which the means are made, are
    # nowhere else.
    take_away("answers-of-the-runs", answers.assign(number=numbers), lambda: table)
    stored = int(answers["stored"].sum())
    st.caption(
        "*trained on*: the run, or an exact copy of the file in it, learnt from this image. "
        "*checked*: a validation image. *no part*: the run never met it. "
        f"{stored} of these {len(answers)} answers are those that a run left in predictions.csv, "
        "the others were asked now."
    )


def _choose_averaged(learnt: pd.DataFrame) -> list[str]:
    """Say which runs learnt from the patient; gives those to average."""
    seen = learnt[(learnt["trained_on"] > 0) | learnt["unknown"]]
    if seen.empty:
        st.caption(
            "None of these runs learnt from an image of this patient."
            if len(learnt) > 1
            else "The run learnt from no image of this patient."
        )
        return averaged_runs(learnt)
    if len(seen) == len(learnt):
        several = len(learnt) > 1
        most = int(learnt["trained_on"].max())
        st.warning(
            f"**{'Each of these runs' if several else 'This run'} learnt from this patient** "
            f"({'up to ' if several else ''}{most} of the {learnt['images'].iloc[0]} images): the "
            "answers show memory, not skill. The table below says which images."
            if most
            else "images.csv of these runs cannot be read, so nobody knows whether they learnt "
            "from this patient.",
            icon=":material/school:",
        )
        return averaged_runs(learnt)
    every = st.toggle(
        f"Also average the {len(seen)} of {len(learnt)} runs that learnt from this patient "
        "(memory, not skill)",
        key="follow-every",
    )
    return averaged_runs(learnt, every)


def _versions(run: runs.Run, path: Path) -> tuple[int, int]:
    return changed(run, "model.keras"), path.stat().st_mtime_ns if path.exists() else 0


@st.cache_data(max_entries=4096, show_spinner=False)
def _ask(
    identifier: str,
    versions: tuple[int, int],
    path: Path,
    _run: runs.Run,
    _settings: Settings,
) -> dict[str, float]:
    return asking(predict, _run, path, _settings).probabilities
