"""One patient over time: what runs say of each image, and which of them had learnt from it.

Holds which runs may be asked together, their answers image by image and the mean of these with its
interval. Which patients there are stands in ``core.data.patient_series``; the network itself is
asked by whoever calls, in this process or through ``core.inference.process``.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.sources import Progress
from core.data.texts import occurs_in
from core.errors import UserError
from core.evaluation.cases import TRAINING, UNKNOWN, VALIDATION, image_across_runs, run_classes
from core.evaluation.statistics import LEVEL
from core.runs import FINISHED, Run

# What the network answers: one probability (0..1) for every class.
Ask = Callable[[Run, Path], Mapping[str, float]]

NOT_SEVERITY = (
    "The networks were trained to tell these classes apart, not to measure how ill a patient is: a "
    "probability that falls is no sign of recovery. A change of view (PA, AP supine), of machine "
    "or of exposure can move it as much as the disease does."
)
IDENTITY = (
    "Patients are those that the collection names, imperfectly: some names are shared by several "
    "patients of one article, and some patients have two."
)

ANSWER_COLUMNS = (
    "run",
    "name",  # of the run, short
    "id",  # of the image
    "part",  # that the image took in the run: one of those of core.evaluation.cases
    "copy_learnt",  # an exact copy of the image was a training image
    "stored",  # the answer is that of predictions.csv; nobody was asked
)


def follow_together(runs: Sequence[Run]) -> tuple[list[Run], tuple[str, ...]]:
    """The finished ones of ``runs``, and the classes that all of them tell apart.

    Raises UserError when none has finished, when their label schemes differ, or when the label
    scheme is not known.
    """
    finished = [run for run in runs if run.state == FINISHED]
    if not finished:
        raise UserError("None of these runs has finished; wait for one, or choose another study.")
    schemes = sorted({str(run.config.get("labels")) for run in finished})
    if len(schemes) > 1:
        raise UserError(
            f"These runs answer with different classes (label schemes {', '.join(schemes)}), whose "
            "probabilities cannot be averaged; choose one run, or a study with one label scheme."
        )
    classes = run_classes(finished[0])
    if not classes:
        raise UserError(
            f"The label scheme '{schemes[0]}' of {finished[0].id} is not known; choose another run."
        )
    return finished, classes


def learnt_images(rows: pd.DataFrame, used: pd.DataFrame) -> pd.Series:
    """Whether a run learnt from each image of ``rows`` (id, sha256), or from an exact copy of it.

    ``used`` is ``core.evaluation.cases.run_sides`` of the run.
    """
    training = used[used["side"] == TRAINING]
    copies = (rows["sha256"] != "") & occurs_in(rows["sha256"], training["sha256"])
    return copies | occurs_in(rows["id"], training["id"])


def learnt_by_patient(catalog: pd.DataFrame, sides: Sequence[pd.DataFrame]) -> pd.Series:
    """How many of the runs learnt from each patient, int64 by patient; ``sides`` as above."""
    patients = catalog["patient"]
    found = [learnt_images(catalog, used).groupby(patients).any() for used in sides]
    return sum(found, pd.Series(0, index=pd.Index(sorted(set(patients))))).astype("int64")


def patient_answers(
    images: pd.DataFrame,
    runs: Sequence[Run],
    cases: Mapping[str, pd.DataFrame],
    sides: Mapping[str, pd.DataFrame],
    ask: Ask,
    progress: Progress = None,
) -> pd.DataFrame:
    """What each of ``runs`` says of each of ``images``: ANSWER_COLUMNS and p_<class>, run by run.

    ``images`` are rows of the catalog, ``runs`` share a label scheme, ``cases`` and ``sides`` hold
    ``run_cases`` and ``run_sides`` by the run's identifier. The answer that a run left for its
    validation image is taken where the file is still the same; any other is asked.
    """
    classes = run_classes(runs[0])
    columns = [f"p_{name}" for name in classes]
    by_image = {
        row.id: image_across_runs(row.id, row.sha256, runs, cases, sides).set_index("run")
        for row in images.itertuples()
    }
    rows, total = [], len(runs) * len(images)
    # Run by run: a network is loaded once for all images, however few are kept in memory.
    for run in runs:
        used = sides[run.id][occurs_in(sides[run.id]["id"], images["id"])]
        same_file = set(zip(used["id"], used["sha256"], strict=True))
        for image in images.itertuples():
            if progress is not None:
                progress("Asking the networks", len(rows), total)
            known = by_image[image.id].loc[run.id]
            row = {"run": run.id, "id": image.id} | known[["name", "part", "copy_learnt"]].to_dict()
            row["stored"] = row["part"] == VALIDATION and (image.id, image.sha256) in same_file
            if row["stored"]:
                row |= known[columns].astype(float).to_dict()
            else:
                answer = ask(run, Path(image.path))
                row |= {f"p_{name}": float(answer[name]) for name in classes}
            rows.append(row)
    if progress is not None:
        progress("Asking the networks", total, total)
    return pd.DataFrame(rows, columns=[*ANSWER_COLUMNS, *columns])


def runs_that_learnt(answers: pd.DataFrame) -> pd.DataFrame:
    """One row per run of ``answers``: run, name, images, trained_on, validated, and unknown.

    ``trained_on`` counts the patient's images that it learnt from, exact copies included.
    """
    learnt = (answers["part"] == TRAINING) | answers["copy_learnt"]
    marked = answers.assign(
        learnt=learnt,
        validation=(answers["part"] == VALIDATION) & ~learnt,
        unknown=answers["part"] == UNKNOWN,
    )
    return (
        marked.groupby("run", sort=False, as_index=False)
        .agg(
            name=("name", "first"),
            images=("id", "size"),
            trained_on=("learnt", "sum"),
            validated=("validation", "sum"),
            unknown=("unknown", "any"),
        )
        .astype({"trained_on": "int64", "validated": "int64", "unknown": bool})
    )


def averaged_runs(learnt: pd.DataFrame, every: bool = False) -> list[str]:
    """Identifiers of the runs to average: those that have not learnt from the patient.

    ``learnt`` is that of ``runs_that_learnt``. All of them where ``every`` is asked for, or where
    each of them has learnt from the patient (or may have: its images.csv cannot be read).
    """
    unseen = learnt[(learnt["trained_on"] == 0) & ~learnt["unknown"]]
    chosen = learnt if every or unseen.empty else unseen
    return chosen["run"].tolist()


def mean_answers(
    images: pd.DataFrame, answers: pd.DataFrame, classes: Sequence[str], interval: str
) -> pd.DataFrame:
    """One row per image and class, images in their order: id, day, class, mean, low, high, n.

    Fractions 0..1 over the ``n`` runs in ``answers``; ``interval`` is a key of INTERVALS. low and
    high are NaN for a single run, which has no interval; day is NaN for an undated image.
    """
    rows = []
    for image in images.itertuples():
        own = answers[answers["id"] == image.id]
        for name in classes:
            values = own[f"p_{name}"].to_numpy(dtype=float)
            low, high = INTERVALS[interval][1](values) if len(values) > 1 else (np.nan, np.nan)
            row = {"id": image.id, "day": image.offset_days, "class": name, "n": len(values)}
            # A probability lies between 0 and 1, whatever an interval believes.
            bounds = np.clip([low, high], 0, 1)
            rows.append(row | {"mean": values.mean(), "low": bounds[0], "high": bounds[1]})
    return pd.DataFrame(rows, columns=["id", "day", "class", "mean", "low", "high", "n"])


def change_over_days(
    images: pd.DataFrame, answers: pd.DataFrame, classes: Sequence[str], interval: str
) -> pd.DataFrame:
    """How far each class moved from the first day to the last: class, mean, low, high, n.

    Fractions -1..1: in each run the mean of the last day's images less that of the first day's,
    then over the ``n`` runs as in ``mean_answers``. Empty without two different days.
    """
    day = answers["id"].map(images.set_index("id")["offset_days"])
    first, last = day.min(), day.max()
    rows = []
    for name in classes if last > first else ():
        by_run = [
            answers[day == end].groupby("run", sort=False)[f"p_{name}"].mean()
            for end in (first, last)
        ]
        values = (by_run[1] - by_run[0]).to_numpy(dtype=float)
        low, high = INTERVALS[interval][1](values) if len(values) > 1 else (np.nan, np.nan)
        row = {"class": name, "mean": values.mean(), "low": low, "high": high}
        rows.append(row | {"n": len(values)})
    return pd.DataFrame(rows, columns=["class", "mean", "low", "high", "n"])


def _range(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _t_interval(values: np.ndarray) -> tuple[float, float]:
    """Student's interval of a mean (Biometrika 6 (1908) 1-25), as if the values were normal."""
    from scipy import stats

    error = values.std(ddof=1) / np.sqrt(len(values))
    reach = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * error
    return float(values.mean() - reach), float(values.mean() + reach)


# What is drawn about a mean over runs -> its words, and how (low, high) follow from the values.
INTERVALS: dict[str, tuple[str, Callable[[np.ndarray], tuple[float, float]]]] = {
    "range": ("lowest to highest run", _range),
    "t": ("95 % t interval of the mean over runs", _t_interval),
}
