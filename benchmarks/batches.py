"""Images per second of three ways to feed a network with augmented images, side by side.

    ours        pixels prepared once (CLAHE included), one affine warp an image
    layers      JPEG files through tf.data's parallel map and Keras's augmentation layers (no CLAHE)
    generator   JPEG files through Keras's old ImageDataGenerator with CLAHE as its preprocessing
                function, as the scripts of the published study's generation do: in colour, its
                default, because the networks' ImageNet weights want three channels
    generator, grey   the same in one channel, which those scripts could not use; no target

All read the same files and give shuffled batches of 32 images, augmented alike; ours, and the
layers, are grey (our model makes three channels itself, on the device). Rounds alternate, so that a
neighbour's load falls on all; medians are compared. Our own cache is filled before the clock
starts, once, as in a run of many epochs; its cost is printed.
"""

import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from core.imaging.augment import AugmentConfig
from core.imaging.prepared import open_prepared
from core.imaging.preprocess import PreprocessConfig
from core.settings import read_settings
from core.training.batches import Batches

SIZE, BATCH, IMAGES, ROUNDS = 224, 32, 512, 5
SHORTEST_ROUND = 1.0  # seconds; a way that is faster goes through the files several times
AUGMENT = AugmentConfig()
TARGETS = {"layers": 15, "generator": 50}


def main() -> bool:
    """Measure, print, and say whether both targets were met."""
    settings = read_settings()
    with tempfile.TemporaryDirectory() as folder:
        paths = _find_jpegs(settings.data_roots) or _draw_jpegs(Path(folder))
        print(f"{len(paths)} JPEG files at {SIZE} x {SIZE}, {settings.threads} threads")
        started = time.perf_counter()
        ours = _ours(paths, replace(settings, artifacts=Path(folder) / "artifacts"))
        print(f"preparing them once: {len(paths) / (time.perf_counter() - started):.0f} images/s")
        ways = {
            "ours": ours,
            "layers": _layers(paths),
            "generator": _generator(paths, "rgb"),
            "generator, grey": _generator(paths, "grayscale"),
        }
        rates = _measure(ways, len(paths))
    for name, values in rates.items():
        print(
            f"{name:16} {statistics.median(values):8.0f} images/s"
            f"   (rounds: {min(values):.0f} to {max(values):.0f})"
        )
    met = True
    for name, target in TARGETS.items():
        ratio = statistics.median(rates["ours"]) / statistics.median(rates[name])
        met &= ratio >= target
        verdict = "met" if ratio >= target else "MISSED"
        print(f"ours / {name}: {ratio:.1f}   (target {target}: {verdict})")
    return met


def _measure(ways: dict[str, Callable[[], Iterator]], count: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for round_number in range(ROUNDS + 1):
        for name, epoch in ways.items():
            passes, seconds = 0, 0.0
            started = time.perf_counter()
            while seconds < SHORTEST_ROUND:
                seen = sum(len(batch) for batch in epoch())
                if seen != count:
                    raise RuntimeError(f"{name} gave {seen} images of {count}")
                passes += 1
                seconds = time.perf_counter() - started
            if round_number:  # the first round warms up
                rates[name].append(passes * count / seconds)
    return rates


def _find_jpegs(roots: tuple[Path, ...]) -> list[Path]:
    found = sorted(
        path
        for root in roots
        for path in root.rglob("*")
        if path.suffix.lower() in (".jpeg", ".jpg")
    )
    if len(found) < IMAGES:
        return found
    # Spread over everything found: the files of one folder may all be of one kind.
    return [found[k] for k in np.linspace(0, len(found) - 1, IMAGES).astype(int)]


def _draw_jpegs(folder: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = []
    for k in range(IMAGES):
        coarse = rng.integers(0, 256, (14, 14), dtype=np.uint8)
        image = cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
        image = cv2.add(image, rng.integers(0, 12, (SIZE, SIZE), dtype=np.uint8))
        paths.append(folder / f"{k}.jpeg")
        cv2.imwrite(str(paths[-1]), image)
    return paths


def _ours(paths: list[Path], settings) -> Callable[[], Iterator]:
    rows = pd.DataFrame(
        {
            "path": [str(path) for path in paths],
            "sha256": [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths],
        }
    )
    prepared = open_prepared(rows, PreprocessConfig(), SIZE, settings)
    batches = Batches(
        prepared,
        positions=np.arange(len(paths)),
        labels=np.zeros(len(paths), dtype=int),
        classes=3,
        batch_size=BATCH,
        augment=AUGMENT,
        shuffle=True,
        threads=settings.threads,
    )

    def epoch() -> Iterator[np.ndarray]:
        batches.epoch += 1
        for k in range(len(batches)):
            yield batches[k][0]

    return epoch


def _layers(paths: list[Path]) -> Callable[[], Iterator]:
    turn = AUGMENT.rotation_degrees / 360
    shear = float(np.tan(np.deg2rad(AUGMENT.shear_degrees)))
    zoom = (-AUGMENT.zoom, AUGMENT.zoom)
    options = {"fill_mode": "nearest", "data_format": "channels_last"}
    steps = [
        keras.layers.RandomFlip("horizontal", data_format="channels_last"),
        keras.layers.RandomRotation((-turn, turn), **options),
        keras.layers.RandomTranslation(AUGMENT.shift, AUGMENT.shift, **options),
        keras.layers.RandomShear(x_factor=shear, **options),
        keras.layers.RandomZoom(zoom, **options),
    ]

    def load(path):
        image = tf.io.decode_jpeg(tf.io.read_file(path), channels=1)
        return tf.image.resize(image, (SIZE, SIZE))

    def augment(images):
        for step in steps:
            images = step(images, training=True)
        return images

    dataset = (
        tf.data.Dataset.from_tensor_slices([str(path) for path in paths])
        .shuffle(len(paths), seed=0)
        .map(load, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(BATCH)
        .map(augment, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
    return lambda: iter(dataset)


def _generator(paths: list[Path], colours: str) -> Callable[[], Iterator]:
    clahe = cv2.createCLAHE(2.0, (8, 8))

    def equalise(image: np.ndarray) -> np.ndarray:
        grey = clahe.apply(image[:, :, 0].astype(np.uint8))
        return np.repeat(grey[:, :, None], image.shape[2], axis=2).astype(np.float32)

    generator = ImageDataGenerator(
        preprocessing_function=equalise,
        rotation_range=AUGMENT.rotation_degrees,
        width_shift_range=AUGMENT.shift,
        height_shift_range=AUGMENT.shift,
        shear_range=AUGMENT.shear_degrees,
        zoom_range=AUGMENT.zoom,
        horizontal_flip=AUGMENT.flip,
        rescale=1 / 255,
    )
    flow = generator.flow_from_dataframe(
        pd.DataFrame({"path": [str(path) for path in paths]}),
        x_col="path",
        class_mode=None,
        target_size=(SIZE, SIZE),
        color_mode=colours,
        batch_size=BATCH,
        seed=0,
    )
    return lambda: (flow[k] for k in range(len(flow)))
