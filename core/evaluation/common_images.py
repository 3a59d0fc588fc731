"""What runs answered about their validation images, and the images that several of them share.

Reads predictions through ``core.runs`` and trusts nothing in them. What can be concluded from the
shared images stands in ``core.evaluation.pairs``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.errors import UserError
from core.evaluation.compare import run_name
from core.runs import FINISHED, Run

COLUMNS = ("id", "sha256", "patient", "label", "predicted")


@dataclass(frozen=True)
class Answers:
    """What one run said: ``images`` has one row per validation image, by its id.

    Columns of ``images``: sha256, patient (empty: unknown), label, right (bool). ``name`` tells the
    run from those it was read with; ``labels`` is its label scheme.
    """

    run: str
    name: str
    labels: str
    classes: tuple[str, ...]
    images: pd.DataFrame


def read_answers(runs: Sequence[Run]) -> tuple[list[Answers], dict[str, str]]:
    """Answers of the usable runs, oldest first, and of the others: identifier -> one sentence.

    Their order is fixed because what a seed draws hangs on it, and no figure should hang on the
    order in which a reader chose. Raises UserError, naming two runs, when their classes differ:
    they answer different questions.
    """
    names, answers, reasons = short_names(runs), [], {}
    for run in sorted(runs, key=lambda run: run.id):
        read = _read(run, names[run.id])
        if isinstance(read, str):
            reasons[run.id] = read
        else:
            answers.append(read)
    for other in answers[1:]:
        first = answers[0]
        if (first.labels, first.classes) != (other.labels, other.classes):
            raise UserError(
                f"{first.name} ({first.run}, label scheme {first.labels}) and {other.name} "
                f"({other.run}, label scheme {other.labels}) name different classes; compare runs "
                "of one label scheme."
            )
    return answers, reasons


def common_images(answers: Sequence[Answers]) -> pd.DataFrame:
    """Validation images that all of ``answers`` share: patient, truth and right, by id.

    An image is shared when id, content (sha256) and label are the same. ``truth`` is a class index;
    ``right`` stands once per run, under its number 0, 1, ... in ``answers``.
    """
    first = answers[0]
    ids = first.images.index
    for other in answers[1:]:
        # Runs of one division have the same images in the same order.
        if not ids.equals(other.images.index):
            ids = ids.intersection(other.images.index, sort=False)
    images = _rows(first, ids)
    same = np.ones(len(ids), dtype=bool)
    right = {}
    for number, one in enumerate(answers):
        own = _rows(one, ids)
        for column in ("sha256", "label"):
            same &= (own[column] == images[column]).to_numpy()
        right[number] = own["right"].to_numpy()
    index = {name: i for i, name in enumerate(first.classes)}
    columns = {"patient": images["patient"], "truth": images["label"].map(index).astype(np.int64)}
    return pd.DataFrame({**columns, **right}, index=ids)[same]


def answered_images(predictions: pd.DataFrame) -> pd.DataFrame:
    """``Answers.images`` of a table with COLUMNS, as predictions.csv has it."""
    images = predictions[["sha256", "patient", "label"]].set_index(predictions["id"].astype(str))
    images["patient"] = images["patient"].fillna("").astype(str)
    images["right"] = (predictions["label"] == predictions["predicted"]).to_numpy()
    return images


def numbered(answers: Sequence[Answers]) -> list[Answers]:
    """The same ``answers`` with numbers for ids, which find each other faster than texts do."""
    if not answers:
        return []
    ids = pd.concat([one.images.index.to_series() for one in answers])
    numbers, ends = pd.factorize(ids)[0], np.cumsum([len(one.images) for one in answers])
    return [
        replace(one, images=one.images.set_index(own))
        for one, own in zip(answers, np.split(numbers, ends[:-1]), strict=True)
    ]


def _rows(answers: Answers, ids: pd.Index) -> pd.DataFrame:
    images = answers.images
    return images if ids.equals(images.index) else images.loc[ids]


def short_names(runs: Sequence[Run], kept: int = 1, marked: bool = True) -> dict[str, str]:
    """Names that tell these ``runs`` apart, by identifier: the backbone and what else differs.

    The first ``kept`` parts of ``run_name`` stay where all share them: 1 is the backbone, 2 the
    recipe too. Runs that differ in nothing have their marks, unless they need not be ``marked``.
    """
    parts = {run.id: run_name(run).split(", ") for run in runs}
    shared = set.intersection(*map(set, parts.values())) if parts else set()
    short = {
        identifier: ", ".join([*own[:kept], *(part for part in own[kept:-1] if part not in shared)])
        for identifier, own in parts.items()
    }
    if not marked:
        return short
    met = Counter(short.values())
    return {
        identifier: name if met[name] == 1 else f"{name}, {parts[identifier][-1]}"
        for identifier, name in short.items()
    }


def _read(run: Run, name: str) -> Answers | str:
    """The answers of a run, or a sentence on why there are none."""
    if run.problem:
        return run.problem
    if run.state != FINISHED:
        return f"{name} ({run.id}) has not finished and has no predictions to compare."
    table = run.predictions()
    where = f"predictions.csv of {name} ({run.id})"
    if table.empty:
        return f"{where} is missing, empty or cannot be read; repeat the run."
    classes = tuple(column[2:] for column in table.columns if column.startswith("p_"))
    if absent := [column for column in COLUMNS if column not in table.columns]:
        return f"{where} has no column '{absent[0]}'; repeat the run."
    if table["id"].duplicated().any():
        return f"{where} holds an image twice; repeat the run."
    named = (str(name) for column in ("label", "predicted") for name in table[column].unique())
    if strangers := sorted(set(named) - set(classes)):
        return f"{where} names a class '{strangers[0]}' without a probability; repeat the run."
    labels = str(run.config.get("labels", ""))
    return Answers(run.id, name, labels, classes, answered_images(table))
