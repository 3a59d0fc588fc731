"""Patients over their days: how a probability moves, and what their outcome has to do with it.

Holds the figures alone; what they answer stands in ``core.evaluation.tracking``, and what the
metadata say of an outcome is read by ``core.data.cohen``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.statistics import LEVEL

# With fewer patients on a side a difference of outcomes is not worked out.
FEWEST = 5
WORSE, BETTER, UNKNOWN = (
    "died or needed intensive care",
    "survived or needed none",
    "outcome not given",
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
    of_patient = points.groupby("patient")
    patients = of_patient.agg(
        images=("day", "size"),
        first=("day", "first"),
        last=("day", "last"),
        outcome=("outcome", "first"),
    )
    off = points[["day", "probability"]] - of_patient[["day", "probability"]].transform("mean")
    sums = off.mul(off["day"], axis=0).groupby(points["patient"]).sum()
    patients["slope"] = sums["probability"] / sums["day"]
    patients = patients.reset_index()[list(PATIENT_COLUMNS)]
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
