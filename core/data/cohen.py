"""Reader of the Cohen collection: COVID-19 and other pneumonias, with a metadata table.

Cohen et al. (2020), in the shape of its public repository: metadata.csv beside images/ and, in
some versions, volumes/. Everything stands in metadata.csv; no image is opened here.
"""

import re
from pathlib import Path

import pandas as pd

from core.data.folders import list_files, with_subfolders
from core.data.labels import finding_words, place_finding
from core.data.rows import OUTCOME_COLUMNS, make_rows
from core.data.sources import COHEN
from core.errors import UserError

SOURCE = COHEN
NEEDED_COLUMNS = ("patientid", "finding", "view", "modality", "filename")
# Column of the catalog -> column of metadata.csv, in lower case.
OUTCOMES = dict(zip(OUTCOME_COLUMNS, OUTCOME_COLUMNS, strict=True)) | {
    "oxygen_needed": "needed_supplemental_o2",
    "oxygen_saturation": "po2_saturation",
}
OTHER_COLUMNS = (
    *("offset", "sex", "age", "folder", "license", "clinical_notes"),
    *OUTCOMES.values(),
)

VIEWS: dict[str, str] = {
    # What the collection writes, in lower case -> empty, or why the image cannot take part.
    "pa": "",
    "ap": "",
    "ap supine": "",
    "ap semi erect": "",
    "ap erect": "",
    # An X-ray whose view nobody entered stays, as nothing says that it is not frontal; its view is
    # empty in the catalog, by which a page can filter it.
    "": "",
    "?": "",
    "l": "lateral view",
    "lateral": "lateral view",
    "axial": "CT",
    "coronal": "CT",
    "sagittal": "CT",
}

_VOLUME_NAME = re.compile(r"\.nii(?:\.gz)?$|\.dcm$|\.mha$", re.IGNORECASE)


def read_rows(folder: Path) -> pd.DataFrame:
    """One row per row of metadata.csv in its order, with rows.ROW_COLUMNS.

    Rows that cannot take part are excluded with the first reason that holds: what getting the file
    would not change comes before the missing file. Raises UserError when metadata.csv cannot be
    read as a table or lacks one of NEEDED_COLUMNS.
    """
    metadata = _read_metadata(folder / "metadata.csv")
    inside = (metadata["folder"].where(metadata["folder"] != "", "images") + "/").where(
        metadata["filename"] != "", ""
    ) + metadata["filename"]
    path = f"{folder}/" + inside
    known = {file for file, _, _ in list_files(with_subfolders(folder))}

    placed = {text: place_finding(text)[0] for text in metadata["finding"].unique()}
    finding = metadata["finding"].map(placed).astype("str")
    words = metadata["finding"].map(finding_words).astype("str")

    view = metadata["view"].str.lower()
    sex = metadata["sex"].str.upper()
    modality = metadata["modality"].str.lower().str.replace("-", "")
    excluded = pd.Series("", index=metadata.index, dtype="str")
    for applies, reason in (
        ((metadata["folder"] == "volumes") | path.str.contains(_VOLUME_NAME), "volume"),
        (modality == "ct", "CT"),
        (modality != "xray", "not an X-ray"),
        *((view == name, reason) for name, reason in VIEWS.items() if reason),
        (~view.isin(VIEWS.keys()), "other view"),
        (finding == "", "finding not placeable: " + words.str.slice(0, 40)),
        # A path that leaves the collection is no file of the collection.
        (~path.isin(known), "file missing"),
    ):
        excluded = excluded.mask((excluded == "") & applies, reason)

    number = pd.Series(range(len(metadata)), dtype="int64")
    return make_rows(
        {
            "id": f"{SOURCE}:" + inside.where(inside != "", "row " + (number + 1).astype("str")),
            "path": path,
            "source": SOURCE,
            "patient": (f"{SOURCE}:" + metadata["patientid"]).where(
                metadata["patientid"] != "", ""
            ),
            "finding": finding,
            "source_finding": metadata["finding"],
            "view": metadata["view"].where(metadata["view"] != "?", ""),
            "modality": metadata["modality"],
            "sex": sex.where(sex.isin(["M", "F"]), ""),
            "age": pd.to_numeric(metadata["age"], errors="coerce"),
            "offset_days": pd.to_numeric(metadata["offset"], errors="coerce"),
            "license": metadata["license"],
            "clinical_notes": metadata["clinical_notes"],
            **{name: metadata[column].replace("?", "") for name, column in OUTCOMES.items()},
            "excluded": excluded,
            "collection_order": number,
        },
        len(metadata),
    )


def _read_metadata(path: Path) -> pd.DataFrame:
    table = None
    # Spreadsheet programs save in the system's own encoding; Latin-1 takes every byte.
    for encoding in ("utf-8-sig", "cp1252", "latin-1"):
        try:
            table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding=encoding)
            break
        except UnicodeDecodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise UserError(
                f"{path} cannot be read as a table ({str(error).strip()}); put the collection's "
                "own metadata.csv in its place."
            ) from error
        except OSError as error:
            raise UserError(
                f"{path} cannot be opened ({error.strerror}); give this user read permission."
            ) from error
    table.columns = table.columns.str.strip().str.lower()
    missing = [name for name in NEEDED_COLUMNS if name not in table.columns]
    if missing:
        raise UserError(
            f"{path} has no column {' and no column '.join(repr(name) for name in missing)}; put "
            "the collection's own metadata.csv in its place."
        )
    # A short last line leaves gaps even with keep_default_na=False.
    table = table.reindex(columns=[*NEEDED_COLUMNS, *OTHER_COLUMNS]).astype("str").fillna("")
    return table.apply(lambda column: column.str.strip())
