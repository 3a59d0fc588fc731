"""Part of the training images held back from training: the calibration images.

Holds how they are drawn. They are neither learnt from nor checked on; what a network answers on
them says how far its probabilities can be believed (``core.evaluation.temperature``). Which images
train and which validate is decided before, in ``core.data.splits``.
"""

import warnings
from collections.abc import Sequence

import numpy as np

from core.errors import UserError


def hold_back(labels: Sequence[str], groups: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Positions held back, ascending int64, of the training images with these ``labels`` (n,).

    ``groups`` (n,) numbers what stays together (``splits.patient_groups``: patients, and those who
    share an exact duplicate), so that no patient is both learnt from and held back. ``share`` is
    one of 1/2, 1/3, ..., the one nearest to what was asked for; each class in its share; same seed,
    same images. Raises UserError naming a class that has too little to stand on both sides.
    """
    # As in splits: scikit-learn takes long to load.
    from sklearn.model_selection import StratifiedGroupKFold

    labels = np.asarray(labels)
    splitter = StratifiedGroupKFold(round(min(1 / share, 1e6)), shuffle=True, random_state=seed)
    missing = set(labels)
    try:
        with warnings.catch_warnings():
            # It warns of classes with fewer images than parts; that is checked here.
            warnings.simplefilter("ignore", UserWarning)
            for kept, held in splitter.split(labels, labels, groups):
                absent = set(labels) - (set(labels[kept]) & set(labels[held]))
                if not absent:
                    return np.sort(held)
                missing = min(missing, absent, key=len)
    except ValueError as error:
        raise UserError(
            f"calibration_share: {len(set(groups))} patients are too few to hold back {share:.0%} "
            "of the training images; take a larger share, more images, or 0."
        ) from error
    raise UserError(
        f"calibration_share: class '{min(missing)}' has too few patients to be learnt from and "
        f"held back at {share:.0%}; take a larger share, another seed, more images, or 0."
    )
