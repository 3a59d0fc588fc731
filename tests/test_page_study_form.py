"""The form for a study on the Training page: what differs, what is alike, and what is queued."""

import pytest
from run_folders import (
    button,
    make_run,
    open_page,
    text_of,
)

from core import runs
from core.training.config import configure
from core.training.study import plan_study
from core.training.variations import ALL, VARIATIONS
from pages.components.start_form import STUDY
from pages.components.study_form import CHOSEN_AT_FIRST

pytestmark = pytest.mark.usefixtures("queue_stands_still")


def open_form(varied):
    page = open_page("training")
    page.button_group(key="start-kind").set_value(STUDY).run()
    if varied != "backbones":
        page.selectbox(key="study-varied").select(varied).run()
    assert not page.exception
    return page


def small_batch(page):
    """A batch that the few images of the collection can fill."""
    page.number_input(key="study/quick/imagenet/batch_size").set_value(16).run()


def in_order(settings):
    return runs.list_runs(settings.runs)[::-1]


@pytest.mark.parametrize("varied", VARIATIONS)
def test_a_study_over_each_row_of_the_table_becomes_its_configs(settings, varied):
    page = open_form(varied)
    assert VARIATIONS[varied].sentence in text_of(page)
    name = page.text_input(key=f"study-name-{varied}").value
    given = (CHOSEN_AT_FIRST | {"seeds": [0, 1, 2], "folds": [ALL]})[varied]
    if varied == "labels":
        # The small collection has no image of COVID-19.
        given = ["paper3", "pneumonia2"]
        page.multiselect(key="study-values-labels").set_value(given)
    small_batch(page)
    button(page, "Start the study").click().run()
    assert not page.exception and not page.error
    alike = {"backbone": "ResNet50", "recipe": "quick", "batch_size": 16}
    expected = plan_study(name, alike, {varied: given})
    assert len(expected) > 1
    assert [run.config for run in in_order(settings)] == [
        config.model_dump(mode="json") for config in expected
    ]
    assert {run.state for run in in_order(settings)} == {runs.QUEUED}


def test_what_was_changed_by_hand_is_changed_in_every_run_and_nothing_else(settings):
    page = open_form("recipes")
    page.selectbox(key="study-also-recipes").select("seeds").run()
    page.number_input(key="study-values-seeds").set_value(2)
    page.text_input(key="study-name-recipes").set_value("Heads")
    page.number_input(key="study/quick/imagenet/head.units").set_value(64)
    small_batch(page)
    assert "**4 runs**: 2 recipes times 2 seeds." in text_of(page)
    button(page, "Start the study").click().run()
    made = [run.config for run in in_order(settings)]
    assert [(config["recipe"], config["seed"]) for config in made] == [
        ("quick", 0), ("quick", 1), ("finetune", 0), ("finetune", 1),
    ]  # fmt: skip
    assert {config["study"] for config in made} == {"Heads"}
    assert {config["head"]["units"] for config in made} == {64}
    own = configure("ResNet50", "finetune").model_dump(mode="json")
    assert made[2]["head"] == own["head"] | {"units": 64}
    assert made[2]["views"] == own["views"] != made[0]["views"]


def test_missing_weights_are_named_once_before_the_start(settings):
    page = open_form("backbones")
    page.multiselect(key="study-values-backbones").set_value(
        ["TinyCNN", "MobileNetV2", "VGG16"]
    ).run()
    words = text_of(page)
    assert "**3 runs**: 3 networks." in words
    assert words.count("not here yet") == 1
    assert "The ImageNet weights of MobileNetV2 and VGG16 are not here yet." in words
    assert str(settings.artifacts) not in words


def test_nothing_to_vary_is_one_sentence_and_nothing_is_queued(settings):
    page = open_form("backbones")
    page.multiselect(key="study-values-backbones").set_value([])
    small_batch(page)
    assert "no value is given" in page.error[0].value
    assert page.number_input(key="study/quick/imagenet/batch_size").value == 16
    assert button(page, "Start the study").disabled


def test_too_many_runs_are_one_sentence(settings):
    page = open_form("seeds")
    page.selectbox(key="study-also-seeds").select("backbones").run()
    page.number_input(key="study-values-seeds").set_value(20).run()
    assert "140 runs" in page.error[0].value
    assert button(page, "Start the study").disabled


def test_a_batch_larger_than_the_training_set_is_one_sentence_and_nothing_is_queued(settings):
    page = open_form("backbones")
    page.number_input(key="study/quick/imagenet/batch_size").set_value(500).run()
    assert button(page, "Start the study").disabled
    assert "batch_size: 500 is more than" in page.error[0].value
    assert not runs.list_runs(settings.runs)


def test_a_taken_name_is_told_and_a_free_one_offered(settings):
    make_run(settings, "VGG16", "Networks")
    page = open_form("backbones")
    name = page.text_input(key="study-name-backbones")
    assert name.value == "Networks 2"
    name.set_value("networks")
    small_batch(page)
    assert "There is a study of this name" in text_of(page)
    button(page, "Start the study").click().run()
    assert "already; choose another name" in page.error[0].value
    assert len(runs.list_runs(settings.runs)) == 1
    button(page, "Name it Networks 2").click().run()
    assert page.text_input(key="study-name-backbones").value == "Networks 2"
