"""Looking at the catalog: which rows match a set of filters, and what repeats among them.

Holds the filters of the Dataset page, without the page. Which rows take part in training is decided
by ``catalog.select_rows``; here, what does not take part can be looked at too.
"""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from core.data.catalog import OUTSIDE_COHORT, select_rows
from core.data.labels import LABEL_SCHEMES

NOT_GIVEN = ""
# Columns that a filter can choose values of, and what they are called.
CHOICES = {
    "source": "Source",
    "finding": "Finding",
    "label": "Class",
    "view": "View",
    "sex": "Sex",
}


@dataclass(frozen=True)
class Filters:
    """What rows must have: one of the values named for each column (none named: any), and an age.

    ``age`` is (lowest, highest) in years, both inclusive, or None for any; ``without_age`` says
    whether rows without an age pass an age filter.
    """

    source: tuple[str, ...] = ()
    finding: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    view: tuple[str, ...] = ()
    sex: tuple[str, ...] = ()
    age: tuple[float, float] | None = None
    without_age: bool = False

    @property
    def active(self) -> int:
        """Number of filters that are set."""
        return sum(bool(getattr(self, f.name)) for f in fields(self) if f.name != "without_age")


def browsing_table(catalog: pd.DataFrame, cohort: str, labels: str) -> pd.DataFrame:
    """The whole catalog with ``label`` (class name, empty when left out) and ``why_left_out``.

    Raises UserError when there is no such cohort or label scheme.
    """
    part = select_rows(catalog, cohort, labels)
    label = catalog["id"].map(part.set_index("id")["label"]).fillna("").astype("str")
    why = catalog["excluded"].where(catalog["excluded"] != "", OUTSIDE_COHORT)
    return catalog.assign(label=label, why_left_out=why.where(label == "", ""))


def filter_rows(rows: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Rows of ``browsing_table`` that pass every filter, in their order."""
    keep = pd.Series(True, index=rows.index)
    for column in CHOICES:
        if wanted := getattr(filters, column):
            keep &= rows[column].isin(wanted)
    if filters.age:
        keep &= rows["age"].between(*filters.age) | (filters.without_age & rows["age"].isna())
    return rows[keep]


def values_with_counts(rows: pd.DataFrame, labels: str) -> dict[str, dict[str, int]]:
    """For every column of CHOICES its values and how many rows have each.

    Classes stand in the order of the label scheme, other values by falling number; a value that is
    not given comes last.
    """
    found = {}
    for column in CHOICES:
        counts = {str(value): int(n) for value, n in rows[column].value_counts().items()}
        order = LABEL_SCHEMES[labels].classes if column == "label" else tuple(counts)
        found[column] = {value: counts[value] for value in order if counts.get(value)}
        if column != "label" and NOT_GIVEN in counts:
            found[column].pop(NOT_GIVEN)
            found[column][NOT_GIVEN] = counts[NOT_GIVEN]
    return found


def few_of_each(rows: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """Up to ``count`` rows of every class, drawn by chance, class by class; the rest is left."""
    rng = np.random.default_rng(seed)
    places = [
        rng.choice(positions, min(count, len(positions)), replace=False)
        for label, positions in rows.groupby("label").indices.items()
        if label
    ]
    return rows.iloc[np.concatenate(places) if places else []]


def repeats(rows: pd.DataFrame) -> dict[str, int]:
    """What makes rows less independent than their number says.

    copies: files whose bytes equal those of an earlier row's file; patients: persons told apart;
    several: patients with more than one image; most: the largest number of images of one patient;
    unknown: rows whose source names no patient.
    """
    known = rows.loc[rows["sha256"] != "", "sha256"]
    sizes = rows.loc[rows["patient"] != "", "patient"].value_counts()
    return {
        "copies": int(known.duplicated().sum()),
        "patients": len(sizes),
        "several": int((sizes > 1).sum()),
        "most": int(sizes.max()) if len(sizes) else 0,
        "unknown": int((rows["patient"] == "").sum()),
    }


def copies_of(rows: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Other rows whose file has the same bytes as that of ``row``."""
    if not row["sha256"]:
        return rows.iloc[:0]
    return rows[(rows["sha256"] == row["sha256"]) & (rows["id"] != row["id"])]


def same_patient(rows: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Other rows of the patient of ``row``, none when the source names no patient."""
    if not row["patient"]:
        return rows.iloc[:0]
    return rows[(rows["patient"] == row["patient"]) & (rows["id"] != row["id"])]
