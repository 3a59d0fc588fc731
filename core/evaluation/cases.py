"""From figures back to images: those of one cell, those that most runs miss, one across runs.

Reads what a run left about single images and trusts none of it: a run without usable files has no
cases. What the answers are worth as a whole stands in ``core.evaluation.metrics``.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from core.data.catalog import CATALOG_COLUMNS, FILE_COLUMNS
from core.data.labels import LABEL_SCHEMES
from core.data.rows import ROW_COLUMNS
from core.data.texts import occurs_in
from core.evaluation.compare import run_name
from core.run_files import read_table
from core.runs import Run

# Which part an image took in a run.
VALIDATION, TRAINING, NO_PART, UNKNOWN = "validation", "training", "no part", "unknown"
CALIBRATION = "calibration"

CASE_COLUMNS = (
    "id",
    "path",
    "patient",  # empty: unknown
    "label",  # true class
    "predicted",  # the answer: the class of the highest probability
    "confidence",  # probability of the answer, 0..1
    "true_probability",  # probability of the true class, 0..1
    "wrong",
)
HARDEST_COLUMNS = (
    "id",
    "path",
    "label",
    "runs",  # how many validated it
    "missed",  # how many of them were wrong
    "share",  # missed / runs
    "answer",  # the wrong answer given most often
    "true_probability",  # mean over the runs
)
_SIDE_COLUMNS = ("id", "sha256", "side")


def run_classes(run: Run) -> tuple[str, ...]:
    """The run's classes in the order of its outputs; none when its label scheme is unknown."""
    scheme = LABEL_SCHEMES.get(str(run.config.get("labels")))
    return scheme.classes if scheme else ()


def run_cases(run: Run, file: str = "predictions.csv") -> pd.DataFrame:
    """The run's answer for every validation image: CASE_COLUMNS and p_<class> for its classes.

    With ``file`` "calibration.csv", for every image that was held back from training. Rows without
    a class of the run's scheme or with a probability that is no finite number are left out. Empty
    when the run left no predictions that can be used.
    """
    classes = run_classes(run)
    columns = [f"p_{name}" for name in classes]
    table = read_table(run.folder / file, ("id", "label", "predicted", *columns))
    table = table.reindex(columns=["id", "path", "patient", "label", "predicted", *columns])
    table[columns] = table[columns].apply(pd.to_numeric, errors="coerce")
    usable = table["label"].isin(classes) & table["predicted"].isin(classes) & table["id"].notna()
    usable &= np.isfinite(table[columns].to_numpy(dtype=float)).all(axis=1)
    table = table[usable].drop_duplicates("id").reset_index(drop=True)
    place = {name: position for position, name in enumerate(classes)}
    probabilities, row = table[columns].to_numpy(dtype=float), np.arange(len(table))
    answer, truth = (table[c].map(place).to_numpy(dtype=int) for c in ("predicted", "label"))
    texts = dict.fromkeys(("id", "path", "patient", "label", "predicted"), "str")
    return (
        table.astype(texts)
        .fillna({"path": "", "patient": ""})
        .assign(
            confidence=probabilities[row, answer],
            true_probability=probabilities[row, truth],
            wrong=answer != truth,
        )[[*CASE_COLUMNS, *columns]]
    )


def run_sides(run: Run) -> pd.DataFrame:
    """Which images the run used: id, sha256 and side; empty when images.csv cannot be used."""
    return read_table(run.folder / "images.csv", _SIDE_COLUMNS)[list(_SIDE_COLUMNS)]


def cell_images(cases: pd.DataFrame, truth: str, answer: str) -> pd.DataFrame:
    """Rows of ``run_cases`` in one cell of the confusion matrix, the most confident first."""
    rows = cases[(cases["label"] == truth) & (cases["predicted"] == answer)]
    return rows.sort_values(["confidence", "id"], ascending=[False, True], ignore_index=True)


