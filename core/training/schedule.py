"""How the learning rate moves over a phase of training, as plain functions of the step.

Holds the table of schedules and the settings of the cyclical one. They are computed in double
precision and without Keras, so that a page can draw them; who sets them at every batch stands in
``core.training.learning_rate``, which schedule a run uses in its config.
"""

import math
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

WARM_UP_SHARE = 0.1

Rate = Callable[[int], float]


class CyclicalLearningRate(BaseModel):
    """Bounds and shape of a learning rate that rises and falls; immutable (Smith 2017)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_lr: float = Field(
        1e-5, gt=0, le=1, description="Lowest learning rate, at which every cycle begins and ends."
    )
    max_lr: float = Field(
        1e-3, gt=0, le=1, description="Highest learning rate, in the middle of the first cycle."
    )
    step_size: int = Field(
        2000, ge=1, le=1_000_000, description="Training steps (batches) of half a cycle."
    )
    mode: Literal["triangular", "triangular2", "exp_range"] = Field(
        "exp_range",
        description="How high later cycles go: triangular as high as the first, triangular2 half "
        "as high each time, exp_range lower by gamma at every step.",
    )
    gamma: float = Field(
        0.99994, gt=0, le=1, description="Factor of the height at every step, for exp_range."
    )

    @model_validator(mode="after")
    def _highest_above_lowest(self) -> "CyclicalLearningRate":
        if self.max_lr < self.base_lr:
            raise ValueError(
                f"max_lr ({self.max_lr:g}) is below base_lr ({self.base_lr:g}); raise one or "
                "lower the other"
            )
        return self


def constant(peak: float, steps: int, cycle: CyclicalLearningRate) -> Rate:
    """The same learning rate at every step."""
    return lambda step: peak


def cosine(peak: float, steps: int, cycle: CyclicalLearningRate) -> Rate:
    """Linear warm-up over the first tenth of ``steps``, then half a cosine down to zero.

    Loshchilov & Hutter (2017), SGDR, without restarts.
    """
    warm_up = max(1, int(WARM_UP_SHARE * steps))
    decay = max(1, steps - warm_up)

    def rate(step: int) -> float:
        if step < warm_up:
            return peak * (1 / warm_up + (1 - 1 / warm_up) * step / warm_up)
        return peak * (1 + math.cos(math.pi * min(1.0, (step - warm_up) / decay))) / 2

    return rate


def cyclical(peak: float, steps: int, cycle: CyclicalLearningRate) -> Rate:
    """Up and down between ``cycle.base_lr`` and ``cycle.max_lr``; ``peak`` is not used.

    Smith (2017), Cyclical Learning Rates for Training Neural Networks, section 3.
    """
    heights = {
        "triangular": lambda number, step: 1.0,
        "triangular2": lambda number, step: 0.5 ** (number - 1),
        "exp_range": lambda number, step: cycle.gamma**step,
    }
    height = heights[cycle.mode]

    def rate(step: int) -> float:
        number = math.floor(1 + step / (2 * cycle.step_size))
        x = abs(step / cycle.step_size - 2 * number + 1)
        rise = (cycle.max_lr - cycle.base_lr) * max(0.0, 1 - x)
        return cycle.base_lr + rise * height(number, step)

    return rate


SCHEDULES: dict[str, Callable[[float, int, CyclicalLearningRate], Rate]] = {
    "constant": constant,
    "cosine": cosine,
    "cyclical": cyclical,
}
"""Name -> (peak, steps of the phase, cyclical settings) -> learning rate of each step from 0."""
