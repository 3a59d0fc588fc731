"""The Thresholds page: a rule on one class, its curves, and whether probabilities hold."""

import numpy as np
import pandas as pd
import pytest
from run_folders import change_run, make_finished_run, open_page, text_of

from core.evaluation.cases import run_cases
from core.evaluation.thresholds import threshold_rule
from pages.components.words import estimate, percent


def words_of(page):
    assert not page.exception and not page.error
    words = text_of(page) + " ".join(html.proto.body for html in page.get("html"))
    return words.replace("\xa0", " ")


def spread_out(run, seed=0):
    """Give the run answers that are not all alike."""
    path = run.folder / "predictions.csv"
    table, rng = pd.read_csv(path), np.random.default_rng(seed)
    columns = [name for name in table if name.startswith("p_")]
    logits = np.log(table[columns].to_numpy()) + rng.normal(0, 1, (len(table), len(columns)))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    table[columns] = p
    answers = np.array([name[2:] for name in columns])[p.argmax(axis=1)]
    table.assign(predicted=answers).to_csv(path, index=False)
    return run


def test_without_a_finished_run_the_page_says_what_to_do(settings):
    assert "No finished run yet" in words_of(open_page("thresholds"))


def test_the_slider_and_the_prevalence_move_the_figures(settings):
    run = spread_out(make_finished_run(settings, 2))
    cases = run_cases(run)
    page = open_page("thresholds")
    words = words_of(page)
    assert "not for diagnosis" in words and run.id in words
    share = (cases["label"] == "coronavirus").mean()
    for threshold, prevalence in ((0.5, share), (0.2, 0.01), (0.9, 0.02)):
        page.slider(key="threshold").set_value(100 * threshold)
        chosen = {share: "validation", 0.01: "0.01"}.get(prevalence, "another")
        page.button_group(key="prevalence").set_value(chosen).run()
        words = words_of(page)
        rule = threshold_rule(cases, "coronavirus", threshold, prevalence)
        assert f"**{estimate(rule.missed_per_1000)}**" in words
        assert f"**{estimate(rule.false_alarms_per_1000)}**" in words
        assert f"{rule.found} found, {rule.missed} missed" in words
        value = percent(rule.positive_predictive_value.value).replace("\xa0", " ")
        assert value in words
    page.number_input(key="prevalence-other").set_value(50.0).run()
    assert "of whom 500 have coronavirus" in words_of(page)
    page.selectbox(key="threshold-class/normal/bacteria/coronavirus").select("normal").run()
    assert "of whom 500 have normal" in words_of(page)
    assert len(page.get("plotly_chart")) == 5


def test_a_second_run_of_the_same_classes_stands_beside_the_first(settings):
    first = spread_out(make_finished_run(settings))
    second = spread_out(make_finished_run(settings, 2, seed=4, split={"seed": 1}))
    other = make_finished_run(settings, labels="pneumonia2")
    page = open_page("thresholds", run=first.id)
    beside = page.selectbox(key="threshold-second")
    assert len(beside.options) == 1
    beside.select(second.id).run()
    words = words_of(page)
    assert first.id in words and second.id in words and other.id not in words
    assert "checked on different images" in words
    assert words.count("AUC of TinyCNN") == 2 and len(page.get("plotly_chart")) == 8
    # The first may become what the second is.
    page.selectbox(key="threshold-run").select(second.id).run()
    assert page.selectbox(key="threshold-second").value in (None, first.id)
    assert words_of(page)
    page = open_page("thresholds", run=other.id)
    assert page.selectbox(key="threshold-class/normal/pneumonia").value == "pneumonia"
    assert not page.selectbox(key="threshold-second").options


def test_the_temperature_is_offered_where_there_is_one(settings):
    run = spread_out(make_finished_run(settings, 2))
    page = open_page("thresholds")
    assert not page.toggle and "split.calibration_share" in words_of(page)
    before = words_of(page).count("Brier score</span>")
    change_run(run, {"temperature": 3.0, "n_calibration": 12})
    page = open_page("thresholds")
    assert "set on 12 images held back" in page.toggle(key="apply-temperature").label
    page.toggle(key="apply-temperature").set_value(True).run()
    words = words_of(page)
    assert "**At T = 3.00**" in words and "**As it answers**" in words
    assert words.count("Brier score</span>") == before + 1


def cut(table, kind):
    if kind == "three images":
        return table.head(3)
    if kind == "one class missing":
        return table[table["label"] != "coronavirus"]
    return table.assign(predicted="normal", p_normal=1.0, p_bacteria=0.0, p_coronavirus=0.0)


@pytest.mark.parametrize("kind", ["three images", "one class missing", "one answer"])
def test_little_or_lopsided_predictions_are_undefined_with_the_reason(settings, kind, recwarn):
    run = change_run(make_finished_run(settings, 1), {"temperature": 2.0, "n_calibration": 9})
    path = run.folder / "predictions.csv"
    cut(pd.read_csv(path), kind).to_csv(path, index=False)
    page = open_page("thresholds")
    page.toggle(key="apply-temperature").set_value(True).run()
    words = words_of(page)
    assert "nan" not in words.lower()
    if kind != "one answer":
        assert "undefined" in words or "no interval" in words
    assert not [w for w in recwarn.list if issubclass(w.category, RuntimeWarning)]


def test_a_run_without_predictions_is_a_sentence(settings):
    run = make_finished_run(settings)
    (run.folder / "predictions.csv").unlink()
    assert f"predictions.csv of `{run.id}` is missing" in words_of(open_page("thresholds"))
