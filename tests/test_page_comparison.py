"""The Comparison page: my runs and the published networks in one table."""

import json
import re
import threading

import numpy as np
import pyarrow
import pytest
from run_folders import (
    button,
    change_run,
    make_environment,
    make_finished_run,
    open_page,
    text_of,
)

from core.evaluation.baselines import BASELINES
from core.evaluation.published import FOOTNOTES, SUMMARY
from pages.components import trivial_baselines
from pages.components.run_filter import EVERY, SHOWN_AT_FIRST
from pages.components.words import exact_duration, points, spread_words


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
        # A class's own accuracy stands on the Confusion page alone.
        assert (FOOTNOTES[note] in words) == (note != "per-class accuracy")
    assert "have no interval" not in words
    page.selectbox[3].select("specificity").run()
    assert "have no interval" in text_of(page)


def test_seeds_that_move_the_split_too_are_not_said_to_check_the_same_images(settings):
    for seed in (0, 1):
        make_finished_run(settings, seed=seed, split={"seed": seed})
    words = text_of(open_page("comparison"))
    assert "the luck of both draws" in words and "checked on the same images" not in words
    assert "Each point of a validation curve is known to about ±" in words


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


def words_of(page, column, beside):
    """What the cells of ``column`` read as in the table that also has the column ``beside``."""
    table = next(t for t in page.dataframe if {column, beside} <= set(t.value.columns))
    styled = table.proto.arrow_data.styler.display_values
    cells = pyarrow.ipc.open_stream(styled).read_all().to_pandas()
    words = cells.iloc[:, list(table.value.columns).index(column)]
    return [text.replace("\xa0", " ") for text in words]


def test_times_stand_beside_the_published_ones_with_what_they_hold(settings):
    slow = make_finished_run(settings, backbone="ResNet50", recipe="quick")
    change_run(
        slow,
        {
            "training_seconds": 184.25,
            "feature_seconds": 600.0,
            "testing_images_timed": 4,
            "device": "a second computer",
        },
    )
    make_finished_run(settings, mistakes=3)
    page = open_page("comparison")
    assert not page.exception and not page.error
    table = next(t.value for t in page.dataframe if "holds" in t.value.columns)
    assert list(table["origin"]) == ["my run"] * 2 + ["published"] * len(SUMMARY)
    assert list(table["device"])[:3] == ["a test", "a second computer", "NVIDIA Tesla P40"]
    training = words_of(page, "training_seconds", "holds")
    assert training[:3] == ["30 seconds", "3 minutes (184.25 s)", "22.0 hours (79,184.28 s)"]
    assert training[3:] == ["not legible"] * (len(SUMMARY) - 1)
    assert words_of(page, "feature_seconds", "holds")[:3] == ["–", "10 minutes (600 s)", "–"]
    assert words_of(page, "testing_seconds", "holds")[:3] == [
        "2 seconds", "2 seconds ‡", "4 minutes (262 s)"
    ]  # fmt: skip
    assert list(table["holds"])[:2] == [
        "the network itself",
        "the last layers alone, on stored features",
    ]
    words = text_of(page)
    assert "‡ Timed on a part" in words and "are no part of the front" in words
    assert "computed on different devices" in words


def test_the_front_is_named_from_fastest_to_best(settings):
    fast = make_finished_run(settings, mistakes=6)
    best = change_run(make_finished_run(settings), {"training_seconds": 120.0})
    change_run(make_finished_run(settings, mistakes=4, seed=8), {"training_seconds": 200.0})
    page = open_page("comparison")
    words = text_of(page)
    assert "the 2 runs that no other run of yours beats" in words
    places = [words.index(f"{run.id.rpartition('-')[2]}:") for run in (fast, best)]
    assert places == sorted(places) and "for 2 minutes" in words
    assert "computed on different devices" not in words
    # By testing time all are alike, so that the best run alone is on the front.
    page.segmented_control(key="time-measure").set_value("testing_seconds").run()
    assert "No trade among these runs" in text_of(page)


def test_repeats_show_their_mean_and_spread(settings):
    made = [make_finished_run(settings, 2 * i, study="Seeds", seed=i) for i in range(3)]
    make_finished_run(settings, study="Alone")
    page = open_page("comparison")
    assert not page.exception and not page.error
    table = next(t.value for t in page.dataframe if "group" in t.value.columns)
    assert list(table["runs"]) == [3] and list(table["repeated"]) == ["seeds 0, 1, 2"]
    scores = [run.metrics()["accuracy"] for run in made]
    assert table["accuracy"].iloc[0] == pytest.approx(np.mean(scores))
    low, high = 100 * min(scores), 100 * max(scores)
    expected = f"{100 * np.mean(scores):.1f} % ± {100 * np.std(scores, ddof=1):.1f} ("
    assert words_of(page, "accuracy", "group") == [f"{expected}{low:.1f} to {high:.1f})"]
    words = text_of(page)
    assert "luck of the draw" in words and "**Folds**" not in words
    assert "which each seed draws anew" not in words
    page.selectbox(key="filter-study").select("Alone").run()
    assert "Mean and spread" not in "".join(s.value for s in page.subheader)


def test_a_limit_is_part_of_the_spread_over_seeds(settings):
    for seed in (0, 1):
        make_finished_run(settings, seed=seed, limit=30)
    assert "which each seed draws anew" in text_of(open_page("comparison"))


