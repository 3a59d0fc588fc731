"""The cheat test on the Comparison page: can a run do without the lungs?

Holds ``cheat_test``, the section. The test itself stands in ``core.evaluation.cheat_test``.
"""

import pandas as pd
import streamlit as st

from core import runs
from core.charts.cheat_test import cheat_chart
from core.charts.theme import CONFIG
from core.evaluation.cheat_differences import difference_table, difference_words
from core.evaluation.cheat_results import (
    CHEAT_SCORES,
    FULL,
    LUNGS_ONLY,
    SEEN,
    WITHOUT_LUNGS,
    cheat_table,
)
from core.evaluation.pairs import CHANCE
from core.measurements import MEASUREMENTS
from core.settings import Settings
from pages.components.measuring import measuring
from pages.components.score_tables import SCORE_WORDS
from pages.components.words import percent

WHAT = (
    "The same features and the same kind of head, trained on images in which the lungs are blacked "
    "out, and on images in which nothing else is left. A run that scores much the same without "
    "lungs has learnt something else than disease (Maguolo & Nanni 2021)."
)
CAUTION = (
    "Blacked out is the rectangle around both lungs where the collection has annotated them "
    "({annotated:,} of {images:,} images), else the middle 70\N{NO-BREAK SPACE}% of the width by "
    "75\N{NO-BREAK SPACE}% of the height. Annotated rectangles differ from that one, and only one "
    "collection has them: where a black rectangle lies can itself tell the collection."
)

INDEPENDENT = (
    "Some of these tests were made before differences were kept image by image: both scores are "
    "taken as independent of each other, which hides small differences. Make them again."
)
BUTTON = "Make the cheat test"
TAKES = (
    "Every image is read twice through the backbone: on a processor minutes for a small network, "
    "and up to hours for a large one with 6,000 images."
)


def cheat_test(chosen: list[runs.Run], measure: str, settings: Settings) -> None:
    """Show the tests of ``chosen``, in ``measure`` where they have it, and offer to make others."""
    measure = measure if measure in CHEAT_SCORES else "balanced_accuracy"
    st.subheader("Without the lungs (cheat test)", anchor="without-lungs")
    st.markdown(WHAT)
    table = cheat_table(chosen, measure)
    differences = difference_table(chosen, measure)
    if len(table):
        st.plotly_chart(cheat_chart(table, measure, SEEN), theme=None, config=CONFIG)
        scores = table.set_index(["run", "seen"])
        for run, rows in differences.groupby("run", sort=False):
            _verdict(rows.to_dict("records"), scores.loc[run], measure)
        most = table.loc[table["n_images"].idxmax()]
        st.caption(CAUTION.format(annotated=most["n_annotated"], images=most["n_images"]))
        if not differences["paired"].all():
            st.caption(INDEPENDENT)
    frozen = [run for run in chosen if run.config.get("epochs") == 0]
    compared = set(differences.loc[differences["paired"], "run"])
    missing = [run for run in frozen if run.id not in compared]
    if missing:
        measuring(MEASUREMENTS["cheat-test"], missing, settings, BUTTON, TAKES, one_by_one=True)
    elif not frozen:
        st.caption("It needs a run on a frozen backbone, such as one with the recipe quick.")


def _verdict(rows: list[dict], scores: pd.DataFrame, measure: str) -> None:
    def score(seen: str) -> str:
        return percent(*(scores.loc[seen][end] for end in ("score", "low", "high")))

    without, alone = rows
    words = (
        f"**{without['name']}** reaches {score(WITHOUT_LUNGS)} without the lungs, where the whole "
        f"image gives {score(FULL)} ({SCORE_WORDS[measure][0].lower()}, {without['n']:,} images): "
        f"{difference_words(without)}."
    )
    if without["finding"] == CHANCE:
        words = f":red[{words}]"
    # That a run does as well without what is not lung is as it should be.
    beside = f"With the lungs alone it reaches {score(LUNGS_ONLY)}: {difference_words(alone)}."
    st.markdown(f"{words}  \n{beside}")
