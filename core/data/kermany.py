"""Reader of the Kermany collection: paediatric chest X-rays, normal or with pneumonia.

Kermany et al. (2018), in the folder shapes of its two public editions:

    Kaggle      {train,val,test}/{NORMAL,PNEUMONIA}/person793_bacteria_2697.jpeg, IM-0115-0001.jpeg,
                NORMAL2-IM-0052-0001.jpeg
    Mendeley    {train,test}/{NORMAL,PNEUMONIA}/BACTERIA-1008087-0001.jpeg, VIRUS-..., NORMAL-...

Everything it knows of an image stands in the path; no file is opened here.
"""

import os
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from core.data.rows import make_rows
from core.data.sources import KERMANY, kermany_class_folders

SOURCE = KERMANY
IMAGE_SUFFIXES = (".jpeg", ".jpg", ".png", ".bmp", ".tif", ".tiff", ".webp")


class NameSeries(NamedTuple):
    """One series of file names: pattern with the patient number, patient prefix, finding."""

    pattern: str
    patient: str
    finding: str


# Person numbers of bacterial and viral cases are one series: the same number often carries both,
# and whether that is one child cannot be told. The same holds for BACTERIA- and VIRUS- of the
# Mendeley edition. Taken as one patient, two children at worst stay on one side of a split; taken
# apart, one child could stand on both. IM, NORMAL2-IM and NORMAL count separately.
NAME_SERIES = (
    NameSeries(r"^person(\d+)_bacteria_", "person", "bacteria"),
    NameSeries(r"^person(\d+)_virus_", "person", "virus"),
    NameSeries(r"^IM-(\d+)-", "IM-", "normal"),
    NameSeries(r"^NORMAL2-IM-(\d+)-", "NORMAL2-IM-", "normal"),
    NameSeries(r"^BACTERIA-(\d+)-", "pneumonia-", "bacteria"),
    NameSeries(r"^VIRUS-(\d+)-", "pneumonia-", "virus"),
    NameSeries(r"^NORMAL-(\d+)-", "NORMAL-", "normal"),
)


def read_rows(folder: Path) -> pd.DataFrame:
    """One row per image file of the collection ``folder``, with rows.ROW_COLUMNS, by path.

    A pneumonia whose file name does not tell bacteria from virus, and an image whose folder and
    file name contradict each other, are kept and excluded with the reason.
    """
    places = [
        (place, entry.name)
        for place in kermany_class_folders(folder)
        for entry in sorted(os.scandir(place), key=lambda entry: entry.name)
        if entry.name.lower().endswith(IMAGE_SUFFIXES) and not entry.name.startswith(".")
    ]
    names = pd.Series([name for _, name in places], dtype="str")
    class_folder = pd.Series([place.name for place, _ in places], dtype="str")
    inside = [f"{place.parent.name}/{place.name}/{name}" for place, name in places]

    patient = pd.Series("", index=names.index, dtype="str")
    named_finding = pd.Series("", index=names.index, dtype="str")
    for series in NAME_SERIES:
        number = names.str.extract(series.pattern, expand=False)
        fits = number.notna()
        patient[fits] = f"{SOURCE}:{series.patient}" + number[fits]
        named_finding[fits] = series.finding

    normal = class_folder == "NORMAL"
    finding = named_finding.where(~(normal & (named_finding == "")), "normal")
    contradictory = (finding != "") & (normal != (finding == "normal"))
    excluded = pd.Series("", index=names.index, dtype="str")
    excluded[finding == ""] = "finding not placeable: PNEUMONIA"
    excluded[contradictory] = "folder and file name contradict"

    return make_rows(
        {
            "id": [f"{SOURCE}:{path}" for path in inside],
            "path": [f"{folder}/{path}" for path in inside],
            "source": SOURCE,
            "patient": patient,
            "finding": finding.where(~contradictory, ""),
            "source_finding": class_folder.where(
                named_finding == "", class_folder + " " + named_finding
            ),
            # Stated once for the whole collection by its authors: anterior-posterior radiographs.
            "view": "AP",
            "modality": "X-ray",
            "license": "CC BY 4.0",
            "excluded": excluded,
            "collection_order": range(len(places)),
        },
        len(places),
    )
