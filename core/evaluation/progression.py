"""The paper's fourth question: can it track progression or resolution of the disease?

Holds the patients with several dated images, how the probability of COVID-19's class moves over
their days, what their outcome has to do with it, and the answer. What the metadata say of an
outcome is read by ``core.data.cohen``.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.evaluation.evidence import (
    CANNOT,
    COVID19,
    NO,
    NOT_SETTLED,
    SYNTHETIC,
    YES,
    Evidence,
    QuestionAnswer,
    by_image,
    folds_command,
    images_of,
    no_covid19,
    setups,
    who_read,
)
from core.evaluation.onset import ABOUT_DAYS
from core.evaluation.statistics import LEVEL
from core.evaluation.wording import counted, percent

KEY = "RQ4"
QUESTION = "Can it track the progression or resolution of the disease?"
ASKED = (
    "Does the probability of COVID-19's class move otherwise over the days in patients who died or "
    "needed intensive care than in those who did not?"
)
# A probability that moves by less than this a day, up or down, tells nothing; a yardstick of ours.
HARDLY = 0.01
# With fewer patients on a side a difference of outcomes is not worked out.
FEWEST = 5
WORSE, BETTER, UNKNOWN = (
    "died or needed intensive care",
    "survived or needed none",
    "outcome not given",
)
NOT_TRAINED = (
    "The classifier was trained to tell causes of pneumonia apart, never how severe it is: a "
    "probability is its certainty about the class, no measure of disease."
)

PATIENT_COLUMNS = ("patient", "images", "first", "last", "slope", "outcome")


@dataclass(frozen=True)
class Mean:
    """A mean over ``n`` patients with its 95 % interval, NaN where there is none."""

    n: int
    value: float
    low: float
    high: float


def followed(images: pd.DataFrame, probability: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Patients with images of two days or more, most images first, and their images.

    ``images`` has id, patient, offset_days, survival, went_icu and the column ``probability``, one
    row per image. The first table has PATIENT_COLUMNS: ``first`` and ``last`` are days, ``slope``
    is that of the least-squares line, a fraction a day. The second has patient, day, probability
    and outcome, in the order of days.
    """
    dated = images[images["offset_days"].notna() & (images["patient"] != "")]
    days = dated.groupby("patient")["offset_days"].nunique()
    dated = dated[dated["patient"].map(days) > 1]
    points = pd.DataFrame(
        {
            "patient": dated["patient"],
            "day": dated["offset_days"].astype(float),
            "probability": dated[probability].astype(float),
            "outcome": outcomes(dated),
        }
    ).sort_values(["patient", "day"], ignore_index=True)
    rows = [
        {
            "patient": patient,
            "images": len(own),
            "first": own["day"].iloc[0],
            "last": own["day"].iloc[-1],
            "slope": float(np.polyfit(own["day"], own["probability"], 1)[0]),
            "outcome": own["outcome"].iloc[0],
        }
        for patient, own in points.groupby("patient")
    ]
    patients = pd.DataFrame(rows, columns=list(PATIENT_COLUMNS))
    order = patients.assign(span=patients["last"] - patients["first"])
    order = order.sort_values(["images", "span", "patient"], ascending=[False, False, True])
    return order.drop(columns="span").reset_index(drop=True), points


def outcomes(rows: pd.DataFrame) -> pd.Series:
    """What became of each image's patient, WORSE, BETTER or UNKNOWN, from survival and went_icu.

    One entry of the patient is enough for WORSE, whatever the others say.
    """
    worse = (rows["survival"] == "N") | (rows["went_icu"] == "Y")
    better = (rows["survival"] == "Y") | (rows["went_icu"] == "N")
    any_worse, any_better = (v.groupby(rows["patient"]).transform("any") for v in (worse, better))
    words = pd.Series(UNKNOWN, index=rows.index, dtype="object")
    return words.mask(any_better, BETTER).mask(any_worse, WORSE)


