"""A study is planned from values to vary, checked before a pixel is read, and queued whole."""

import pytest
from tiny_study import tiny_settings

from core import runs
from core.errors import UserError
from core.models.backbones import BACKBONES
from core.training.jobs import submit_study
from core.training.study import MAX_RUNS, check_study, plan_study, set_epochs, varied_fields
from core.training.variations import ALL, VARIATIONS

TINY = {
    "backbone": "TinyCNN", "recipe": "finetune", "image_size": 32, "batch_size": 8, "epochs": 1,
}  # fmt: skip
# Two values of every row, and what they set in a config.
VALUES = {
    "backbones": (["TinyCNN", "VGG16"], lambda config: config.backbone),
    "recipes": (["quick", "paper"], lambda config: config.recipe),
    "seeds": ([3, 4], lambda config: config.seed),
    "folds": ([0, 4], lambda config: config.split.fold),
    "preprocessing": (["none", "clahe:4"], lambda config: config.preprocess),
    "labels": (["paper3", "four"], lambda config: config.labels),
    "split": (["image", "patient"], lambda config: config.split.by),
    "head.units": ([16, 64], lambda config: config.head.units),
}

settings = tiny_settings


def test_every_row_is_tried():
    assert {*VARIATIONS} <= {*VALUES}


@pytest.mark.parametrize("name", VALUES)
def test_each_value_makes_one_run_given_as_text_or_not(name):
    values, of = VALUES[name]
    configs = plan_study("one", {"backbone": "TinyCNN"}, {name: values})
    assert len(configs) == len({of(config) for config in configs}) == 2
    assert {config.study for config in configs} == {"one"}
    assert plan_study("one", {"backbone": "TinyCNN"}, {name: [*map(str, values)]}) == configs
    if isinstance(values[0], str | int) and name != "preprocessing":
        assert [of(config) for config in configs] == values
    if name in VARIATIONS:
        assert VARIATIONS[name].sentence.endswith(".")


def test_the_published_study_is_seven_networks_with_the_papers_values():
    choices = {"recipe": "paper", "weights": "none", "limit": 64}
    configs = [set_epochs(c, 1) for c in plan_study("seven", choices, {"backbones": [ALL]})]
    assert [c.backbone for c in configs] == [n for n, row in BACKBONES.items() if row.in_paper]
    for config in configs:
        assert (config.epochs, config.batch_size, config.split.by) == (1, 32, "image")
        assert (config.schedule, config.optimizer.name, config.limit) == ("cyclical", "Adam", 64)


def test_several_things_make_every_combination_the_first_slowest():
    over = {"split": ["image", "patient"], "seeds": ["0", "1", "2"]}
    configs = plan_study("six", {"backbone": "ResNet50", "recipe": "quick"}, over)
    assert [(c.split.by, c.seed, c.split.seed) for c in configs] == [
        (by, seed, seed) for by in ("image", "patient") for seed in (0, 1, 2)
    ]


def test_all_folds_are_as_many_as_each_runs_share_says():
    over = {"split.validation_fraction": ["0.2", "0.5"], "folds": [ALL]}
    configs = plan_study("folds", {"backbone": "TinyCNN"}, over)
    assert [c.split.fold for c in configs] == [0, 1, 2, 3, 4, 0, 1]


@pytest.mark.parametrize(
    ("value", "normalise", "clahe", "clip_limit"),
    [
        ("none", False, False, 5.0),
        ("normalise", True, False, 5.0),
        ("clahe", True, True, 5.0),
        ("clahe:3", True, True, 3.0),
    ],
)
def test_preprocessing_in_words(value, normalise, clahe, clip_limit):
    choices = {"backbone": "TinyCNN", "preprocess": {"clip_limit": 5, "clahe": False}}
    (config,) = plan_study("one", choices, {"preprocessing": [value]})
    prepared = config.preprocess
    assert (prepared.normalise, prepared.clahe, prepared.clip_limit) == (
        normalise, clahe, clip_limit,
    )  # fmt: skip


def test_one_value_alone_is_a_study_of_one_run():
    (config,) = plan_study("  one \n run ", {}, {"backbones": ["TinyCNN"]})
    assert config.study == "one run"


def test_epochs_are_those_of_what_a_recipe_trains():
    for recipe, field in (("quick", "head_epochs"), ("finetune", "epochs"), ("paper", "epochs")):
        (config,) = plan_study("x", {"recipe": recipe}, {"backbones": ["ResNet50"]})
        assert getattr(set_epochs(config, 2), field) == 2


def test_fields_that_a_variation_sets():
    fields = varied_fields({"seeds": [1], "preprocessing": ["none", "clahe:2"]})
    assert fields["seeds"] == {"seed", "split.seed"}
    assert "preprocess.clip_limit" in fields["preprocessing"]


