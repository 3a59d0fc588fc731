"""Following a patient: the X-rays in a row, oldest first, with heat maps below them on request.

Holds ``images_in_a_row``. Thumbnails come from ``core.imaging.thumbnails``, heat maps from the
network's own process.
"""

from pathlib import Path

import pandas as pd
import streamlit as st

from core import runs
from core.errors import UserError
from core.imaging.thumbnails import thumbnails
from core.inference.overlay import overlay
from core.settings import Settings
from pages.components.explanation import WHAT_IT_IS, WHAT_IT_IS_NOT, predict_cached
from pages.components.frame import dot
from pages.components.lasting_choice import choose_lasting
from pages.components.run_choice import run_gone
from pages.components.words import class_title, class_words, day_words, percent, run_title

SIDE = 512
OPACITY = 0.6


def images_in_a_row(
    images: pd.DataFrame,
    means: pd.DataFrame,
    asked: list[runs.Run],
    classes: tuple[str, ...],
    settings: Settings,
) -> None:
    """Show the images with their day, view and likeliest class; undated ones stand apart.

    ``means`` are those of ``core.inference.follow.mean_answers``; ``asked`` the runs whose heat
    maps can be had.
    """
    run, explained = _choose_heat(asked, classes)
    dated = images["offset_days"].notna()
    images = images.assign(number=range(1, len(images) + 1))
    _row(images[dated], means, run, explained, settings, "dated")
    if not dated.all():
        st.markdown("**Undated images of this patient**, in no known order")
        _row(images[~dated], means, run, explained, settings, "undated")
    if run is not None:
        st.caption(f"{WHAT_IT_IS} {WHAT_IT_IS_NOT}")


def _choose_heat(asked: list[runs.Run], classes: tuple[str, ...]) -> tuple[runs.Run | None, str]:
    if not st.toggle("Heat maps below the images (Grad-CAM)", key="follow-heat"):
        return None, ""
    by_id = {run.id: run for run in asked}
    left, right = st.columns(2)
    with left:
        chosen = choose_lasting(
            "Of which run",
            {identifier: run_title(run) for identifier, run in by_id.items()},
            next(iter(by_id)),
            "follow-heat-run",
            run_gone,
            placeholder="choose a run",
        )
    explained = right.selectbox(
        "Show what speaks for",
        ["", *classes],
        format_func=lambda name: class_words(name) if name else "the network's answer",
        key="follow-heat-class",
    )
    return by_id.get(chosen), explained or ""


def _row(
    images: pd.DataFrame,
    means: pd.DataFrame,
    run: runs.Run | None,
    explained: str,
    settings: Settings,
    name: str,
) -> None:
    files = list(zip(images["path"], images["sha256"], strict=True))
    small = thumbnails(files, SIDE, settings.max_pixels, settings.threads)
    with st.container(key=f"grid-course-{name}"):
        for row, picture in zip(images.itertuples(), small, strict=True):
            with st.container(key=f"course-{row.number}", gap="xxsmall"):
                if picture is None:
                    st.caption("This file cannot be shown.")
                else:
                    st.image(picture, width="stretch", alt=f"X-ray {row.id}")
                _words(row, means)
                if run is not None:
                    _heat(row, run, explained, settings)


def _words(row, means: pd.DataFrame) -> None:
    own = means[means["id"] == row.id]
    likeliest = own.loc[own["mean"].idxmax()]
    # Views come from the collection: text, never markup.
    view = "".join(letter for letter in row.view if letter.isalnum() or letter in " -,")
    st.markdown(
        f"**{row.number}**: {day_words(row.offset_days)}{f', {view}' if view else ''}  \n"
        f"{dot(likeliest['class'])}{class_title(likeliest['class'])} "
        f"{percent(likeliest['mean'])}",
        unsafe_allow_html=True,
    )


def _heat(row, run: runs.Run, explained: str, settings: Settings) -> None:
    path = Path(row.path)
    try:
        prediction = predict_cached(run, path, path.name, settings, explained)
    except UserError as error:
        st.info(str(error))
        return
    st.image(
        overlay(prediction.pixels, prediction.heat, OPACITY),
        f"What speaks for {class_title(prediction.explained_class)}",
        width="stretch",
    )
    if prediction.note:
        st.caption(prediction.note)
