"""Trivial baselines on the Comparison page: computed by a button, and set beside the runs."""

import itertools
import threading
import time

from run_folders import button, make_finished_run, open_page, text_of

from core.evaluation.baselines import BASELINES
from pages.components import trivial_baselines


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


def test_baselines_of_images_that_have_changed_are_refused_in_a_sentence(settings):
    run = make_finished_run(settings)
    with (run.folder / "images.csv").open("a") as file:
        file.write("another,image,,,,,training\n")
    page = open_page("comparison")
    button(page, "Compute the trivial baselines").click().run()
    until_computed(page)
    (red,) = page.error
    assert "changed since these runs were trained" in red.value


def test_baselines_of_some_runs_are_not_said_to_be_missing_for_all(settings):
    make_finished_run(settings)
    page = open_page("comparison")
    button(page, "Compute the trivial baselines").click().run()
    until_computed(page)
    make_finished_run(settings, split={"by": "image"})
    assert "Not computed yet for 1 of these 2 runs" in text_of(open_page("comparison"))


def test_the_computing_can_be_stopped_and_begun_again(settings, monkeypatch):
    begun = threading.Event()

    def compute(choice, settings, progress, key):
        for done in itertools.count():
            time.sleep(0.01)
            progress("Preparing images", min(done, 9_000), 10_000)
            if done:
                begun.set()

    monkeypatch.setattr(trivial_baselines, "compute_baselines", compute)
    make_finished_run(settings)
    page = open_page("comparison")
    button(page, "Compute the trivial baselines").click().run()
    assert begun.wait(60)
    (bar,) = page.run().get("progress")
    assert "of 10,000" in bar.proto.text and "left" in bar.proto.text
    button(page, "Stop").click().run()
    until_computed(page)
    assert not page.exception and not page.error
    assert not button(page, "Compute the trivial baselines").disabled
