"""Batches of prepared pixels for any Keras backend.

Holds the data set that training, validation and feature extraction read, and the callback that
keeps its epoch. Pixels come from ``core.imaging.prepared``, their random variation from
``core.imaging.augment``; rescaling is a layer of the model. Only worker processes import this
module: it imports Keras.
"""

import math
from collections.abc import Sequence

import keras
import numpy as np

from core.imaging.augment import AugmentConfig, draw_matrices, warp
from core.imaging.prepared import Prepared


class Batches(keras.utils.PyDataset):
    """Batches (pixels, one-hot labels): (n, size, size, 1) uint8 and (n, classes) float32.

    ``positions`` say which rows of ``prepared`` take part, ``labels`` give each of them its class
    (same length, whole numbers from 0). The last batch of an epoch may be smaller.

    A batch depends on ``seed``, ``epoch`` and its own number alone, never on threads, on what was
    read before, or on the process; so a run that goes on at epoch k sees what it would have seen.
    Set ``epoch`` through ``EpochFollower``, and call ``fit(..., shuffle=False)``: Keras would
    otherwise deal the batches out in an order of its own.
    """

    def __init__(
        self,
        prepared: Prepared,
        positions: Sequence[int] | np.ndarray,
        labels: Sequence[int] | np.ndarray,
        classes: int,
        batch_size: int,
        augment: AugmentConfig | None = None,
        shuffle: bool = False,
        seed: int = 0,
        threads: int = 1,
    ):
        # One Keras worker: the threads work inside a batch, and Keras's own would need copies of
        # the epoch to keep to it. Under TensorFlow, tf.data prefetches in any case.
        super().__init__(workers=1)
        self.prepared = prepared
        self.positions = np.asarray(positions, dtype=np.intp)
        self.one_hot = np.eye(classes, dtype=np.float32)[np.asarray(labels, dtype=np.intp)]
        if len(self.positions) != len(self.one_hot):
            raise ValueError(f"{len(self.positions)} positions but {len(self.one_hot)} labels")
        self.batch_size = batch_size
        self.augment = augment if augment is not None and augment.active else None
        self.shuffle = shuffle
        self.seed = seed
        self.threads = threads
        self.epoch = 0
        self._order: tuple[int, np.ndarray] | None = None

    def __len__(self) -> int:
        return math.ceil(len(self.positions) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        epoch = self.epoch
        chosen = self.order(epoch)[index * self.batch_size : (index + 1) * self.batch_size]
        pixels = self.prepared.take(self.positions[chosen])
        if self.augment is not None:
            # Never 0 in the third place: NumPy takes a seed's trailing zeros for absent.
            rng = np.random.default_rng([self.seed, epoch, index + 1])
            matrices = draw_matrices(self.augment, len(pixels), self.prepared.size, rng)
            pixels = warp(pixels, matrices, self.threads)
        return pixels[..., np.newaxis], self.one_hot[chosen]

    def order(self, epoch: int) -> np.ndarray:
        """Give the order of ``epoch`` (from 0) as indices into ``positions``."""
        known = self._order
        if known is None or known[0] != epoch:
            indices = np.arange(len(self.positions))
            if self.shuffle:
                indices = np.random.default_rng([self.seed, epoch]).permutation(indices)
            known = self._order = (epoch, indices)
        return known[1]


class Remaining(keras.utils.PyDataset):
    """What is left of an epoch of ``batches`` after its first ``seen`` batches."""

    def __init__(self, batches: keras.utils.PyDataset, seen: int):
        super().__init__(workers=1)
        self.batches, self.seen = batches, seen

    def __len__(self) -> int:
        return len(self.batches) - self.seen

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return self.batches[self.seen + index]


class EpochFollower(keras.callbacks.Callback):
    """Keeps ``batches.epoch`` equal to the epoch that ``fit`` counts (from ``initial_epoch``).

    A data set cannot count for itself: Keras begins an epoch of it once more when it builds a
    model, and ends one that never began.
    """

    def __init__(self, batches: Batches):
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.batches.epoch = epoch
