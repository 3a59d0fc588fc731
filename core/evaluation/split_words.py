"""What the split does, in words: the change of each measure, shared patients, and a caution.

Holds sentences alone; the figures they say are those of ``core.evaluation.split_effect``.
"""

import numpy as np
import pandas as pd

from core.evaluation.evidence import COVID19
from core.evaluation.split_setups import SIDES
from core.words import counted, percent, points

MEASURES = {"balanced_accuracy": "Balanced accuracy", "covid19": "COVID-19 recall"}


def sentence(changes: pd.DataFrame, shared: pd.DataFrame) -> str:
    """How both measures change, and how many patients a split by image leaves on both sides.

    ``changes`` are CHANGE_COLUMNS by measure; ``shared`` has shared_patients, shared_covid19 and
    covid19_patients, a row per run split by image.
    """
    said = [_change(changes.loc[name], title) for name, title in MEASURES.items()]
    low, high = shared["shared_patients"].min(), shared["shared_patients"].max()
    both = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    of = shared["shared_covid19"].sum(), shared["covid19_patients"].sum()
    met = f" ({of[0]:,} of {of[1]:,} COVID-19 patients checked, over all runs)" if of[1] else ""
    return (
        f"{' '.join(said)} Patients on both sides of a split by image: {both}{met}; by patient: 0."
    )


def caution(answers: pd.DataFrame) -> str:
    """A warning where no other image comes from the collection of the COVID-19 images, or ""."""
    covid19 = answers["finding"] == COVID19
    sources = answers["source"][covid19].unique()
    if not len(sources) or answers.loc[~covid19, "source"].isin(sources).any():
        return ""
    return (
        "No other image comes from the collection of the COVID-19 images. A network that "
        "recognises the collection recognises COVID-19 on either split, so its recall may stay "
        "high without reading a lung; the cohort 'all' has other findings of that collection too."
    )


def _change(row: pd.Series, title: str) -> str:
    if np.isnan(row["difference"]):
        missing = " or ".join(f"by {side}" for side in SIDES if not row[f"{side}_n"])
        return f"{title} is undefined: no such image was checked {missing or 'in one class'}."
    first, second = (percent(row[side], row[f"{side}_low"], row[f"{side}_high"]) for side in SIDES)
    figures = (
        f"{first} by image, {second} with patients kept apart, a change of "
        f"{points(row['difference'], row['low'], row['high'])} points{_compared(row)}"
    )
    if row["high"] < 0:
        return f"{title} falls once patients are kept apart: {figures}."
    if row["low"] > 0:
        return f"{title} rises once patients are kept apart: {figures}."
    return f"{title} shows no change beyond chance: {figures}."


def _compared(row: pd.Series) -> str:
    """What the interval of a change stands on; empty where it is the same for every study."""
    better = [row[f"better_{side}"] for side in SIDES]
    if row.name != "covid19":
        return ""
    if np.isnan(better).any():
        return (
            " (unpaired: the two sides answered other images, so they are taken as independent, "
            "and the interval is wide)"
        )
    if not row["paired"]:
        return (
            " (unpaired: both sides answered the same images, but their differences are the same "
            "in every resample, which does not prove them certain)"
        )
    return (
        " (paired: both sides answered the same images, so each is compared with itself; "
        f"{better[0]:,.0f} were right more often by image, {better[1]:,.0f} by patient)"
    )


def answered(changes: pd.DataFrame) -> str:
    """How many answers stand behind the figures of a row of CHANGE_COLUMNS, in words."""
    return "; ".join(
        f"by {side}: {counted(int(changes[f'{side}_n']), 'answer')} on "
        f"{counted(int(changes[f'{side}_patients']), 'patient')}"
        for side in SIDES
    )
