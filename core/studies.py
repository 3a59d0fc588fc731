"""What has become of the studies: their runs, what tells these apart, and how far each has come.

Reads run folders through ``core.runs`` and trusts nothing in them. Which runs make a study is
decided in ``core.training.study``; whether one run is better than another, in ``core.evaluation``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from core import run_requests, runs
from core.errors import UserError
from core.models.backbones import BACKBONES
from core.training.recipes import RECIPES

if TYPE_CHECKING:
    import pandas as pd

STUDY_COLUMNS = (
    "run",  # identifier
    "differs",  # short words for what sets the run apart from the others
    "state",  # one of core.runs.STATES
    "phase",  # what a run at work is doing; empty for any other
    "epoch",  # of the phase, counted from 1; NA before the first
    "epochs",  # of the phase
    "score",  # fraction 0..1, NaN where there is none yet
    "score_is",  # BEST_SO_FAR, FINAL, or empty where there is no score
    "seconds_left",  # until the run ends; NaN when not known
    "message",  # why it ended, or what is wrong with its folder
)
BEST_SO_FAR, FINAL = "best validation accuracy so far", "balanced accuracy"

# Phases after which nothing long follows, by whether the network is trained or its head alone.
LAST_PHASES = {
    True: ("Training the network", "Testing", "Evaluating"),
    False: ("Reading images through", "Training the head", "Testing", "Evaluating"),
}
_PREPROCESSING = ("preprocess.normalise", "preprocess.clahe", "preprocess.clip_limit")
_SHORT = {
    "split.by": "split by",
    "split.fold": "fold",
    "split.seed": "split seed",
    "image_size": "image size",
}
_BROUGHT_ALONG = ("backbone", "recipe", "weights")


def studies(all_runs: Iterable[runs.Run]) -> dict[str, list[runs.Run]]:
    """The runs of every study by its name, newest study first, runs in the order of training.

    ``all_runs`` come newest first, as ``runs.list_runs`` gives them.
    """
    found: dict[str, list[runs.Run]] = {}
    for run in all_runs:
        name = run.config.get("study")
        if isinstance(name, str) and name:
            found.setdefault(name, []).append(run)
    return {name: own[::-1] for name, own in found.items()}


def find_study(name: str, all_runs: Iterable[runs.Run]) -> list[runs.Run]:
    """The runs of the study ``name``, in the order of training; raises UserError without any."""
    found = studies(all_runs)
    if name not in found:
        raise UserError(f"There is no study '{name}'; see `python -m core study --list`.")
    return found[name]


def free_name(wanted: str, all_runs: Iterable[runs.Run]) -> str:
    """``wanted``, or with the first number behind it that no study's name has yet."""
    taken = {name.casefold() for name in studies(all_runs)}
    name, number = wanted, 2
    while name.casefold() in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def what_differs(study_runs: Sequence[runs.Run]) -> list[str]:
    """Fields of the config, with dots, in which the runs differ, in the order of the config.

    The study's name is none of them; an image size left open in some runs is there the backbone's
    own; ``split.seed`` counts as ``seed`` where the two move together; and what a recipe sets by
    itself (for its backbones and weights) is left to the recipe. Runs whose config cannot be read
    are passed over.
    """
    configs = [dict(config_fields(run.config)) for run in study_runs if not run.problem]
    if any(config.get("image_size") for config in configs):
        configs = [_sized(config) for config in configs]
    names = dict.fromkeys(name for config in configs for name in config if name != "study")
    values = {name: [json.dumps(config.get(name)) for config in configs] for name in names}
    differing = [name for name in names if len({*values[name]}) > 1]

    def follows(name: str, *others: str) -> bool:
        """Whether the values of ``others``, some of which differ, decide that of ``name``."""
        known = [values[other] for other in others if other in values]
        pairs = {*zip(*known, values[name], strict=True)}
        return any(other in differing for other in others) and len(pairs) == len(
            {*zip(*known, strict=True)}
        )

    brought = {"weights": ("backbone", "recipe")}
    brought |= {name: _BROUGHT_ALONG for name in _set_by_recipes() if name not in _BROUGHT_ALONG}
    if "seed" in values and "split.seed" in values and follows("seed", "split.seed"):
        brought["split.seed"] = ("seed",)
    return [name for name in differing if name not in brought or not follows(name, *brought[name])]


