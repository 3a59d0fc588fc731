"""Every recipe fits every backbone, and every wrong value is refused in one sentence."""

import pytest

from core.errors import UserError
from core.models.backbones import BACKBONES
from core.training.config import RunConfig, changes_from, configure, read_config
from core.training.recipes import RECIPES


def fields(model):
    for name, field in model.model_fields.items():
        kind = field.annotation
        if hasattr(kind, "model_fields"):
            yield from fields(kind)
        else:
            yield f"{model.__name__}.{name}", field


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_recipe_fits_every_backbone_and_survives_json(backbone, recipe):
    config = configure(backbone, recipe)
    assert read_config(config.model_dump(mode="json")) == config
    assert config.head_epochs + config.epochs > 0
    assert config.size == BACKBONES[backbone].input_size


def test_without_a_choice_a_backbone_starts_from_what_it_has():
    assert configure("ResNet50").weights == "imagenet"
    assert configure("TinyCNN").weights == "none"


def test_random_weights_are_trained_whole():
    config = configure("MobileNetV2", "finetune", weights="none")
    assert config.head_epochs == 0
    assert config.trainable_fraction == 1.0
    assert configure("MobileNetV2", "finetune").head_epochs > 0


def test_a_change_wins_over_the_recipe_and_keeps_the_rest_of_its_group():
    config = configure("TinyCNN", "finetune", epochs=3, head={"units": 64})
    assert config.epochs == 3
    assert config.head.units == 64
    assert config.head.pooling == "avg"


WRONG = {
    "backbone": ({"backbone": "AlexNet"}, "VGG16"),
    "recipe": ({"recipe": "slow"}, "quick"),
    "cohort": ({"cohort": "some"}, "paper"),
    "labels": ({"labels": "paper4"}, "paper3"),
    "epochs": ({"epochs": -1}, "-1"),
    "batch_size": ({"batch_size": 0}, "greater"),
    "learning_rate": ({"learning_rate": "fast"}, "fast"),
    "split.by": ({"split": {"by": "age"}}, "patient"),
    "split.validation_fraction": ({"split": {"validation_fraction": 0.9}}, "0.9"),
    "split.calibration_share": ({"split": {"calibration_share": 0.6}}, "0.6"),
    "head.dropout": ({"head": {"dropout": 2}}, "2"),
    "preprocess.clip_limit": ({"preprocess": {"clip_limit": -1}}, "-1"),
    "augment.zoom": ({"augment": {"zoom": 9}}, "9"),
    "colour": ({"colour": "red"}, "not permitted"),
}


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_value_names_the_field_and_what_it_is(
    field,
):
    change, expected = WRONG[field]
    with pytest.raises(UserError) as raised:
        configure(**({"backbone": "TinyCNN", "recipe": "finetune"} | change))
    assert field in str(raised.value)
    assert expected in str(raised.value)
    assert "\n" not in str(raised.value)


def test_nothing_to_train_is_refused():
    with pytest.raises(UserError, match="epochs and head_epochs are both 0"):
        configure("TinyCNN", "finetune", epochs=0)


@pytest.mark.parametrize(("name", "field"), list(fields(RunConfig)))
def test_every_setting_says_what_it_does(name, field):
    assert field.description, f"{name} has no description for the settings' help"


def test_the_recipe_paper_holds_the_published_values():
    config = configure("VGG16", "paper").model_dump()
    assert config["weights"] == "imagenet"
    assert config["scaling"] == "unit"
    assert (config["batch_size"], config["head_epochs"], config["epochs"]) == (32, 0, 300)
    assert (config["split"]["by"], config["split"]["validation_fraction"]) == ("image", 0.2)
    assert config["optimizer"] == {"name": "Adam", "beta_1": 0.9, "beta_2": 0.999}
    assert config["loss"] == "categorical_crossentropy"
    assert config["learning_rate"] == 1e-5
    assert config["schedule"] == "cyclical"
    assert config["cyclical_learning_rate"] == {
        "base_lr": 1e-5, "max_lr": 1e-3, "step_size": 2000, "mode": "exp_range", "gamma": 0.99994,
    }  # fmt: skip
    assert config["head"]["pooling"] == "flatten" and config["head"]["units"] > 0
    assert config["head"]["l2"] > 0 and config["weight_decay"] > 0
    assert config["preprocess"]["normalise"] and config["preprocess"]["clahe"]
    assert all(config["augment"].values())
    assert (config["early_stopping"], config["keep"]) == (0, "last")


@pytest.mark.parametrize(
    "backbone, size",
    [("VGG16", 224), ("InceptionV3", 299), ("InceptionResNetV2", 299), ("DenseNet201", 224)],
)
def test_the_recipe_paper_reads_images_of_the_published_size(backbone, size):
    assert configure(backbone, "paper").size == size


def test_the_highest_learning_rate_must_not_be_below_the_lowest():
    with pytest.raises(UserError, match=r"max_lr \(1e-06\) is below base_lr \(1e-05\)"):
        configure("VGG16", "paper", cyclical_learning_rate={"max_lr": 1e-6})


def test_changes_are_what_makes_one_config_of_another():
    start = configure("ResNet50", "quick")
    chosen = configure("ResNet50", "quick", head={"units": 8}, seed=3)
    assert changes_from(start, chosen) == {"head": {"units": 8}, "seed": 3}
    assert configure("ResNet50", "quick", **changes_from(start, chosen)) == chosen
