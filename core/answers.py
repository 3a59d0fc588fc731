"""What a command answers about runs: one plain object each, and the exit code that goes with them.

Holds what the commands share. What they do stands in ``core.commands`` and the modules it names.
"""

import math
from collections.abc import Sequence

from core import runs

Answer = tuple[dict, int]


def describe(run: runs.Run) -> dict:
    """One run as a plain object: run, status, message, metrics and the counts beside them."""
    metrics = run.metrics()
    beside = ("n_training", "n_validation", "overlap_patients", "overlap_images", "synthetic")
    return {
        "run": run.id,
        "status": run.state,
        "message": run.problem or run.status.get("message", ""),
        "backbone": run.config.get("backbone"),
        "recipe": run.config.get("recipe"),
        **{name: metrics.get(name) for name in beside},
        "metrics": metrics,
    }


def exit_code(ended: Sequence[runs.Run]) -> int:
    """0 when every run has finished, 2 when all others failed by a person's fault, else 1."""
    unfinished = [run for run in ended if run.state != runs.FINISHED]
    if not unfinished:
        return 0
    return 2 if all(run.status.get("fault") == "user" for run in unfinished) else 1


def finite(value: float) -> float | None:
    """``value``, or None for what JSON has no number for (NaN, infinity)."""
    return value if math.isfinite(value) else None
