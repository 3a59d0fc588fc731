"""One number that makes a network's probabilities mean what they say: temperature scaling.

Holds how the temperature is fitted on images that were held back from training, applied to
answers, and read from a run. Source: Guo et al. (2017), On calibration of modern neural networks,
ICML. Above 1 it makes a network less sure, below 1 surer; which class is answered never changes.
How well probabilities agree with what was right stands in ``core.evaluation.calibration``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.cases import run_cases, run_classes
from core.run_files import number, text, whole
from core.runs import Run

LOWEST, HIGHEST = 0.05, 20.0
# Answers are float32, in which less than this becomes nought.
_SMALLEST = 1e-38


@dataclass(frozen=True)
class Temperature:
    """The temperature of a run, fitted on ``n`` images; None where ``reason`` says why."""

    value: float | None
    n: int
    reason: str = ""


def scale(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (n, k) at ``temperature`` > 0: softmax(log p / temperature), float64.

    The logarithms of probabilities are the network's logits less a number per image, which softmax
    does not see.
    """
    from scipy.special import softmax

    logits = np.log(np.clip(np.asarray(probabilities, dtype=float), _SMALLEST, None))
    return softmax(logits / temperature, axis=1)


def fit_temperature(probabilities: np.ndarray, truth: np.ndarray) -> Temperature:
    """The temperature of least negative log likelihood on answers (n, k) with classes (n,).

    Undefined where no temperature between LOWEST and HIGHEST is best: when every answer is right,
    the surer the better; when answers are no better than equal probabilities, the flatter.
    """
    from scipy.optimize import minimize_scalar

    n, row = len(truth), np.arange(len(truth))
    if not n:
        return Temperature(None, 0, "No image was held back from training.")
    logits = np.log(np.clip(np.asarray(probabilities, dtype=float), _SMALLEST, None))

    def loss(log_temperature: float) -> float:
        scaled = scale(probabilities, np.exp(log_temperature))
        return float(-np.log(np.clip(scaled[row, truth], _SMALLEST, None)).mean())

    why = ""
    if (logits[row, truth] >= logits.max(axis=1)).all():
        why = "the answers on them are right throughout, so that the surer always seems the better"
    elif logits[row, truth].mean() <= logits.mean():
        # The slope of the loss where all probabilities become equal.
        why = "the answers on them are no better than equal probabilities"
    bounds = np.log([LOWEST, HIGHEST])
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    if not why and np.abs(found.x - bounds).min() < 1e-3:
        why = f"the best lies outside {LOWEST} to {HIGHEST}"
    if why:
        return Temperature(None, n, f"No temperature fits the {n:,} calibration images: {why}.")
    return Temperature(float(np.exp(found.x)), n)


def fitted_temperature(run: Run) -> dict:
    """What metrics.json holds of the temperature, fitted on calibration.csv of ``run``.

    Keys: temperature (or None), temperature_reason; none without such a file.
    """
    if not (run.folder / "calibration.csv").exists():
        return {}
    cases, classes = run_cases(run, "calibration.csv"), run_classes(run)
    fitted = fit_temperature(*_arrays(cases, classes))
    return {"temperature": fitted.value, "temperature_reason": fitted.reason}


def run_temperature(run: Run) -> Temperature:
    """The temperature that stands in the run's metrics.json, or why it has none."""
    metrics = run.metrics()
    value, held_back = number(metrics.get("temperature")), whole(metrics.get("n_calibration"))
    n = int(held_back) if held_back >= 1 else 0
    # NaN fails the comparison.
    if LOWEST <= value <= HIGHEST and n:
        return Temperature(value, n)
    reason = text(metrics.get("temperature_reason")) or (
        "No images were held back from training to set a temperature on; set the share for "
        "calibration (split.calibration_share) to 0.1, say, and train again."
    )
    return Temperature(None, n, reason)


def scaled_cases(cases: pd.DataFrame, classes: tuple[str, ...], temperature: float) -> pd.DataFrame:
    """``cases`` of ``run_cases`` with the probabilities that ``temperature`` makes of theirs."""
    columns = [f"p_{name}" for name in classes]
    scaled = scale(cases[columns].to_numpy(dtype=float), temperature)
    place, row = {name: i for i, name in enumerate(classes)}, np.arange(len(cases))
    answer, truth = (cases[c].map(place).to_numpy(dtype=int) for c in ("predicted", "label"))
    return cases.assign(
        **dict(zip(columns, scaled.T, strict=True)),
        confidence=scaled[row, answer],
        true_probability=scaled[row, truth],
    )


def _arrays(cases: pd.DataFrame, classes: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    truth = cases["label"].map({name: i for i, name in enumerate(classes)})
    probabilities = cases[[f"p_{name}" for name in classes]]
    return probabilities.to_numpy(dtype=float), truth.to_numpy(dtype=int)
