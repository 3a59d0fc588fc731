"""The answers that the Thresholds page looks at: of one run or two, as given or at a temperature.

Holds ``ShownAnswers``, how they are read, what is said of them, and the switch that applies the
temperature. What is computed from them stands in ``core.evaluation``.
"""

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from core import runs
from core.evaluation.calibration import Calibration, calibration_of
from core.evaluation.cases import run_classes
from core.evaluation.class_curves import ClassCurves, class_curves
from core.evaluation.common_images import short_names
from core.evaluation.temperature import Temperature, run_temperature, scaled_cases
from core.words import listed
from pages.components.cases import cases_of, changed
from pages.components.closer_look import NO_ANSWERS
from pages.components.words import is_synthetic

KEPT, MOST_CLASSES = 64, 4


@dataclass(frozen=True)
class ShownAnswers:
    """A run's ``cases`` as answered, its ``temperature``, and the one ``applied`` (1: none)."""

    run: runs.Run
    name: str
    classes: tuple[str, ...]
    cases: pd.DataFrame
    temperature: Temperature
    applied: float = 1.0

    @property
    def answers(self) -> pd.DataFrame:
        """The cases with the probabilities to look at."""
        if self.applied == 1.0:
            return self.cases
        return scaled_cases(self.cases, self.classes, self.applied)

    def curves(self, name: str) -> ClassCurves:
        """Curves of the class ``name``; shared: do not write to them."""
        mark = changed(self.run, "predictions.csv")
        return _curves(self.run.id, mark, self.applied, self.classes, name, self)

    def calibration(self, temperature: float = 1.0) -> Calibration:
        """How far the probabilities hold, as answered or at a temperature; shared."""
        mark = changed(self.run, "predictions.csv")
        at = replace(self, applied=temperature)
        return _calibration(self.run.id, mark, temperature, self.classes, at)


def shown_answers(chosen: list[runs.Run]) -> list[ShownAnswers]:
    """Answers of the ``chosen`` runs; a run that left none is named in a sentence instead."""
    names = short_names(chosen)
    found = []
    for run in chosen:
        cases = cases_of(run)
        if cases.empty:
            st.warning(NO_ANSWERS.format(run=run.id))
            continue
        temperature = run_temperature(run)
        found.append(ShownAnswers(run, names[run.id], run_classes(run), cases, temperature))
    return found


def describe(shown: list[ShownAnswers]) -> None:
    """Say what each run was checked on, and whether two runs were checked on the same images."""
    for one in shown:
        synthetic = ":orange-badge[SYNTHETIC images] " if is_synthetic(one.run) else ""
        n, patients = len(one.cases), one.cases["patient"]
        known = patients[patients != ""].nunique()
        of = f" of {known:,} patients" if known else ""
        st.caption(
            f"{synthetic}**{one.name}**: {n:,} validation image{'s' if n != 1 else ''}{of}, run "
            f"`{one.run.id}`."
        )
    if len({frozenset(one.cases["id"]) for one in shown}) > 1:
        st.caption("The two runs were checked on different images, so chance parts them as well.")


def choose_temperature(shown: list[ShownAnswers]) -> list[ShownAnswers]:
    """Show the switch where a run has a temperature; return the answers to look at."""
    having = [one for one in shown if one.temperature.value is not None]
    if having:
        words = "; ".join(
            f"{f'{one.name}: ' if len(shown) > 1 else ''}T = {one.temperature.value:.2f}, set on "
            f"{one.temperature.n:,} images held back from training"
            for one in having
        )
        if st.toggle(
            f"Correct the probabilities by the run's temperature ({words})",
            key="apply-temperature",
            help="Temperature scaling (Guo et al. 2017): the network's logits divided by T. Above "
            "1 it makes the network less sure. Which class is answered does not change.",
        ):
            shown = [replace(one, applied=one.temperature.value or 1.0) for one in shown]
    without: dict[str, list[str]] = {}
    for one in shown:
        if one.temperature.value is None:
            without.setdefault(one.temperature.reason, []).append(one.name)
    for reason, names in without.items():
        st.caption(
            f"No correction of the probabilities (temperature scaling) for {listed(names)}: "
            f"{reason[0].lower()}{reason[1:]}"
        )
    return shown


@st.cache_resource(max_entries=KEPT * MOST_CLASSES, show_spinner="Drawing curves and their bands")
def _curves(
    identifier: str,
    mark: int,
    applied: float,
    classes: tuple[str, ...],
    name: str,
    _shown: ShownAnswers,
) -> ClassCurves:
    return class_curves(_shown.answers, classes, name)


@st.cache_resource(max_entries=KEPT, show_spinner="Comparing probabilities with what was right")
def _calibration(
    identifier: str, mark: int, applied: float, classes: tuple[str, ...], _shown: ShownAnswers
) -> Calibration:
    return calibration_of(_shown.answers, classes)
