"""Training steps per second of a run's own loop against the same model on one constant batch.

    run        augmented batches from the pixel cache, history and status written at every batch
    constant   the same compiled model, fed one batch that lies in memory, nothing written

What is lost between the two is what feeding and recording cost. Rounds alternate and medians are
compared. Every network of the study is trained whole, from random weights, at its own size.
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
from core.data.catalog import limit_rows, load_catalog, select_rows
from core.imaging.augment import AugmentConfig
from core.imaging.prepared import open_prepared
from core.imaging.preprocess import PreprocessConfig
from core.models.backbones import BACKBONES
from core.models.classifier import build_classifier
from core.models.head import HeadConfig
from core.settings import read_settings
from core.training.batches import Batches, EpochFollower
from core.training.learning_rate import LearningRate
from core.training.progress import Progress
from core.training.recorder import Recorder

# A quarter of the batch of the recipes, so that the large ones take minutes here and not an hour:
# feeding costs the same for each image, recording four times as much.
BATCH, STEPS, ROUNDS, TARGET = 8, 3, 3, 0.97


class ConstantBatch(keras.utils.PyDataset):
    """One batch, given over and over."""

    def __init__(self, batch: tuple[np.ndarray, np.ndarray], steps: int):
        super().__init__()
        self.batch, self.steps = batch, steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return self.batch


class Clock(keras.callbacks.Callback):
    """Seconds from the end of an epoch's first step to the end of its last."""

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if batch == 0:
            self.began = time.perf_counter()
        self.seconds = time.perf_counter() - self.began


def main() -> bool:
    """Measure all networks, print, and say whether the target was met."""
    met = True
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(read_settings(), artifacts=Path(folder))
        rows = select_rows(load_catalog(settings), "all", "paper3")
        rows = limit_rows(rows, BATCH * (STEPS + 1), 0)
        for row in BACKBONES.values():
            if not row.in_paper:
                continue
            name, size = row.name, row.input_size
            pixels = open_prepared(rows, PreprocessConfig(), size, settings)
            labels = rows["label_index"].to_numpy()
            batches = Batches(
                pixels, np.arange(len(rows)), labels, 3, BATCH,
                augment=AugmentConfig(), shuffle=True, threads=settings.threads,
            )  # fmt: skip
            classes = ("normal", "bacteria", "coronavirus")
            model = build_classifier(name, classes, HeadConfig(), "none", settings)
            model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
            run = runs.create_run(settings.runs, {}, "benchmark")
            rates: dict[str, list[float]] = {"run": [], "constant": []}
            with Progress(run) as progress, Recorder(progress) as recorder:
                for round_number in range(ROUNDS + 1):
                    recorder.begin("Training the network", 1, len(batches))
                    watching = [EpochFollower(batches), LearningRate(lambda _: 1e-4), recorder]
                    for way, feed, watchers in (
                        ("run", batches, watching),
                        ("constant", ConstantBatch(batches[0], len(batches)), []),
                    ):
                        clock = Clock()
                        model.fit(feed, callbacks=[*watchers, clock], shuffle=False, verbose=0)
                        if round_number:  # the first round compiles
                            rates[way].append((len(batches) - 1) / clock.seconds)
            ratio = statistics.median(rates["run"]) / statistics.median(rates["constant"])
            met &= ratio >= TARGET
            print(
                f"{name}: run {BATCH * statistics.median(rates['run']):.1f} images/s, constant "
                f"batch {BATCH * statistics.median(rates['constant']):.1f} images/s, ratio "
                f"{ratio:.3f}   (target {TARGET}: {'met' if ratio >= TARGET else 'MISSED'})",
                flush=True,
            )
            keras.backend.clear_session()
    return met
