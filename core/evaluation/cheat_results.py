"""Cheat tests that were made, as rows for a chart: each run with all of the image and with parts.

Reads cheat_test.json of run folders and trusts nothing in it. How the test is made stands in
``core.evaluation.cheat_test``, which loads Keras; this module does not.
"""

from collections.abc import Iterable
from types import NoneType

import pandas as pd

from core import runs
from core.errors import UserError
from core.evaluation.compare import run_name
from core.run_files import interval, number, read_object
from core.undefined_scores import why_undefined

CHEAT_TEST = "cheat_test.json"
FULL, WITHOUT_LUNGS, LUNGS_ONLY = "full", "without_lungs", "lungs_only"
SEEN = {
    FULL: "whole image",
    WITHOUT_LUNGS: "lungs blacked out",
    LUNGS_ONLY: "lungs alone",
}
CHEAT_SCORES = ("accuracy", "balanced_accuracy")
CHEAT_COLUMNS = ("run", "name", "seen", "n", "score", "low", "high", "n_annotated", "n_images")


def cheat_table(tested: Iterable[runs.Run], measure: str) -> pd.DataFrame:
    """Three rows, in the order of SEEN, for each run with a cheat test: CHEAT_COLUMNS.

    ``measure`` is one of CHEAT_SCORES; scores and bounds are fractions, NaN where there is none,
    or where ``core.undefined_scores`` says that the score has no meaning on the run's images.
    """
    rows = []
    for run in tested:
        content, problem = read_object(run.folder / CHEAT_TEST)
        parts = {seen: content.get(seen) for seen in SEEN}
        counts = {name: content.get(name) for name in ("n_annotated", "n_images")}
        whole = all(isinstance(count, int) for count in counts.values())
        if problem or not whole or not all(_is_scored(part, measure) for part in parts.values()):
            continue
        defined = not why_undefined(run.metrics(), measure)
        about = {"run": run.id, "name": run_name(run), **counts}
        for seen, part in parts.items():
            bounds = part.get("ci95")
            kept = bounds.get(measure) if defined and isinstance(bounds, dict) else None
            low, high = interval(kept)
            score = number(part[measure] if defined else None)
            scored = {"n": part["n"], "score": score, "low": low, "high": high}
            rows.append(about | {"seen": seen} | scored)
    numbers = dict.fromkeys(("score", "low", "high"), float)
    return pd.DataFrame(rows, columns=list(CHEAT_COLUMNS)).astype(numbers)


def check_testable(run: runs.Run) -> None:
    """Raise UserError unless the cheat test can be made of ``run``: finished, on a frozen network.

    Whether its images are still those it was trained on is seen when the test is made.
    """
    if run.state != runs.FINISHED:
        raise UserError(f"{run.id} is {run.state}; the cheat test needs a finished run.")
    if run.config.get("epochs") != 0:
        raise UserError(
            f"{run.id} trained its backbone on whole images; the cheat test needs a run on a "
            "frozen one, such as one with the recipe quick."
        )


def _is_scored(part: object, measure: str) -> bool:
    if not isinstance(part, dict):
        return False
    # A balanced accuracy can be undefined, and is null then.
    score = part.get(measure, False)
    scored = isinstance(part.get("accuracy"), float) and isinstance(score, (float, NoneType))
    return scored and isinstance(part.get("n"), int)
