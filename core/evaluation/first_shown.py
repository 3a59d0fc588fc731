"""The run that a page opens on where it shows one and nobody has chosen.

Holds ``first_shown``. What makes a run a rehearsal stands in ``core.evaluation.rehearsals``, and
which of two runs is better in ``core.evaluation.pairs``: this is a place to begin, and no verdict.
"""

from collections.abc import Sequence

from core.evaluation.rehearsals import rehearsal_sentence
from core.run_files import number, split_of, text
from core.runs import Run


def first_shown(finished: Sequence[Run]) -> Run | None:
    """Of ``finished`` runs, newest first, the one to open on; None where there is none.

    It is the newest, where that one was trained for itself: somebody wants to see it. Of a study it
    is the one with the highest balanced accuracy, whichever was trained last: the demonstration
    study ends with a network that may never give one of its answers, and a visitor should not meet
    that one first. Rehearsals count where there is nothing else. Only runs of the study with the
    classes of its newest, and as it on real or on drawn images, can be set against it. Runs split
    by patient go first: a split by image scores higher without reading X-rays better. A run without
    a score comes last; of equal ones the newest is taken.
    """
    results = [run for run in finished if not rehearsal_sentence([run.config])] or [*finished]
    if not results or not text(results[0].config.get("study")):
        return results[0] if results else None
    kind = _kind(results[0])
    return max((run for run in results if _kind(run) == kind), key=_rank)


def _kind(run: Run) -> tuple[str, str, bool]:
    config = run.config
    synthetic = run.metrics().get("synthetic") is True
    return text(config.get("study")), text(config.get("labels")), synthetic


def _rank(run: Run) -> tuple[bool, bool, float]:
    score = number(run.metrics().get("balanced_accuracy"))
    known = 0 <= score <= 1
    return known, split_of(run.config).get("by") == "patient", score if known else 0.0
