"""What predictions are worth: confusion matrix, rates per class, their plain means, intervals.

Rates are fractions 0..1. For one class, TP, FP, FN and TN are counted with that class against all
others:

    accuracy     TP / all images    the paper's; over the classes it adds up to the overall accuracy
    sensitivity  TP / (TP + FN)     specificity  TN / (TN + FP)
    precision    TP / (TP + FP)     f1           2 TP / (2 TP + FP + FN)

A ratio with nothing in its denominator is undefined: None here, null in metrics.json. Means over
classes ("macro"), balanced accuracy among them, are plain means over all classes. Where a class has
no image none of them is defined: a mean over the others could not be compared with one over all. A
class that has images but is never answered has no precision, and then the mean has none either:
leaving the class out would flatter a classifier that gave the class up, counting it as zero would
invent a figure. The key ``undefined`` says so in sentences (``core.undefined_scores``). How
intervals are made: ``core.evaluation.statistics`` and ``resampling``.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.errors import UserError
from core.evaluation.resampling import (
    RESAMPLES,
    patients_repeat,
    percentile_interval,
    resample_confusions,
    units_per_class,
)
from core.evaluation.statistics import mean_of_proportions, wilson
from core.undefined_scores import OVER_CLASSES, missing_class, never_answered

MEASURES = OVER_CLASSES


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, n: int) -> np.ndarray:
    """Counts, int64 (n, n), by [true class, predicted class], from class indices (images,)."""
    pairs = np.asarray(truth, dtype=np.int64) * n + np.asarray(predicted, dtype=np.int64)
    return np.bincount(pairs, minlength=n * n).reshape(n, n)


def rates(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Rates per class, each float64 (..., k), NaN where undefined, from counts (..., k, k)."""
    confusion = np.asarray(confusion, dtype=np.float64)
    hit = np.diagonal(confusion, axis1=-2, axis2=-1)
    missed = confusion.sum(axis=-1) - hit
    false_alarm = confusion.sum(axis=-2) - hit
    everything = confusion.sum(axis=(-2, -1))[..., None]
    rejected = everything - hit - missed - false_alarm
    return {
        "accuracy": _ratio(hit, everything),
        "sensitivity": _ratio(hit, hit + missed),
        "specificity": _ratio(rejected, rejected + false_alarm),
        "precision": _ratio(hit, hit + false_alarm),
        "f1": _ratio(2 * hit, 2 * hit + missed + false_alarm),
    }


