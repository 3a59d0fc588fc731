"""Batches depend on seed, epoch and number alone, and Keras reads them as they are."""

import keras
import numpy as np
import pytest

from core.imaging.augment import AugmentConfig
from core.imaging.prepared import Prepared
from core.training.batches import Batches, EpochFollower

SIZE = 20
COUNT = 37
PIXELS = np.random.default_rng(0).integers(0, 256, (COUNT, SIZE, SIZE), dtype=np.uint8)
PREPARED = Prepared(PIXELS, np.arange(COUNT)[::-1])
POSITIONS = np.arange(2, COUNT)
LABELS = POSITIONS % 3


def make(**options):
    return Batches(PREPARED, POSITIONS, LABELS, classes=3, batch_size=8, **options)


def read(batches):
    pairs = [batches[k] for k in range(len(batches))]
    return np.concatenate([x for x, _ in pairs]), np.concatenate([y for _, y in pairs])


def test_without_shuffling_the_rows_come_in_order():
    batches = make()
    assert len(batches) == 5
    x, y = batches[4]
    assert (x.shape, x.dtype) == ((3, SIZE, SIZE, 1), np.uint8)
    assert (y.shape, y.dtype) == ((3, 3), np.float32)
    x, y = read(batches)
    assert np.array_equal(x[..., 0], PIXELS[::-1][POSITIONS])
    assert np.array_equal(y.argmax(axis=1), LABELS) and np.all(y.sum(axis=1) == 1)
    with pytest.raises(IndexError):
        batches[5]


def test_an_epoch_holds_every_image_once_with_its_label():
    batches = make(shuffle=True, seed=1)
    x, y = read(batches)
    label_of = {PIXELS[::-1][p].tobytes(): c for p, c in zip(POSITIONS, LABELS, strict=True)}
    assert len({image.tobytes() for image in x}) == len(POSITIONS)
    assert [label_of[image.tobytes()] for image in x] == y.argmax(axis=1).tolist()


@pytest.mark.parametrize("augment", [None, AugmentConfig()], ids=["plain", "augmented"])
def test_seed_and_epoch_decide_and_nothing_else(augment):
    def epoch(number, seed=1, threads=1):
        batches = make(shuffle=True, seed=seed, augment=augment, threads=threads)
        batches.epoch = number
        return read(batches)[0]

    assert np.array_equal(epoch(3), epoch(3, threads=4))
    assert not np.array_equal(epoch(3), epoch(4))
    assert not np.array_equal(epoch(3), epoch(3, seed=2))
    backwards = make(shuffle=True, seed=1, augment=augment, threads=2)
    backwards.epoch = 3
    pieces = [backwards[k][0] for k in reversed(range(len(backwards)))]
    assert np.array_equal(np.concatenate(pieces[::-1]), epoch(3))


def test_augmentation_differs_between_images_batches_and_epochs():
    same = Prepared(PIXELS[:1], np.zeros(COUNT, dtype=int))
    batches = Batches(same, POSITIONS, LABELS, 3, 8, augment=AugmentConfig(), seed=0)
    first, _ = read(batches)
    batches.epoch = 1
    second, _ = read(batches)
    views = {image.tobytes() for image in np.concatenate([first, second])}
    assert len(views) == 2 * len(POSITIONS)


def test_settings_that_change_nothing_are_passed_over():
    plain, _ = read(make())
    assert np.array_equal(read(make(augment=AugmentConfig.none()))[0], plain)


def test_positions_and_labels_must_match():
    with pytest.raises(ValueError, match="35 positions"):
        Batches(PREPARED, POSITIONS, LABELS[1:], 3, 8)


class Recorder(keras.layers.Layer):
    """Passes its input on and keeps the sum of every batch's pixels."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.total = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.total.assign_add(keras.ops.sum(keras.ops.cast(x, "float32")))
        return x


def test_fit_reads_each_epoch_with_its_own_number_also_when_resumed():
    def fit(first, last):
        batches = make(shuffle=True, seed=5, augment=AugmentConfig(), threads=2)
        model = keras.Sequential(
            [
                keras.Input((SIZE, SIZE, 1), dtype="uint8"),
                Recorder(name="recorder"),
                keras.layers.Rescaling(1 / 255),
                keras.layers.Flatten(),
                keras.layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile("sgd", "categorical_crossentropy")
        sums = []

        def note(epoch, logs):
            sums.append(float(model.get_layer("recorder").total))
            model.get_layer("recorder").total.assign(0.0)

        model.fit(
            batches,
            initial_epoch=first,
            epochs=last,
            shuffle=False,
            verbose=0,
            callbacks=[EpochFollower(batches), keras.callbacks.LambdaCallback(on_epoch_end=note)],
        )
        return sums

    def expected(epoch):
        batches = make(shuffle=True, seed=5, augment=AugmentConfig())
        batches.epoch = epoch
        return float(read(batches)[0].astype(np.float64).sum())

    assert np.allclose(fit(0, 3), [expected(k) for k in range(3)], rtol=1e-5)
    assert np.allclose(fit(2, 4), [expected(2), expected(3)], rtol=1e-5)
    assert len({expected(k) for k in range(4)}) == 4
