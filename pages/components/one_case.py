"""One image of a run: its row of the catalog, what every run says of it, and one run's heat map.

Holds widgets alone; the answers are gathered by ``core.evaluation.cases``.
"""

from pathlib import Path

import pandas as pd
import streamlit as st

from core import runs
from core.charts.one_image import probabilities_by_run
from core.charts.theme import CONFIG
from core.errors import UserError
from core.evaluation.cases import (
    CALIBRATION,
    NO_PART,
    TRAINING,
    UNKNOWN,
    VALIDATION,
    image_across_runs,
    run_classes,
)
from core.inference.overlay import overlay
from core.settings import Settings
from pages.components.cases import cases_of, in_catalog, sides_of
from pages.components.explanation import NO_CERTAINTY, WHAT_IT_IS, WHAT_IT_IS_NOT, predict_cached
from pages.components.lasting_choice import choose_lasting
from pages.components.one_image import facts_of, large_picture
from pages.components.run_choice import run_gone
from pages.components.score_tables import worded_table
from pages.components.words import class_title, class_words, percent, run_title

OTHER_PARTS = {
    TRAINING: "it was a **training image** of {n}, whose answer would show memory",
    CALIBRATION: "it was held back in {n}, to set a temperature on (calibration)",
    NO_PART: "it took no part in {n}",
    UNKNOWN: "images.csv of {n} cannot be read",
}


def one_case(identifier: str, run: runs.Run, finished: list[runs.Run], settings: Settings) -> None:
    """Show the image ``identifier`` with the answers of the ``finished`` runs that validated it.

    Only runs with the classes of ``run`` count. Raises UserError when neither the catalog nor one
    of these runs knows the image.
    """
    classes = run_classes(run)
    same = [other for other in finished if run_classes(other) == classes]
    cases = {other.id: cases_of(other) for other in same}
    row = _row(identifier, cases, settings)
    table = image_across_runs(
        identifier, row["sha256"], same, cases, {other.id: sides_of(other) for other in same}
    )
    answered = table[table["part"] == VALIDATION].reset_index(drop=True)

    large, facts = st.columns([3, 2], gap="medium")
    with facts:
        st.markdown(f"### {class_words(row['label'])}" if row["label"] else "### No known class")
        facts_of(row)
    with large:
        large_picture(row, settings)
    _answers(table, answered, classes)
    if len(answered):
        by_id = {other.id: other for other in same if other.id in set(answered["run"])}
        _heat_map(row, by_id, run, settings)


def _row(identifier: str, cases: dict[str, pd.DataFrame], settings: Settings) -> pd.Series:
    for table in cases.values():
        found = table[table["id"] == identifier]
        if len(found):
            return in_catalog(found[["id", "path", "label"]], settings).iloc[0]
    raise UserError(
        f"No finished run with these classes validated an image '{identifier}'; go back to the "
        "images."
    )


def _answers(table: pd.DataFrame, answered: pd.DataFrame, classes: tuple[str, ...]) -> None:
    missed, n = int(answered["wrong"].astype(bool).sum()), len(answered)
    st.markdown(
        f"**What {n} run{'s' if n != 1 else ''} with these classes "
        f"say{'s' if n == 1 else ''} of it.** {missed} of {n} wrong."
    )
    others = table["part"].value_counts()
    said = [
        words.format(n=f"{others[part]} other run{'s' if others[part] > 1 else ''}")
        for part, words in OTHER_PARTS.items()
        if part in others
    ]
    if said:
        st.caption(f"Not shown: {'; '.join(said)}.")
    if answered["copy_learnt"].any():
        st.warning(
            f"An exact copy of this file was a training image of {answered['copy_learnt'].sum()} "
            "of the runs below: their answer shows memory, not skill.",
            icon=":material/school:",
        )
    st.plotly_chart(
        probabilities_by_run(answered, classes), theme=None, config=CONFIG, key="case-bars"
    )
    probabilities = [f"p_{name}" for name in classes]
    shown = answered.assign(predicted=answered["predicted"].map(class_title))
    worded_table(
        shown[["name", "predicted", *probabilities]],
        {name: [percent(value) for value in answered[name]] for name in probabilities},
        {f"p_{name}": (class_title(name), f"Probability of {name}") for name in classes},
        {"name": ("Network and run", None), "predicted": ("Answer", None)},
        ["color: #E69F00" if wrong else "" for wrong in answered["wrong"]],
        width=110,
        name="answers-to-one-image",
        exact=answered[["name", "predicted", *probabilities]],
    )
    st.caption(f"Orange: a wrong answer. {NO_CERTAINTY}")


def _heat_map(
    row: pd.Series, by_id: dict[str, runs.Run], run: runs.Run, settings: Settings
) -> None:
    if not st.toggle(
        "Where a network looked (Grad-CAM heat map)", key="case-heat", persist_state="session"
    ):
        return
    left, right = st.columns(2)
    with left:
        chosen = choose_lasting(
            "Network (finished run)",
            {identifier: run_title(other) for identifier, other in by_id.items()},
            run.id if run.id in by_id else next(iter(by_id)),
            f"case-heat-run/{run.id}",
            run_gone,
            placeholder="choose a run",
        )
    explained = right.selectbox(
        "Show what speaks for",
        ["", *run_classes(run)],
        format_func=lambda name: class_words(name) if name else "the network's answer",
        key="case-heat-class",
    )
    if chosen is None:
        return
    path = Path(row["path"])
    prediction = predict_cached(by_id[chosen], path, path.name, settings, explained or "")
    left.image(prediction.pixels, "What the network sees", width="stretch")
    right.image(
        overlay(prediction.pixels, prediction.heat, 0.6),
        f"What speaks for {class_title(prediction.explained_class)} (Grad-CAM)",
        width="stretch",
    )
    if prediction.note:
        st.info(prediction.note)
    st.caption(f"{WHAT_IT_IS} {WHAT_IT_IS_NOT}")
