"""Patients over time: who has several dated X-rays, and the images of one of them in their order.

Holds what the catalog tells of a patient. What a network says of the images stands in
``core.inference.follow``.
"""

import pandas as pd

from core.data.labels import NOT_NAMED, finding_words
from core.data.rows import OUTCOME_COLUMNS, POSSIBLE_FIGURES
from core.errors import UserError

# A patient with this many dated images can be followed.
DATED_IMAGES = 2
UNPLACEABLE = "finding not placeable"
# The same words on every image of a patient, as far as the source is consistent.
PATIENT_OUTCOMES = ("survival", "went_icu", "intubated", "extubated", "oxygen_needed")
IMAGE_OUTCOMES = tuple(name for name in OUTCOME_COLUMNS if name not in PATIENT_OUTCOMES)
ANSWERS = {"Y": "yes", "N": "no"}
WHO_CAN = "`python -m core follow` without --patient lists who can be followed"
IMPOSSIBLE = "as given; impossible"

PATIENT_COLUMNS = (
    "patient",
    "images",  # frontal X-rays that can be read
    "dated",  # of these with a day
    "days",  # different days
    "span_days",  # from the first day to the last
    "findings",  # in the source's own words, joined by "; "; NOT_NAMED where it has none yet
    "named",  # whether the source has named a finding
    "noted",  # whether there are clinical notes
    "synthetic",
)


def frontal_images(catalog: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``catalog`` that show a known patient's chest from the front and can be read.

    Unlike in training an image may have a finding that no class fits: a network can still be asked.
    """
    usable = (catalog["excluded"] == "") | catalog["excluded"].str.startswith(UNPLACEABLE)
    return catalog[usable & (catalog["patient"] != "") & (catalog["sha256"] != "")]


def patients_over_time(catalog: pd.DataFrame) -> pd.DataFrame:
    """One row per patient with DATED_IMAGES or more: PATIENT_COLUMNS.

    Those with a finding come first, then those with clinical notes, then those with most images.
    """
    rows = frontal_images(catalog)
    dated = rows["offset_days"].notna().groupby(rows["patient"]).transform("sum")
    rows = rows[dated >= DATED_IMAGES]
    words = rows["source_finding"].map(finding_words).astype("str")
    rows = rows.assign(words=words, named=words != NOT_NAMED, noted=rows["clinical_notes"] != "")
    found = (
        rows.groupby("patient", sort=True)
        .agg(
            images=("id", "size"),
            dated=("offset_days", "count"),
            days=("offset_days", "nunique"),
            first=("offset_days", "min"),
            last=("offset_days", "max"),
            findings=("words", lambda words: "; ".join(dict.fromkeys(words))),
            named=("named", "any"),
            noted=("noted", "any"),
            synthetic=("synthetic", "any"),
        )
        .reset_index()
    )
    found = found.assign(span_days=found["last"] - found["first"])
    order = ["named", "noted", "images", "span_days", "patient"]
    found = found.sort_values(order, ascending=[False] * 4 + [True], ignore_index=True)
    return found[list(PATIENT_COLUMNS)]


def images_of_patient(catalog: pd.DataFrame, patient: str) -> pd.DataFrame:
    """The patient's rows of ``frontal_images``, oldest first and undated ones last.

    Images of one day stand in the collection's order. Raises UserError when the patient has fewer
    than DATED_IMAGES dated ones, or is not known.
    """
    rows = frontal_images(catalog)
    rows = rows[rows["patient"] == patient]
    dated = int(rows["offset_days"].notna().sum())
    if rows.empty:
        raise UserError(f"No patient '{patient}' has a frontal X-ray in the catalog; {WHO_CAN}.")
    if dated < DATED_IMAGES:
        raise UserError(
            f"Patient '{patient}' has {dated} dated frontal X-ray{'' if dated == 1 else 's'}; "
            f"choose one with {DATED_IMAGES} or more ({WHO_CAN})."
        )
    return rows.sort_values(
        ["offset_days", "collection_order"], na_position="last", ignore_index=True
    )


def outcome_words(name: str, value: str) -> str:
    """What a source writes in the outcome column ``name``, with its Y and N as words.

    A figure that no patient can have (POSSIBLE_FIGURES) stands as given and is called so.
    """
    if name in POSSIBLE_FIGURES and value:
        lowest, highest = POSSIBLE_FIGURES[name]
        figure = pd.to_numeric(value, errors="coerce")
        if figure < lowest or figure > highest:
            return f"{value} ({IMPOSSIBLE})"
    return ANSWERS.get(value, value)


def outcomes_of(rows: pd.DataFrame) -> dict[str, str]:
    """What became of the patient, by words for it; what the source does not tell is left out.

    ``rows`` are the images of one patient. Where they contradict each other, both answers stand.
    """
    found = {}
    for name in PATIENT_OUTCOMES:
        told = dict.fromkeys(outcome_words(name, value) for value in rows[name] if value)
        if told:
            found[OUTCOME_COLUMNS[name]] = " / ".join(told)
    return found
