"""The section "Cover a part of the image": what a network says without a marker, or without a lung.

Holds ``cover_section``. Drawing stands in ``cover_canvas``, what is asked in
``core.inference.cover``.
"""

from pathlib import Path

import numpy as np
import streamlit as st

from core import runs
from core.charts.cover import covered_bars
from core.charts.theme import CONFIG
from core.imaging.regions import FILLS, Region
from core.inference.cover import Covered, moved_as_far, predict_covered
from core.inference.predictor import Prediction
from pages.components.cases import changed
from pages.components.cover_canvas import draw_regions
from pages.components.frame import errors_as_sentences
from pages.components.waiting import asking
from pages.components.words import class_title, percent

HOW = (
    "Draw over a marker, a tube or a lung, and every probability is asked again without it. What "
    "is covered is the picture that the network sees, after its preparation. Several regions add "
    "up."
)
RANDOM = (
    "Any patch moves an answer a little. So the same shapes are also put, by themselves, at random "
    "places elsewhere in the image: only a region that moves the answer further than those means "
    "something to the network. What it means is not told."
)


@st.fragment
def cover_section(run: runs.Run, prediction: Prediction, source: Path | bytes) -> None:
    """Let a visitor cover parts of the image that ``prediction`` of ``run`` is about.

    ``source`` is the image's path or the upload's bytes.
    """
    with errors_as_sentences("Prediction, cover a part"):
        st.subheader("Cover a part of the image", anchor=False)
        st.caption(HOW)
        left, right = st.columns(2, gap="large")
        with left:
            regions = draw_regions(prediction.pixels, hash(source))
        with right:
            fill = st.selectbox(
                "What replaces it",
                list(FILLS),
                format_func=lambda name: FILLS[name].title,
                key="cover-fill",
            )
            st.caption(FILLS[fill].sentence)
            if not regions:
                st.info(
                    "Draw on the picture, or give a box by its edges below it, and what changes "
                    "shows here.",
                    icon=":material/draw:",
                )
                return
            version = changed(run, "model.keras")
            result = _cover(run.id, version, prediction.pixels, regions, fill, run)
            _show(result, prediction.predicted)


def _show(result: Covered, answer: str) -> None:
    st.plotly_chart(
        covered_bars(result.before, result.after, result.elsewhere),
        theme=None,
        config=CONFIG,
        key="cover-bars",
    )
    st.markdown(_words(result, answer))
    picture, beside = st.columns([2, 3])
    picture.image(result.pixels, "What the network sees now", width="stretch")
    beside.caption(RANDOM)


def _words(result: Covered, answer: str) -> str:
    now = max(result.after, key=result.after.get)
    name = class_title(answer)
    words = (
        f"Covering {percent(result.share)} of the image moves **{name}** from "
        f"{percent(result.before[answer])} to {percent(result.after[answer])} "
        f"(**{100 * result.change(answer):+z.1f} points**). "
    )
    if now != answer:
        words += f"The answer becomes **{class_title(now)}**. "
    as_far, places = moved_as_far(result, answer)
    if not places:
        return words + (
            "There is no room for these shapes elsewhere in the image, so nothing says how far any "
            "other patch of this size would move it."
        )
    moved = result.changes_elsewhere(answer)
    words += (
        f"At {places} random places the same shapes move it by {100 * min(moved):+z.1f} to "
        f"{100 * max(moved):+z.1f} points: "
    )
    if as_far:
        return words + (
            f"{as_far} of them at least as far. **This region moves the answer no further than "
            "other places do.**"
        )
    return words + (
        "none of them as far. **This region matters more to the network than those**; a region "
        f"like any other would come out ahead of all of them 1 time in {places + 1}."
    )


# Of the session: an upload must not outlive the visit.
@st.cache_data(scope="session", max_entries=64, show_spinner=False)
def _cover(
    identifier: str,
    version: int,
    pixels: np.ndarray,
    regions: tuple[Region, ...],
    fill: str,
    _run: runs.Run,
) -> Covered:
    return asking(predict_covered, _run, pixels, regions, fill)
