"""What pages say in plain words: states, runs, and the time that is left.

Holds functions from values to text; nothing here draws on a page. Figures and classes are worded by
``core.words``, whose functions pages find here too.
"""

import math
from contextlib import suppress

from core import runs
from core.errors import UserError
from core.evaluation.compare import run_name
from core.evaluation.statistics import Estimate
from core.measurements import MEASUREMENTS
from core.settings import Settings
from core.undefined_scores import why_undefined
from core.words import (
    class_title,
    class_words,
    duration,
    exact_duration,
    percent,
    points,
    spread_words,
)

__all__ = [
    "STATES",
    "badge",
    "class_title",
    "class_words",
    "day_words",
    "duration",
    "estimate",
    "exact_duration",
    "is_synthetic",
    "job_title",
    "percent",
    "points",
    "run_title",
    "spread_words",
    "time_left",
    "training_time",
]

# Badge colour and word of every state.
STATES = {
    runs.QUEUED: ("gray", "waiting"),
    runs.RUNNING: ("blue", "training"),
    runs.FINISHED: ("green", "finished"),
    runs.STOPPED: ("gray", "stopped"),
    runs.FAILED: ("red", "failed"),
    runs.INTERRUPTED: ("orange", "interrupted"),
}


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


def balanced_words(metrics: dict) -> str:
    """The balanced accuracy in a run's ``metrics`` with its 95 % interval, or "undefined"."""
    if why_undefined(metrics, "balanced_accuracy"):
        return "undefined"
    interval = (metrics.get("ci95") or {}).get("balanced_accuracy") or (None, None)
    return percent(metrics.get("balanced_accuracy"), *interval)


def day_words(day: float) -> str:
    """The day of an image, as its source counts: "day 3", or "undated" for NaN."""
    return "undated" if math.isnan(day) else f"day {day:g}"


def training_time(run: runs.Run) -> str:
    """How long a run trained; where it fitted the last layers alone, that is said too."""
    seconds = duration(run.metrics().get("training_seconds"))
    return f"{seconds} (the last layers alone)" if run.config.get("epochs") == 0 else seconds


def run_title(run: runs.Run) -> str:
    """A run's short name; synthetic images are said first."""
    return f"{'SYNTHETIC: ' if is_synthetic(run) else ''}{run_name(run)}"


def job_title(job: runs.Run, settings: Settings) -> str:
    """What is queued or at work: a run, a range test, or a measurement with the run it is of."""
    measurement = MEASUREMENTS.get(str(job.config.get("measurement")))
    if measurement:
        name = job.config.get("run")
        with suppress(UserError):
            name = run_title(runs.read_run(settings.runs, str(name)))
        return f"{measurement.title}: {name}"
    return f"Range test: {run_title(job)}" if "range_test" in job.config else run_title(job)


def is_synthetic(run: runs.Run) -> bool:
    """Whether the run trained on drawn images, as far as it has come to know it."""
    return bool(run.status.get("synthetic") or run.metrics().get("synthetic"))


def badge(state: str) -> str:
    """A state as a coloured word, in Streamlit's Markdown."""
    colour, word = STATES[state]
    return f":{colour}-badge[{word}]"
