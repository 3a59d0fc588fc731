"""Do probabilities mean what they say: reliability, Brier score, expected calibration error.

Holds how a run's answers on its validation images compare with how sure it was of them, for all of
them and for one answer (``right_when``). Mending what is found stands in
``core.evaluation.temperature``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from core.evaluation.resampling import RESAMPLES, percentile_interval, resample_cases
from core.evaluation.statistics import NOTHING_VARIED, ONE_PATIENT, Estimate, wilson
from core.words import PERCENT

BINS = 10
# "About 80 %": so far from it on either side.
ABOUT = 0.05
# Below this many images a share moves widely by chance.
FEW = 30

BIN_COLUMNS = (
    "low",  # edges of the bin, probabilities 0..1; the lower one is not in it, but 0 is
    "high",
    "n",  # images whose answer had such a probability
    "confidence",  # mean probability of these answers; NaN without one, as all that follows
    "right",  # how many of them were right
    "share",  # right / n
    "share_low",  # 95 % interval (Wilson), images taken as independent
    "share_high",
)


@dataclass(frozen=True)
class Calibration:
    """How far the probabilities of ``n`` answers can be believed.

    ``bins`` has BIN_COLUMNS, one row each of BINS of equal width. ``brier`` is the mean over images
    of the squared distances between probabilities and truth, summed over the classes, 0..2 (Brier
    1950, Mon Weather Rev 78:1-3); ``brier_of_shares`` that of always giving each class its share.
    ``error`` is the expected calibration error: the mean distance between share right and
    confidence over the bins, weighted by n (Naeini et al. 2015, AAAI), 0..1; ``error_by_chance``
    what it would come to on average if the probabilities were exact.
    """

    n: int
    bins: pd.DataFrame
    brier: Estimate
    brier_of_shares: float | None
    error: Estimate
    error_by_chance: float | None


@dataclass(frozen=True)
class RightWhen:
    """How often a run was right when it was about so sure: ``right`` of ``n`` images.

    ``low`` and ``high`` are Wilson's 95 % interval of the share, None without an image; ``few``
    says that ``n`` is below FEW; ``sentence`` says all of it in words.
    """

    probability: float
    right: int
    n: int
    low: float | None
    high: float | None
    few: bool
    sentence: str


def calibration_of(cases: pd.DataFrame, classes: Sequence[str], seed: int = 0) -> Calibration:
    """Reliability of the answers in rows of ``core.evaluation.cases.run_cases``.

    Intervals come from a bootstrap within each class that draws whole patients. That of ``error``
    is reflected about the value (Davison & Hinkley 1997, section 5.2), for in every resample chance
    pushes it up once more. It is approximate: in 50 simulations of 300 images each it held the true
    error 38 times where that was 0 and 45 times where it was 0.08 (plain percentiles: 0 and 50).
    """
    n = len(cases)
    if not n:
        nothing = Estimate(None, reason="There is no validation image.")
        return Calibration(0, reliability_bins(cases), nothing, None, nothing, None)
    truth = cases["label"].map({name: i for i, name in enumerate(classes)}).to_numpy(dtype=int)
    probabilities = cases[[f"p_{name}" for name in classes]].to_numpy(dtype=float)
    happened = np.eye(len(classes))[truth]
    distances = ((probabilities - happened) ** 2).sum(axis=1)
    confidence, right = _answers(cases)
    gaps = _gaps(confidence, right)
    error = float(np.abs(gaps.sum(axis=0)).sum() / n)

    drawn = resample_cases(truth, len(classes), cases["patient"].tolist(), seed=seed)
    brier = Estimate(float(distances.mean()), reason=ONE_PATIENT)
    of_error = Estimate(error, reason=ONE_PATIENT)
    if drawn is not None:
        # All in one product: it is the conversion of so many draws that takes time.
        sums = drawn @ np.column_stack([np.ones(n), distances, gaps])
        means, errors = sums[:, 1] / sums[:, 0], np.abs(sums[:, 2:]).sum(axis=1) / sums[:, 0]
        brier = Estimate.of(brier.value, percentile_interval(np.round(means, 12)), NOTHING_VARIED)
        bounds = percentile_interval(np.round(errors, 12))
        reflected = bounds and [float(np.clip(2 * error - end, 0, 1)) for end in bounds[::-1]]
        of_error = Estimate.of(error, reflected, NOTHING_VARIED)
    return Calibration(
        n=n,
        bins=reliability_bins(cases),
        brier=brier,
        brier_of_shares=float(1 - (happened.mean(axis=0) ** 2).sum()),
        error=of_error,
        error_by_chance=_by_chance(confidence, seed),
    )


def reliability_bins(cases: pd.DataFrame) -> pd.DataFrame:
    """Answers of ``cases`` by how sure they were: BIN_COLUMNS, a row for each of BINS bins."""
    confidence, right = _answers(cases)
    place, edges = _bins(confidence), np.linspace(0, 1, BINS + 1)
    rows = []
    for i, (low, high) in enumerate(pairwise(edges)):
        inside, n = place == i, int((place == i).sum())
        row = {"low": low, "high": high, "n": n, "right": int(right[inside].sum())}
        if n:
            bounds = wilson(row["right"], n)
            row |= {"confidence": confidence[inside].mean(), "share": row["right"] / n}
            row |= {"share_low": bounds[0], "share_high": bounds[1]}
        rows.append(row)
    return pd.DataFrame(rows, columns=list(BIN_COLUMNS)).astype({"n": int, "right": int})


def right_when(cases: pd.DataFrame, probability: float) -> RightWhen:
    """How often the run was right on its validation images when it said about ``probability``.

    ``cases`` are those of ``core.evaluation.cases.run_cases``, ``probability`` is that of an
    answer, 0..1. About: at most ABOUT away. Images count as independent. Raises ValueError when
    ``probability`` is not between 0 and 1.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"{probability} is no probability")
    confidence, answers_right = _answers(cases)
    # As written in decimals, 0.75 is at most 0.05 away from 0.8.
    near = np.abs(confidence - probability) <= ABOUT + 1e-9
    n, right = int(near.sum()), int(answers_right[near].sum())
    said = f"{100 * probability:.0f}{PERCENT}"
    if not n:
        return RightWhen(
            *(probability, 0, 0, None, None, True),
            f"This network never said about {said} of an answer on its {len(cases):,} validation "
            "images: how often it is right then is not known.",
        )
    low, high = wilson(right, n)
    sentence = (
        f"When this network says about {said}, it is {_so_often(right, n)} on its validation "
        f"images (n = {n:,}, 95{PERCENT} interval {100 * low:.0f} to {100 * high:.0f}{PERCENT})."
    )
    if n < FEW:
        sentence += f" With {'one image' if n == 1 else f'only {n} images'} this says little."
    return RightWhen(probability, right, n, low, high, n < FEW, sentence)


