"""Does one technique distinctly outperform the others: which runs compete, and the verdict."""

import numpy as np
import pandas as pd
import pytest
from evidence_by_hand import evidence, images
from run_folders import make_finished_run

from core.data.catalog import load_catalog
from core.evaluation import outperform
from core.evaluation.baseline_results import baseline_rows
from core.evaluation.cases import run_cases, with_catalog
from core.evaluation.evidence import CANNOT, NO, NOT_SETTLED, YES, gather
from core.evaluation.pairs import pairs_table, probability_best


def gathered(settings, *made):
    catalog = load_catalog(settings)
    return gather(
        made,
        lambda run: with_catalog(run_cases(run), catalog),
        lambda table: baseline_rows([], settings),
    )


def table(*rows):
    """A comparison table with a row per (backbone, recipe, division)."""
    known = evidence({f"run {i}": images([{}] * 9) for i in range(len(rows))}).table
    return known.assign(
        backbone=[row[0] for row in rows],
        recipe=[row[1] for row in rows],
        division=[row[2] for row in rows],
        created=pd.date_range("2020-01-01", periods=len(rows)),
    )


def test_a_contest_has_one_run_per_network_the_oldest():
    rows = table(
        ("VGG16", "quick", "A"),
        ("ResNet50", "quick", "A"),
        ("ResNet50", "quick", "A"),
        ("ResNet50", "quick", "B"),
        ("VGG16", "paper", "B"),
        ("VGG19", "quick", "B"),
        ("MobileNetV2", "quick", "B"),
        ("MobileNetV2", "quick", ""),
    )
    first, second = outperform.fair_contests(rows)
    assert first["run"].tolist() == ["run 3", "run 5", "run 6"]
    assert second["run"].tolist() == ["run 0", "run 1"]
    assert outperform.fair_contests(rows.iloc[1:3]) == []


def pair(finding="better", low=0.05, high=0.1, leader_first=True):
    names = ("a", "b") if leader_first else ("b", "a")
    return {"run_a": names[0], "run_b": names[1], "finding": finding, "low": low, "high": high}


@pytest.mark.parametrize(
    ("rows", "leads", "verdict"),
    [
        ([pair(), pair()], True, YES),
        ([pair(), pair()], False, NOT_SETTLED),
        ([pair(), pair("chance", -0.01, 0.03)], True, NOT_SETTLED),
        ([pair(), pair("chance", -0.005, 0.019)], True, NO),
        ([pair("unclear", 0.001, 0.03)], True, NOT_SETTLED),
        ([pair("chance", np.nan, np.nan)], True, NOT_SETTLED),
    ],
)
def test_what_decides(rows, leads, verdict):
    assert outperform._decide(pd.DataFrame(rows), "a", leads) == verdict


def test_a_network_that_beats_the_other_says_yes_with_the_tests_figures(settings):
    best = make_finished_run(settings, 0, backbone="ResNet50", recipe="quick")
    other = make_finished_run(settings, 9, backbone="VGG16", recipe="quick")
    known = gathered(settings, best, other)
    tested = []

    def test(answers):
        tested.append((pairs_table(answers), probability_best(answers)))
        return tested[0]

    answer = outperform.answer(known, test)
    assert answer.verdict == YES and len(tested) == 1
    (row,) = tested[0][0].to_dict("records")
    assert f"by {100 * row['difference']:.1f} points" in answer.sentence
    assert answer.numbers["leader"] == best.id and answer.numbers["better_than"] == 1
    assert answer.numbers["networks"][0]["probability"] == tested[0][1].table["probability"].max()
    assert any("ResNet50 and VGG16; the paper has seven" in words for words in answer.doubts)
    assert any("trained once on these images" in words for words in answer.doubts)


def test_equal_networks_settle_nothing(settings):
    made = [
        make_finished_run(settings, 2, backbone=name, recipe="quick")
        for name in ("ResNet50", "VGG16")
    ]
    answer = outperform.answer(gathered(settings, *made))
    assert answer.verdict == NOT_SETTLED and "chance explains the gap" in answer.sentence


def test_another_leader_on_other_images_takes_the_yes_away(settings):
    made = [
        make_finished_run(settings, mistakes, backbone=name, recipe="quick", split={"seed": seed})
        for seed, wrong in ((0, (0, 9)), (1, (9, 0)))
        for name, mistakes in zip(("ResNet50", "VGG16"), wrong, strict=True)
    ]
    answer = outperform.answer(gathered(settings, *made))
    assert answer.verdict == NOT_SETTLED
    assert any("1 other division of the images" in words for words in answer.doubts)
    assert outperform.answer(gathered(settings, *made[:2])).verdict == YES


def test_repeats_of_one_network_are_no_contest(settings):
    made = [make_finished_run(settings, wrong, seed=wrong) for wrong in (0, 9)]
    answer = outperform.answer(gathered(settings, *made))
    assert answer.verdict == CANNOT and "Only TinyCNN was trained here" in answer.sentence
    assert "study --backbones all --recipe finetune --cohort paper" in answer.commands[0]


def test_networks_on_different_images_are_no_contest(settings):
    made = [
        make_finished_run(settings, backbone=name, recipe="quick", split={"seed": seed})
        for seed, name in enumerate(("ResNet50", "VGG16"))
    ]
    answer = outperform.answer(gathered(settings, *made))
    assert answer.verdict == CANNOT and "no two networks share" in answer.sentence
    assert outperform.answer(evidence({})).verdict == CANNOT
