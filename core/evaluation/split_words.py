"""What the split does, in words: the change of each measure, shared patients, and a caution.

Holds sentences alone; the figures they say are those of ``core.evaluation.split_effect``.
"""

import numpy as np
import pandas as pd

from core.evaluation.evidence import COVID19
from core.evaluation.split_setups import SIDES
from core.words import counted, percent, points

MEASURES = {"balanced_accuracy": "Balanced accuracy", "covid19": "COVID-19 recall"}


def sentence(changes: pd.DataFrame, shared: pd.Series, met: int, checked: int) -> str:
    """How both measures change, and how many patients a split by image leaves on both sides.

    ``changes`` are CHANGE_COLUMNS by measure; ``shared`` counts the patients on both sides of each
    run split by image. Of ``checked`` patients with COVID-19 that these runs answered, each counted
    once, ``met`` had images in the training of a run that checked them.
    """
    said = [_change(changes.loc[name], title) for name, title in MEASURES.items()]
    low, high = shared.min(), shared.max()
    both = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    said.append(
        f"Patients on both sides of a split by image: {both}"
        f"{' in each run' if len(shared) > 1 else ''}; by patient: 0."
    )
    if checked:
        said.append(
            f"Of {counted(checked, 'COVID-19 patient')} checked by image {met:,} had images in "
            f"the training of {'a run' if len(shared) > 1 else 'the run'} that checked them."
        )
    return " ".join(said)


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
