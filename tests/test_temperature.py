"""Temperature scaling: found again where it is known, kept by a run, and undefined where it is."""

import numpy as np
import pandas as pd
import pytest
from hand_made_cases import CLASSES, ODD, random_cases
from run_folders import change_run, make_environment, make_finished_run
from scipy.special import log_softmax, softmax

from core.evaluation.calibration import calibration_of
from core.evaluation.cases import run_cases
from core.evaluation.temperature import (
    HIGHEST,
    LOWEST,
    fit_temperature,
    fitted_temperature,
    run_temperature,
    scale,
    scaled_cases,
)


def true_logits(n=6000, seed=0):
    """Logits whose softmax is exactly how often each class is the truth, and such truths."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 3))
    chance = np.cumsum(softmax(logits, axis=1), axis=1)
    return logits, (rng.random((n, 1)) > chance).sum(axis=1).clip(max=2)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 4.0])
def test_a_known_temperature_is_found_again(temperature):
    logits, truth = true_logits()
    # A network that is surer than it should be by this factor, or less sure.
    found = fit_temperature(softmax(logits * temperature, axis=1), truth)
    assert found.value == pytest.approx(temperature, rel=0.05) and found.n == len(truth)


def test_no_other_temperature_has_a_lower_loss():
    logits, truth = true_logits(300, 1)
    probabilities = softmax(3 * logits, axis=1)

    def loss(temperature):
        return -log_softmax(np.log(probabilities) / temperature, axis=1)[range(300), truth].mean()

    best = fit_temperature(probabilities, truth).value
    assert loss(best) <= min(map(loss, np.geomspace(LOWEST, HIGHEST, 400))) + 1e-9


def test_scaling_is_that_of_the_logits_and_keeps_the_answer():
    logits, _ = true_logits(50)
    probabilities = softmax(logits, axis=1)
    assert scale(probabilities, 2.5) == pytest.approx(softmax(logits / 2.5, axis=1))
    assert scale(probabilities, 1.0) == pytest.approx(probabilities)
    # What float32 has rounded to 0 and 1 stays a probability.
    hard = scale(np.array([[1.0, 0.0, 0.0]]), 3.0)
    assert hard.sum() == pytest.approx(1) and np.isfinite(hard).all()


def test_scaled_cases_are_less_sure_and_better_calibrated():
    logits, truth = true_logits(3000)
    cases = random_cases(0, 3000)
    probabilities = softmax(3 * logits, axis=1)
    answer, row = probabilities.argmax(axis=1), np.arange(3000)
    cases = cases.assign(
        label=np.array(CLASSES)[truth],
        predicted=np.array(CLASSES)[answer],
        wrong=answer != truth,
        confidence=probabilities[row, answer],
        true_probability=probabilities[row, truth],
        **{f"p_{name}": probabilities[:, i] for i, name in enumerate(CLASSES)},
    )
    scaled = scaled_cases(cases, CLASSES, fit_temperature(probabilities, truth).value)
    assert (scaled["confidence"] < cases["confidence"]).all()
    columns = [f"p_{name}" for name in CLASSES]
    assert scaled[columns].max(axis=1).to_numpy() == pytest.approx(scaled["confidence"])
    assert scaled["predicted"].equals(cases["predicted"])
    before, after = (calibration_of(table, CLASSES) for table in (cases, scaled))
    assert after.error.value < before.error.value / 3
    assert after.brier.value < before.brier.value


@pytest.mark.parametrize("name", ODD)
def test_little_or_lopsided_answers_have_a_temperature_or_a_reason(name, recwarn):
    cases = ODD[name]
    truth = cases["label"].map(CLASSES.index).to_numpy(dtype=int)
    found = fit_temperature(cases[[f"p_{name}" for name in CLASSES]].to_numpy(), truth)
    assert found.reason if found.value is None else LOWEST < found.value < HIGHEST
    scaled = scaled_cases(cases, CLASSES, 2.0)
    assert np.isfinite(scaled[["confidence", "true_probability"]].to_numpy()).all()
    assert not recwarn.list


def test_the_reasons():
    cases = ODD["all right and sure"]
    truth = cases["label"].map(CLASSES.index).to_numpy()
    right = np.eye(3)[truth] * 0.7 + 0.1
    assert "right throughout" in fit_temperature(right, truth).reason
    assert "no better than equal" in fit_temperature(right, (truth + 1) % 3).reason
    assert "No image was held back" in fit_temperature(right[:0], truth[:0]).reason


def test_a_run_keeps_its_temperature(tmp_path, monkeypatch):
    settings = make_environment(tmp_path, monkeypatch)
    run = make_finished_run(settings, 2)
    assert fitted_temperature(run) == {}
    assert "split.calibration_share" in run_temperature(run).reason
    # One answer in ten at 80 % is wrong: the network should have been surer.
    table = pd.concat([run.predictions()] * 4).assign(id=lambda t: range(len(t)))
    table.to_csv(run.folder / "calibration.csv", index=False)
    kept = fitted_temperature(run)
    wrong = run_cases(run, "calibration.csv")["wrong"].mean()
    # Two of three classes share what the answer leaves, so the best is solved by hand.
    expected = np.log(8) / np.log(2 * (1 - wrong) / wrong)
    assert kept["temperature"] == pytest.approx(expected, rel=1e-4)
    run = change_run(run, kept | {"n_calibration": len(table)})
    assert run_temperature(run).value == kept["temperature"]
    assert run_temperature(run).n == len(table)


@pytest.mark.parametrize(
    "metrics",
    [
        {"temperature": None, "temperature_reason": "None fits.", "n_calibration": 20},
        {"temperature": "hot", "n_calibration": 20},
        {"temperature": -1.0, "n_calibration": 20},
        {"temperature": 1.5, "n_calibration": "many"},
    ],
)
def test_a_temperature_that_cannot_be_used_is_a_sentence(metrics, tmp_path, monkeypatch):
    settings = make_environment(tmp_path, monkeypatch)
    found = run_temperature(change_run(make_finished_run(settings), metrics))
    assert found.value is None
    assert found.reason == "None fits." if "temperature_reason" in metrics else found.reason
