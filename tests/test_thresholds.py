"""The rule "call it from this probability on": by hand, against scikit-learn, and undefined."""

import numpy as np
import pytest
from hand_made_cases import CLASSES, ODD, cases_of, random_cases
from sklearn.metrics import confusion_matrix

from core.data.labels import LABEL_SCHEMES
from core.errors import UserError
from core.evaluation.statistics import wilson
from core.evaluation.thresholds import PEOPLE, people, positive_class, threshold_rule

FIGURES = (
    "sensitivity", "specificity", "positive_predictive_value", "negative_predictive_value",
    "missed_per_1000", "false_alarms_per_1000",
)  # fmt: skip


def two_by_two(found, missed, alarms, left_alone):
    """Cases of which the rule at 0.5 makes these counts."""
    p = np.repeat([0.9, 0.1, 0.9, 0.1], [found, missed, alarms, left_alone])
    truth = np.repeat([2, 2, 0, 0], [found, missed, alarms, left_alone])
    return cases_of(truth, np.stack([1 - p, 0 * p, p], axis=1))


def test_a_screening_by_hand():
    # 90 of 100 found, 180 of 200 left alone; of 1,000 people 10 have it: 9 found, 1 missed, 99
    # called by mistake, 891 left alone.
    rule = threshold_rule(two_by_two(90, 10, 20, 180), "coronavirus", 0.5, 0.01)
    assert (rule.found, rule.missed, rule.false_alarms, rule.left_alone) == (90, 10, 20, 180)
    assert (rule.sensitivity.value, rule.specificity.value) == (0.9, 0.9)
    assert [rule.sensitivity.low, rule.sensitivity.high] == wilson(90, 100)
    assert [rule.specificity.low, rule.specificity.high] == wilson(180, 200)
    assert rule.positive_predictive_value.value == pytest.approx(9 / (9 + 99))
    assert rule.negative_predictive_value.value == pytest.approx(891 / (891 + 1))
    assert rule.missed_per_1000.value == pytest.approx(1)
    assert rule.false_alarms_per_1000.value == pytest.approx(99)
    low, high = wilson(90, 100)
    assert rule.missed_per_1000.low == pytest.approx(10 * (1 - high))
    assert rule.missed_per_1000.high == pytest.approx(10 * (1 - low))
    worst, best = wilson(180, 200)
    assert rule.positive_predictive_value.low == pytest.approx(
        0.01 * low / (0.01 * low + 0.99 * (1 - worst))
    )
    assert rule.negative_predictive_value.high == pytest.approx(
        0.99 * best / (0.99 * best + 0.01 * (1 - high))
    )
    assert people(rule) == {"found": 9, "missed": 1, "false_alarms": 99, "left_alone": 891}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CLASSES)
def test_counts_are_scikit_learns_and_own_prevalence_gives_own_precision(seed, name):
    cases = random_cases(seed, decimals=2)
    truth = cases["label"] == name
    for threshold in (0.0, 0.2, 0.5, 0.77, 1.0):
        called = cases[f"p_{name}"] >= threshold
        left, alarms, missed, found = confusion_matrix(truth, called, labels=[False, True]).ravel()
        rule = threshold_rule(cases, name, threshold, truth.mean())
        assert (rule.found, rule.missed) == (found, missed)
        assert (rule.false_alarms, rule.left_alone) == (alarms, left)
        if called.any():
            assert rule.positive_predictive_value.value == pytest.approx(truth[called].mean())
        if not called.all():
            assert rule.negative_predictive_value.value == pytest.approx((~truth[~called]).mean())
        for figure in (getattr(rule, name) for name in FIGURES):
            assert figure.value is None or figure.low <= figure.value <= figure.high
        assert sum(people(rule).values()) == PEOPLE


def test_a_probability_at_the_threshold_is_called():
    cases = cases_of([2, 0], [[0.2, 0, 0.8], [0.21, 0, 0.79]])
    rule = threshold_rule(cases, "coronavirus", 0.8, 0.5)
    assert (rule.found, rule.false_alarms) == (1, 0)


def test_predictive_values_nobody_can_have_are_undefined():
    cases = random_cases(0)
    nobody = threshold_rule(cases, "normal", 1.01, 0.3)
    assert nobody.positive_predictive_value.value is None
    assert "calls nobody normal" in nobody.positive_predictive_value.reason
    assert nobody.negative_predictive_value.value == pytest.approx(0.7)
    everybody = threshold_rule(cases, "normal", 0.0, 0.3)
    assert everybody.negative_predictive_value.value is None
    assert "calls everybody normal" in everybody.negative_predictive_value.reason
    assert everybody.positive_predictive_value.value == pytest.approx(0.3)


@pytest.mark.parametrize("prevalence", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", ODD)
def test_little_or_lopsided_answers_break_nothing(name, threshold, prevalence, recwarn):
    rule = threshold_rule(ODD[name], "coronavirus", threshold, prevalence)
    for figure in (getattr(rule, name) for name in FIGURES):
        assert (
            figure.reason
            if figure.value is None
            else np.isfinite([figure.value, figure.low, figure.high]).all()
        )
    counted = people(rule)
    assert counted is None or (sum(counted.values()) == PEOPLE and min(counted.values()) >= 0)
    assert not recwarn.list


def test_among_people_who_all_or_none_have_it_the_words_do_not_contradict_the_images():
    # One image in three is found, with certainty, and no other is called.
    cases = cases_of([2, 2, 0], [[0, 0, 1.0], [0.5, 0, 0.5], [1.0, 0, 0]])
    rule = threshold_rule(cases, "coronavirus", 1.0, 0.0)
    assert rule.found == 1 and rule.positive_predictive_value.value is None
    assert rule.positive_predictive_value.reason == (
        "Among people of whom nobody has coronavirus the rule calls nobody coronavirus: nobody is "
        "left to be right about."
    )
    rule = threshold_rule(cases, "normal", 0.0, 1.0)
    assert rule.negative_predictive_value.reason.startswith(
        "Among people of whom everybody has normal the rule calls everybody normal"
    )


def test_reasons_have_the_titles_of_classes():
    cases = cases_of([0, 0], [[0.8, 0.1, 0.1]] * 2).rename(columns={"p_coronavirus": "p_covid19"})
    rule = threshold_rule(cases, "covid19", 0.5, 0.1)
    assert "No validation image is COVID-19" in rule.sensitivity.reason


def test_a_missing_class_says_so():
    rule = threshold_rule(ODD["a class missing"], "coronavirus", 0.5, 0.1)
    for figure in ("sensitivity", "missed_per_1000", "positive_predictive_value"):
        assert "No validation image is coronavirus" in getattr(rule, figure).reason
    assert rule.specificity.value is not None and people(rule) is None
    rule = threshold_rule(ODD["one class alone"], "coronavirus", 0.5, 0.1)
    assert "no false alarm" in rule.false_alarms_per_1000.reason


@pytest.mark.parametrize("prevalence", [-0.1, 1.5, float("nan")])
def test_a_prevalence_that_is_no_share_is_refused(prevalence):
    with pytest.raises(UserError, match="prevalence"):
        threshold_rule(random_cases(0), "normal", 0.5, prevalence)


def test_every_scheme_has_a_class_to_begin_with():
    found = {name: positive_class(scheme.classes) for name, scheme in LABEL_SCHEMES.items()}
    assert found == {
        "paper3": "coronavirus", "four": "covid19", "pneumonia2": "pneumonia", "covid2": "covid19",
    }  # fmt: skip
    assert positive_class(("a", "b")) == "b"
