"""Several networks' opinions of one image: whom to ask, what each one says, how far they agree.

Holds the choice of runs, the asking one by one, and ``agreement``, the opinions put together. How
one network is asked stands in ``core.inference.predictor``; how opinions are drawn, in
``core.charts.one_image``.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from core.errors import UserError
from core.evaluation.cases import (
    TRAINING,
    UNKNOWN,
    image_across_runs,
    run_cases,
    run_classes,
    run_sides,
)
from core.evaluation.compare import run_name
from core.inference.predictor import Prediction
from core.runs import FINISHED, Run

# More would keep others waiting for minutes.
MOST_NETWORKS = 20


@dataclass(frozen=True)
class Opinion:
    """What one network says of the image, or why it says nothing.

    ``probabilities`` by class name, empty when ``problem`` holds a sentence; ``doubt`` is empty, or
    says why the answer is left out of what the networks say together.
    """

    run: str
    name: str
    doubt: str
    predicted: str = ""
    probabilities: dict[str, float] = field(default_factory=dict)
    problem: str = ""

    @property
    def counts(self) -> bool:
        """Whether the answer is part of what the networks say together."""
        return bool(self.probabilities) and not self.doubt


def networks_to_ask(
    runs: Iterable[Run], classes: Sequence[str] = ()
) -> tuple[list[Run], dict[str, str]]:
    """Of ``runs`` those whose opinions stand beside each other: finished, with the same classes.

    ``classes`` default to those of the first finished run. Also gives a sentence for each run that
    is left out, by identifier. At most MOST_NETWORKS are asked, the first ones.
    """
    asked, left_out = [], {}
    for run in runs:
        own = run_classes(run)
        classes = tuple(classes) or (own if run.state == FINISHED else ())
        if run.problem:
            left_out[run.id] = run.problem
        elif run.state != FINISHED:
            left_out[run.id] = f"{run_name(run)} is {run.state}: it has no trained network."
        elif own != classes or not own:
            left_out[run.id] = (
                f"{run_name(run)} tells other classes apart ({', '.join(own) or 'unknown'})."
            )
        elif len(asked) == MOST_NETWORKS:
            left_out[run.id] = f"{run_name(run)} is not asked: {MOST_NETWORKS} are the most."
        else:
            asked.append(run)
    return asked, left_out


def doubts(
    image: Path | bytes,
    runs: Sequence[Run],
    cases: Mapping[str, pd.DataFrame] | None = None,
    sides: Mapping[str, pd.DataFrame] | None = None,
) -> dict[str, str]:
    """Why each run's answer to ``image`` (a path or an upload's bytes) proves nothing, by its id.

    Empty where it does: the run has not learnt from this very file. Recognised by content, so that
    a copy counts under any name; the same picture in another file does not. ``cases`` and ``sides``
    hold ``run_cases`` and ``run_sides`` by identifier; without them they are read. Raises UserError
    when the file cannot be read.
    """
    content = image if isinstance(image, bytes) else _content(image)
    sha256 = hashlib.sha256(content).hexdigest()
    cases = {run.id: run_cases(run) for run in runs} if cases is None else cases
    sides = {run.id: run_sides(run) for run in runs} if sides is None else sides
    known = [used.loc[used["sha256"] == sha256, "id"] for used in sides.values()]
    identifier = next((str(ids.iloc[0]) for ids in known if len(ids)), "")
    table = image_across_runs(identifier, sha256, runs, cases, sides)
    return {row.run: _doubt(row.part, row.copy_learnt) for row in table.itertuples()}


def opinions(
    runs: Sequence[Run], known_doubts: Mapping[str, str], answer: Callable[[Run], Prediction]
) -> Iterator[Opinion]:
    """Ask one network after another; each opinion is given as soon as it is there.

    ``answer`` asks one run for its prediction without a map. A UserError of one run is its
    opinion's ``problem``, and the others go on.
    """
    for run in runs:
        about = (run.id, run_name(run), known_doubts[run.id])
        try:
            prediction = answer(run)
        except UserError as error:
            yield Opinion(*about, problem=str(error))
        else:
            yield Opinion(*about, prediction.predicted, prediction.probabilities)


def opinion_rows(given: Iterable[Opinion], classes: Sequence[str], truth: str = "") -> pd.DataFrame:
    """One row per answer: run, name, doubt, predicted, wrong (missing without a truth), p_<class>.

    The shape that ``core.charts.one_image.probabilities_by_run`` draws.
    """
    rows = [
        {
            "run": each.run,
            "name": each.name,
            "doubt": each.doubt,
            "predicted": each.predicted,
            "wrong": each.predicted != truth if truth else None,
            **{f"p_{name}": each.probabilities[name] for name in classes},
        }
        for each in given
        if each.probabilities
    ]
    columns = ["run", "name", "doubt", "predicted", "wrong", *(f"p_{name}" for name in classes)]
    return pd.DataFrame(rows, columns=columns)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be read ({error.strerror}); choose another image."
        ) from error


def _doubt(part: str, copy_learnt: bool) -> str:
    if part == TRAINING or copy_learnt:
        return "it learnt from this very image"
    if part == UNKNOWN:
        return "what it learnt from is not known"
    return ""
