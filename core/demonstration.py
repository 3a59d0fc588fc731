"""The demonstration study: three short runs from which a newcomer learns what a comparison says.

Holds the table of its runs and their configs. How they are queued stands in ``core.training.jobs``;
how far they have come, in ``core.standing``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.training.config import RunConfig

# Three runs that differ in one thing each, so that the comparison has something to say.
DEMONSTRATION = (
    {"backbone": "TinyCNN", "split": {"by": "patient"}},
    {"backbone": "TinyCNN", "split": {"by": "image"}},
    {"backbone": "MobileNetV2", "weights": "none", "image_size": 96, "split": {"by": "patient"}},
)


def demonstration_study() -> list[RunConfig]:
    """Configs of the demonstration study: minutes on a laptop, no GPU, no download."""
    # The first page needs the table alone, and should not wait for all that a config is made of.
    from core.training.config import configure

    return [
        configure(recipe="finetune", study="Demonstration", cohort="all", **row)
        for row in DEMONSTRATION
    ]
