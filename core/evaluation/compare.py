"""Many runs side by side: one row per finished run, other rows beside them, all histories.

Reads run folders through ``core.runs`` and trusts nothing in them: a finished run whose files
cannot be used is left out of the table and listed with its reason. Whether one run is better than
another is no question of this module.
"""

import hashlib
import json
from collections.abc import Iterable

import pandas as pd

from core.evaluation import published
from core.evaluation.divisions import division_of
from core.evaluation.metrics import MEASURES
from core.run_files import interval, number, split_of, text, whole
from core.runs import FINISHED, HISTORY_COLUMNS, Run
from core.undefined_scores import why_undefined

RUN, PUBLISHED, BASELINE = "run", "published", "baseline"

SCORES = ("accuracy", "balanced_accuracy", *MEASURES)
SECONDS = ("training_seconds", "feature_seconds", "testing_seconds")
OVERLAPS = ("overlap_patients", "overlap_images")
BOUNDS = tuple(f"{score}_{end}" for score in SCORES for end in ("low", "high"))
NUMBERS = (*SCORES, *BOUNDS, "majority", *SECONDS)
IMAGES = ("n_training", "n_calibration", "testing_images_timed", *OVERLAPS)
COUNTS = ("n", "seed", "split_seed", "fold", "limit", *IMAGES)
SETTINGS = ("study", "backbone", "recipe", "labels", "cohort")
TEXTS = ("kind", "run", "name", *SETTINGS, "split", "setup", "division", "trained", "device")

COMPARISON_COLUMNS = (
    "kind",  # RUN, PUBLISHED or BASELINE
    "run",  # identifier; empty for any other row
    "name",  # short and unique: what a chart or a table calls the row
    "created",  # local time; NaT for any other row than a run
    "study",
    "backbone",
    "recipe",
    "labels",
    "classes",  # tuple of class names
    "cohort",
    "split",  # "image" or "patient"
    "seed",
    "split_seed",
    "fold",  # which part of a cross-validation was held back; NA where there is none
    "limit",  # only this many images took part, drawn by the seed; NA where all did
    "setup",  # equal for runs whose configs differ in seed, split_seed or fold alone
    "division",  # equal where the same images stood on the same sides; empty where not known
    "synthetic",
    "n",  # validation images
    *SCORES,  # fractions, NaN where undefined
    "undefined",  # tuple of (score, a sentence on why it is undefined)
    *BOUNDS,  # 95 % interval, NaN where there is none
    "majority",  # accuracy of always answering the most frequent class
    *SECONDS,  # feature_seconds: reading images through the frozen backbone, before training
    "testing_images_timed",
    "trained",  # what training_seconds fitted: "head", "network" or "head and network"
    "n_training",
    "n_calibration",  # held back from training; 0 where none were
    *OVERLAPS,
    "device",
    "derived",  # tuple of the column names that were worked out from other published figures
)

CURVE_COLUMNS = ("run", "name", "backbone", *HISTORY_COLUMNS[1:])


def comparison_table(runs: Iterable[Run]) -> pd.DataFrame:
    """One row per finished run with usable files, in the order given: COMPARISON_COLUMNS.

    Scores are fractions 0..1, times seconds. Runs that are left out: see ``unusable_runs``.
    """
    usable = [run for run in runs if run.state == FINISHED]
    rows = [row for row, reason in map(_read, usable) if not reason]
    return _typed(pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS)))


def unusable_runs(runs: Iterable[Run]) -> dict[str, str]:
    """Runs that a comparison must leave out because of their files: identifier -> one sentence."""
    reasons = {}
    for run in runs:
        reason = run.problem or (_read(run)[1] if run.state == FINISHED else "")
        if reason:
            reasons[run.id] = reason
    return reasons


def comparison_rows(scored: Iterable[tuple[dict, dict, dict]]) -> pd.DataFrame:
    """Rows for what is no run but scored as one: COMPARISON_COLUMNS.

    Each is (columns that say what it is, a config as far as there is one, its metrics); one whose
    metrics hold no accuracy is left out.
    """
    rows = [_row(*one) for one in scored if _scored(one[2])]
    return _typed(pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS)))


def published_rows() -> pd.DataFrame:
    """The published networks as rows of a comparison table, best first: COMPARISON_COLUMNS."""
    table = published.summary_table().assign(
        kind=PUBLISHED,
        run="",
        recipe="paper",
        labels="paper3",
        cohort="paper",
        split="image",
        synthetic=False,
        device="NVIDIA Tesla P40",
        majority=max(published.VALIDATION_IMAGES.values())
        / sum(published.VALIDATION_IMAGES.values()),
    )
    table["name"] = table["backbone"] + ", published"
    table["classes"] = [published.CLASSES] * len(table)
    table["undefined"] = [()] * len(table)
    return _typed(table.reindex(columns=list(COMPARISON_COLUMNS)))


