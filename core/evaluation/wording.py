"""Scores in words: percent and points with their intervals, as pages and commands say them.

Holds functions from numbers to text, and the sentence that stands beside every prediction; what the
numbers mean stands with whoever says them.
"""

import math
from collections.abc import Sequence

NOT_FOR_DIAGNOSIS = "Research and teaching only, not for diagnosis."
# Figure and sign stay on one line.
PERCENT = "\N{NO-BREAK SPACE}%"


def percent(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A fraction as percent, with its 95 % interval where there is one."""
    if absent(value):
        return "–"
    if absent(low) or absent(high):
        return f"{100 * value:.1f}{PERCENT}"
    return f"{100 * value:.1f}{PERCENT} ({100 * low:.1f} to {100 * high:.1f})"


def points(difference: float, low: float, high: float) -> str:
    """A difference of fractions in points, signed, with its interval: "+1.2 (-0.4 to +2.8)"."""
    if absent(difference):
        return "–"
    # "z": nought has no minus, however it was rounded.
    shown = f"{100 * difference:+z.1f}"
    return shown if absent(low) else f"{shown} ({100 * low:+z.1f} to {100 * high:+z.1f})"


def counted(number: int, thing: str) -> str:
    """A number with its noun: "1 patient", "1,217 images"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words joined as in a sentence: "a, b and c"; empty for none."""
    *most, final = words or ("",)
    return f"{', '.join(most)} {last} {final}" if most else final


def absent(value: float | None) -> bool:
    """Whether there is no such number: None or NaN."""
    return value is None or math.isnan(value)
