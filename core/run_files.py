"""Reads the files of a run folder and the values in them, and trusts none.

Holds what ``core.runs`` reads with: a file that is missing, torn or edited by hand gives an empty
result or a sentence, never an exception. And how one value of a config, a status or metrics is
taken over by whoever shows it. What the files mean stands in ``core.runs``.
"""

from __future__ import annotations

import json
import math
import os
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    import pandas as pd


def read_object(path: Path) -> tuple[dict, str]:
    """The JSON object in ``path`` and "", or an empty one and a sentence on what is wrong."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, f"{path.name} of {path.parent.name} is missing; delete the run."
    except (OSError, ValueError):
        return {}, f"{path.name} of {path.parent.name} cannot be read; delete the run."
    if not isinstance(content, dict):
        return {}, f"{path.name} of {path.parent.name} is not a JSON object; delete the run."
    return content, ""


def read_table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """The CSV table in ``path``, without a last row torn by a crash; empty without ``columns``."""
    # Here and not above: listing runs needs no pandas, which takes a third of a second to load.
    import pandas as pd

    empty = pd.DataFrame(columns=list(columns))
    try:
        text = path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if not whole:
            return empty
        table = pd.read_csv(BytesIO(whole), on_bad_lines="skip")
    except (OSError, ValueError):
        return empty
    return table if set(columns) <= set(table.columns) else empty


def read_tail(path: Path, lines: int) -> str:
    """Last ``lines`` lines of a log, or an empty text."""
    try:
        with path.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - 200 * lines))
            return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


def is_alive(status: dict) -> bool:
    """Whether the process that wrote ``status`` (pid, process_started) is still there."""
    # A process id comes round again; with its start time it names one process only.
    try:
        process = psutil.Process(int(status["pid"]))
        same = abs(process.create_time() - float(status["process_started"])) < 2
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False


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
