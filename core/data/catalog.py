"""The catalog: one row per image of every collection, and the choice of rows that take part.

Joins what the readers know with what the files tell, keeps the result on disk, and opens again only
files that changed. What a finding or a cohort means stands in ``labels``; what a file name or a
metadata column means, in the readers.
"""

import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
from PIL import Image

from core.data import cohen, kermany
from core.data.inspection import CANNOT_OPEN, Inspection, inspect
from core.data.labels import COHORTS, FINDINGS, LABEL_SCHEMES, PAPER_COVID19_IMAGES, LabelScheme
from core.data.rows import ROW_COLUMNS, make_rows
from core.data.sources import COHEN, KERMANY, PHANTOM, Progress, Snapshot, take_snapshot
from core.errors import UserError
from core.files import whole_file, write_json
from core.settings import Settings

FILE_COLUMNS = ("width", "height", "sha256")
CATALOG_COLUMNS = (*ROW_COLUMNS, *FILE_COLUMNS)
# What makes a file the same file, and what was found in it; kept beside the catalog on disk.
_SAME_FILE = ["path", "size", "mtime_ns", "max_pixels"]
_FOUND = [*FILE_COLUMNS, "problem"]

OUTSIDE_COHORT = "outside the cohort"


def load_catalog(settings: Settings, progress: Progress = None) -> pd.DataFrame:
    """All images of the data roots, or of the demonstration set, with CATALOG_COLUMNS.

    width and height are pixels (0 when unknown), sha256 is hexadecimal (empty when the file could
    not be read); ``excluded`` is empty or the short reason why the row cannot take part. The first
    call opens every file; later ones only what changed. Raises UserError when a root is missing,
    empty or without a collection, when a collection's metadata cannot be used, or when the
    catalog cannot be written.
    """
    snapshot = take_snapshot(settings, progress)
    earlier, fingerprint = _read_stored(snapshot)
    if earlier is not None and fingerprint == snapshot.fingerprint:
        return earlier[list(CATALOG_COLUMNS)]

    parts = [_reader(source).read_rows(folder) for source, folder in snapshot.collections]
    parts = [make_rows(part, len(part)) for part in parts]
    rows = _without_copies(pd.concat(parts, ignore_index=True))
    files = pd.DataFrame(snapshot.files, columns=["path", "size", "mtime_ns"])
    rows = rows.merge(files.astype({"path": "str"}).drop_duplicates("path"), on="path", how="left")
    rows["max_pixels"] = settings.max_pixels
    rows = _with_file_columns(rows, earlier, settings, progress)
    _write_stored(snapshot, rows)
    return rows[list(CATALOG_COLUMNS)]


def select_rows(catalog: pd.DataFrame, cohort: str, labels: str) -> pd.DataFrame:
    """Rows of ``catalog`` that take part, with a fresh index and their class.

    Adds ``label`` (class name) and ``label_index`` (int64, position in the scheme's classes).
    Raises UserError when there is no such cohort or label scheme.
    """
    scheme = _scheme(labels)
    rows = catalog[_takes_part(catalog, cohort)].reset_index(drop=True)
    label = rows["finding"].map(scheme.class_of).astype("str")
    index = {name: position for position, name in enumerate(scheme.classes)}
    return rows.assign(label=label, label_index=label.map(index).astype("int64"))


def summarise(catalog: pd.DataFrame, cohort: str, labels: str) -> dict:
    """Counts of what takes part and of what does not, as plain Python values.

    images: number; by_finding: every finding; by_class: every class of the scheme; by_source;
    excluded: by reason, rows outside the cohort among them, so that images and excluded add up to
    the catalog; synthetic: whether any image is. Raises UserError as select_rows.
    """
    rows = select_rows(catalog, cohort, labels)
    takes_part = _takes_part(catalog, cohort)
    reasons = catalog.loc[~takes_part, "excluded"].replace("", OUTSIDE_COHORT)
    return {
        "images": len(rows),
        "by_finding": _counts(rows["finding"], tuple(FINDINGS)),
        "by_class": _counts(rows["label"], _scheme(labels).classes),
        "by_source": _counts(rows["source"]),
        "excluded": _counts(reasons),
        "synthetic": bool(rows["synthetic"].any()),
    }


def check_classes(rows: pd.DataFrame, labels: str) -> None:
    """Raise UserError when ``rows`` of select_rows leave a class of the scheme without an image."""
    scheme = _scheme(labels)
    empty = [name for name in scheme.classes if name not in set(rows["label"].unique())]
    if empty:
        raise UserError(
            f"There is no image of class {' and of class '.join(repr(name) for name in empty)}; "
            "choose other labels or another cohort, or add a collection that has them."
        )


