"""The published tables agree with each other, and with the functions that read them."""

import numpy as np
import pytest

from core.errors import UserError
from core.evaluation import published
from core.evaluation.statistics import wilson

BACKBONES = list(published.PER_CLASS)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_classes_add_up_to_the_summary(backbone):
    rows = np.array(list(published.PER_CLASS[backbone].values()))
    accuracy, *means = published.SUMMARY[backbone]
    # Three figures cut at two decimals: up to 0.03 short of the sum.
    assert accuracy == pytest.approx(rows[:, 3].sum(), abs=0.03)
    by_column = dict(zip(published.PER_CLASS_COLUMNS, rows.mean(axis=0), strict=True))
    by_column["f1"] = 100 * published.per_class_table(backbone).f1.mean()
    for name, printed in zip(published.MEASURES, means, strict=True):
        if printed is not None:
            assert by_column[name] == pytest.approx(printed, abs=0.0101)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_cell_is_a_rate_of_whole_counts(backbone):
    total = sum(published.VALIDATION_IMAGES.values())
    hits = published.correct_counts(backbone)
    false_alarms = 0
    for name, printed in published.PER_CLASS[backbone].items():
        n = published.VALIDATION_IMAGES[name]
        rejected = round(printed[2] / 100 * (total - n))
        alarms = total - n - rejected
        false_alarms += alarms
        counted = (hits[name] / (hits[name] + alarms), hits[name] / n, rejected / (total - n))
        for rate, cell in zip((*counted, hits[name] / total), printed, strict=True):
            assert -1e-9 <= 100 * rate - cell < 0.01
    # Every image that one class misses is a false alarm of another.
    assert false_alarms == total - sum(hits.values())


def test_no_smaller_class_counts_fit():
    # The claim behind the intervals beside published figures.
    for position, name in enumerate(published.CLASSES):
        printed = [list(published.PER_CLASS[b].values())[position][1] for b in BACKBONES]
        fitting = [
            n
            for n in range(1, 1000)
            if all(any(0 <= 100 * k / n - p < 0.01 for k in _near(p, n)) for p in printed)
        ]
        assert fitting == [published.VALIDATION_IMAGES[name]]


def _near(percent, n):
    whole = int(percent * n / 100)
    return (whole, whole + 1)


def test_summary_table():
    table = published.summary_table().set_index("backbone")
    assert list(table.index) == list(published.SUMMARY)
    assert table.accuracy.is_monotonic_decreasing
    assert table.loc["VGG19", "derived"] == ("sensitivity", "specificity", "precision", "f1")
    assert table.loc["VGG16", "derived"] == ("precision", "f1")
    assert (table.derived.map(len) > 0).sum() == 2
    assert table.loc["VGG19", "balanced_accuracy"] == pytest.approx(0.7229, abs=1e-4)
    assert table.drop(columns="derived").isna().sum().sum() == 12  # table 10, six rows
    assert table.loc["InceptionResNetV2", "training_seconds"] == pytest.approx(79184.28)
    for name in ("accuracy", "balanced_accuracy", *published.MEASURES):
        assert (table[f"{name}_low"] < table[name]).all()
        assert (table[name] < table[f"{name}_high"]).all()
    table.loc[:, "accuracy"] = 0
    assert published.summary_table().accuracy.min() > 0.7


def test_per_class_table():
    table = published.per_class_table("ResNet50")
    assert list(table["class"]) == list(published.CLASSES)
    assert table.n.sum() == 1638
    assert table.loc[0, "f1"] == pytest.approx(2 * 0.9522 * 0.9327 / (0.9522 + 0.9327))
    with pytest.raises(UserError, match="TinyCNN"):
        published.per_class_table("TinyCNN")


@pytest.mark.parametrize("backbone", BACKBONES)
def test_the_counts_behind_the_rates_give_the_printed_precision(backbone):
    for row in published.per_class_table(backbone).itertuples():
        others = 1638 - row.n
        hits, rejected = round(row.sensitivity * row.n), round(row.specificity * others)
        answers = hits + others - rejected
        # Cut to two decimals.
        assert 0 <= hits / answers - row.precision < 1.2e-4
        assert [row.precision_low, row.precision_high] == wilson(hits, answers)
        assert [row.specificity_low, row.specificity_high] == wilson(rejected, others)


def test_table_numbers():
    assert published.TABLE_NUMBER["DenseNet201"] == 2
    assert published.TABLE_NUMBER["VGG19"] == 8


def test_the_published_mean_sensitivity_has_the_interval_of_balanced_accuracy():
    table = published.summary_table()
    for end in ("low", "high"):
        assert (table[f"sensitivity_{end}"] == table[f"balanced_accuracy_{end}"]).all()
