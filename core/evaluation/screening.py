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
    folds_command,
    images_read,
    unit_of,
    unless_drawn,
    who_read,
)
from core.evaluation.onset import ABOUT_DAYS, FIRST, Trend, onset_table, onset_trend, trend_sentence
from core.evaluation.slices import FEW
from core.evaluation.statistics import wilson
from core.words import counted, percent

KEY = "RQ2"
QUESTION = "Can it screen for COVID-19 early?"
# What a screening test is asked for here; a yardstick of ours, not the paper's.
WANTED = 0.9
ASKED = (
    f"Does it recognise at least {100 * WANTED:.0f} % of the COVID-19 X-rays of the first days, "
    f"and take no more than {100 - 100 * WANTED:.0f} % of the other images of the same collection "
    "for its class? (The yardstick is this page's own.)"
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
    sentence = _sentence(covid19, early, trend, setup)
    decided, sentence = unless_drawn(evidence, decided, sentence)
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        decided,
        sentence,
        (*_doubts(evidence, covid19, early, others, same, alarms), *by_image(setup)),
        "More early images narrow the first band; images of other diseases and of healthy people "
        "from the same hospitals would show whether the disease is recognised or the collection. "
        "A cross-validation on everything that can be placed checks every dated image once:",
        (folds_command(evidence),),
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
    enough = len(same) >= FEW
    if early["high"] < WANTED or (enough and alarms[1] > 1 - WANTED):
        return NO
    return YES if early["low"] >= WANTED and enough and alarms[2] <= 1 - WANTED else NOT_SETTLED


def _sentence(covid19: pd.DataFrame, early: pd.Series, trend: Trend, setup: pd.Series) -> str:
    units = unit_of(covid19).nunique()
    rate = float(covid19["right"].mean())
    whole = percent(rate, *wilson(rate * units, units))
    said = (
        f"Of {counted(len(covid19), 'COVID-19 image')} of {counted(units, 'patient')} {whole} were "
        f"recognised (sensitivity; {who_read(setup)})"
    )
    if early["n"]:
        first = percent(early["sensitivity"], early["low"], early["high"])
        said += f"; of the {early['n']:,} {FIRST}, {first}."
    else:
        said += f"; none of them is dated {FIRST}."
    return f"{said} {trend_sentence(trend)}"


def _doubts(
    evidence: Evidence,
    covid19: pd.DataFrame,
    early: pd.Series,
    others: pd.DataFrame,
    same: pd.DataFrame,
    alarms: tuple[float, float, float],
) -> Iterator[str]:
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
    if len(same) < FEW:
        sources = " and ".join(sorted(covid19["source"].unique()))
        yield (
            f"The COVID-19 images come from the collection {sources}, and "
            f"{counted(len(same), 'image')} of the {len(others):,} other ones do: a network that "
            "recognises the collection recognises COVID-19 without seeing it, at any day. This "
            "alone keeps the answer from being yes."
        )
    else:
        yield (
            f"Of {counted(len(same), 'image')} of other classes from the same collection "
            f"{percent(*alarms)} were taken for {evidence.positive} (false alarms)."
        )
    if evidence.positive != COVID19:
        yield (
            f"Recognised means: taken for the class {evidence.positive}, which holds other causes "
            "too. The label schemes covid2 and four ask for COVID-19 itself."
        )


def _cannot(evidence: Evidence, sentence: str) -> QuestionAnswer:
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        CANNOT,
        sentence,
        would_change="A cross-validation on everything that can be placed checks every image once:",
        commands=(folds_command(evidence),),
    )
