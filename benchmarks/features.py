"""Images per second through every frozen backbone: our extraction against ways to do it.

    ours            core.training.features, as a quick run calls it: store, progress and all
    predict 32      the bare `model.predict` loop at batch 32 on the same pixels, nothing kept
    on batch 8..64  the bare `model.predict_on_batch` at other batch sizes
    XLA 32          the same at 32, compiled by XLA

All have float32 and random weights, which cost what any others cost. Rounds alternate, so that a
neighbour's load falls on all, and medians are compared; compiling is not counted. The target is
that ours is no slower than the bare predict loop. bfloat16, one process of one thread per core, and
channels first were tried once and left: on the 2 cores at hand bfloat16 slowed MobileNetV2 and
ResNet50, two processes read 14.3 images/s together where one read 11.8 to 15.5, and TensorFlow has
no convolutions with channels first on a CPU.
"""

import os
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from core import runs
from core.models.backbones import BACKBONES
from core.models.classifier import build_feature_reader
from core.settings import Settings, read_settings
from core.training.config import configure
from core.training.features import extract_features
from core.training.progress import Progress
from core.training.run_data import RunData, assemble

IMAGES, ROUNDS, TARGET = 64, 3, 1.0
BATCHES = (8, 16, 64)


def main() -> bool:
    """Measure every backbone of the study, print, and say whether all targets were met."""
    met = True
    for row in BACKBONES.values():
        if row.in_paper:
            met &= _measure(row.name)
    return met


def _measure(name: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(read_settings(), artifacts=Path(folder))
        config = configure(
            name, "quick", weights="none", cohort="all", limit=IMAGES, views=1, batch_size=8,
            head_epochs=1, epochs=0,
        )  # fmt: skip
        data = assemble(config, settings, lambda *_, **__: None)
        reader = build_feature_reader(name, "none", settings)
        size = reader.input_shape[1]
        pixels = data.pixels.take(np.arange(len(data.rows)))[..., np.newaxis]
        compiled = keras.Model(reader.input, reader.output)
        compiled.compile(jit_compile=True)
        ways = {"ours": lambda: _ours(reader, config, data, settings)}
        ways["predict 32"] = lambda: reader.predict(pixels, batch_size=32, verbose=0)
        for batch in BATCHES:
            ways[f"on batch {batch}"] = lambda batch=batch: _on_batch(reader, pixels, batch)
        ways["XLA 32"] = lambda: _on_batch(compiled, pixels, 32)
        rates = _rates(ways, len(pixels))
    ratio = rates["ours"] / rates["predict 32"]
    won = max(rates, key=rates.get)
    print(
        f"{name} ({size} px): "
        + ", ".join(f"{way} {rate:.1f}" for way, rate in rates.items())
        + f" images/s; fastest: {won}; ours / predict {ratio:.2f}   "
        f"(target {TARGET}: {'met' if ratio >= TARGET else 'MISSED'})",
        flush=True,
    )
    keras.backend.clear_session()
    return ratio >= TARGET


def _rates(ways: dict, images: int) -> dict[str, float]:
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for round_number in range(ROUNDS + 1):
        for way, read in ways.items():
            began = time.perf_counter()
            read()
            if round_number:  # the first round compiles
                seconds[way].append(time.perf_counter() - began)
    return {way: images / statistics.median(taken) for way, taken in seconds.items()}


def _ours(reader: keras.Model, config, data: RunData, settings: Settings) -> None:
    # A store of its own each time, so that nothing is found in it.
    with tempfile.TemporaryDirectory() as folder:
        apart = replace(settings, artifacts=Path(folder))
        run = runs.create_run(apart.runs, {}, "benchmark")
        with Progress(run) as progress:
            extract_features(reader, config, data, apart, progress)


def _on_batch(reader: keras.Model, pixels: np.ndarray, batch: int) -> None:
    for start in range(0, len(pixels), batch):
        reader.predict_on_batch(pixels[start : start + batch])