def limit_rows(rows: pd.DataFrame, limit: int, seed: int) -> pd.DataFrame:
    """At most ``limit`` rows drawn by chance, each label in its share, in their old order.

    A rare label keeps up to 10 of its rows (fewer when ``limit`` is small), so that a rehearsal
    meets every class. Same rows, limit and seed give the same rows. Raises UserError when ``limit``
    is below two rows a label.
    """
    if limit >= len(rows):
        return rows.reset_index(drop=True)
    sizes = rows["label"].value_counts().sort_index()
    if limit < 2 * len(sizes):
        raise UserError(
            f"A limit of {limit} images is too small for {len(sizes)} classes; set it to "
            f"{2 * len(sizes)} or more."
        )
    floor = np.minimum(sizes, min(10, limit // len(sizes)))
    share = np.maximum(np.floor(limit * sizes / len(rows)).astype(int), floor)
    while share.sum() > limit:
        share[(share - floor).idxmax()] -= 1
    generator = np.random.default_rng(seed)
    order = pd.Series(generator.permutation(len(rows)), index=rows.index)
    rank = order.groupby(rows["label"]).rank(method="first")
    return rows[rank <= rows["label"].map(share)].reset_index(drop=True)


def _takes_part(catalog: pd.DataFrame, cohort: str) -> pd.Series:
    if cohort not in COHORTS:
        raise UserError(f"There is no cohort '{cohort}'; choose one of {', '.join(COHORTS)}.")
    usable = (catalog["excluded"] == "") & (catalog["finding"] != "")
    if cohort == "all":
        return usable
    covid19 = usable & (catalog["source"] == COHEN) & (catalog["finding"] == "covid19")
    order = catalog["collection_order"].where(covid19).rank(method="first")
    # The paper knows no phantoms; all of them take part, so that its study can be rehearsed.
    whole = (catalog["source"] == KERMANY) | catalog["synthetic"]
    return usable & (whole | (order <= PAPER_COVID19_IMAGES))


def _scheme(labels: str) -> LabelScheme:
    if labels not in LABEL_SCHEMES:
        raise UserError(
            f"There are no labels '{labels}'; choose one of {', '.join(LABEL_SCHEMES)}."
        )
    return LABEL_SCHEMES[labels]


def _counts(values: pd.Series, names: tuple[str, ...] = ()) -> dict[str, int]:
    counted = {str(name): int(n) for name, n in values.value_counts().items()}
    return {**dict.fromkeys(names, 0), **counted}


def _reader(source: str) -> ModuleType:
    if source == PHANTOM:
        # Drawing brings in OpenCV, which a catalog of real images does not need.
        from core.data import phantom

        return phantom
    return {KERMANY: kermany, COHEN: cohen}[source]


def _without_copies(rows: pd.DataFrame) -> pd.DataFrame:
    # Two copies of a collection, or two metadata rows for one file: the first one counts.
    copy = rows.groupby("id").cumcount()
    again = copy > 0
    rows["id"] = rows["id"].mask(again, rows["id"] + "#" + (copy + 1).astype("str"))
    rows["excluded"] = rows["excluded"].mask(again & (rows["excluded"] == ""), "listed twice")
    return rows


def _with_file_columns(
    rows: pd.DataFrame, earlier: pd.DataFrame | None, settings: Settings, progress: Progress
) -> pd.DataFrame:
    if earlier is not None:
        known = earlier.loc[
            (earlier["sha256"] != "") & (earlier["problem"] != CANNOT_OPEN), _SAME_FILE + _FOUND
        ].drop_duplicates(_SAME_FILE)
        rows = rows.merge(known, on=_SAME_FILE, how="left")
    else:
        rows = rows.reindex(columns=[*rows.columns, *_FOUND])
    wanted = rows["size"].notna() & (rows["excluded"] != "volume") & rows["sha256"].isna()
    found = _inspect_all(rows.loc[wanted, "path"].tolist(), settings, progress)
    for position, column in enumerate(_FOUND):
        values = rows[column].astype("object")
        values[wanted] = [inspection[position] for inspection in found]
        empty, kind = (0, "int64") if column in ("width", "height") else ("", "str")
        rows[column] = values.where(values.notna(), empty).astype(kind)
    rows["excluded"] = rows["excluded"].where(rows["excluded"] != "", rows["problem"])
    return rows


def _inspect_all(paths: list[str], settings: Settings, progress: Progress) -> list[Inspection]:
    found: list[Inspection] = []
    told = 0.0
    with warnings.catch_warnings(), ThreadPoolExecutor(settings.threads) as pool:
        # The limit that counts is settings.max_pixels, held by inspect.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            for inspection in pool.map(lambda path: inspect(path, settings.max_pixels), paths):
                found.append(inspection)
                if progress is not None and (
                    time.monotonic() - told > 0.1 or len(found) == len(paths)
                ):
                    told = time.monotonic()
                    progress("Reading images", len(found), len(paths))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return found


def _read_stored(snapshot: Snapshot) -> tuple[pd.DataFrame | None, str]:
    try:
        # Not read_table, which loads all that Arrow has for folders of many files.
        with pyarrow.parquet.ParquetFile(snapshot.stored.with_suffix(".parquet")) as file:
            table = file.read()
        rows = table.to_pandas()
        fingerprint = table.schema.metadata[b"fingerprint"].decode()
    except (OSError, KeyError, ValueError, pyarrow.ArrowException):
        return None, ""  # none yet, or not ours: it is made anew
    whole = {*CATALOG_COLUMNS, *_SAME_FILE, *_FOUND} <= {*rows.columns}
    return (rows, fingerprint) if whole else (None, "")


def _write_stored(snapshot: Snapshot, rows: pd.DataFrame) -> None:
    # A file that could not be opened may be readable tomorrow, and nothing in its listing changes.
    lasting = not (rows["problem"] == CANNOT_OPEN).any()
    fingerprint = snapshot.fingerprint if lasting else ""
    table = pyarrow.Table.from_pandas(rows, preserve_index=False)
    metadata = {**table.schema.metadata, b"fingerprint": fingerprint.encode()}
    content = BytesIO()
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), content)
    with whole_file(snapshot.stored.with_suffix(".parquet")) as temporary:
        temporary.write_bytes(content.getvalue())
    summaries = {
        cohort: {labels: summarise(rows, cohort, labels) for labels in LABEL_SCHEMES}
        for cohort in COHORTS
    }
    write_json(
        snapshot.stored.with_suffix(".json"),
        {"fingerprint": fingerprint, "summaries": summaries},
    )
