"""The Comparison page: my runs and the published networks in one table."""

import json

import pytest
from run_folders import make_environment, make_finished_run, open_page, text_of

from core.evaluation.published import SUMMARY


@pytest.fixture
def settings(tmp_path, monkeypatch):
    return make_environment(tmp_path, monkeypatch)


def test_without_a_finished_run_the_page_says_what_to_do(settings):
    page = open_page("comparison")
    assert not page.exception and not page.error
    assert "No finished run yet" in text_of(page)


def test_my_run_stands_among_the_published_best_first(settings):
    run = make_finished_run(settings, mistakes=1, backbone="ResNet50", recipe="quick")
    page = open_page("comparison")
    assert not page.exception and not page.error
    table = page.dataframe[0].value
    assert len(table) == len(SUMMARY) + 1
    assert list(table["balanced_accuracy"]) == sorted(table["balanced_accuracy"], reverse=True)
    mine = table[table["origin"] == "my run"].iloc[0]
    assert mine["n"] == run.metrics()["n_validation"]
    assert mine["balanced_accuracy"] == pytest.approx(run.metrics()["balanced_accuracy"])
    published = table[table["name"] == "VGG19, published"].iloc[0]
    assert published["accuracy"] == pytest.approx(0.7252)
    assert "The fair partner of the published accuracy" in text_of(page)


def test_the_published_rows_can_be_left_out(settings):
    make_finished_run(settings)
    page = open_page("comparison")
    page.toggle[0].set_value(False).run()
    assert list(page.dataframe[0].value["origin"]) == ["my run"]


def test_runs_of_other_classes_are_never_mixed(settings):
    make_finished_run(settings)
    make_finished_run(settings, labels="pneumonia2")
    page = open_page("comparison")
    assert page.selectbox(key="filter-labels").value == "pneumonia2"
    assert len(page.dataframe[0].value) == 1
    assert "The paper has no figures for these classes" in text_of(page)


def test_a_study_is_a_filter(settings):
    make_finished_run(settings, study="Heads")
    make_finished_run(settings)
    page = open_page("comparison")
    mine = page.dataframe[0].value
    assert (mine["origin"] == "my run").sum() == 2
    page.selectbox(key="filter-study").select("Heads").run()
    assert (page.dataframe[0].value["origin"] == "my run").sum() == 1


def test_a_split_by_image_is_warned_of_and_a_synthetic_run_is_marked(settings):
    run = make_finished_run(settings, split={"by": "image"})
    metrics = run.metrics() | {"synthetic": True}
    (run.folder / "metrics.json").write_text(json.dumps(metrics))
    page = open_page("comparison")
    words = text_of(page)
    assert f"**{metrics['overlap_patients']}** patients have images both" in words
    assert "SYNTHETIC" in words
    assert "SYNTHETIC" in list(page.dataframe[0].value["origin"])


def test_a_damaged_run_is_left_out_with_its_reason(settings):
    run = make_finished_run(settings)
    make_finished_run(settings)
    (run.folder / "metrics.json").unlink()
    page = open_page("comparison")
    assert not page.exception
    assert f"Left out: metrics.json of {run.id}" in text_of(page)
