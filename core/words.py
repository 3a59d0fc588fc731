"""Figures and classes in plain words: times, scores with their doubt, what a class means.

Holds functions from values to text, for pages, commands, reports and sheets alike, and the sentence
that stands beside every prediction. Words about runs stand beside what shows them.
"""

import math
from collections.abc import Sequence

from core.data.labels import CLASS_WORDS, FINDINGS
from core.data.sources import SOURCE_TITLES

NOT_FOR_DIAGNOSIS = "Research and teaching only, not for diagnosis."
# Figure and sign stay on one line.
PERCENT = "\N{NO-BREAK SPACE}%"


def duration(seconds: float | None) -> str:
    """A time in the unit a person would use: "40 seconds", "2 minutes", "22.0 hours"."""
    if seconds is None or not math.isfinite(seconds):
        return "not known"
    if seconds < 10:
        return f"{seconds:.1f} seconds"
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


def exact_duration(seconds: float) -> str:
    """A time in words with its exact number: "12.53 seconds", "22.0 hours (79,184.28 s)"."""
    exact = f"{seconds:,.2f}".rstrip("0").rstrip(".")
    return f"{exact} seconds" if seconds < 90 else f"{duration(seconds)} ({exact} s)"


def percent(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A fraction as percent, with its 95 % interval where there is one."""
    if absent(value):
        return "–"
    if absent(low) or absent(high):
        return f"{100 * value:.1f}{PERCENT}"
    return f"{100 * value:.1f}{PERCENT} ({100 * low:.1f} to {100 * high:.1f})"


def fraction(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A fraction as a command prints it, with its 95 % interval: "0.813 (0.790 to 0.834)"."""
    if absent(value):
        return "undefined"
    interval = "" if absent(low) or absent(high) else f" ({low:.3f} to {high:.3f})"
    return f"{value:.3f}{interval}"


def points(difference: float, low: float, high: float) -> str:
    """A difference of fractions in points, signed, with its interval: "+1.2 (-0.4 to +2.8)".

    An end of the interval that would round to nought keeps the digit that tells on which side of
    nought it lies: "-3.1 (-6.4 to -0.04)".
    """
    if absent(difference):
        return "–"
    # "z": nought has no minus, however it was rounded.
    shown = f"{100 * difference:+z.1f}"
    return shown if absent(low) else f"{shown} ({_end(100 * low)} to {_end(100 * high)})"


def spread_words(mean: float, deviation: float, low: float, high: float) -> str:
    """A mean, its standard deviation and its range, all fractions: "81.2 % ± 1.1 (79 to 83)"."""
    if absent(mean):
        return "–"
    return f"{percent(mean)} ± {100 * deviation:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def class_words(name: str) -> str:
    """A class in plain words and as charts name it: "Pneumonia caused by bacteria (bacteria)"."""
    return f"{CLASS_WORDS[name]} ({class_title(name)})" if name in CLASS_WORDS else name


def class_title(name: str) -> str:
    """A class's name as it stands in a chart or a table: "not_covid19" becomes "not COVID-19"."""
    return name.replace("_", " ").replace("covid19", "COVID-19")


def finding_title(name: str) -> str:
    """A finding's name as people write it: "covid19" becomes "COVID-19 pneumonia"."""
    return FINDINGS.get(name, name)


def source_title(name: str) -> str:
    """A collection's name as people write it: "cohen" becomes "Cohen"."""
    return SOURCE_TITLES.get(name, name)


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


def _end(value: float) -> str:
    # An interval that excludes nought must not read as if it ended there.
    near = 0.005 <= abs(value) < 0.05
    return f"{value:+.2f}" if near else f"{value:+z.1f}"