def hardest_images(cases: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Images that at least one run missed, those missed by most first: HARDEST_COLUMNS.

    ``cases`` are the tables of ``run_cases`` of runs with one label scheme. Runs that did not
    validate an image count neither for nor against it. Equal shares stand by falling number of
    runs, then by rising mean probability of the true class.
    """
    counted = ["id", "path", "label", "predicted", "true_probability", "wrong"]
    tables = [table[counted] for table in cases if len(table)]
    if not tables:
        return pd.DataFrame(columns=list(HARDEST_COLUMNS))
    answers = pd.concat(tables, ignore_index=True)
    images = answers.groupby("id", sort=False).agg(
        path=("path", "first"),
        label=("label", "first"),
        runs=("wrong", "size"),
        missed=("wrong", "sum"),
        true_probability=("true_probability", "mean"),
    )
    wrong = answers[answers["wrong"]].groupby(["id", "predicted"]).size().sort_values()
    images["answer"] = (
        wrong.reset_index().drop_duplicates("id", keep="last").set_index("id")["predicted"]
    )
    images["share"] = images["missed"] / images["runs"]
    images = images[images["missed"] > 0].reset_index()
    return images.sort_values(
        ["share", "runs", "true_probability", "id"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )[list(HARDEST_COLUMNS)]


def image_across_runs(
    identifier: str,
    sha256: str,
    runs: Iterable[Run],
    cases: Mapping[str, pd.DataFrame],
    sides: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """What each run says of one image, in the order of ``runs``, which share a label scheme.

    ``cases`` and ``sides`` hold ``run_cases`` and ``run_sides`` by the run's identifier; ``sha256``
    is that of the file, or empty. Columns: run, name, part (VALIDATION, TRAINING, CALIBRATION,
    NO_PART, or UNKNOWN without a usable images.csv), copy_learnt (an exact copy of the file was a
    training image), predicted, wrong and p_<class>. Only validation images have an answer; the
    answers of the other rows are missing.
    """
    rows = []
    for run in runs:
        own, used = cases[run.id], sides[run.id]
        found = own[own["id"] == identifier]
        same = used[used["id"] == identifier]
        copies = used[(used["sha256"] == sha256) & (used["side"] == TRAINING)] if sha256 else same
        copy_learnt = bool((copies["id"] != identifier).any())
        row = {"run": run.id, "name": run_name(run), "copy_learnt": copy_learnt}
        if len(found):
            probabilities = [name for name in found.columns if name.startswith("p_")]
            answered = found.iloc[0][["predicted", "wrong", *probabilities]]
            row |= {"part": VALIDATION, **answered}
        elif used.empty:
            row["part"] = UNKNOWN
        else:
            learnt = copy_learnt or (same["side"] == TRAINING).any()
            held_back = (same["side"] == CALIBRATION).any()
            row["part"] = TRAINING if learnt else CALIBRATION if held_back else NO_PART
        rows.append(row)
    table = pd.DataFrame(rows)
    first = ["run", "name", "part", "copy_learnt", "predicted", "wrong"]
    return table.reindex(columns=[*first, *(c for c in table.columns if c not in first)])


def with_catalog(cases: pd.DataFrame, catalog: pd.DataFrame) -> pd.DataFrame:
    """``cases`` with the catalog's columns, joined by id, in their order.

    An image that the catalog does not know keeps the path it had and has the readers' defaults for
    everything else.
    """
    known = catalog.loc[occurs_in(catalog["id"], cases["id"]), list(CATALOG_COLUMNS)]
    known = known.drop_duplicates("id")
    rows = cases.drop(columns="patient", errors="ignore").rename(columns={"path": "path_then"})
    rows = rows.merge(known, on="id", how="left")
    rows["path"] = rows["path"].fillna(rows["path_then"])
    defaults = {**ROW_COLUMNS, **dict(zip(FILE_COLUMNS, (0, 0, ""), strict=True))}
    # What has NaN for a default is known of some images only.
    rows = rows.fillna({name: value for name, value in defaults.items() if value == value})
    rows["synthetic"] = rows["synthetic"].astype(bool)
    return rows.drop(columns="path_then")
