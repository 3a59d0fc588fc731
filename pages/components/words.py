"""Numbers and names in plain words: times, scores with their doubt, states, runs, classes.

Holds functions from values to text; nothing here draws on a page. ``percent`` and ``points`` are
those of ``core.evaluation.wording``, which commands speak with too.
"""

import math

from core import runs
from core.data.labels import CLASS_WORDS
from core.evaluation.compare import run_name
from core.evaluation.statistics import Estimate
from core.evaluation.wording import absent, percent
from core.evaluation.wording import points as points

# Badge colour and word of every state.
STATES = {
    runs.QUEUED: ("gray", "waiting"),
    runs.RUNNING: ("blue", "training"),
    runs.FINISHED: ("green", "finished"),
    runs.STOPPED: ("gray", "stopped"),
    runs.FAILED: ("red", "failed"),
    runs.INTERRUPTED: ("orange", "interrupted"),
}


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


def time_left(seconds: float | None) -> str:
    """What is left of a phase, rounded so that it does not jump about."""
    if seconds is None or not math.isfinite(seconds):
        return "time left not known yet"
    if seconds < 8:
        return "a few seconds left"
    if seconds < 55:
        return f"about {math.ceil(seconds / 10) * 10} seconds left"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {max(minutes, 1)} minute{'s' if minutes > 1 else ''} left"
    return f"about {minutes / 60:.1f} hours left"


def estimate(figure: Estimate, times: int = 1) -> str:
    """A figure with its 95 % interval: "3.2 (2.8 to 3.8)"; ``times`` 100 makes percent of it."""
    if figure.value is None:
        return "undefined"
    if times == 100:
        return percent(figure.value, figure.low, figure.high)
    interval = "" if figure.low is None else f" ({figure.low:.1f} to {figure.high:.1f})"
    return f"{figure.value:.1f}{interval}"


def spread_words(mean: float, deviation: float, low: float, high: float) -> str:
    """A mean, its standard deviation and its range, all fractions: "81.2 % ± 1.1 (79 to 83)"."""
    if absent(mean):
        return "–"
    return f"{percent(mean)} ± {100 * deviation:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def day_words(day: float) -> str:
    """The day of an image, as its source counts: "day 3", or "undated" for NaN."""
    return "undated" if math.isnan(day) else f"day {day:g}"


def class_words(name: str) -> str:
    """A class in plain words with its exact name: "Pneumonia caused by bacteria (bacteria)"."""
    return f"{CLASS_WORDS[name]} ({name})" if name in CLASS_WORDS else name


def class_title(name: str) -> str:
    """A class's name as it stands in a chart or a table: "not_covid19" becomes "not COVID-19"."""
    return name.replace("_", " ").replace("covid19", "COVID-19")


def run_title(run: runs.Run) -> str:
    """A run's short name; synthetic images are said first."""
    return f"{'SYNTHETIC: ' if is_synthetic(run) else ''}{run_name(run)}"


def is_synthetic(run: runs.Run) -> bool:
    """Whether the run trained on drawn images, as far as it has come to know it."""
    return bool(run.status.get("synthetic") or run.metrics().get("synthetic"))


def badge(state: str) -> str:
    """A state as a coloured word, in Streamlit's Markdown."""
    colour, word = STATES[state]
    return f":{colour}-badge[{word}]"
