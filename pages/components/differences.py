"""The section "Is the difference real?": tests of runs in pairs, in words, charts and numbers.

Holds ``is_it_real``. The tests stand in ``core.evaluation.pairs``, the sentences in
``core.evaluation.verdict``.
"""

from pathlib import Path

import pandas as pd
import streamlit as st

from core import runs
from core.charts.differences import best_chart, differences_chart
from core.charts.theme import CONFIG
from core.errors import UserError
from core.evaluation.common_images import read_answers
from core.evaluation.pairs import FEW_DISCORDANT, Best, pairs_table, probability_best
from core.evaluation.resampling import RESAMPLES
from core.evaluation.verdict import better_first, verdict
from core.run_files import split_of
from pages.components.worded_table import worded_table
from pages.components.words import points

# Every two of them make 66 pairs, more than a chart or Holm's correction can bear.
MOST_RUNS = 12
MOST_PAIRS = 21
NUMBERS = {
    "difference": (
        "Difference",
        "In balanced accuracy, in points, the first less the second, with its 95 % interval: the "
        "same resamples for both runs.",
    ),
    "accuracy_difference": ("In accuracy", "The same for plain accuracy."),
    "p_mcnemar": (
        "p, McNemar",
        "How often chance alone would part the two so far in how many images one alone has right. "
        "E: exact test; C: chi-squared test with continuity correction.",
    ),
    "p_holm": ("p, Holm", "The same, corrected for testing all these pairs at once."),
}
TEXTS = {
    "name_a": ("First run", "The one with the higher balanced accuracy on the shared images."),
    "name_b": ("Second run", None),
    "n_common": ("n", "Validation images that both runs were checked on."),
    "only_a": ("Only first", "Images that the first run alone has right."),
    "only_b": ("Only second", "Images that the second run alone has right."),
    "finding": (
        "Verdict",
        "better: test and interval agree; unclear: only one of them does; chance: neither.",
    ),
}
ABOUT = (
    "Each pair is compared on the validation images that both runs share, the same file with the "
    "same label, so neither was trained on any of them; another seed of the split leaves fewer "
    "such images. **McNemar's test** looks at the images that one run alone has right and takes "
    "images as independent; **Holm's correction** allows for testing many pairs. The **interval** "
    "is a bootstrap of balanced accuracy that draws whole patients. Each run counts as one network "
    "as it was trained: what another seed would have given is told by the spread of repeated runs."
)
ABOUT_NUMBERS = (
    "Differences are points with their 95 % interval, the first run less the second. "
    "**p, McNemar** is that of the exact test (**E**) where fewer than "
    f"{FEW_DISCORDANT} images are right in one run alone, else that of the chi-squared test with "
    "continuity correction (**C**). **Only first**, **only second**: how many images that run "
    "alone has right."
)
MIXED_SPLITS = (
    "Some of these runs are split by image and some by patient: a run split by image may have met "
    "the patients of the shared images in training, and then leads without reading X-rays better."
)


def is_it_real(chosen: list[runs.Run]) -> None:
    """Verdict, differences, probability of best and exact numbers for the runs ``chosen``."""
    st.subheader("Is the difference real?", anchor="differences")
    if len(chosen) > MOST_RUNS:
        st.info(
            f"Every two runs are compared here, and {len(chosen)} runs would make "
            f"{len(chosen) * (len(chosen) - 1) // 2:,} pairs. Choose up to {MOST_RUNS} runs above."
        )
        return
    marks = tuple((str(run.folder), _changed(run.folder)) for run in chosen)
    try:
        answers, left_out = _read(marks, chosen)
    except UserError as error:
        # The rest of the page holds for these runs all the same.
        st.warning(str(error))
        return
    for sentence in left_out.values():
        st.warning(f"Left out: {sentence}")
    if len(answers) < 2:
        st.info("Choose two or more finished runs above: then they are tested against each other.")
        return
    splits = {split_of(run.config).get("by") for run in chosen}
    if len(splits) > 1:
        st.warning(MIXED_SPLITS)
    pairs, best = _tested(marks, answers)
    for sentence in verdict(pairs):
        st.markdown(sentence)
    st.caption(ABOUT)
    pairs = better_first(pairs).sort_values("difference", ascending=False, ignore_index=True)
    shown = pairs
    if len(pairs) > MOST_PAIRS and not st.toggle(f"Show all {len(pairs)} pairs"):
        first = best.table.sort_values("balanced_accuracy", ascending=False)["run"].iloc[0]
        shown = pairs[(pairs["run_a"] == first) | (pairs["run_b"] == first)]
    # Without a chart beside it the other has the whole width.
    known = best.table["probability"].notna().any()
    left, right = st.columns([3, 2], gap="large") if known else (st.container(), st.container())
    with left:
        st.markdown("**How far each two runs are apart**")
        st.plotly_chart(differences_chart(shown), theme=None, config=CONFIG, key="pairs")
    with right:
        _probability(best)
    with st.expander("The exact numbers"):
        _numbers(pairs)


def _probability(best: Best) -> None:
    st.markdown("**Which run is best, how often**")
    if best.table["probability"].notna().any():
        st.plotly_chart(best_chart(best.table), theme=None, config=CONFIG, key="best")
        st.caption(
            f"Share of {RESAMPLES:,} resamples of the {best.n:,} images common to all runs in "
            "which a run has the highest balanced accuracy; ties are shared."
        )
    if best.reason:
        st.caption(best.reason)


def _numbers(pairs: pd.DataFrame) -> None:
    rows = pairs.to_dict("records")
    words = {
        f"{prefix}difference": [
            points(*(row[f"{prefix}{part}"] for part in ("difference", "low", "high")))
            for row in rows
        ]
        for prefix in ("", "accuracy_")
    } | {
        "p_mcnemar": [f"{_p(row['p_mcnemar'])} {'E' if row['exact'] else 'C'}" for row in rows],
        "p_holm": [_p(row["p_holm"]) for row in rows],
    }
    columns = ["name_a", "name_b", "difference", "finding", "n_common"]
    columns += ["accuracy_difference", "p_mcnemar", "p_holm", "only_a", "only_b"]
    worded_table(pairs[columns], words, NUMBERS, TEXTS, name="pairs", exact=pairs)
    st.caption(ABOUT_NUMBERS)
    for sentence in dict.fromkeys(filter(None, pairs["reason"])):
        st.caption(sentence)


def _p(value: float) -> str:
    if pd.isna(value):
        return "undefined"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _changed(folder: Path) -> int:
    try:
        return (folder / "predictions.csv").stat().st_mtime_ns
    except OSError:
        return 0


@st.cache_resource(max_entries=32, show_spinner="Reading what the runs answered")
def _read(marks: tuple, _runs: list[runs.Run]) -> tuple:
    return read_answers(_runs)


@st.cache_data(max_entries=32, show_spinner="Testing each two runs")
def _tested(marks: tuple, _answers: list) -> tuple[pd.DataFrame, Best]:
    return pairs_table(_answers), probability_best(_answers)