def config_fields(config: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every single setting of a config with its name, nested ones with dots: head.units."""
    for name, value in config.items():
        if isinstance(value, dict):
            yield from config_fields(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def study_table(study_runs: Sequence[runs.Run]) -> pd.DataFrame:
    """One row per run, in the order given: STUDY_COLUMNS.

    Histories are read of runs at work, metrics of finished ones, and nothing of any other: a
    hundred runs can be looked at every second.
    """
    import pandas as pd

    differing = what_differs(study_runs)
    rows = [_row(run, differing) for run in study_runs]
    table = pd.DataFrame(rows, columns=list(STUDY_COLUMNS))
    counts = dict.fromkeys(("epoch", "epochs"), "Int64")
    return table.astype(dict.fromkeys(("score", "seconds_left"), float) | counts)


def _row(run: runs.Run, differing: list[str]) -> dict:
    status, at_work = run.status, run.state == runs.RUNNING
    phase = str(status.get("phase") or "Starting") if at_work else ""
    last = phase.startswith(LAST_PHASES[bool(run.config.get("epochs"))])
    score, score_is = math.nan, ""
    if at_work:
        score, score_is = _best_so_far(run), BEST_SO_FAR
    elif run.state == runs.FINISHED:
        score, score_is = _number(run.metrics().get("balanced_accuracy")), FINAL
    return {
        "run": run.id,
        "differs": _words(run.config, differing),
        "state": run.state,
        "phase": "Stopping at the next batch"
        if at_work and run_requests.stop_requested(run)
        else phase,
        "epoch": _whole(status.get("epoch")),
        "epochs": _whole(status.get("epochs")),
        "score": score,
        "score_is": "" if math.isnan(score) else score_is,
        "seconds_left": _number(status.get("seconds_left")) if last else math.nan,
        "message": run.problem or str(status.get("message") or ""),
    }


def _best_so_far(run: runs.Run) -> float:
    import pandas as pd

    history = run.history()
    epochs = history.loc[history["kind"] == "epoch", "val_accuracy"]
    return float(pd.to_numeric(epochs, errors="coerce").max())


def _words(config: dict, differing: list[str]) -> str:
    fields = _sized(dict(config_fields(config)))
    words = []
    # The settings of the preprocessing are one choice of a person's.
    chosen = dict.fromkeys("preprocess" if n in _PREPROCESSING else n for n in differing)
    for name in chosen:
        value = fields.get(name)
        if name == "preprocess":
            words.append(_preprocessing_words(fields))
        elif name in ("backbone", "recipe"):
            words.append(str(value))
        elif value is not None:
            words.append(f"{_SHORT.get(name, name)} {_value_words(value)}")
        else:
            words.append(f"{_SHORT.get(name, name)} not set")
    return ", ".join(words) or str(fields.get("backbone") or "")


def _sized(fields: dict) -> dict:
    backbone = BACKBONES.get(str(fields.get("backbone")))
    if fields.get("image_size") is None and backbone:
        return fields | {"image_size": backbone.input_size}
    return fields


def _value_words(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _preprocessing_words(fields: dict) -> str:
    normalise, clahe, clip_limit = (fields.get(name) for name in _PREPROCESSING)
    if not clahe:
        return "normalised" if normalise else "no preprocessing"
    return f"CLAHE {_value_words(clip_limit)}" + ("" if normalise else ", not normalised")


def _set_by_recipes() -> set[str]:
    return {
        name
        for recipe in RECIPES.values()
        for settings in (recipe.settings, recipe.from_scratch)
        for name, _ in config_fields(settings)
    }


def _number(value: object) -> float:
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    # Anything larger is no count, score or time of ours, and may not fit a float at all.
    return float(value) if numeric and abs(value) < 2**53 else math.nan


def _whole(value: object) -> float:
    number = _number(value)
    return number if number.is_integer() else math.nan
