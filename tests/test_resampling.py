"""Bootstrap: what is drawn, of whom, and what intervals come of it."""

import numpy as np
import pytest

from core.evaluation.resampling import (
    mean_interval,
    patients_repeat,
    percentile_interval,
    resample_cases,
    resample_confusions,
    resample_counts,
    units_per_class,
)


@pytest.mark.parametrize(
    ("patients", "repeat"),
    [(None, False), (["a", "b"], False), (["a", "a"], True), (["", ""], False), ([], False)],
)
def test_patients_repeat(patients, repeat):
    assert patients_repeat(patients) is repeat


def test_units_are_patients_and_an_unknown_patient_stands_for_itself():
    truth = np.array([0, 0, 0, 1, 1, 1])
    assert units_per_class(truth, 3).tolist() == [3, 3, 0]
    assert units_per_class(truth, 2, ["a", "a", "b", "c", "", ""]).tolist() == [2, 3]


def test_resamples_keep_class_sizes_and_are_seeded():
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1, 2], [30, 20, 10])
    predicted = rng.integers(0, 3, 60)
    drawn = resample_confusions(truth, predicted, 3, resamples=50, seed=4)
    assert drawn.shape == (50, 3, 3)
    assert (drawn.sum(axis=2) == [30, 20, 10]).all()
    assert (drawn == resample_confusions(truth, predicted, 3, resamples=50, seed=4)).all()
    assert (drawn != resample_confusions(truth, predicted, 3, resamples=50, seed=5)).any()


def test_resamples_agree_with_picking_images_one_by_one():
    rng = np.random.default_rng(2)
    truth = np.repeat([0, 1], [40, 25])
    predicted = np.where(rng.random(65) < 0.7, truth, 1 - truth)
    drawn = resample_confusions(truth, predicted, 2, resamples=4000)
    share = drawn[:, 0, 0] / 40
    plain = [(predicted[rng.integers(0, 40, 40)] == 0).mean() for _ in range(4000)]
    assert percentile_interval(share) == pytest.approx(np.quantile(plain, [0.025, 0.975]), abs=0.03)


def test_whole_patients_are_drawn():
    # Two patients a class, ten images each, one patient all right and one all wrong: images as
    # units would promise a precision that two patients cannot give.
    truth = np.repeat([0, 1], 20)
    predicted = np.where(np.tile(np.repeat([True, False], 10), 2), truth, 1 - truth)
    patients = np.repeat(["a", "b", "c", "d"], 10)
    drawn = resample_confusions(truth, predicted, 2, patients)
    assert set(np.unique(drawn[:, 0, 0])) == {0, 10, 20}
    by_image = resample_confusions(truth, predicted, 2)
    assert drawn[:, 0, 0].std() > 2 * by_image[:, 0, 0].std()


def test_cases_are_drawn_as_counts_are():
    truth, patients = np.repeat([0, 1, 2], 20), [f"patient {i // 4}" for i in range(60)]
    drawn = resample_cases(truth, 3, patients, resamples=2000)
    assert drawn.shape == (2000, 60)
    # Classes keep their size, and the images of a patient are drawn together.
    assert (drawn.reshape(2000, 3, 20).sum(axis=2) == 20).all()
    assert (np.ptp(drawn.reshape(2000, 15, 4), axis=2) == 0).all()
    of_patient = drawn.reshape(2000, 15, 4)[:, :, 0]
    counts = resample_counts(np.repeat(np.eye(15, dtype=int), 4, axis=0), truth, 3, patients)
    assert of_patient.std(axis=0) == pytest.approx(counts.std(axis=0) / 4, rel=0.1)
    assert (drawn[:7] == resample_cases(truth, 3, patients, resamples=2000)[:7]).all()
    assert resample_cases(np.array([0, 1, 1]), 2) is None
    assert resample_cases(np.array([], dtype=int), 2).shape[1] == 0


def test_one_patient_cannot_show_doubt():
    truth, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert resample_confusions(truth, predicted, 2, ["a", "a", "b", "c"]) is None
    assert percentile_interval(np.ones(100)) is None
    assert percentile_interval(np.full(100, np.nan)) is None
    assert percentile_interval(np.array([])) is None


def test_the_interval_of_a_mean_is_that_of_picking_values_one_by_one():
    rng = np.random.default_rng(4)
    values = rng.normal(3, 1, (60, 2))
    plain = [values[rng.integers(0, 60, 60)].mean(axis=0) for _ in range(4000)]
    expected = np.quantile(plain, [0.025, 0.975], axis=0).T
    np.testing.assert_allclose(mean_interval(values, resamples=4000), expected, atol=0.03)


def test_a_mean_of_images_of_few_patients_is_less_certain():
    values = np.repeat([0.0, 1, 0, 1], 10)[:, np.newaxis]
    ((low, high),) = mean_interval(values, np.repeat(["a", "b", "c", "d"], 10))
    ((alone_low, alone_high),) = mean_interval(values)
    assert high - low > 2 * (alone_high - alone_low)
    assert mean_interval(values, ["a"] * 40) == [None]
    assert mean_interval(np.ones((5, 1))) == [None]
