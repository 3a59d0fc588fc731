"""Folds that keep groups together: those of scikit-learn, fold for fold."""

import warnings

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from core.data.group_folds import stratified_group_folds


def of_scikit_learn(labels, groups, folds, seed):
    found = np.empty(len(labels), dtype=int)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for number, (_, rows) in enumerate(splitter.split(labels, labels, groups)):
            found[rows] = number
    return found


@pytest.mark.parametrize("folds", [2, 3, 5, 7, 20])
@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("kind", ["one class each", "mixed", "a rare class", "no repeats"])
def test_folds_are_those_of_scikit_learn(folds, classes, kind):
    rng = np.random.default_rng([folds, classes])
    n = 240
    groups = np.arange(n) if kind == "no repeats" else np.sort(rng.integers(0, n // 3, n))
    shares = [1] * classes
    if kind == "a rare class":
        shares[-1] = 0.02
    labels = rng.choice(classes, n, p=np.array(shares) / sum(shares))
    if kind != "mixed":
        labels = labels[np.unique(groups, return_index=True)[1]][
            np.unique(groups, return_inverse=True)[1]
        ]
    for seed in range(3):
        expected = of_scikit_learn(labels, groups, folds, seed)
        assert (stratified_group_folds(labels, groups, folds, seed) == expected).all()


def test_names_of_any_kind_do(n=90):
    rng = np.random.default_rng(1)
    labels, groups = rng.choice(["b", "a"], n), rng.choice([f"p{i}" for i in range(30)], n)
    expected = of_scikit_learn(labels, groups, 5, 4)
    assert (stratified_group_folds(labels, groups, 5, 4) == expected).all()


@pytest.mark.parametrize(
    ("labels", "groups"), [([0, 0, 1, 1], [0, 1, 2, 3]), ([0] * 5 + [1] * 5, [0, 1] * 5), ([], [])]
)
def test_too_few_rows_or_groups_are_refused_as_there(labels, groups):
    with pytest.raises(ValueError, match="folds"):
        stratified_group_folds(labels, np.array(groups), 5, 0)
    if labels:
        with pytest.raises(ValueError, match="n_splits"):
            of_scikit_learn(labels, groups, 5, 0)
