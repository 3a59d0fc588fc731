"""The paper's second question: can it screen for COVID-19 early?

Holds the answer and what must be said beside it. The figures by days since onset stand in
``core.evaluation.onset``.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from core.evaluation.evidence import (
    CANNOT,
    COVID19,
    NO,
    NOT_SETTLED,
    YES,
    Evidence,
    QuestionAnswer,
    by_image,
    images_read,
    unit_of,
    unless_drawn,
    who_read,
)
from core.evaluation.further_runs import cross_validation
from core.evaluation.onset import ABOUT_DAYS, FIRST, onset_table, onset_trend, trend_sentence
from core.evaluation.slices import FEW
from core.evaluation.statistics import wilson
from core.words import PERCENT, class_title, counted, listed, percent, source_title

KEY = "RQ2"
QUESTION = "Can it screen for COVID-19 early?"
# What a screening test is asked for here; a yardstick of ours, not the paper's.
WANTED = 0.9
ASKED = (
    f"Does it recognise at least {100 * WANTED:.0f} % of the COVID-19 X-rays of the first days, "
    f"and take no more than {100 - 100 * WANTED:.0f} % of the other images of the same collection "
    "for its class? (The yardstick is this page's own.)"
)

CHECKS_ALL = "A cross-validation on everything that can be placed checks every dated image once:"
CHECKED_ALL = (
    "A cross-validation on everything that can be placed is among these runs; another seed tells "
    "how far chance moves its figures:"
)


def answer(evidence: Evidence, setup: pd.Series | None = None) -> QuestionAnswer:
    """Answer from the most believable setup among the runs, or from ``setup``, a row of setups."""
    read = images_read(evidence, setup)
    if read.missing:
        return _cannot(evidence, read.missing)
    setup, covid19 = read.setup, read.covid19
    if covid19["offset_days"].notna().sum() == 0:
        return _cannot(
            evidence,
            f"None of the COVID-19 images among the validation images ({len(covid19):,}) has a day "
            "since onset in the metadata.",
        )
    bands = onset_table(covid19)
    trend = onset_trend(covid19, bands)
    early = bands.set_index("band").loc[FIRST]
    others = read.images[read.images["label"] != evidence.positive]
    same = others[others["source"].isin(covid19["source"].unique())]
    alarms = _alarms(same)
    decided = _decide(early, same, alarms)
    beside = _beside(evidence, covid19, others, same, alarms)
    said = [_sentence(covid19, early, setup), beside, trend_sentence(trend)]
    if decided == NO and _too_many(same, alarms):
        # What decides stands first.
        said = [beside, *said[:1], *said[2:]]
    sentence = " ".join(said)
    command, is_new = cross_validation(evidence)
    decided, sentence = unless_drawn(evidence, decided, sentence)
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        decided,
        sentence,
        (*_doubts(evidence, covid19, early), *by_image(setup)),
        "More early images narrow the first band; images of other diseases and of healthy people "
        "from the same hospitals would show whether the disease is recognised or the collection. "
        + (CHECKS_ALL if is_new else CHECKED_ALL),
        (command,),
        {
            "setup": setup["name"],
            "runs": list(setup["runs"]),
            "n": len(covid19),
            "bands": bands.to_dict("records"),
            "trend": trend.__dict__,
            "false_alarms_same_source": {
                "n": len(same),
                "rate": alarms[0],
                "ci95": list(alarms[1:]),
            },
        },
        {"bands": bands},
        figure=_figure(evidence, decided, early, same, alarms),
    )


def _alarms(same: pd.DataFrame) -> tuple[float, float, float]:
    """Share of these images without COVID-19's class that were taken for it, with its interval."""
    units = unit_of(same).nunique()
    if not units:
        return np.nan, np.nan, np.nan
    rate = float(same["flagged"].mean())
    return (rate, *wilson(rate * units, units))


def _decide(early: pd.Series, same: pd.DataFrame, alarms: tuple[float, float, float]) -> str:
    if not early["n"]:
        return NOT_SETTLED
    if early["high"] < WANTED or _too_many(same, alarms):
        return NO
    few_alarms = len(same) >= FEW and alarms[2] <= 1 - WANTED
    return YES if early["low"] >= WANTED and few_alarms else NOT_SETTLED


