"""Several GPUs of one computer at one batch, by Keras's own data parallelism.

Holds the choice of devices and the batches they can share. It works with JAX alone: under
TensorFlow, Keras 3 calls its part of ``keras.distribution`` a prototype not to be used, and a run
computes on the first GPU. With one device everything here passes things through as they are.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from core.training.device import devices_at_work

# Batches that are only read (features, validation, predictions) hold a multiple of so many images.
READING_BATCH = 32


def device_count(available: int, batch_size: int) -> int:
    """The most of ``available`` devices among which every whole batch divides evenly."""
    common = math.gcd(batch_size, READING_BATCH)
    return max(n for n in range(1, max(1, available) + 1) if common % n == 0)


@contextmanager
def devices_together(batch_size: int) -> Iterator[int]:
    """Build and train networks on all devices that can share a batch; gives their number.

    Networks have to be built inside: their variables then lie on every device.
    """
    devices = keras.distribution.list_devices() if keras.backend.backend() == "jax" else []
    count = device_count(len(devices), batch_size)
    if count == 1:
        yield 1
        return
    with keras.distribution.DataParallel(devices=devices[:count]).scope():
        yield count


def shared_out(
    batches: keras.utils.PyDataset, class_weight: dict[int, float] | None = None
) -> keras.utils.PyDataset:
    """``batches`` as the devices at work can share them, with ``class_weight`` in their weights.

    One device takes them as they are, without weights where there are no class weights.
    """
    devices = devices_at_work()
    if devices == 1 and class_weight is None:
        return batches
    return EvenBatches(batches, devices, class_weight)


class EvenBatches(keras.utils.PyDataset):
    """``batches`` with a last one that divides evenly, as (inputs, one-hot labels, weights).

    Images are repeated until it does, at weight 0, and the others weigh more in proportion, so
    that its loss is that of the batch as it was; the epoch's accuracy counts the repeated ones, up
    to one fewer than there are devices. ``class_weight`` goes into the weights, float32 (n,):
    Keras takes it beside weights from nobody.
    """

    def __init__(
        self,
        batches: keras.utils.PyDataset,
        devices: int,
        class_weight: dict[int, float] | None = None,
    ):
        super().__init__()
        self.batches, self.devices, self.class_weight = batches, devices, class_weight

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        inputs, labels = self.batches[index]
        count = len(inputs)
        total = math.ceil(count / self.devices) * self.devices
        weights = np.zeros(total, np.float32)
        weights[:count] = total / count
        rows = np.resize(np.arange(count), total)
        inputs, labels = inputs[rows], labels[rows]
        if self.class_weight is not None:
            weights *= [self.class_weight[i] for i in labels.argmax(axis=1)]
        return inputs, labels, weights
