"""The Training page: choices become the config of a queued run, and runs are followed, stopped."""

import time

import pytest
from pydantic import BaseModel
from run_folders import IMAGES, button, make_run, open_page, text_of
from run_folders import write_history as history

from core import run_requests, runs
from core.training import jobs
from core.training.config import RunConfig, configure
from pages.components.run_form import SHOWN_ABOVE
from pages.components.words import duration, time_left

pytestmark = pytest.mark.usefixtures("queue_stands_still")


def choose(page, backbone="TinyCNN"):
    """The page with another network chosen."""
    boxes = {box.label: box for box in page.selectbox}
    return boxes["Network (backbone)"].select(backbone).run()


def fields(model, prefix=""):
    """Dotted names of all settings of a model, nested ones included, with their descriptions."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.description


def test_every_setting_of_a_run_has_a_widget_with_help(settings):
    page = choose(open_page("training"))
    assert not page.exception and not page.error
    widgets = [*page.number_input, *page.selectbox, *page.toggle, *page.text_input]
    help_of = {widget.key: widget.help for widget in widgets}
    for name, description in fields(RunConfig):
        assert description, f"{name} says nowhere what it does"
        if name not in SHOWN_ABOVE:
            assert help_of[f"TinyCNN/finetune/none/{name}"] == description


def test_the_first_choice_says_that_its_weights_are_missing_and_who_stands_where(settings):
    words = text_of(open_page("training"))
    assert "The ImageNet weights of ResNet50 are not here yet" in words
    assert "needs a network" in words
    # Where the server keeps its files is none of a visitor's business.
    assert str(settings.artifacts) not in words
    assert f"**{IMAGES * 4 // 5}** images to learn from" in words
    assert "no patient on both sides" in words


def test_what_runs_compute_on_is_said_with_what_to_expect(settings):
    make_run(settings, state=runs.STOPPED, device="Some CPU, 2 cores (tensorflow, no GPU)")
    words = text_of(open_page("training"))
    assert "The newest run used Some CPU, 2 cores (tensorflow, no GPU)." in words
    assert "fine-tuning a large network takes hours" in words


def test_weights_that_are_there_need_no_words(settings):
    (settings.artifacts / "weights").mkdir()
    (settings.artifacts / "weights" / "resnet50_imagenet_notop.weights.h5").touch()
    assert "needs a network" not in text_of(open_page("training"))


def test_a_split_by_image_shows_how_many_patients_stand_on_both_sides(settings):
    page = open_page("training")
    (split,) = [radio for radio in page.radio if radio.label.startswith("Divide")]
    split.set_value("image").run()
    assert "patients on both sides" in text_of(page)


def test_a_share_for_calibration_is_held_back_and_counted(settings):
    page = choose(open_page("training"))
    key = "TinyCNN/finetune/none/split.calibration_share"
    page.number_input(key=key).set_value(0.25).run()
    assert not page.exception and not page.error
    assert f"**{IMAGES // 5}** held back to set a temperature on" in text_of(page)
    assert f"**{IMAGES * 3 // 5}** images to learn from" in text_of(page)
    button(page, "Start").click().run()
    (run,) = runs.list_runs(settings.runs)
    assert run.config["split"]["calibration_share"] == 0.25


def test_choices_become_the_config_of_a_queued_run(settings):
    page = choose(open_page("training"))
    page.number_input(key="TinyCNN/finetune/none/batch_size").set_value(8)
    page.number_input(key="TinyCNN/finetune/none/head.units").set_value(64)
    page.text_input(key="TinyCNN/finetune/none/study").set_value("Small batches").run()
    button(page, "Start").click().run()
    assert not page.exception and not page.error
    (run,) = runs.list_runs(settings.runs)
    expected = configure(
        "TinyCNN", "finetune", batch_size=8, head={"units": 64}, study="Small batches"
    )
    assert run.config == expected.model_dump(mode="json")
    assert run.state == runs.QUEUED


def test_start_pressed_twice_queues_two_runs_in_order(settings):
    page = choose(open_page("training"))
    button(page, "Start").click().run()
    button(page, "Start").click().run()
    second, first = runs.list_runs(settings.runs)
    assert "number 2 in the queue" in text_of(page)
    page.button(key=f"stop-{second.id}").click().run()
    assert not page.exception
    assert run_requests.stop_requested(second) and not run_requests.stop_requested(first)


def test_settings_that_do_not_fit_are_one_sentence_and_nothing_starts(settings):
    page = choose(open_page("training"))
    page.number_input(key="TinyCNN/finetune/none/epochs").set_value(0).run()
    assert "epochs and head_epochs are both 0" in page.error[0].value
    assert button(page, "Start").disabled


def test_quick_from_random_weights_is_warned_of(settings):
    page = choose(open_page("training"))
    (recipe,) = [radio for radio in page.radio if radio.label == "Recipe"]
    assert recipe.value == "finetune"
    recipe.set_value("quick").run()
    assert "random weights have learnt nothing" in text_of(page)


def test_a_running_run_is_told_in_words_and_can_be_stopped(settings):
    run = make_run(
        settings, state=runs.RUNNING, phase="Training the network", step=40, steps=120,
        epoch=2, epochs=6, seconds_left=125.0, steps_per_second=2.5, device="a test",
    )  # fmt: skip
    history(run, epochs=2, batches=20)
    page = open_page("training")
    words = text_of(page)
    assert not page.exception
    assert "epoch 2 of 6 · about 2 minutes left · 40 images per second (2.5 steps)" in words
    assert len(page.get("vega_lite_chart")) == 3
    page.button(key=f"stop-{run.id}").click().run()
    assert run_requests.stop_requested(run)
    assert page.button(key=f"stop-{run.id}").disabled


def test_a_run_whose_worker_is_gone_can_be_taken_up_again(settings, monkeypatch):
    run = make_run(settings)
    waited = time.strftime("%Y%m%d-%H%M%S", time.localtime(time.time() - 600))
    run.folder.rename(run.folder.with_name(f"{waited}{run.id[15:]}"))
    # Between two runs the worker has none at work for some seconds, but it is there.
    assert "Nothing takes runs from the queue" not in text_of(open_page("training"))
    monkeypatch.setattr(jobs, "worker_at_work", lambda settings: False)
    page = choose(open_page("training"))
    assert "Nothing takes runs from the queue" in text_of(page)
    button(page, "Start the worker again").click().run()
    assert not page.exception and not page.error


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "time left not known yet"),
        (3, "a few seconds left"),
        (31, "about 40 seconds left"),
        (59, "about 1 minute left"),
        (130, "about 2 minutes left"),
        (7300, "about 2.0 hours left"),
    ],
)
def test_time_left_is_rounded(seconds, words):
    assert time_left(seconds) == words


def test_durations_have_the_unit_of_their_size():
    assert [duration(s) for s in (2.5, 30, 600, 79184.28, None)] == [
        "2.5 seconds", "30 seconds", "10 minutes", "22.0 hours", "not known",
    ]  # fmt: skip