def mean_over_patients(values: pd.Series) -> Mean:
    """Mean with Student's t interval, each patient one case; none for fewer than two patients."""
    from statsmodels.stats.weightstats import DescrStatsW

    if not len(values):
        return Mean(0, np.nan, np.nan, np.nan)
    described = DescrStatsW(values.to_numpy(float))
    if len(values) < 2 or np.ptp(values.to_numpy(float)) == 0:
        return Mean(len(values), float(described.mean), np.nan, np.nan)
    low, high = described.tconfint_mean(alpha=1 - LEVEL)
    return Mean(len(values), float(described.mean), float(low), float(high))


def difference_by_outcome(patients: pd.DataFrame) -> Mean:
    """Mean slope of patients with the outcome WORSE less that of BETTER, with Welch's interval.

    ``n`` counts both. NaN when either has fewer than FEWEST patients or all slopes are the same.
    """
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    worse, better = (
        patients.loc[patients["outcome"] == name, "slope"].to_numpy(float)
        for name in (WORSE, BETTER)
    )
    n = len(worse) + len(better)
    if min(len(worse), len(better)) < FEWEST or np.ptp(np.concatenate([worse, better])) == 0:
        return Mean(n, np.nan, np.nan, np.nan)
    compared = CompareMeans(DescrStatsW(worse), DescrStatsW(better))
    low, high = compared.tconfint_diff(alpha=1 - LEVEL, usevar="unequal")
    return Mean(n, float(worse.mean() - better.mean()), float(low), float(high))


def answer(evidence: Evidence, setup: pd.Series | None = None) -> QuestionAnswer:
    """Answer from the most believable setup among the runs, or from ``setup``, a row of setups."""
    available = setups(evidence.real)
    if available.empty:
        return _cannot(evidence, "There is no finished run that can be read.")
    setup = available.iloc[0] if setup is None else setup
    images = images_of(evidence, setup["runs"])
    covid19 = images[images["finding"] == COVID19]
    if covid19.empty:
        return _cannot(evidence, no_covid19(evidence, images))
    probability = f"p_{evidence.positive}"
    patients, points = followed(covid19, probability)
    if len(patients) < 2:
        return _cannot(
            evidence,
            f"{len(patients)} of the {counted(covid19['patient'].nunique(), 'COVID-19 patient')} "
            "among the validation images has images of two different days; two are needed.",
        )
    slope = mean_over_patients(patients["slope"])
    size = mean_over_patients(patients["slope"].abs())
    # Student's interval does not know that a size is never below nought.
    size = replace(size, low=np.maximum(size.low, 0.0))
    gap = difference_by_outcome(patients)
    decided = _decide(size, gap)
    sentence = " ".join(_sentences(patients, points, slope, size, gap, evidence.positive, setup))
    if evidence.synthetic:
        decided, sentence = CANNOT, f"{SYNTHETIC} {sentence}"
    counts = patients["outcome"].value_counts()
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        decided,
        sentence,
        (NOT_TRAINED, *_doubts(counts, gap), ABOUT_DAYS, *by_image(setup)),
        "Severity needs labels of severity, which these collections lack. A cross-validation on "
        "everything that can be placed follows every patient with several dated images:",
        (folds_command(evidence),),
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


def _sentences(patients, points, slope: Mean, size: Mean, gap: Mean, positive: str, setup):
    yield (
        f"{counted(len(patients), 'patient')} with COVID-19 have images of two days or more "
        f"({counted(int(patients['images'].sum()), 'image')}; {who_read(setup)}). The mean "
        f"probability of {positive} over these images is {percent(points['probability'].mean())}; "
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


def _doubts(counts: pd.Series, gap: Mean):
    groups = [f"{counts[name]} {name}" for name in (WORSE, BETTER, UNKNOWN) if name in counts]
    yield f"Outcome as the metadata give it: {'; '.join(groups)}."
    if not np.isfinite(gap.value):
        yield (
            f"Outcomes are compared from {FEWEST} patients on each side on; here they are too few, "
            "so progression and resolution cannot be told apart."
        )
    yield "Patient ids are imperfect in the collection: some articles share one among patients."


def _cannot(evidence: Evidence, sentence: str) -> QuestionAnswer:
    return QuestionAnswer(
        KEY,
        QUESTION,
        ASKED,
        CANNOT,
        sentence,
        (NOT_TRAINED,),
        "A cross-validation on everything that can be placed follows every patient with several "
        "dated images:",
        (folds_command(evidence),),
    )