def test_folds_say_what_their_spread_is_not(settings):
    for number in range(3):
        run = make_finished_run(settings, number, study="Folds")
        change_run(run, split=run.config["split"] | {"fold": number})
    words = text_of(open_page("comparison"))
    assert "which patients are held back" in words and "It is no margin of error" in words
    assert "luck of the draw" not in words


def test_a_study_is_chosen_whole(settings):
    for seed in range(SHOWN_AT_FIRST + 2):
        make_finished_run(settings, study="Many", seed=seed)
    page = open_page("comparison")
    assert len(page.multiselect[0].value) == SHOWN_AT_FIRST
    assert f"{SHOWN_AT_FIRST + 2} runs match" in text_of(page)
    page.selectbox(key="filter-study").select("Many").run()
    assert len(page.multiselect[0].value) == SHOWN_AT_FIRST + 2
    assert "runs match" not in text_of(page)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.5, "0.5 seconds"),
        (12.534, "12.53 seconds"),
        (60, "60 seconds"),
        (184.2, "3 minutes (184.2 s)"),
        (200, "3 minutes (200 s)"),
        (79184.28, "22.0 hours (79,184.28 s)"),
    ],
)
def test_a_time_reads_as_words_with_its_exact_number(seconds, words):
    assert exact_duration(seconds) == words


def test_a_mean_reads_with_its_spread():
    words = spread_words(0.812, 0.0114, 0.79, 0.83)
    assert words.replace("\xa0", " ") == "81.2 % ± 1.1 (79.0 to 83.0)"
    assert spread_words(float("nan"), float("nan"), 0.1, 0.2) == "–"


def test_a_difference_reads_in_points_with_its_sign():
    assert points(0.0123, -0.0002, 0.028) == "+1.2 (-0.02 to +2.8)"
    assert points(-0.02, float("nan"), float("nan")) == "-2.0"
    assert points(float("nan"), float("nan"), float("nan")) == "–"


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


def until_computed(page):
    for thread in threading.enumerate():
        if isinstance(thread, trivial_baselines._Computing):
            thread.join()
    page.run()


def test_trivial_baselines_are_computed_by_a_button_and_stand_among_the_runs(settings):
    make_finished_run(settings)
    poor = make_finished_run(settings, mistakes=7)
    page = open_page("comparison")
    assert "Not computed yet for these images" in text_of(page)
    button(page, "Compute the trivial baselines").click().run()
    until_computed(page)
    assert not page.exception
    table = page.dataframe[0].value
    assert (table["origin"] == "baseline").sum() == len(BASELINES)
    assert list(table["balanced_accuracy"]) == sorted(table["balanced_accuracy"], reverse=True)
    (red,) = page.error
    # Twelve images: so wide an interval of the balanced accuracy that not even all right is enough.
    assert red.value.count("is not shown to beat a trivial baseline") == 2
    (score,) = [box for box in page.selectbox if box.label == "Score"]
    score.select("accuracy").run()
    (red,) = page.error
    low, high = poor.metrics()["ci95"]["accuracy"]
    assert f"({100 * low:.1f} to {100 * high:.1f}), against" in red.value
    assert red.value.count("is not shown to beat a trivial baseline") == 1
    assert not [b for b in page.button if b.label == "Compute the trivial baselines"]


def test_baselines_of_some_runs_are_not_said_to_be_missing_for_all(settings):
    make_finished_run(settings)
    page = open_page("comparison")
    button(page, "Compute the trivial baselines").click().run()
    until_computed(page)
    make_finished_run(settings, split={"by": "image"})
    assert "Not computed yet for 1 of these 2 runs" in text_of(open_page("comparison"))


def test_a_rehearsal_is_called_one_wherever_its_scores_stand(settings):
    run = make_finished_run(settings, backbone="VGG16", recipe="quick")
    change_run(run, weights="none", epochs=0, limit=400)
    make_finished_run(settings, backbone="ResNet50", recipe="quick")
    words = text_of(open_page("comparison"))
    assert "only 400 images took part (1 of these 2 runs)" in words
    words = text_of(open_page("confusion", run=run.id))
    assert "A rehearsal, no result:]" in words and "(the last layers alone)" in words


def test_baselines_of_images_that_have_changed_are_refused_in_a_sentence(settings):
    run = make_finished_run(settings)
    with (run.folder / "images.csv").open("a") as file:
        file.write("another,image,,,,,training\n")
    page = open_page("comparison")
    button(page, "Compute the trivial baselines").click().run()
    until_computed(page)
    (red,) = page.error
    assert "changed since these runs were trained" in red.value


def test_my_balanced_accuracy_stands_against_the_published_accuracy(settings):
    run = make_finished_run(settings, mistakes=1, backbone="VGG19", recipe="quick")
    change_run(make_finished_run(settings, backbone="VGG16", recipe="quick"), {"synthetic": True})
    page = open_page("comparison")
    assert not page.exception and not page.error
    (table,) = [t.value for t in page.dataframe if "mine" in t.value.columns]
    mine = run.metrics()["balanced_accuracy"]
    assert list(table["difference"]) == [pytest.approx(mine - 0.7252)]
    assert words_of(page, "difference", "mine")[0].startswith(f"+{100 * (mine - 0.7252):.1f} (")
    page.toggle[0].set_value(False).run()
    assert not any("mine" in t.value.columns for t in page.dataframe)
