"""Starting one run or a study: its choices, what they amount to, and the button.

Holds ``start_form`` and ``start_button``. The choices alike for all runs stand in ``run_form``,
what differs between the runs of a study in ``study_form``. What becomes of them is shown by
``live_runs``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import UserError
from core.settings import Settings
from core.training.config import RunConfig, configure
from core.training.jobs import submit, submit_study
from core.training.study import plan_study, varied_fields
from core.training.variations import ALL, VARIATIONS
from pages.components.frame import errors_as_sentences
from pages.components.run_form import preview, run_form
from pages.components.study_form import CHOSEN_AT_FIRST, study_form

ONE, STUDY = "One run", "A study: several runs that differ in one thing"


@dataclass(frozen=True)
class Choice:
    """What would start: the config of every run, none where the choices do not fit together."""

    configs: tuple[RunConfig, ...]
    study: bool


def start_form(settings: Settings) -> Choice:
    """Show all choices and what they amount to; where they do not fit, the page says why."""
    kind = st.segmented_control(
        "What to start",
        [ONE, STUDY],
        default=ONE,
        required=True,
        key="start-kind",
        label_visibility="collapsed",
    )
    study = kind == STUDY
    try:
        return Choice(tuple(_study(settings) if study else _run(settings)), study)
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return Choice((), study)


def start_button(choice: Choice, settings: Settings) -> None:
    """Queue what was chosen when pressed; what is wrong with it stands below the button."""
    label = "Start the study" if choice.study else "Start"
    disabled = not choice.configs
    if st.button(label, type="primary", icon=":material/play_arrow:", disabled=disabled):
        with errors_as_sentences("Training"):
            (submit_study if choice.study else submit)(list(choice.configs), settings)
            count = len(choice.configs)
            words = "Your run is" if count == 1 else f"{count} runs are"
            st.toast(f"{words} in the queue.", icon=":material/playlist_add_check:")


def _run(settings: Settings) -> list[RunConfig]:
    config = configure(**run_form(settings))
    preview(config, settings)
    return [config]


def _study(settings: Settings) -> list[RunConfig]:
    name, over = study_form(settings)
    # Where no value is chosen the form stays, and with it what was filled in.
    shown = {thing: values or CHOSEN_AT_FIRST[thing] for thing, values in over.items()}
    varied = set().union(*varied_fields(shown).values())
    configs = plan_study(name, run_form(settings, shown, {"study", *varied}), over)
    preview(configs[0], settings, "The first run has ")
    st.markdown(_in_short(configs, over))
    return configs


def _in_short(configs: list[RunConfig], over: dict[str, Sequence]) -> str:
    """How many runs there will be, made of what."""
    counts = [
        f"{configs[0].split.folds if list(values) == [ALL] else len(values)} "
        f"{VARIATIONS[thing].title.partition(' (')[0].lower()}"
        for thing, values in over.items()
    ]
    return f"**{len(configs)} run{'s' if len(configs) > 1 else ''}**: {' times '.join(counts)}."
