"""The settings of a learning-rate range test: those of a run, and how its rates rise.

Holds ``RangeTest``, which is what ``config.json`` of a range test's folder contains. Such folders
are like those of runs, and lie apart from them in ``Settings.range_tests``. What a test does stands
in ``core.training.range_test``, what its curve says in ``core.training.rate_suggestion``.
"""

import math

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.training.config import RunConfig, read_config


class RangeTestConfig(BaseModel):
    """How the learning rate rises: by the same factor at every training step; immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lowest: float = Field(1e-7, gt=0, le=1, description="Learning rate of the first step.")
    # No run may have a higher one.
    highest: float = Field(1.0, gt=0, le=1, description="Learning rate of the last step.")
    steps: int = Field(100, ge=10, le=1000, description="Training steps (batches), one per rate.")

    @model_validator(mode="after")
    def _rising(self) -> "RangeTestConfig":
        # Over less than a decade there is nothing to smooth and hardly anything to see.
        if self.highest < 10 * self.lowest:
            raise ValueError(
                f"highest ({self.highest:g}) is not 10 times lowest ({self.lowest:g}) or more; "
                "raise one or lower the other"
            )
        return self

    @property
    def steps_per_decade(self) -> float:
        """Steps in which the learning rate grows tenfold."""
        return (self.steps - 1) / math.log10(self.highest / self.lowest)

    def rate(self, step: int) -> float:
        """The learning rate of ``step``, from 0 to ``steps`` - 1."""
        return self.lowest * 10 ** (step / self.steps_per_decade)


class RangeTest(RunConfig):
    """A range test: the run whose first training steps it takes, and its rates."""

    range_test: RangeTestConfig = RangeTestConfig()

    @property
    def rate_field(self) -> str:
        """The field of a run's config that holds the peak rate of the phase that is tested."""
        return "learning_rate" if self.epochs else "head_learning_rate"


def configure_range_test(config: RunConfig, **changes: object) -> RangeTest:
    """Make the test of ``config`` with fields of RangeTestConfig changed; raises UserError."""
    return read_config(config.model_dump() | {"range_test": changes}, RangeTest)


def read_range_test(content: dict) -> RangeTest:
    """Validate the content of a range test's config.json; raises UserError as read_config."""
    return read_config(content, RangeTest)
