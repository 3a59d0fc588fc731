"""Values from files that anybody may have edited: a number, a text, or nothing.

Holds how one value of a config or of metrics is taken over; which values there are stands in
``core.evaluation.compare``.
"""

import math


def interval(value: object) -> tuple[float, float]:
    """The two ends of [low, high]; NaN for each that is no number."""
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return number(value[0]), number(value[1])
    return math.nan, math.nan


def number(value: object) -> float:
    """A number as a float; NaN for anything else."""
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    # Anything larger is no count, score or time of ours, and may not fit a float at all.
    return float(value) if numeric and abs(value) < 2**53 else math.nan


def whole(value: object) -> float:
    """A whole number as a float; NaN for anything else."""
    found = number(value)
    return found if found.is_integer() else math.nan


def text(value: object) -> str:
    """A single value as text; empty for none, and for what holds several."""
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def split_of(config: dict) -> dict:
    """How a run's config divides the images; {} where it does not say, or was edited."""
    split = config.get("split")
    return split if isinstance(split, dict) else {}
