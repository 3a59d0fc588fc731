"""Optimisers and losses that a run can train with: two tables and the optimiser's settings.

Keras is imported inside the functions: pages read the tables, and the server must stay free of
TensorFlow. How the learning rate moves stands in ``core.training.schedule``.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# Name -> our setting's name for each of the Keras class's arguments.
OPTIMIZERS = {
    "Adam": {"beta_1": "beta_1", "beta_2": "beta_2"},
    "RMSprop": {"momentum": "beta_1", "rho": "beta_2"},
    "SGD": {"momentum": "beta_1"},
}
# Name -> Keras class.
LOSSES = {
    "categorical_crossentropy": "CategoricalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
}


class OptimizerConfig(BaseModel):
    """The optimiser and its memory; immutable. Defaults: Adam as Kingma & Ba (2015) propose it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["Adam", "RMSprop", "SGD"] = Field(
        "Adam", description="How a step is made from the gradients of a batch."
    )
    beta_1: float = Field(
        0.9,
        ge=0,
        lt=1,
        description="Share of the earlier direction that is kept (momentum of RMSprop and SGD).",
    )
    beta_2: float = Field(
        0.999,
        ge=0,
        lt=1,
        description="Share of the earlier squared gradients that is kept (rho of RMSprop; not "
        "used by SGD).",
    )


def build_optimizer(config: OptimizerConfig, weight_decay: float):
    """Make the keras.optimizers.Optimizer of ``config``.

    ``weight_decay`` is decoupled from the gradients (Loshchilov & Hutter 2019): at every step a
    weight shrinks by weight_decay times the learning rate. The learning rate itself is set batch
    by batch.
    """
    import keras

    arguments = {
        keras_name: getattr(config, ours) for keras_name, ours in OPTIMIZERS[config.name].items()
    }
    return getattr(keras.optimizers, config.name)(weight_decay=weight_decay or None, **arguments)


def build_loss(name: str, label_smoothing: float):
    """Make the keras.losses.Loss called ``name`` in LOSSES."""
    import keras

    return getattr(keras.losses, LOSSES[name])(label_smoothing=label_smoothing)
