"""What a score costs, on the Comparison page: times beside the published ones, and the front."""

from run_folders import (
    cells_of,
    change_run,
    make_finished_run,
    open_page,
    text_of,
)

from core.evaluation.published import SUMMARY


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
    training = cells_of(page, "training_seconds", "holds")
    assert training[:3] == ["30 seconds", "3 minutes (184.25 s)", "22.0 hours (79,184.28 s)"]
    assert training[3:] == ["not legible"] * (len(SUMMARY) - 1)
    assert cells_of(page, "feature_seconds", "holds")[:3] == ["–", "10 minutes (600 s)", "–"]
    assert cells_of(page, "testing_seconds", "holds")[:3] == [
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
