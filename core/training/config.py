"""Every setting of one training run, and how a config is made from a recipe and changes.

Holds ``RunConfig``, which is what ``config.json`` of a run folder contains. The recipes stand in
``core.training.recipes``; what the settings do stands where they are used: in
``core.training.trainer`` and the modules whose configurations are nested here.
"""

from typing import Literal, TypeVar

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
from core.training.optimizer import OptimizerConfig
from core.training.recipes import DEFAULT_RECIPE, RECIPES
from core.training.schedule import CyclicalLearningRate


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
    scaling: Literal["backbone", "unit"] = Field(
        "backbone",
        description="How grey values become network input: as the backbone was trained on "
        "ImageNet, or simply divided by 255 (the published study).",
    )
    image_size: int | None = Field(
        None, ge=32, le=1024, description="Side in pixels; empty: the backbone's own size."
    )
    precision: Literal["auto", "float32", "mixed_bfloat16"] = Field(
        "auto",
        description="Number format of the network's computations: float32, mixed_bfloat16 (half "
        "the memory, fast on recent GPUs), or auto, which takes it where the GPU is made for it.",
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
        1e-3,
        gt=0,
        le=1,
        description="Peak learning rate while the backbone trains. The cyclical schedule has "
        "bounds of its own, for both phases.",
    )
    trainable_fraction: float = Field(
        1.0, gt=0, le=1, description="Share of the backbone's layers, from its end, that trains."
    )
    schedule: Literal["constant", "cosine", "cyclical"] = Field(
        "cosine",
        description="How the learning rate moves: constant, warm-up and cosine decay, or up and "
        "down in cycles.",
    )
    cyclical_learning_rate: CyclicalLearningRate = CyclicalLearningRate()
    optimizer: OptimizerConfig = OptimizerConfig()
    weight_decay: float = Field(
        0.0, ge=0, le=1, description="Decoupled weight decay of the optimiser (AdamW)."
    )
    loss: Literal["categorical_crossentropy", "categorical_focal_crossentropy"] = Field(
        "categorical_crossentropy",
        description="What training makes small; focal looks more at the images still misread.",
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="Share of the target probability spread over all classes."
    )
    class_weighting: Literal["none", "balanced"] = Field(
        "none", description="Balanced: rare classes count more, in inverse proportion to their n."
    )
    early_stopping: int = Field(
        0,
        ge=0,
        le=1000,
        description="End a phase when the validation loss has not fallen for so many epochs; 0: "
        "never. It chooses by the validation images, which flatters the score.",
    )
    keep: Literal["last", "best"] = Field(
        "last",
        description="Which epoch's weights are kept: the last, or the one with the lowest "
        "validation loss. Best chooses by the validation images, which flatters the score.",
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


Config = TypeVar("Config", bound=BaseModel)


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


def changes_from(start: RunConfig, chosen: RunConfig) -> dict:
    """Settings in which ``chosen`` differs from ``start``, as changes that ``configure`` takes."""
    return _differing(start.model_dump(mode="json"), chosen.model_dump(mode="json"))


def read_config(content: dict, kind: type[Config] = RunConfig) -> Config:
    """Validate the content of a config.json; raises UserError naming the first field at fault."""
    try:
        return kind.model_validate(content)
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


def _differing(start: dict, chosen: dict) -> dict:
    return {
        name: _differing(start[name], value) if isinstance(value, dict) else value
        for name, value in chosen.items()
        if value != start[name]
    }


def _known(value: str, table: dict) -> str:
    if value not in table:
        raise ValueError(_known_sentence(value, table))
    return value


def _known_sentence(value: str, table: dict) -> str:
    return f"'{value}' is unknown; choose one of {', '.join(table)}"
