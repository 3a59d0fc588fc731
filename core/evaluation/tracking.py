"""The paper's fourth question: can it track progression or resolution of the disease?

Holds the answer and what must be said beside it. The figures stand in
``core.evaluation.progression``.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from core.evaluation.evidence import (
    CANNOT,
    NO,
    NOT_SETTLED,
    YES,
    Evidence,
    QuestionAnswer,
    by_image,
    images_read,
    unless_drawn,
    who_read,
)
from core.evaluation.further_runs import cross_validation
from core.evaluation.onset import ABOUT_DAYS
from core.evaluation.progression import (
    BETTER,
    FEWEST,
    UNKNOWN,
    WORSE,
    Mean,
    difference_by_outcome,
    followed,
    mean_over_patients,
)
from core.words import class_title, counted, percent

KEY = "RQ4"
QUESTION = "Can it track the progression or resolution of the disease?"
ASKED = (
    "Does the probability of COVID-19's class move otherwise over the days in patients who died or "
    "needed intensive care than in those who did not?"
)
# A probability that moves by less than this a day, up or down, tells nothing; a yardstick of ours.
HARDLY = 0.01
NOT_TRAINED = (
    "The classifier was trained to tell causes of pneumonia apart, never how severe it is: a "
    "probability is its certainty about the class, no measure of disease."
)

FOLLOWS_ALL = (
    "A cross-validation on everything that can be placed follows every patient with several dated "
    "images:"
)
FOLLOWED_ALL = (
    "A cross-validation on everything that can be placed is among these runs; another seed tells "
    "how far chance moves its figures:"
)


def answer(evidence: Evidence, setup: pd.Series | None = None) -> QuestionAnswer:
    """Answer from the most believable setup among the runs, or from ``setup``, a row of setups."""
    read = images_read(evidence, setup)
    if read.missing:
        return _cannot(evidence, read.missing)
    setup, covid19 = read.setup, read.covid19
    probability = f"p_{evidence.positive}"
    patients, points = followed(covid19, probability)
    if len(patients) < 2:
        return _cannot(
            evidence,
            "Two patients with images of two different days are needed; of the COVID-19 patients "
            f"among the validation images ({covid19['patient'].nunique():,}) such are "
            f"{len(patients)}.",
        )
    slope = mean_over_patients(patients["slope"])
    size = mean_over_patients(patients["slope"].abs())
    # Student's interval does not know that a size is never below nought.
    size = replace(size, low=np.maximum(size.low, 0.0))
    gap = difference_by_outcome(patients)
    decided = _decide(size, gap)
    sentence = " ".join(_sentences(patients, points, slope, size, gap, evidence.positive, setup))
    decided, sentence = unless_drawn(evidence, decided, sentence)
    command, is_new = cross_validation(evidence)
    counts = patients["outcome"].value_counts()
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        decided,
        sentence,
        (NOT_TRAINED, *_doubts(counts, gap), ABOUT_DAYS, *by_image(setup)),
        "Severity needs labels of severity, which these collections lack. "
        + (FOLLOWS_ALL if is_new else FOLLOWED_ALL),
        (command,),
        {
            "setup": setup["name"],
            "runs": list(setup["runs"]),
            "patients": len(patients),
            "images": int(patients["images"].sum()),
            "slope_per_day": slope.__dict__,
            "size_per_day": size.__dict__,
            "by_outcome": {name: int(counts.get(name, 0)) for name in (WORSE, BETTER, UNKNOWN)},
            "worse_less_better_per_day": gap.__dict__,
        },
        {"patients": patients, "points": points},
    )


def _decide(size: Mean, gap: Mean) -> str:
    if gap.low > 0:
        return YES
    return NO if size.high < HARDLY or gap.high < 0 else NOT_SETTLED


def _sentences(
    patients: pd.DataFrame,
    points: pd.DataFrame,
    slope: Mean,
    size: Mean,
    gap: Mean,
    positive: str,
    setup: pd.Series,
) -> Iterator[str]:
    yield (
        f"{counted(len(patients), 'patient')} with COVID-19 have images of two days or more "
        f"({counted(int(patients['images'].sum()), 'image')}; {who_read(setup)}). The mean "
        f"probability of {class_title(positive)} over these images is "
        f"{percent(points['probability'].mean())}; "
        f"within a patient it moves by {_daily(slope)} points a day (mean slope)"
        + (
            ", which is not shown to differ from standing still."
            if not (slope.low > 0 or slope.high < 0)
            else f": it {'rises' if slope.value > 0 else 'falls'} with time."
        )
    )
    yield (
        f"Up or down, it moves by {_daily(size, False)} points a day in the mean"
        + (
            f": less than {100 * HARDLY:.0f} point a day, too little to follow a disease by."
            if size.high < HARDLY
            else "."
        )
    )
    if np.isfinite(gap.value):
        differs = gap.low > 0 or gap.high < 0
        yield (
            f"In patients who {WORSE} it moves by {_daily(gap)} points a day more than in those "
            f"who {BETTER}: {'a difference' if differs else 'no difference is shown'}."
        )


def _daily(mean: Mean, signed: bool = True) -> str:
    sign = "+z" if signed else ""
    value = f"{100 * mean.value:{sign}.2f}"
    if not np.isfinite(mean.low):
        return f"{value} (no interval)"
    return f"{value} ({100 * mean.low:{sign}.2f} to {100 * mean.high:{sign}.2f})"


def _doubts(counts: pd.Series, gap: Mean) -> Iterator[str]:
    groups = [f"{counts[name]} {name}" for name in (WORSE, BETTER, UNKNOWN) if name in counts]
    yield f"Outcome as the metadata give it: {'; '.join(groups)}."
    if not np.isfinite(gap.value):
        yield (
            f"Outcomes are compared from {FEWEST} patients on each side on; here they are too few, "
            "so progression and resolution cannot be told apart."
        )
    yield "Patient ids are imperfect in the collection: some articles share one among patients."


def _cannot(evidence: Evidence, sentence: str) -> QuestionAnswer:
    command, is_new = cross_validation(evidence)
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        CANNOT,
        sentence,
        (NOT_TRAINED,),
        FOLLOWS_ALL if is_new else FOLLOWED_ALL,
        (command,),
    )