def undefined_words(table: pd.DataFrame, score: str) -> list[str]:
    """Why ``score`` is undefined in rows of ``table``: those of one reason named before it."""
    names: dict[str, list[str]] = {}
    for row in table.itertuples():
        reason = " ".join(sentence for undefined, sentence in row.undefined if undefined == score)
        if reason:
            names.setdefault(reason, []).append(row.name)
    return [f"{'; '.join(those)}: {reason}" for reason, those in names.items()]


def curves(runs: Iterable[Run]) -> pd.DataFrame:
    """Epoch rows of all histories below each other, whatever the runs' state: CURVE_COLUMNS."""
    tables = []
    for run in runs:
        history = run.history()
        epochs = history[history["kind"] == "epoch"]
        if len(epochs):
            name, backbone = run_name(run), text(run.config.get("backbone"))
            tables.append(epochs.assign(run=run.id, name=name, backbone=backbone))
    if not tables:
        return pd.DataFrame(columns=list(CURVE_COLUMNS))
    table = pd.concat(tables, ignore_index=True)[list(CURVE_COLUMNS)]
    numbers = list(CURVE_COLUMNS[4:])
    return table.assign(**{c: pd.to_numeric(table[c], errors="coerce") for c in numbers})


def run_name(run: Run) -> str:
    """Short name that tells runs apart: backbone, recipe, split, fold, seed, the run's own mark."""
    config, split = run.config, split_of(run.config)
    parts = [
        text(config.get("backbone")) or "unknown backbone",
        text(config.get("recipe")),
        text(split.get("by")),
        f"fold {text(split.get('fold'))}" if split.get("fold") is not None else "",
        f"seed {text(config.get('seed'))}" if config.get("seed") is not None else "",
        run.id.rpartition("-")[2],
    ]
    return ", ".join(part for part in parts if part)


def _read(run: Run) -> tuple[dict, str]:
    if run.problem:
        return {}, run.problem
    metrics, config = run.metrics(), run.config
    if not metrics:
        return (
            {},
            f"metrics.json of {run.id} is missing or cannot be read; delete or repeat the run.",
        )
    if not _scored(metrics):
        return {}, f"metrics.json of {run.id} holds no accuracy; delete or repeat the run."
    about = {
        "kind": RUN,
        "run": run.id,
        "name": run_name(run),
        "created": run.created,
        "setup": _setup(config),
        "division": division_of(run),
    }
    return _row(about, config, metrics), ""


def _scored(metrics: dict) -> bool:
    n = whole(metrics.get("n_validation", metrics.get("n")))
    # NaN fails both comparisons.
    return n >= 1 and 0 <= number(metrics.get("accuracy")) <= 1


def _row(about: dict, config: dict, metrics: dict) -> dict:
    scores = metrics | (metrics["macro"] if isinstance(metrics.get("macro"), dict) else {})
    intervals = metrics.get("ci95") if isinstance(metrics.get("ci95"), dict) else {}
    majority = metrics.get("majority") if isinstance(metrics.get("majority"), dict) else {}
    classes, split = metrics.get("classes"), split_of(config)
    row = {
        **{name: text(config.get(name)) for name in SETTINGS},
        "classes": tuple(map(str, classes)) if isinstance(classes, list) else (),
        "split": text(split.get("by")),
        "seed": whole(config.get("seed")),
        "split_seed": whole(split.get("seed")),
        "fold": whole(split.get("fold")),
        "limit": whole(config.get("limit")),
        "synthetic": metrics.get("synthetic") is True,
        "n": whole(metrics.get("n_validation", metrics.get("n"))),
        **{name: number(scores.get(name)) for name in SCORES},
        "undefined": tuple((s, words) for s in SCORES for words in why_undefined(metrics, s)),
        "majority": number(majority.get("accuracy")),
        **{name: number(metrics.get(name)) for name in SECONDS},
        **{name: whole(metrics.get(name)) for name in IMAGES},
        "n_calibration": whole(metrics.get("n_calibration", 0)),
        "trained": " and ".join(
            part
            for part, epochs in (("head", "head_epochs"), ("network", "epochs"))
            if number(config.get(epochs)) > 0
        ),
        "device": text(metrics.get("device")),
        "derived": (),
    }
    for name in SCORES:
        row[f"{name}_low"], row[f"{name}_high"] = interval(intervals.get(name))
    return row | about


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    # One type per column, whatever the rows, so that tables can be laid below each other.
    counts = dict.fromkeys(COUNTS, "Int64")
    types = {"created": "datetime64[us]", "synthetic": bool} | dict.fromkeys(TEXTS, "str")
    types |= dict.fromkeys((*NUMBERS, *COUNTS), float)
    return table.astype(types).astype(counts)


def _setup(config: dict) -> str:
    # No name of a setting stands here but those that a repeat changes: settings that are added
    # later tell runs apart by themselves. A run outside a cross-validation repeats none of it.
    split = {name: v for name, v in split_of(config).items() if name != "seed"}
    split["fold"] = split.get("fold") is not None
    # Runs made before there was such a share are repeats of those made without one.
    if not split.get("calibration_share"):
        split.pop("calibration_share", None)
    content = {name: v for name, v in config.items() if name != "seed"} | {"split": split}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
