"""Trivial baselines on the Comparison page: computed by a button, set beside the runs they concern.

Holds ``stored_baselines`` and ``drawn_baselines``, rows for the page's table and chart, and
``trivial_baselines``, the section below them. A thread of the server computes them, without
TensorFlow and shared by all visitors; what it leaves lies on disk
(``core.evaluation.baseline_results``).
"""

import threading
import time

import pandas as pd
import streamlit as st

from core import runs
from core.evaluation.baseline_results import (
    against_trivial,
    baseline_rows,
    best_trivial,
    compute_baselines,
    not_above,
    who_lies_above,
)
from core.evaluation.baselines import BASELINES
from core.settings import Settings
from core.training.config import read_config
from core.training.run_data import ImageChoice
from core.words import counted
from pages.components.frame import errors_as_sentences
from pages.components.score_tables import SCORE_WORDS
from pages.components.words import percent, time_left

POLL = "0.5s"
MOST_SENTENCES = 6
WHAT = (
    "A trivial baseline sees next to nothing of the lungs. What it scores, a network can score "
    "too without having learnt to read an X-ray; only what lies above it counts."
)
NOT_YET = (
    "**Not computed yet for {which}.** Press the button: it takes some seconds, and minutes "
    "where the images have not been prepared before."
)


class _Stop(Exception):
    """Somebody pressed Stop."""


class _Computing(threading.Thread):
    """Computes apart from any page: who leaves the page must not end it."""

    def __init__(self, wanted: dict[str, ImageChoice], settings: Settings):
        super().__init__(daemon=True)
        self.wanted, self.settings = wanted, settings
        self.at = ("Reading the image collections", 0, 1)
        self.seconds_left: float | None = None
        self.stopped = threading.Event()
        self.error: Exception | None = None
        self._began = time.monotonic(), 0
        self.start()

    def run(self) -> None:
        for key, choice in self.wanted.items():
            try:
                compute_baselines(choice, self.settings, self._report, key)
            except _Stop:
                return
            except Exception as error:
                self.error = error

    def _report(self, what: str, done: int, total: int) -> None:
        if self.stopped.is_set():
            raise _Stop
        now = time.monotonic()
        if what != self.at[0]:
            self._began = now, done
        began, first = self._began
        rest = (now - began) / (done - first) * (total - done) if done > first else None
        self.at, self.seconds_left = (what, done, total), rest


@st.cache_resource(show_spinner=False)
def _shelf() -> dict[Settings, _Computing]:
    return {}


def stored_baselines(mine: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Rows of the baselines computed on the images of the runs in ``mine``: COMPARISON_COLUMNS."""
    return baseline_rows(filter(None, mine["division"]), settings)


def drawn_baselines(baselines: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Those that a chart has room for: all of one division, the best of each of several."""
    alone = baselines["division"].nunique() == 1
    return baselines if alone else best_trivial(baselines, measure)


def trivial_baselines(
    chosen: list[runs.Run],
    mine: pd.DataFrame,
    baselines: pd.DataFrame,
    measure: str,
    settings: Settings,
) -> None:
    """Say which runs do not beat the best trivial baseline, and offer to compute what is missing.

    ``mine`` and ``baselines`` are the rows of the runs and of ``stored_baselines``.
    """
    st.subheader("Against trivial baselines", anchor="baselines")
    st.markdown(WHAT)
    if len(baselines):
        _verdict(mine, baselines, measure)
        with st.expander("What each baseline looks at"):
            st.markdown("\n".join(f"- **{row.title}.** {row.sentence}" for row in BASELINES))
            st.caption(
                "All are logistic regressions on scaled inputs, trained and checked on the same "
                "images as the runs. Pixels are taken at 224 x 224 after the default preparation."
            )
    absent = [key for key in dict.fromkeys(mine["division"]) if key]
    absent = [key for key in absent if key not in set(baselines["division"])]
    if absent:
        by_id = {run.id: run for run in chosen}
        owners = mine.drop_duplicates("division").set_index("division")["run"]
        some = int(mine["division"].isin(absent).sum())
        which = (
            "these images"
            if some == len(mine)
            else f"{some} of these {len(mine)} runs, which have other images or another split"
        )
        _offer({key: by_id[owners[key]].config for key in absent}, which, settings)


def _verdict(mine: pd.DataFrame, baselines: pd.DataFrame, measure: str) -> None:
    score = SCORE_WORDS[measure][0].lower()
    compared = mine[mine["division"].isin(baselines["division"])].dropna(subset=[measure])
    beaten = not_above(mine, baselines, measure)
    sentences = [
        against_trivial(f"**{row['name']}**", row, measure, score)
        for row in beaten.to_dict("records")
    ]
    if sentences:
        shown = sentences[:MOST_SENTENCES]
        if more := len(sentences) - len(shown):
            shown.append(
                f"{counted(more, 'more run')} {'is' if more == 1 else 'are'} not shown to beat one "
                "either."
            )
        st.error("  \n".join(shown), icon=":material/trending_flat:")
    elif len(compared):
        best = best_trivial(baselines, measure)
        best = best.loc[best[measure].idxmax()] if len(best) else None
        if best is not None:
            highest = percent(*(best[f"{measure}{end}"] for end in ("", "_low", "_high")))
            st.markdown(
                f"{who_lies_above(len(compared), len(mine))} above the best of them in {score}, by "
                f"intervals (highest: {best['backbone']}, {highest})."
            )


def _offer(absent: dict[str, dict], which: str, settings: Settings) -> None:
    at_work = _shelf().get(settings)
    busy = at_work is not None and at_work.is_alive()
    if not busy:
        st.markdown(NOT_YET.format(which=which))
    if at_work is not None and at_work.error is not None and {*at_work.wanted} & {*absent}:
        with errors_as_sentences("Comparison"):
            raise at_work.error
    st.button(
        "Compute the trivial baselines",
        icon=":material/calculate:",
        disabled=busy,
        on_click=_start,
        args=(absent, settings),
    )
    if busy:
        st.fragment(_follow, run_every=POLL)(at_work)


def _follow(at_work: _Computing) -> None:
    if not at_work.is_alive():
        st.rerun(scope="app")
    what, done, total = at_work.at
    words = f"{what}: {done:,} of {total:,}, {time_left(at_work.seconds_left)}"
    st.progress(min(done / max(total, 1), 1.0), words)
    asked = at_work.stopped.is_set()
    st.button(
        "Stopping" if asked else "Stop",
        key="baselines-stop",
        icon=":material/stop_circle:",
        disabled=asked,
        on_click=at_work.stopped.set,
    )


# What a button does runs before the page, outside the frame that turns errors into sentences.
def _start(absent: dict[str, dict], settings: Settings) -> None:
    with errors_as_sentences("Comparison"):
        wanted = {key: read_config(config, ImageChoice) for key, config in absent.items()}
        at_work = _shelf().get(settings)
        if at_work is None or not at_work.is_alive():
            _shelf()[settings] = _Computing(wanted, settings)
