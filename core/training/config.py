"""Every setting of one training run, and the recipes that fill them.

Holds ``RunConfig``, which is what ``config.json`` of a run folder contains, and the table of
recipes. What the settings do stands where they are used: ``core.training.trainer`` and the modules
whose configurations are nested here.
"""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.data.labels import COHORTS, LABEL_SCHEMES
from core.data.splits import SplitConfig
from core.errors import UserError
from core.imaging.augment import AugmentConfig
from core.imaging.preprocess import PreprocessConfig
from core.models.backbones import BACKBONES
from core.models.head import HeadConfig

DEFAULT_RECIPE = "quick"


class RunConfig(BaseModel):
    """One training of one backbone, complete: the same config and data give the same run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str = Field(description="The network: one row of the table of backbones.")
    recipe: str = Field(DEFAULT_RECIPE, description="The named set of settings this began from.")
    study: str = Field("", max_length=80, description="Name of the study the run belongs to.")
    cohort: str = Field("paper", description="Which rows of the catalog take part.")
    labels: str = Field("paper3", description="How findings become classes.")
    limit: int | None = Field(
        None, ge=12, description="Only this many images, every class kept, for a rehearsal."
    )
    seed: int = Field(
        0, ge=0, lt=2**31, description="Seed of weights, shuffling, dropout and augmentation."
    )
    split: SplitConfig = SplitConfig()
    preprocess: PreprocessConfig = PreprocessConfig()
    augment: AugmentConfig = AugmentConfig()
    head: HeadConfig = HeadConfig()
    weights: str = Field(
        "imagenet", description="Weights to start from: imagenet, none (random), or a file."
    )
    image_size: int | None = Field(
        None, ge=32, le=1024, description="Side in pixels; empty: the backbone's own size."
    )
    batch_size: int = Field(32, ge=1, le=1024, description="Images per training step.")
    views: int = Field(
        1,
        ge=1,
        le=20,
        description="How many versions of each training image the frozen backbone reads: "
        "1 is the image itself, every further one an augmented copy.",
    )
    head_epochs: int = Field(
        0, ge=0, le=1000, description="Passes over the training images with the backbone frozen."
    )
    head_learning_rate: float = Field(
        1e-3, gt=0, le=1, description="Peak learning rate while only the head trains."
    )
    epochs: int = Field(
        0, ge=0, le=1000, description="Passes over the training images with the backbone trained."
    )
    learning_rate: float = Field(
        1e-3, gt=0, le=1, description="Peak learning rate while the backbone trains."
    )
    trainable_fraction: float = Field(
        1.0, gt=0, le=1, description="Share of the backbone's layers, from its end, that trains."
    )
    schedule: Literal["constant", "cosine"] = Field(
        "cosine", description="How the learning rate moves: constant, or warm-up and cosine decay."
    )
    weight_decay: float = Field(
        0.0, ge=0, le=1, description="Decoupled weight decay of the optimiser (AdamW)."
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="Share of the target probability spread over all classes."
    )
    class_weighting: Literal["none", "balanced"] = Field(
        "none", description="Balanced: rare classes count more, in inverse proportion to their n."
    )

    @field_validator("backbone", "recipe", "cohort", "labels")
    @classmethod
    def _is_a_row(cls, value: str, field: ValidationInfo) -> str:
        tables = {
            "backbone": BACKBONES,
            "recipe": RECIPES,
            "cohort": COHORTS,
            "labels": LABEL_SCHEMES,
        }
        return _known(value, tables[field.field_name])

    @model_validator(mode="after")
    def _something_to_train(self) -> "RunConfig":
        if self.head_epochs + self.epochs == 0:
            raise ValueError("epochs and head_epochs are both 0; raise one of them")
        return self

    @property
    def size(self) -> int:
        """Side of the model's square input, in pixels."""
        return self.image_size or BACKBONES[self.backbone].input_size

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of the model's outputs."""
        return LABEL_SCHEMES[self.labels].classes


@dataclass(frozen=True)
class Recipe:
    """A named set of training settings: ``settings``, changed by ``from_scratch`` when the
    backbone starts from random weights (there is then nothing to freeze)."""

    name: str
    title: str
    sentence: str
    settings: dict = field(default_factory=dict)
    from_scratch: dict = field(default_factory=dict)


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "quick",
            "Quick: train the head on frozen features",
            "Reads every image through the network once, keeps what it saw, and trains only the "
            "last layers. Minutes the first time, seconds after that. Needs ImageNet weights to "
            "mean anything.",
            {"head_epochs": 40, "views": 2, "epochs": 0, "batch_size": 64, "head": {"l2": 1e-3}},
        ),
        Recipe(
            "finetune",
            "Fine-tune: the head first, then the network",
            "Trains the head on frozen features, then the last part of the network at a lower "
            "rate. Better and slower: use a GPU for the large networks. TinyCNN, which starts "
            "from random weights, takes under a minute on a laptop.",
            {
                "head_epochs": 15,
                "epochs": 6,
                "learning_rate": 1e-4,
                "trainable_fraction": 0.3,
                "weight_decay": 1e-4,
            },
            {
                "head_epochs": 0,
                "epochs": 30,
                "learning_rate": 2e-3,
                "trainable_fraction": 1.0,
                "batch_size": 16,
            },
        ),
    )
}


def configure(backbone: str, recipe: str = DEFAULT_RECIPE, **changes: object) -> RunConfig:
    """Make the config of one run: the recipe's settings for this backbone, then ``changes``.

    A nested setting is changed by a dict of its fields (``head={"units": 64}``). Without a choice
    of weights, a backbone that has ImageNet weights starts from them. Raises UserError naming the
    first field that does not fit, its value and what is allowed.
    """
    if recipe not in RECIPES:
        raise UserError(f"recipe: {_known_sentence(recipe, RECIPES)}.")
    row = BACKBONES.get(backbone)
    weights = changes.get("weights") or ("imagenet" if row is None or row.weights_url else "none")
    settings = _changed({"backbone": backbone, "recipe": recipe}, RECIPES[recipe].settings)
    if weights == "none":
        settings = _changed(settings, RECIPES[recipe].from_scratch)
    return read_config(_changed(settings, changes | {"weights": weights}))


def read_config(content: dict) -> RunConfig:
    """Validate the content of a config.json; raises UserError naming the first field at fault."""
    try:
        return RunConfig.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        message = first["msg"].removeprefix("Value error, ")
        given = "" if isinstance(first["input"], dict) else f" (it is {first['input']!r})"
        raise UserError(f"{name}: {message}{given}. Change it and try again.") from error


def _changed(settings: dict, changes: dict) -> dict:
    # Where either is no dict, the change stands as it is, and validation says what is wrong.
    return settings | {
        name: earlier | value
        if isinstance(value, dict) and isinstance(earlier := settings.get(name, {}), dict)
        else value
        for name, value in changes.items()
    }


def _known(value: str, table: dict) -> str:
    if value not in table:
        raise ValueError(_known_sentence(value, table))
    return value


def _known_sentence(value: str, table: dict) -> str:
    return f"'{value}' is unknown; choose one of {', '.join(table)}"
