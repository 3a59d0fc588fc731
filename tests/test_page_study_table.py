"""Queued studies on the Training page: one table follows each, and steers its runs."""

import pytest
from run_folders import (
    button,
    make_finished_run,
    make_run,
    open_page,
    text_of,
    write_history,
)

from core import run_requests, runs
from core.training.study import plan_study

pytestmark = pytest.mark.usefixtures("queue_stands_still")


def make_member(settings, backbone, **status):
    return make_run(settings, backbone, "Networks", **status)


@pytest.fixture
def at_work(settings):
    """A study of five in every state but interrupted, and a queued run that is in no study."""
    finished = make_finished_run(settings, study="Networks", backbone="VGG16")
    running = make_member(
        settings, "VGG19", state=runs.RUNNING, phase="Training the network", step=40, steps=120,
        epoch=2, epochs=6, seconds_left=125.0,
    )  # fmt: skip
    write_history(running, epochs=2, batches=20)
    failed = make_member(settings, "ResNet50", state=runs.FAILED, message="Out of memory.")
    stopped = make_member(settings, "InceptionV3", state=runs.STOPPED, message="Stopped.")
    waiting = make_member(settings, "MobileNetV2")
    return {
        "finished": finished,
        "running": running,
        "failed": failed,
        "stopped": stopped,
        "waiting": waiting,
    }


def state(settings, run):
    return runs.read_run(settings.runs, run.id).state


def test_one_table_follows_the_whole_study(at_work, settings):
    page = open_page("training")
    assert not page.exception
    table = page.table[0].value
    assert list(table["Run"]) == ["VGG16", "VGG19", "ResNet50", "InceptionV3", "MobileNetV2"]
    words = ("finished", "training", "failed", "stopped", "waiting")
    assert all(word in cell for word, cell in zip(words, table["State"], strict=True))
    assert table["Epoch"][1] == "2 of 6" and table["Time left"][1] == "about 2 minutes"
    assert "100.0" in table["Score"][0] and "so far" in table["Score"][1]
    assert "**ResNet50**: Out of memory." in text_of(page)
    assert len(page.get("vega_lite_chart")) == 3, "accuracy, loss and learning rate"
    # A run of the study stands nowhere a second time in the queue.
    assert f"stop-{at_work['waiting'].id}" not in {button.key for button in page.button}


def test_the_study_is_stopped_resumed_and_retried_as_a_whole(at_work, settings):
    page = open_page("training")
    button(page, "Retry the failed (1)").click().run()
    assert state(settings, at_work["failed"]) == runs.QUEUED
    button(page, "Resume 1 run").click().run()
    assert state(settings, at_work["stopped"]) == runs.QUEUED
    button(page, "Stop the study").click().run()
    assert not page.exception
    assert run_requests.stop_requested(at_work["running"])
    stopped = ("failed", "stopped", "waiting")
    assert {state(settings, at_work[name]) for name in stopped} == {runs.STOPPED}


def test_one_run_of_the_study_is_stopped_resumed_or_retried(at_work, settings):
    page = open_page("training")
    menu = page.menu_button(key="study-one-Networks")
    assert menu.options == [
        "Stop VGG19", "Try again ResNet50", "Resume InceptionV3", "Stop MobileNetV2",
    ]  # fmt: skip
    for name, after in (
        ("waiting", runs.STOPPED), ("failed", runs.QUEUED), ("stopped", runs.QUEUED),
    ):  # fmt: skip
        page.menu_button(key="study-one-Networks").click(at_work[name].id).run()
        assert not page.exception
        assert state(settings, at_work[name]) == after


def test_a_finished_study_is_one_line_that_leads_to_its_results(settings):
    for name in ("VGG16", "VGG19"):
        make_finished_run(settings, study="Networks", backbone=name)
    make_finished_run(settings)
    page = open_page("training")
    assert "**Networks** · 2 of 2 finished" in text_of(page)
    assert not page.table
    links = [link.proto.query_string for link in page.get("page_link")]
    assert links.count("study=Networks") == 2


def test_a_study_that_has_ended_unfinished_offers_to_resume(settings):
    halted = [make_member(settings, name, state=runs.STOPPED) for name in ("VGG16", "VGG19")]
    page = open_page("training")
    assert "0 of 2 finished, 2 stopped" in page.get("progress")[0].proto.text
    button(page, "Resume 2 runs").click().run()
    assert {state(settings, run) for run in halted} == {runs.QUEUED}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("status.json", "{", "cannot be read"),
        ("config.json", "[]", "is not a JSON object"),
        ("status.json", '{"state": "stopped", "epoch": "x", "epochs": [1], "message": 5}', ""),
        ("status.json", '{"state": "stopped", "epoch": 3, "epochs": 0}', ""),
        ("config.json", '{"study": ["Networks"], "backbone": 7, "split": 1}', ""),
        ("config.json", '{"study": "Networks", "backbone": null, "split": {"by": 3}}', ""),
    ],
)
@pytest.mark.parametrize("state", [runs.STOPPED, runs.QUEUED])
def test_a_folder_edited_by_hand_leaves_the_page_whole(settings, name, content, said, state):
    make_member(settings, "VGG16", state=runs.STOPPED)
    edited = make_member(settings, "VGG19", state=state)
    (edited.folder / name).write_text(content)
    page = open_page("training")
    assert not page.exception
    assert "defect" not in text_of(page)
    assert said in text_of(page)
    assert page.menu_button(key="study-one-Networks").options[0].startswith("Resume VGG16")


def test_a_hundred_queued_runs_stand_in_one_table(settings):
    configs = plan_study(
        "Many", {"backbone": "TinyCNN", "recipe": "finetune"}, {"seeds": list(range(100))}
    )
    for config in configs:
        runs.create_run(settings.runs, config.model_dump(mode="json"), "TinyCNN")
    page = open_page("training")
    assert not page.exception
    assert len(page.table[0].value) == 100
    assert len([button for button in page.button if button.label == "Take out of the queue"]) == 0
