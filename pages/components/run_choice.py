"""Choosing a finished run, what to say when there is none, and what to know about the chosen one.

Holds what the pages share that look at finished runs. How a run is started stands in
``run_form``, how one is watched in ``live_runs``.
"""

from collections.abc import Sequence

import streamlit as st

from core import runs
from core.data.labels import COHORTS, LABEL_SCHEMES
from core.errors import UserError
from core.evaluation.compare import run_name
from core.evaluation.first_shown import first_shown
from core.evaluation.rehearsals import rehearsal_sentence
from core.run_files import split_of
from core.settings import Settings, read_settings
from pages.components.lasting_choice import choose_lasting, quoted
from pages.components.words import balanced_words, is_synthetic, run_title, training_time

PART_OF_ITS_SCORE = (
    "Part of its score says how well the network recognises patients it has already met, not how "
    "well it reads a new patient's X-ray. Trust a run split by patient more."
)
PART_OF_THEIR_SCORES = (
    "Part of their scores says how well the networks recognise patients they have already met, not "
    "how well they read a new patient's X-ray. Trust a run split by patient more."
)
AT_WORK = (
    "A network is being trained. Watch it on the Training page; once it has finished, open this "
    "page again."
)
NOTHING_YET = (
    "Run the demonstration study on Home, three short runs to look at here, or choose one network "
    "on the Training page and press Start. The smallest, TinyCNN, takes a minute or two."
)


def finished_runs(settings: Settings) -> list[runs.Run]:
    """Finished runs, newest first; when there is none, says what to do next and stops the page."""
    all_runs = runs.list_runs(settings.runs)
    finished = [run for run in all_runs if run.state == runs.FINISHED]
    if finished:
        return finished
    at_work = any(run.state in runs.ACTIVE for run in all_runs)
    st.info(
        "**No finished run yet.** " + (AT_WORK if at_work else NOTHING_YET),
        icon=":material/hourglass_empty:",
    )
    with st.container(horizontal=True):
        if not at_work:
            st.page_link("pages/home.py", label="Go to Home", icon=":material/home:")
        st.page_link("pages/training.py", label="Go to Training", icon=":material/model_training:")
    st.stop()


def choose_run(finished: list[runs.Run], label: str, key: str, optional: bool = False):
    """Choose one of ``finished``; None only when ``optional`` and nothing is chosen.

    At first it is the run that an address ends in (?run=<id>), else the one that
    ``core.evaluation.first_shown`` gives; then what the visitor has chosen. Where that one is gone,
    and where the address asks for one that there is not, the page says so and stops until the
    visitor has chosen another; an ``optional`` one is only said to be gone.
    """
    by_id = {run.id: run for run in finished}
    required = by_id and not optional
    chosen = choose_lasting(
        label,
        {identifier: run_title(run) for identifier, run in by_id.items()},
        first_shown(finished).id if required else None,
        key,
        run_gone,
        asked=st.query_params.get("run", "") if required else "",
        placeholder="choose a run" if required else "none",
    )
    if required and chosen is None:
        st.stop()
    run = by_id.get(chosen)
    say_rehearsal([run] if run else [])
    return run


def run_gone(identifier: str, title: str) -> str:
    """Why a run that is not among those to choose from cannot be chosen; empty where it could."""
    try:
        run = runs.read_run(read_settings().runs, identifier)
    except UserError:
        if title:
            return f"Run **{title}** ({quoted(identifier)}) was deleted; choose another."
        return f"There is no run {quoted(identifier)} (any more); choose another."
    if run.state != runs.FINISHED:
        return f"Run {quoted(identifier)} has not finished (it is {run.state}); choose another."
    return ""


def say_rehearsal(shown: Sequence[runs.Run]) -> None:
    """Say it where scores of some of the runs ``shown`` come from a rehearsal."""
    if words := rehearsal_sentence([run.config for run in shown]):
        kind, _, why = words.partition(":")
        st.caption(f":orange[{kind}:]{why}")


def describe_run(run: runs.Run, metrics: dict) -> None:
    """What a reader must know before believing the run: its data, its split, its scores, its n."""
    config = run.config
    labels = LABEL_SCHEMES.get(config.get("labels", ""))
    cohort = COHORTS.get(config.get("cohort", ""))
    held_back = metrics.get("n_calibration")
    st.markdown(
        f"{':orange-badge[SYNTHETIC images] ' if is_synthetic(run) else ''}"
        f"**{run_name(run)}**: "
        f"{labels.title.lower() if labels else 'unknown classes'}; images: "
        f"{cohort.title.lower() if cohort else 'unknown'}. Trained on "
        f"{metrics.get('n_training', 0):,} images in {training_time(run)}, checked on "
        f"{metrics.get('n_validation', 0):,} it had not seen"
        f"{f', {held_back:,} more held back to set a temperature on' if held_back else ''}. "
        f"Balanced accuracy {balanced_words(metrics)}: the mean share recognised over the classes, "
        f"with its 95 % interval. Run `{run.id}`."
    )


def warn_of_shared_patients(shown: Sequence[runs.Run]) -> None:
    """Warn in plain words of those of the runs ``shown`` that were split by image, in one box."""
    by_image = [run for run in shown if split_of(run.config).get("by") == "image"]
    if not by_image:
        return
    lines = [f"{_named(run, len(shown))} **split by image**: {_overlap(run)}." for run in by_image]
    lines.append(PART_OF_THEIR_SCORES if len(by_image) > 1 else PART_OF_ITS_SCORE)
    st.warning("  \n".join(lines), icon=":material/group:")


def _named(run: runs.Run, of: int) -> str:
    return f"**{run_title(run)}** was" if of > 1 else "This run was"


def _overlap(run: runs.Run) -> str:
    metrics = run.metrics()
    shared, copies = metrics.get("overlap_patients"), metrics.get("overlap_images")
    overlap = "images of one patient can stand on both sides"
    if shared is not None:
        overlap = f"**{shared:,}** patients have images both in training and in validation"
    if copies:
        overlap += f", and {copies:,} validation images are exact copies of training images"
    return overlap
