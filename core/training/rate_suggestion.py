"""What a learning-rate range test says: its smoothed loss, and the two rates read off the curve.

Plain arithmetic without Keras. How the curve is measured stands in ``core.training.range_test``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# The smoothing forgets over this many decades of the learning rate, however many steps they take.
MEMORY_DECADES = 0.5
# Where the smoothed loss is lowest training is about to break up, and the smoothing is late by up
# to its memory; a tenth of that rate, as fastai's lr_find takes, is on the safe side of both.
MAX_SHARE = 0.1
# The loss falls clearly once this share of its whole fall, and so many standard errors, are behind.
BEGUN_SHARE = 0.1
CLEAR_STANDARD_ERRORS = 2.0
# Smith (2017), section 3.3: "set base_lr to 1/3 or 1/4 of max_lr".
BASE_SHARE = 0.25
# A fall counts from this share of the loss, and from so many standard errors of its own noise.
LEAST_FALL = 0.05
LEAST_STANDARD_ERRORS = 3.5
FEWEST_LOSSES = 8


@dataclass(frozen=True)
class Suggestion:
    """Bounds for a cyclical learning rate and one sentence why; without bounds, why there are none.

    0 < ``base_lr`` < ``max_lr``, or both None.
    """

    base_lr: float | None
    max_lr: float | None
    reason: str


def smooth(losses: Sequence[float], steps_per_decade: float) -> np.ndarray:
    """Average each loss with those before it, forgetting exponentially; same length, float64.

    Corrected for the empty memory at the start, as Kingma & Ba (2015), section 3, correct Adam's.
    """
    keep = _kept(steps_per_decade)
    average, smoothed = 0.0, []
    for count, loss in enumerate(losses, start=1):
        average = keep * average + (1 - keep) * loss
        smoothed.append(average / (1 - keep**count))
    return np.array(smoothed)


def suggest(rates: Sequence[float], losses: Sequence[float]) -> Suggestion:
    """Read the bounds off a range test: rising ``rates``, evenly spaced by ratio, and their losses.

    ``max_lr`` is MAX_SHARE of the rate at which the smoothed loss stops falling; ``base_lr`` is
    where it begins to fall clearly, or BASE_SHARE of ``max_lr`` where that would be higher (Smith
    2017, Cyclical Learning Rates for Training Neural Networks, section 3.3). Losses count up to the
    first that is not finite. A fall that the noise of the losses may have made gives no bounds.
    """
    rates, losses = np.asarray(rates, np.float64), np.asarray(losses, np.float64)
    finite = np.isfinite(losses)
    count = len(losses) if finite.all() else int(np.argmin(finite))
    if count < FEWEST_LOSSES:
        return _none(
            f"The loss was no number any more after {count} batches, at a learning rate of "
            f"{_short(rates[min(count, len(rates) - 1)])}: start the test at a lower rate."
        )
    losses = losses[:count]
    per_decade = 1 / np.log10(rates[1] / rates[0])
    smoothed = smooth(losses, per_decade)
    # The first quarter says where the loss began. Its smoothed losses are no candidates for the
    # lowest: the very first are means of few, and stray low by chance.
    start = count // 4
    level, lowest = losses[:start].mean(), start + int(smoothed[start:].argmin())
    fall = level - smoothed[lowest]
    error = _error(losses, start, per_decade)
    if fall < max(LEAST_FALL * level, LEAST_STANDARD_ERRORS * error):
        if fall < error and smoothed[-1] - level > LEAST_STANDARD_ERRORS * error:
            return _none(
                "The loss only rose: no learning rate of this test made the network learn. "
                "Start the test at a lower rate, or look at the images and classes."
            )
        return _none(
            "The loss did not fall by more than its own noise at any learning rate. Take more "
            "steps, larger batches, or a higher last rate."
        )

    before = smoothed[:lowest] > level - max(BEGUN_SHARE * fall, CLEAR_STANDARD_ERRORS * error)
    begun = int(np.flatnonzero(before)[-1]) + 1 if before.any() else 0
    max_lr = MAX_SHARE * rates[lowest]
    base_lr = min(rates[begun], BASE_SHARE * max_lr)
    reason = (
        f"The loss begins to fall clearly at a learning rate of {_short(rates[begun])} and stops "
        f"falling at {_short(rates[lowest])}; the upper bound is a tenth of the latter, the lower "
        + ("the former." if base_lr == rates[begun] else "a quarter of the upper.")
    )
    if lowest == count - 1 == len(rates) - 1:
        reason += " It was still falling at the last rate: a test that goes higher may find more."
    return Suggestion(_rounded(base_lr), _rounded(max_lr), reason)


def _kept(steps_per_decade: float) -> float:
    # Share of the memory that outlives a step.
    return float(np.exp(-1 / (MEMORY_DECADES * steps_per_decade)))


def _error(losses: np.ndarray, start: int, steps_per_decade: float) -> float:
    # Of the difference between the mean of the first losses and a smoothed one. The noise is taken
    # from neighbours' differences by their median, which a curve that breaks up at its end leaves
    # alone.
    noise = np.median(np.abs(np.diff(losses))) / (0.6745 * np.sqrt(2))
    keep = _kept(steps_per_decade)
    return noise * np.sqrt(1 / start + (1 - keep) / (1 + keep))


def _none(reason: str) -> Suggestion:
    return Suggestion(None, None, reason)


def _rounded(rate: float) -> float:
    # More digits than two would pretend to a precision that the test has not.
    return float(f"{rate:.1e}")


def _short(rate: float) -> str:
    return f"{rate:.2g}"
