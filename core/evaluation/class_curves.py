"""ROC and precision-recall curves of each class against the rest, with their bands and areas.

Holds the curves of a run's validation images over all thresholds; everything undefined says why.
What one threshold comes to stands in ``core.evaluation.thresholds``, how well probabilities mean
what they say in ``core.evaluation.calibration``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.resampling import percentile_interval, resample_cases
from core.evaluation.statistics import NOTHING_VARIED, ONE_PATIENT, Estimate
from core.words import class_title

# A browser draws this many points without delay, and a reader sees no more of them.
MOST_POINTS = 200
GRID = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Curve:
    """A curve of one class: ``points``, its ``band`` and its ``area``.

    ``points`` has x, y and threshold, at most MOST_POINTS rows from the highest threshold down;
    ``band`` has x, low and high, the pointwise 95 % interval of y, and no rows where there is none.
    Empty with a reason in ``area`` where the curve is undefined.
    """

    points: pd.DataFrame
    band: pd.DataFrame
    area: Estimate


@dataclass(frozen=True)
class ClassCurves:
    """Both curves of one class. ``roc``: x is 1 - specificity, y sensitivity, the area the AUC.

    ``precision_recall``: x is sensitivity (recall), y precision, the area the average precision.
    ``positives`` of ``n`` validation images are of the class.
    """

    name: str
    n: int
    positives: int
    roc: Curve
    precision_recall: Curve


def class_curves(
    cases: pd.DataFrame, classes: Sequence[str], name: str, seed: int = 0
) -> ClassCurves:
    """Curves of ``name``, one of ``classes``, from rows of ``core.evaluation.run_cases``.

    Curves and areas are scikit-learn's. Bands and intervals are percentiles of a bootstrap within
    each class that draws whole patients: for every resample the curve is made anew and read at the
    places of GRID.
    """
    positive = (cases["label"] == name).to_numpy()
    score = cases[f"p_{name}"].to_numpy(dtype=float)
    n, positives = len(positive), int(positive.sum())
    title = class_title(name)
    if not positives or positives == n:
        which = f"No validation image is {title}" if not positives else f"All are {title}"
        nothing = pd.DataFrame(columns=["x", "y", "threshold"], dtype=float)
        no_band = pd.DataFrame(columns=["x", "low", "high"], dtype=float)
        empty = Curve(nothing, no_band, Estimate(None, reason=f"{which}: there is no curve."))
        return ClassCurves(name, n, positives, empty, empty)
    # scikit-learn takes long to load, which a page that shows no curve need not wait for.
    from sklearn.metrics import (
        average_precision_score,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )

    alarms, found, at = roc_curve(positive, score)
    # Everything above the first threshold of roc_curve, which is infinite, is called nothing.
    roc = pd.DataFrame({"x": alarms, "y": found, "threshold": np.minimum(at, 1.0)})
    precision, recall, at = precision_recall_curve(positive, score, drop_intermediate=True)
    # The last point, precision 1 at recall 0, belongs to no threshold.
    reached = {"x": recall[:-1][::-1], "y": precision[:-1][::-1], "threshold": at[::-1]}
    truth = cases["label"].map({name: i for i, name in enumerate(classes)}).to_numpy(dtype=int)
    drawn = resample_cases(truth, len(classes), cases["patient"].tolist(), seed=seed)
    sampled = None if drawn is None else _resampled(positive, score, drawn)
    return ClassCurves(
        name,
        n,
        positives,
        _curve(roc, float(roc_auc_score(positive, score)), sampled and sampled[:2]),
        _curve(
            pd.DataFrame(reached),
            float(average_precision_score(positive, score)),
            sampled and sampled[2:],
        ),
    )


def _curve(points: pd.DataFrame, area: float, sampled: tuple | None) -> Curve:
    if sampled is None:
        band = pd.DataFrame(columns=["x", "low", "high"], dtype=float)
        return Curve(thinned(points), band, Estimate(area, reason=ONE_PATIENT))
    areas, heights = sampled
    whole = np.isfinite(areas)
    interval = percentile_interval(np.round(areas, 12))
    band = pd.DataFrame({"x": GRID, "low": np.nan, "high": np.nan})
    if whole.mean() >= 0.95:
        band["low"], band["high"] = np.quantile(heights[whole], [0.025, 0.975], axis=0)
    return Curve(thinned(points), band.dropna(), Estimate.of(area, interval, NOTHING_VARIED))


def _resampled(positive: np.ndarray, score: np.ndarray, drawn: np.ndarray) -> tuple:
    """Areas (resamples,) and heights (resamples, 101) of both curves of each resample.

    NaN for a resample without an image of the class, or with no other.
    """
    order = np.argsort(-score, kind="stable")
    of_class = positive[order]
    # Images with one score are called together.
    ends = np.append(np.nonzero(np.diff(score[order]))[0], len(order) - 1)
    reaches = np.diff(np.cumsum(of_class)[ends], prepend=0) > 0
    # Between two scores of the class both curves run straight, whatever is drawn.
    ends = ends[reaches | np.append(reaches[1:], True)]
    size = len(drawn)
    auc, precision = np.full(size, np.nan), np.full(size, np.nan)
    roc, reached = np.full((size, len(GRID)), np.nan), np.full((size, len(GRID)), np.nan)
    for i, weights in enumerate(drawn):
        weight = weights[order]
        called, found = np.cumsum(weight)[ends], np.cumsum(weight * of_class)[ends]
        alarms = called - found
        if not found[-1] or not alarms[-1]:
            continue
        # Thresholds at which nothing of the resample is called have no precision.
        first = np.argmax(called > 0)
        rate, right = alarms[first:] / alarms[-1], found[first:] / found[-1]
        correct = found[first:] / called[first:]
        x, y = np.append(0.0, rate), np.append(0.0, right)
        auc[i] = np.trapezoid(y, x)
        roc[i] = np.interp(GRID, x, y)
        precision[i] = np.sum(np.diff(right, prepend=0.0) * correct)
        reached[i] = correct[np.searchsorted(right, GRID - 1e-12)]
    return auc, roc, precision, reached


def thinned(points: pd.DataFrame, most: int = MOST_POINTS) -> pd.DataFrame:
    """At most ``most`` rows of a curve (x, y), evenly along its length, both ends among them."""
    if len(points) <= most:
        return points
    steps = points[["x", "y"]].diff().abs().sum(axis=1).fillna(0).cumsum().to_numpy()
    wanted = np.linspace(0, steps[-1], most)
    rows = np.unique(np.append(np.searchsorted(steps, wanted[:-1]), len(points) - 1))
    return points.iloc[rows].reset_index(drop=True)
