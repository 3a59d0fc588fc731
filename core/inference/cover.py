"""What a network says of an image when a part of it is covered, and when another part would be.

Holds ``predict_covered``, which loads Keras into this process; the dashboard's server calls it
through ``core.inference.process.ask``. What is covered, and with what, stands in
``core.imaging.regions``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import runs
from core.errors import UserError
from core.imaging.regions import FILLS, Region, covered, elsewhere, mask_of
from core.inference.loaded_models import load_classifier
from core.training.config import read_config

PLACES = 8


@dataclass(frozen=True)
class Covered:
    """What covering changed.

    ``pixels`` is the covered model input, uint8 (s, s); ``share`` of the image that is covered,
    0..1; ``before``, ``after`` probabilities by class; ``elsewhere`` those of each random place
    where the same shapes covered the image, at most PLACES, none where there is no room.
    """

    pixels: np.ndarray
    share: float
    before: dict[str, float]
    after: dict[str, float]
    elsewhere: tuple[dict[str, float], ...]

    def change(self, name: str) -> float:
        """How far covering moved the probability of a class, -1..1."""
        return self.after[name] - self.before[name]

    def changes_elsewhere(self, name: str) -> list[float]:
        """How far the random places moved it, -1..1 each."""
        return [answer[name] - self.before[name] for answer in self.elsewhere]


def predict_covered(
    run: runs.Run, pixels: np.ndarray, regions: Sequence[Region], fill: str, seed: int = 0
) -> Covered:
    """Ask ``run`` about ``pixels`` whole, covered by ``regions``, and covered at random places.

    ``pixels`` is the model input, (s, s) uint8, as ``Prediction.pixels``: covered before it was
    prepared, a patch would change the contrast of the whole image. ``fill`` is a key of FILLS.
    Idea: Zeiler & Fergus 2014, section 4.2. One batch answers all. Raises UserError when nothing is
    covered, the fill is unknown, or the run has no usable model.
    """
    if fill not in FILLS:
        raise UserError(f"fill: '{fill}' is unknown; choose {', '.join(FILLS)}.")
    mask = mask_of(regions, len(pixels))
    if not mask.any():
        raise UserError("Nothing is covered yet; draw a region on the image.")
    config = read_config(run.config)
    model = load_classifier(run)
    masks = [mask, *elsewhere(regions, len(pixels), PLACES, seed)]
    batch = [pixels, *(covered(pixels, each, fill) for each in masks)]
    # One shape of batch for any number of places: Keras would prepare itself anew for each.
    batch += [pixels] * (PLACES + 2 - len(batch))
    rows = np.asarray(model.predict_on_batch(np.stack(batch)[..., np.newaxis]))
    answers = [dict(zip(config.classes, map(float, row), strict=True)) for row in rows]
    return Covered(
        batch[1], float(mask.mean()), answers[0], answers[1], tuple(answers[2 : len(masks) + 1])
    )


def moved_as_far(result: Covered, name: str) -> tuple[int, int]:
    """How many random places moved the class at least as far, either way, and how many there are.

    With ``n`` places a region like any other moves it further than all of them 1 time in n + 1.
    """
    moved = [abs(change) for change in result.changes_elsewhere(name)]
    return sum(each >= abs(result.change(name)) for each in moved), len(moved)
