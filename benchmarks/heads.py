"""Six heads trained from stored features against six trainings through the frozen network.

    from the store   six quick runs that divide the images differently; their training_seconds
    through it       the same epochs with the backbone frozen and every image read again each time;
                     measured over some steps and multiplied, as six whole ones would take hours

Both train the same head on the same images in the same batches. What the features cost once is
printed beside: after that many trainings they have paid for themselves.
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
from core.engine import execute
from core.models.classifier import build_classifier, set_trainable
from core.settings import Settings, read_settings
from core.training.batches import Batches
from core.training.config import RunConfig, configure
from core.training.fitting import Phase, compile_phase
from core.training.run_data import assemble

NETWORK, IMAGES, HEADS, STEPS, TARGET = "ResNet50", 1200, 6, 4, 100


def main() -> bool:
    """Measure, print, and say whether the target was met."""
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(read_settings(), artifacts=Path(folder))
        configs = [_config(seed) for seed in range(HEADS)]
        fitting, feature_seconds, images = 0.0, 0.0, 0
        for config in configs:
            content = config.model_dump(mode="json")
            run = runs.create_run(settings.runs, content, "benchmark")
            if not execute(run, settings):
                raise RuntimeError(runs.read_run(settings.runs, run.id).status["message"])
            metrics = run.metrics()
            fitting += metrics["training_seconds"]
            feature_seconds += metrics["feature_seconds"]
            # Every epoch reads the validation images, too.
            images += config.head_epochs * (metrics["n_training"] + metrics["n_validation"])
        rate = _images_per_second(configs[0], settings)
    through = images / rate
    ratio = through / fitting
    print(
        f"{NETWORK}: {HEADS} heads from stored features {fitting:.1f} s, through the frozen "
        f"network {through:.0f} s ({rate:.1f} images/s), ratio {ratio:.0f}   "
        f"(target {TARGET}: {'met' if ratio >= TARGET else 'MISSED'}); "
        f"the features took {feature_seconds:.0f} s once",
        flush=True,
    )
    return ratio >= TARGET


def _config(seed: int) -> RunConfig:
    # One backbone for all: random weights are another network for every seed, so the split moves.
    return configure(
        NETWORK, "quick", weights="none", cohort="all", limit=IMAGES, split={"seed": seed}
    )


def _images_per_second(config: RunConfig, settings: Settings) -> float:
    data = assemble(config, settings, lambda *_, **__: None)
    model = build_classifier(NETWORK, config.classes, config.head, "none", settings)
    set_trainable(model, 0.0, freeze_batch_norm=True)
    train, labels = data.split.train[: config.batch_size * STEPS], data.labels
    batches = Batches(
        data.pixels, train, labels[train], len(config.classes), config.batch_size,
        augment=config.augment, threads=settings.threads,
    )  # fmt: skip
    phase = Phase("", model, batches, batches, labels[train], 1, config.head_learning_rate)
    compile_phase(phase, config)
    seconds = []
    for _ in range(4):
        began = time.perf_counter()
        model.fit(batches, shuffle=False, verbose=0)
        seconds.append(time.perf_counter() - began)
    keras.backend.clear_session()
    return len(np.asarray(train)) / statistics.median(seconds[1:])