def _so_often(right: int, n: int) -> str:
    if right in (0, n):
        return "always right" if right else "never right"
    share = right / n
    # Ten times in ten, or none, would say too much.
    of = 10 if 0.05 <= share <= 0.95 else 100
    times = min(max(round(of * share), 1), of - 1)
    return f"right about {times} time{'s' if times > 1 else ''} in {of}"


def _answers(cases: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return cases["confidence"].to_numpy(dtype=float), ~cases["wrong"].to_numpy(dtype=bool)


def _bins(confidence: np.ndarray) -> np.ndarray:
    """Number of each probability's bin, int64; a probability on an edge is in the lower bin."""
    # float32 writes 0.6 as 0.60000002; so much is no difference.
    return np.clip(np.ceil(np.round(confidence * BINS, 6)).astype(np.int64) - 1, 0, BINS - 1)


def _gaps(confidence: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Right less confidence of each case in the column of its bin, float (n, BINS).

    n_b / n * |right_b / n_b - confidence_b / n_b| leaves sums alone, and no division by nought.
    """
    return np.eye(BINS)[_bins(confidence)] * (right - confidence)[:, None]


def _by_chance(confidence: np.ndarray, seed: int) -> float:
    rng = np.random.default_rng(seed)
    inside, errors = np.eye(BINS)[_bins(confidence)], []
    for _ in range(RESAMPLES):
        right = rng.random(len(confidence)) < confidence
        errors.append(np.abs((right - confidence) @ inside).sum() / len(confidence))
    return float(np.mean(errors))
