"""Computes the trivial baselines for one division of the images, keeps them, lays them beside runs.

Holds what ``python -m core baselines`` and the Comparison page share. What the baselines are stands
in ``core.evaluation.baselines``. Results lie in ``artifacts/baselines/<key>/``, where the key comes
from the content of the division, so that they are found again for every run that shares it:

    config.json              which images were chosen and how they were divided; written last
    <name>/metrics.json      what the baseline's predictions are worth, in the shape of a run's
    <name>/predictions.csv   one row per validation image, in the shape of a run's
"""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from core.data.labels import LABEL_SCHEMES
from core.errors import UserError
from core.evaluation.baselines import BASELINES, PIXELS, VERSION, predict_baseline
from core.evaluation.compare import BASELINE, comparison_rows
from core.evaluation.divisions import division_key
from core.evaluation.metrics import evaluate
from core.files import whole_file, write_json
from core.imaging.prepared import Progress, open_prepared
from core.imaging.preprocess import PreprocessConfig
from core.run_files import read_object
from core.settings import Settings
from core.training.run_data import ImageChoice, divide, prediction_table, sides_table
from core.undefined_scores import only_defined
from core.words import percent

FOLDER = "baselines"


def compute_baselines(
    choice: ImageChoice, settings: Settings, progress: Progress, key: str = ""
) -> dict:
    """Compute and keep all baselines for the images of ``choice``; answer as ``read_baselines``.

    ``key``, where given, is the division that is expected. Raises UserError when the images no
    longer give it, and as ``core.training.run_data.divide`` and ``open_prepared`` do.
    """
    begun = time.monotonic()
    rows, split = divide(choice, settings, progress)
    found = division_key(sides_table(rows, split).to_csv(index=False).encode())
    if key and key != found:
        raise UserError(
            "The images have changed since these runs were trained, so nothing new can be scored "
            "on what they saw; train them again, or restore the images (CHESTBENCH_DATA)."
        )
    pixels = open_prepared(rows, PreprocessConfig(), PIXELS, settings, progress)
    labels, classes = rows["label_index"].to_numpy(), LABEL_SCHEMES[choice.labels].classes
    folder = _folder(found, settings)
    for number, row in enumerate(BASELINES):
        progress("Fitting the baselines", number, len(BASELINES))
        answers = predict_baseline(row.inputs(rows, pixels), labels, split, len(classes))
        predictions = prediction_table(rows, split, answers, classes)
        with whole_file(folder / row.name / "predictions.csv") as temporary:
            predictions.to_csv(temporary, index=False, float_format="%.7g")
        write_json(folder / row.name / "metrics.json", evaluate(predictions, classes))
    progress("Fitting the baselines", len(BASELINES), len(BASELINES))
    about = choice.model_dump(mode="json") | {
        "key": found,
        "n_training": len(split.train),
        "n_validation": len(split.validation),
        "overlap_patients": split.overlap_patients,
        "overlap_images": split.overlap_images,
        "synthetic": bool(rows["synthetic"].any()),
        "seconds": round(time.monotonic() - begun, 2),
    }
    write_json(folder / "config.json", about)
    return read_baselines(found, settings)


def read_baselines(key: str, settings: Settings) -> dict:
    """What was computed for the division ``key``: {} when nothing was, or not by these baselines.

    Keys: cohort, labels, limit, seed, split, key, n_training, n_validation, overlap_patients,
    overlap_images, synthetic, seconds, baselines [{name, title, metrics}].
    """
    folder = _folder(key, settings)
    about, problem = read_object(folder / "config.json")
    baselines = []
    for row in () if problem else BASELINES:
        metrics, problem = read_object(folder / row.name / "metrics.json")
        scored = {"name": row.name, "title": row.title, "metrics": only_defined(metrics)}
        baselines.append(scored)
        if problem:
            return {}
    return about | {"key": key, "baselines": baselines} if baselines else {}


def baseline_rows(keys: Iterable[str], settings: Settings) -> pd.DataFrame:
    """Rows of a comparison table for what was computed for the divisions ``keys``, in their order.

    COMPARISON_COLUMNS; a name says the split where there are several divisions.
    """
    results = [found for key in dict.fromkeys(keys) if (found := read_baselines(key, settings))]
    rows = []
    for result in results:
        beside = {name: result.get(name) for name in _BESIDE}
        for baseline in result["baselines"]:
            title = baseline["title"]
            about = {
                "kind": BASELINE,
                "name": title if len(results) == 1 else f"{title}, {_words(result)}",
                "backbone": title,
                "division": result["key"],
            }
            rows.append((about, result, baseline["metrics"] | beside))
    return comparison_rows(rows)


def best_trivial(baselines: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Of every division the baseline that scores highest in ``measure``, shortcuts left out."""
    shortcuts = [row.title for row in BASELINES if row.shortcut]
    trivial = baselines[~baselines["backbone"].isin(shortcuts)].dropna(subset=[measure])
    return trivial.loc[trivial.groupby("division", sort=False)[measure].idxmax()]


def who_lies_above(with_baselines: int, of: int) -> str:
    """Begin the sentence that runs beat their baselines: those ``with_baselines`` of all shown."""
    if with_baselines == of:
        return "This run lies" if of == 1 else f"All {of} runs lie"
    return f"{with_baselines} of these {of} runs " + (
        "has baselines, and lies" if with_baselines == 1 else "have baselines, and all lie"
    )


def not_above(mine: pd.DataFrame, baselines: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Runs whose interval does not lie above that of the best trivial baseline on their images.

    Columns of ``mine``, and those of the baseline with the suffix _baseline. A run or a baseline
    without an interval counts among them: nothing shows then that the run is better.
    """
    best = best_trivial(baselines, measure)
    pairs = mine.merge(best, on="division", suffixes=("", "_baseline")).dropna(subset=[measure])
    above = pairs[f"{measure}_low"] > pairs[f"{measure}_high_baseline"]
    return pairs[~above].reset_index(drop=True)


def lies_below(row: Mapping, measure: str) -> bool:
    """Whether a row of ``not_above`` lies below its baseline, interval against interval."""
    return bool(row[f"{measure}_high"] < row[f"{measure}_low_baseline"])


def against_trivial(name: str, row: Mapping, measure: str, score: str) -> str:
    """The sentence on a row of ``not_above``: ``name`` the run's, ``score`` the measure's words."""
    own, best = (
        percent(*(row[f"{measure}{end}{whose}"] for end in ("", "_low", "_high")))
        for whose in ("", "_baseline")
    )
    how = "is not shown to beat a trivial baseline"
    if lies_below(row, measure):
        how = "lies below a trivial baseline"
    return (
        f"{name} {how}: {score} {own}, against {best} for the best of them "
        f"({row['backbone_baseline']})."
    )


_BESIDE = ("n_training", "overlap_patients", "overlap_images", "synthetic")


def _words(result: dict) -> str:
    # As a run's name says it.
    split = result.get("split") or {}
    parts = [
        str(split.get("by")),
        f"fold {split['fold']}" if split.get("fold") is not None else "",
        f"seed {split.get('seed')}",
        f"{result['limit']} images" if result.get("limit") else "",
        result["key"][:4],
    ]
    return ", ".join(part for part in parts if part)


def _folder(key: str, settings: Settings) -> Path:
    return settings.artifacts / FOLDER / f"{key}-{VERSION}"
