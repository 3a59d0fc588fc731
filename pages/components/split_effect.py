"""The section "What the split does": runs that differ in their split alone, side by side.

Holds ``what_the_split_does``. Which runs those are, and what changes between them, is found by
``core.evaluation.split_effect``.
"""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core import runs
from core.charts.split_effect import split_chart
from core.charts.theme import CONFIG
from core.evaluation.further_runs import split_command
from core.evaluation.split_effect import SplitEffect, split_effect
from core.evaluation.split_setups import SIDES, split_setups
from core.evaluation.split_words import MEASURES, answered
from core.settings import Settings
from pages.components.cases import cases_of, changed, joined_cases
from pages.components.worded_table import worded_table
from pages.components.words import percent

HOW_TO = (
    "Choose runs that are the same but for their split, by image and by patient, and this section "
    "shows what the split is worth. One study makes them:"
)
ABOUT = (
    "The answers of all runs of a side are taken together. **Balanced accuracy:** a bootstrap that "
    "draws whole patients, the same for both sides. **COVID-19 recall** (sensitivity for images "
    "whose finding is COVID-19, recognised as whatever class the labels put them in): Wilson's "
    "interval, each patient one case. With all folds of a cross-validation both splits check every "
    "image once, and the change of this recall is **paired**: a bootstrap of the differences image "
    "by image that draws whole patients. With seeds each split checks other images, so the change "
    "comes from both intervals as if the sides were independent, which is on the wide side; and "
    "the intervals say nothing of further seeds. Over several seeds a patient can be met by one "
    "run and new to another, and then stands in both groups."
)
# Headings of a table with a column for each measure and split.
SHORT = {"balanced_accuracy": "Balanced", "covid19": "Recall"}
TEXTS = {
    "pair": ("Runs of", "What the two runs share."),
    "shared_patients": (
        "Shared patients",
        "Patients on both sides of the run split by image; by patient there are none.",
    ),
    "shared_covid19": (
        "of them COVID-19",
        "Patients with a COVID-19 image in validation who have images in training too.",
    ),
    "covid19_patients": (
        "COVID-19 checked",
        "Patients with COVID-19 in validation of the run split by image.",
    ),
}


def what_the_split_does(chosen: Sequence[runs.Run], settings: Settings) -> None:
    """Sentence, charts and counts for each setup among ``chosen`` that has runs of both splits."""
    st.subheader("What the split does", anchor="split")
    setups = split_setups([run for run in chosen if len(cases_of(run))])
    if not setups:
        st.markdown(HOW_TO)
        command = split_command([run.config for run in chosen])
        st.code(command, language="bash", wrap_lines=True)
        return
    for number, (by_image, by_patient) in enumerate(setups):
        _show(_effect(_marks([*by_image, *by_patient]), by_image, by_patient, settings), number)
    st.caption(ABOUT)


def _show(effect: SplitEffect, number: int) -> None:
    st.markdown(f"**{effect.name}.** {effect.sentence}")
    if not effect.matched:
        st.caption("No seed has runs of both splits, so all runs of either side are compared.")
    changes = effect.changes.set_index("measure")
    for place, (measure, title) in zip(st.columns(2), MEASURES.items(), strict=True):
        with place:
            st.plotly_chart(
                split_chart(effect.pairs, changes.loc[measure], measure, title),
                theme=None,
                config=CONFIG,
                key=f"split-{number}-{measure}",
            )
            st.caption(f"{title}: {answered(changes.loc[measure])}.")
    seen = effect.seen[effect.seen["n"] > 0]
    if len(seen) == 2:
        parts = [
            f"{percent(row.recall, row.low, row.high)} of {row.n:,} answers on {row.patients:,} "
            f"patients {'met in training' if row.part != 'new' else 'who were new'}"
            for row in seen.itertuples()
        ]
        st.markdown(f"Within the split by image, COVID-19 recall is {' and '.join(parts)}.")
    if effect.caution:
        st.warning(effect.caution, icon=":material/fingerprint:")
    if len(effect.pairs):
        with st.expander("Pair by pair", key=f"split-pairs-{number}"):
            _pairs(effect.pairs)


def _pairs(pairs: pd.DataFrame) -> None:
    numbers = {
        f"{measure}_{side}": (f"{SHORT[measure]} by {side}", f"{title}, split by {side}.")
        for measure, title in MEASURES.items()
        for side in SIDES
    }
    words = {
        name: [percent(*row) for row in pairs[[name, f"{name}_low", f"{name}_high"]].to_numpy()]
        for name in numbers
    }
    columns = ["pair", *numbers, "shared_patients", "shared_covid19", "covid19_patients"]
    worded_table(pairs[columns], words, numbers, TEXTS, name="pairs-of-splits", exact=pairs)


def _marks(used: Sequence[runs.Run]) -> tuple:
    names = ("predictions.csv", "images.csv", "metrics.json")
    return tuple((str(run.folder), *(changed(run, name) for name in names)) for run in used)


@st.cache_data(max_entries=32, show_spinner="Comparing the two splits")
def _effect(
    marks: tuple, _by_image: list[runs.Run], _by_patient: list[runs.Run], _settings: Settings
) -> SplitEffect:
    cases = {run.id: joined_cases(run, _settings) for run in (*_by_image, *_by_patient)}
    return split_effect(_by_image, _by_patient, cases)