WRONG = {
    "no name": ({"name": " "}, "has no name"),
    "a long name": ({"name": "x" * 81}, "81 characters"),
    "nothing varies": ({"over": {}}, "Nothing varies"),
    "no value": ({"over": {"seeds": []}}, "seeds: no value"),
    "the same value twice": ({"over": {"seeds": [1, "1"]}}, "seeds: 1 is given twice"),
    "one value in two words": (
        {"over": {"preprocessing": ["clahe", "clahe:2"]}},
        "'clahe' and 'clahe:2' make the same run",
    ),
    "one of all": ({"over": {"backbones": [ALL, "VGG16"]}}, "VGG16 is given twice"),
    "all folds and one": ({"over": {"folds": [ALL, 1]}}, "'all' has every fold"),
    "no backbone": ({"choices": {}}, "No network is chosen"),
    "an unknown backbone": ({"over": {"backbones": ["AlexNet"]}}, "'AlexNet'.*VGG16"),
    "an unknown recipe": ({"over": {"recipes": ["slow"]}}, "'slow'.*quick"),
    "unknown labels": ({"over": {"labels": ["five"]}}, "'five'.*paper3"),
    "an unknown field": ({"over": {"head.width": [1]}}, "'head.width'.*head.units"),
    "a field of a single value": ({"over": {"batch_size.x": [1]}}, "nothing called"),
    "a group of fields": ({"over": {"head": [1]}}, "group of settings.*head.units"),
    "the study itself": ({"over": {"study": ["a", "b"]}}, "nothing called 'study'"),
    "one field by two names": (
        {"over": {"seeds": [0, 1], "split.seed": [2, 3]}},
        "seeds and split.seed both set split.seed",
    ),
    "a seed that is no number": ({"over": {"seeds": ["1.5"]}}, "'1.5'.*whole numbers"),
    "an unknown preprocessing": ({"over": {"preprocessing": ["clahe:x"]}}, "clahe:CLIP"),
    "a clip limit out of range": ({"over": {"preprocessing": ["clahe:99"]}}, "clip_limit"),
    "a fold that there is not": ({"over": {"folds": [5]}}, "split.fold.*5 folds, 0 to 4"),
    "500 runs": ({"over": {"seeds": range(500)}}, f"500 runs, and {MAX_RUNS}"),
    "500 runs of all folds": (
        {"over": {"seeds": range(100), "folds": [ALL]}},
        f"500 runs, and {MAX_RUNS}",
    ),
    "a million runs": (
        {"over": {"seeds": range(1000), "head.units": range(1000)}},
        "1,000,000 runs",
    ),
    "epochs 0": ({"over": {"epochs": ["0"], "recipes": ["paper"]}}, "epochs and head_epochs"),
    "a highest rate below the lowest": (
        {"over": {"cyclical_learning_rate.max_lr": ["1e-6"]}},
        "max_lr .* is below base_lr",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_makes_no_study_is_one_sentence(case):
    change, sentence = WRONG[case]
    given = {"name": "x", "choices": {"backbone": "TinyCNN"}, "over": {"seeds": [0, 1]}} | change
    with pytest.raises(UserError, match=sentence) as raised:
        plan_study(**given)
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")


def test_epochs_0_are_refused():
    (config,) = plan_study("x", {"recipe": "quick"}, {"backbones": ["ResNet50"]})
    with pytest.raises(UserError, match="epochs and head_epochs are both 0"):
        set_epochs(config, 0)


UNFIT = {
    "a batch larger than the training set": (
        {"batch_size": 64},
        {"seeds": [0, 1]},
        "batch_size: 64 is more than the 3",
    ),
    "a class without images under one of the schemes": (
        {},
        {"labels": ["paper3", "four"]},
        "no image of class 'covid19'",
    ),
    "a split that cannot be made": (
        {"limit": 12, "batch_size": 2},
        {"folds": [ALL]},
        "patients are too few for 20%",
    ),
    "weights that are not there": ({"weights": "absent.h5"}, {"seeds": [0, 1]}, "absent.h5"),
    "an image size too small for one network": (
        {},
        {"backbones": ["TinyCNN", "InceptionV3"]},
        "InceptionV3 needs at least 75",
    ),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_cannot_be_trained_here_is_refused_before_anything_is_queued(settings, case):
    changes, over, sentence = UNFIT[case]
    configs = plan_study("unfit", TINY | changes, over)
    with pytest.raises(UserError, match=sentence):
        submit_study(configs, settings)
    assert not runs.list_runs(settings.runs)


def test_one_division_is_made_once(settings):
    looks = []
    configs = plan_study("x", TINY, {"head.units": range(10, 60), "split": ["image", "patient"]})
    check_study(configs, settings, lambda what, done, total: looks.append((what, done, total)))
    assert looks[-1] == ("Checking how the images divide", 2, 2)