def macro(per_class: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Plain means of ``rates`` over the classes, each (...,); NaN where undefined.

    That is where a class has no image, and so no sensitivity, or where one has no such rate.
    """
    means = {m: per_class[m].mean(axis=-1) for m in MEASURES}
    return {m: np.where(np.isnan(means["sensitivity"]), np.nan, v) for m, v in means.items()}


def score(confusion: np.ndarray, classes: Sequence[str]) -> dict:
    """All scores of one confusion matrix (k, k) as a dict that JSON can hold.

    Keys: n, accuracy, balanced_accuracy (mean sensitivity), macro {MEASURES}, per_class {class:
    {n, accuracy, MEASURES}}, majority {class, accuracy}, confusion_matrix, classes, undefined.
    """
    confusion = np.asarray(confusion, dtype=np.int64)
    per_class = rates(confusion)
    images = confusion.sum(axis=1)
    means = macro(per_class)
    n = int(images.sum())
    most = int(images.argmax())
    return {
        "n": n,
        "accuracy": int(np.trace(confusion)) / n if n else None,
        "balanced_accuracy": _plain(means["sensitivity"]),
        "macro": {m: _plain(means[m]) for m in MEASURES},
        "per_class": {
            name: {"n": int(images[i])} | {m: _plain(v[i]) for m, v in per_class.items()}
            for i, name in enumerate(classes)
        },
        "majority": {"class": classes[most], "accuracy": int(images[most]) / n if n else None},
        "confusion_matrix": confusion.tolist(),
        "classes": list(classes),
        "undefined": _reasons(confusion, classes),
    }


def evaluate(predictions: pd.DataFrame, classes: Sequence[str], seed: int = 0) -> dict:
    """What a run's predictions are worth: ``score`` with ``n_validation`` and ``ci95`` added.

    ``predictions`` has one row per validation image with ``label`` and ``predicted`` (class names),
    ``p_<class>`` and, optionally, ``patient``. ``ci95`` holds [low, high] or None for accuracy
    (Wilson), balanced_accuracy, MEASURES (stratified bootstrap) and per_class {class: {MEASURES}}
    (Wilson; bootstrap for f1); ``ci95_method`` words it. Raises UserError when there are no rows,
    a class is unknown or a probability is not a finite number.
    """
    if predictions.empty:
        raise UserError("There are no validation images to evaluate; choose a larger cohort.")
    index = {name: i for i, name in enumerate(classes)}
    columns = [predictions[c].map(index) for c in ("label", "predicted")]
    for column, known in zip(("label", "predicted"), columns, strict=True):
        if known.isna().any():
            stranger = predictions.loc[known.isna(), column].iloc[0]
            raise UserError(
                f"The predictions' column '{column}' holds '{stranger}', which is none of "
                f"{', '.join(classes)}; evaluate them with the classes they were made with."
            )
    _check_finite(predictions[[f"p_{name}" for name in classes]].to_numpy(dtype=float))
    truth, predicted = (known.to_numpy(dtype=np.int64) for known in columns)
    patients = predictions["patient"].fillna("") if "patient" in predictions else None
    metrics = _with_intervals(truth, predicted, classes, patients, seed)
    return {"n_validation": metrics["n"], **metrics}


def per_class_table(metrics: dict) -> pd.DataFrame:
    """One row per class in the shape of the paper's tables 2 to 8: class, n, accuracy, MEASURES.

    Each of MEASURES also has its interval in <measure>_low and <measure>_high. NaN is undefined.
    """
    intervals = metrics.get("ci95", {}).get("per_class", {})
    rows = []
    for name, values in metrics["per_class"].items():
        row = {"class": name, "n": values["n"], "accuracy": values["accuracy"]}
        for measure in MEASURES:
            low, high = intervals.get(name, {}).get(measure) or (None, None)
            row |= {measure: values[measure], f"{measure}_low": low, f"{measure}_high": high}
        rows.append(row)
    table = pd.DataFrame(rows)
    return table.astype({c: float for c in table.columns if c not in ("class", "n")})


def _with_intervals(
    truth: np.ndarray,
    predicted: np.ndarray,
    classes: Sequence[str],
    patients: Sequence[str] | None,
    seed: int,
) -> dict:
    confusion = confusion_matrix(truth, predicted, len(classes))
    metrics = score(confusion, classes)
    images, answers, hits = confusion.sum(axis=1), confusion.sum(axis=0), np.diagonal(confusion)
    n = metrics["n"]

    drawn = resample_confusions(truth, predicted, len(classes), patients, RESAMPLES, seed)
    resampled = {} if drawn is None else rates(drawn)
    means = macro(resampled) if resampled else {}
    interval = {m: percentile_interval(means[m]) if m in means else None for m in MEASURES}
    unit = "patients" if patients_repeat(patients) else "images"
    method = f"bootstrap, {RESAMPLES} resamples of {unit} within each class"
    if interval["sensitivity"] is None and images.all():
        units = units_per_class(truth, len(classes), patients)
        interval["sensitivity"] = mean_of_proportions(hits / images, units)
        method = f"Wilson's interval of each class over its {unit}, combined"

    per_class = {
        name: {
            "sensitivity": wilson(hits[i], images[i]),
            "specificity": wilson(n - images[i] - answers[i] + hits[i], n - images[i]),
            "precision": wilson(hits[i], answers[i]),
            "f1": percentile_interval(resampled["f1"][:, i]) if resampled else None,
        }
        for i, name in enumerate(classes)
    }
    intervals = {m: interval[m] if metrics["macro"][m] is not None else None for m in MEASURES}
    metrics["ci95"] = {
        "accuracy": wilson(hits.sum(), n),
        "balanced_accuracy": intervals["sensitivity"],
        **intervals,
        "per_class": per_class,
    }
    metrics["ci95_method"] = {
        "accuracy": "Wilson's interval, images taken as independent",
        "balanced_accuracy": method,
    }
    return metrics


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _reasons(confusion: np.ndarray, classes: Sequence[str]) -> list[str]:
    reasons = []
    for name, images, answers in zip(
        classes, confusion.sum(axis=1), confusion.sum(axis=0), strict=True
    ):
        if not images:
            reasons.append(missing_class(name))
        elif not answers:
            reasons.append(never_answered(name))
    if np.count_nonzero(confusion.sum(axis=1)) == 1:
        reasons.append("All validation images are of one class: its specificity is undefined.")
    return reasons


def _check_finite(probabilities: np.ndarray) -> None:
    broken = int((~np.isfinite(probabilities)).any(axis=1).sum())
    if broken:
        raise UserError(
            f"The classifier's answer is not a number for {broken} of {len(probabilities)} images: "
            "training has diverged; lower the learning rate."
        )
