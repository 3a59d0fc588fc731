"""Part of the training images held back from training: the calibration images.

Holds how they are drawn. They are neither learnt from nor checked on; what a network answers on
them says how far its probabilities can be believed (``core.evaluation.temperature``). Which images
train and which validate is decided before, in ``core.data.splits``.
"""

from collections.abc import Sequence

import numpy as np

from core.data.group_folds import stratified_group_folds
from core.errors import UserError


def hold_back(labels: Sequence[str], groups: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Positions held back, ascending int64, of the training images with these ``labels`` (n,).

    ``groups`` (n,) numbers what stays together (``splits.patient_groups``: patients, and those who
    share an exact duplicate), so that no patient is both learnt from and held back. ``share`` is
    one of 1/2, 1/3, ..., the one nearest to what was asked for; each class in its share; same seed,
    same images. Raises UserError naming a class that has too little to stand on both sides.
    """
    labels = np.asarray(labels)
    missing = set(labels)
    parts = round(min(1 / share, 1e6))
    try:
        part_of = stratified_group_folds(labels, groups, parts, seed)
    except ValueError as error:
        raise UserError(
            f"calibration_share: {len(set(groups))} patients are too few to hold back {share:.0%} "
            "of the training images; take a larger share, more images, or 0."
        ) from error
    for part in range(parts):
        held = part_of == part
        absent = set(labels) - (set(labels[~held]) & set(labels[held]))
        if not absent:
            return np.flatnonzero(held)
        missing = min(missing, absent, key=len)
    raise UserError(
        f"calibration_share: class '{min(missing)}' has too few patients to be learnt from and "
        f"held back at {share:.0%}; take a larger share, another seed, more images, or 0."
    )