def _too_many(same: pd.DataFrame, alarms: tuple[float, float, float]) -> bool:
    """Whether there are surely more false alarms than are asked for."""
    return len(same) >= FEW and alarms[1] > 1 - WANTED


def _figure(
    evidence: Evidence,
    decided: str,
    early: pd.Series,
    same: pd.DataFrame,
    alarms: tuple[float, float, float],
) -> str:
    """What decided, with its interval: both figures, or of a no those that speak against it."""
    figures = []
    if early["n"] and (decided != NO or early["high"] < WANTED):
        first = percent(early["sensitivity"], early["low"], early["high"])
        figures.append(f"{first} recognised {FIRST}, n = {early['n']:,}")
    if len(same) and (decided != NO or _too_many(same, alarms)):
        figures.append(
            f"{percent(*alarms)} of the collection's other images taken for "
            f"{class_title(evidence.positive)} too, n = {len(same):,}"
        )
    return "; ".join(figures)


def _beside(
    evidence: Evidence,
    covid19: pd.DataFrame,
    others: pd.DataFrame,
    same: pd.DataFrame,
    alarms: tuple[float, float, float],
) -> str:
    """What the other images of the collection say: whether it is the disease that is recognised."""
    sources = listed([source_title(name) for name in sorted(covid19["source"].unique())])
    positive = class_title(evidence.positive)
    if len(same) < FEW:
        return (
            f"The COVID-19 images come from the collection {sources}, and "
            f"{counted(len(same), 'image')} of the {len(others):,} other ones "
            f"{'does' if len(same) == 1 else 'do'}: a network that recognises the collection "
            "recognises COVID-19 without seeing it, at any day. This alone keeps the answer from "
            "being yes."
        )
    said = (
        f"Of {counted(len(same), 'image')} of other classes from the same collection ({sources}) "
        f"{percent(*alarms)} were taken for {positive} too (false alarms)"
    )
    allowed = f"{100 - 100 * WANTED:.0f}{PERCENT}"
    if _too_many(same, alarms):
        return f"{said}, where at most {allowed} are allowed: this alone makes the answer no."
    return f"{said}; at most {allowed} are allowed."


def _sentence(covid19: pd.DataFrame, early: pd.Series, setup: pd.Series) -> str:
    units = unit_of(covid19).nunique()
    rate = float(covid19["right"].mean())
    whole = percent(rate, *wilson(rate * units, units))
    said = (
        f"Of {counted(len(covid19), 'COVID-19 image')} of {counted(units, 'patient')} {whole} were "
        f"recognised (sensitivity; {who_read(setup)})"
    )
    if early["n"]:
        first = percent(early["sensitivity"], early["low"], early["high"])
        return f"{said}; of the {early['n']:,} {FIRST}, {first}."
    return f"{said}; none of them is dated {FIRST}."


def _doubts(evidence: Evidence, covid19: pd.DataFrame, early: pd.Series) -> Iterator[str]:
    if early["n"] < FEW:
        yield (
            f"Only {counted(early['n'], 'image')} {FIRST}, fewer than {FEW}: chance moves such a "
            "figure widely."
        )
    yield ABOUT_DAYS
    before = int((covid19["offset_days"] < 0).sum())
    undated = int(covid19["offset_days"].isna().sum())
    yield (
        f"Images without a day ({undated:,}) stand apart; those before day 0 ({before:,}) count as "
        f"{FIRST}."
    )
    if evidence.positive != COVID19:
        yield (
            f"Recognised means: taken for the class {class_title(evidence.positive)}, which holds "
            "other causes too. The label schemes four and covid2 ask for COVID-19 itself."
        )


def _cannot(evidence: Evidence, sentence: str) -> QuestionAnswer:
    command, is_new = cross_validation(evidence)
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        CANNOT,
        sentence,
        would_change=CHECKS_ALL if is_new else CHECKED_ALL,
        commands=(command,),
    )
