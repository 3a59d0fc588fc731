"""The Comparison page: my runs and the published networks in one table."""

import json
import re

import pytest
from run_folders import (
    cells_of,
    change_run,
    make_finished_run,
    open_page,
    text_of,
)

from core.evaluation.published import FOOTNOTES, SUMMARY
from pages.components.run_filter import EVERY, SHOWN_AT_FIRST


def test_without_a_finished_run_the_page_says_what_to_do(settings):
    page = open_page("comparison")
    assert not page.exception and not page.error
    assert "No finished run yet" in text_of(page)


def test_my_run_stands_among_the_published_best_first(settings):
    run = make_finished_run(settings, mistakes=1, backbone="ResNet50", recipe="quick")
    page = open_page("comparison")
    assert not page.exception and not page.error
    (further,) = [m.value for m in page.markdown if m.value.startswith("**Further down")]
    ways = re.findall(r"\(#([\w-]+)\)", further)
    assert len(ways) > 5 and set(ways) <= {heading.anchor for heading in page.subheader}
    table = page.dataframe[0].value
    assert len(table) == len(SUMMARY) + 1
    assert list(table["balanced_accuracy"]) == sorted(table["balanced_accuracy"], reverse=True)
    mine = table[table["origin"] == "my run"].iloc[0]
    assert mine["n"] == run.metrics()["n_validation"]
    assert mine["balanced_accuracy"] == pytest.approx(run.metrics()["balanced_accuracy"])
    published = table[table["name"] == "VGG19, published"].iloc[0]
    assert published["accuracy"] == pytest.approx(0.7252)
    words = text_of(page)
    assert "The fair partner of the published accuracy" in words
    for note in FOOTNOTES:
        # What is said of single classes stands on the Confusion page alone.
        assert (FOOTNOTES[note] in words) == (
            note not in ("per-class accuracy", "derived by class")
        )
    assert "have no interval" not in words
    page.selectbox[3].select("specificity").run()
    assert "have no interval" in text_of(page)


def test_the_published_rows_can_be_left_out(settings):
    make_finished_run(settings)
    page = open_page("comparison")
    page.toggle[0].set_value(False).run()
    assert list(page.dataframe[0].value["origin"]) == ["my run"]


def test_the_learning_rate_is_drawn_on_request(settings):
    make_finished_run(settings)
    page = open_page("comparison")
    before = len(page.get("plotly_chart"))
    (wanted,) = [toggle for toggle in page.toggle if "learning rate" in toggle.label]
    wanted.set_value(True).run()
    assert not page.exception
    assert len(page.get("plotly_chart")) == before + 1


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


def test_a_study_is_chosen_whole(settings):
    for seed in range(SHOWN_AT_FIRST + 2):
        make_finished_run(settings, study="Many", seed=seed)
    page = open_page("comparison")
    assert len(page.multiselect[0].value) == SHOWN_AT_FIRST
    assert f"{SHOWN_AT_FIRST + 2} runs match" in text_of(page)
    page.selectbox(key="filter-study").select("Many").run()
    assert len(page.multiselect[0].value) == SHOWN_AT_FIRST + 2
    assert "runs match" not in text_of(page)


def test_an_address_can_ask_for_a_study(settings):
    make_finished_run(settings, study="Heads", labels="pneumonia2")
    make_finished_run(settings)
    page = open_page("comparison", study="Heads")
    assert page.selectbox(key="filter-study").value == "Heads"
    assert page.selectbox(key="filter-labels").value == "pneumonia2"
    assert (page.dataframe[0].value["origin"] == "my run").sum() == 1
    unknown = open_page("comparison", study="Nowhere")
    assert not unknown.exception
    assert unknown.selectbox(key="filter-study").value == EVERY


def filters(page):
    return [page.selectbox(key=f"filter-{name}").value for name in ("labels", "cohort", "study")]


def test_the_other_filters_follow_where_no_run_would_match(settings):
    make_finished_run(settings, study="Two classes", labels="pneumonia2", cohort="all")
    make_finished_run(settings, study="Three classes")
    page = open_page("comparison")
    assert filters(page) == ["paper3", EVERY, EVERY]
    page.selectbox(key="filter-study").select("Two classes").run()
    assert filters(page) == ["pneumonia2", EVERY, "Two classes"]
    assert len(page.dataframe[0].value) == 1
    page.selectbox(key="filter-cohort").select("all").run()
    assert filters(page) == ["pneumonia2", "all", "Two classes"]
    page.selectbox(key="filter-labels").select("paper3").run()
    assert filters(page) == ["paper3", EVERY, EVERY]
    page.selectbox(key="filter-cohort").select("paper").run()
    page.selectbox(key="filter-study").select("Two classes").run()
    assert filters(page) == ["pneumonia2", EVERY, "Two classes"]
    page.selectbox(key="filter-cohort").select("paper").run()
    assert filters(page) == ["paper3", "paper", EVERY]
    assert not page.exception and not page.error and len(page.multiselect[0].value) == 1


def test_without_a_chosen_run_the_page_stops_after_saying_so(settings):
    make_finished_run(settings)
    page = open_page("comparison")
    page.multiselect[0].set_value([]).run()
    assert not page.exception and not page.error
    assert "No run is chosen" in text_of(page)
    assert not page.subheader and not page.dataframe and not page.get("plotly_chart")


def test_a_rehearsal_is_called_one_wherever_its_scores_stand(settings):
    run = make_finished_run(settings, backbone="VGG16", recipe="quick")
    change_run(run, weights="none", epochs=0, limit=400)
    make_finished_run(settings, backbone="ResNet50", recipe="quick")
    words = text_of(open_page("comparison"))
    assert "only 400 images took part (1 of these 2 runs)" in words
    words = text_of(open_page("confusion", run=run.id))
    assert "A rehearsal, no result:]" in words and "(the last layers alone)" in words


def test_my_balanced_accuracy_stands_against_the_published_accuracy(settings):
    run = make_finished_run(settings, mistakes=1, backbone="VGG19", recipe="quick")
    change_run(make_finished_run(settings, backbone="VGG16", recipe="quick"), {"synthetic": True})
    page = open_page("comparison")
    assert not page.exception and not page.error
    (table,) = [t.value for t in page.dataframe if "mine" in t.value.columns]
    mine = run.metrics()["balanced_accuracy"]
    assert list(table["difference"]) == [pytest.approx(mine - 0.7252)]
    assert cells_of(page, "difference", "mine")[0].startswith(f"+{100 * (mine - 0.7252):.1f} (")
    page.toggle[0].set_value(False).run()
    assert not any("mine" in t.value.columns for t in page.dataframe)


def test_one_box_says_which_runs_have_patients_on_both_sides(settings):
    """Six runs split by image were six boxes with the same words."""
    first = make_finished_run(settings, split={"by": "image"})
    second = make_finished_run(settings, split={"by": "image", "seed": 1})
    make_finished_run(settings)
    boxes = [each.value for each in open_page("comparison").warning]
    (box,) = [words for words in boxes if "Trust a run split by patient" in words]
    assert box.count("**split by image**") == 2
    for run in (first, second):
        assert f"**{run.metrics()['overlap_patients']:,}** patients" in box
