"""Images per second of a folder of files through a finished run, against the network alone.

    folder     core.inference.batch: files read, decoded, prepared with CLAHE, judged against the
               run's training images, predicted, in order
    predict    `model.predict` at batch 32 on the same images, which lie prepared in memory

What is lost between the two is what reading, preparing and judging cost beside the network. Random
weights cost what any others cost. Rounds alternate and medians are compared; the first round, in
which TensorFlow compiles, is not counted. CHESTBENCH_BENCHMARK_IMAGES takes another number of
images.
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
from core.imaging.decode import read_image
from core.imaging.given_images import images_at
from core.imaging.preprocess import prepare
from core.inference.batch import predict_images
from core.inference.familiarity import make_in_parts
from core.inference.loaded_models import load_classifier
from core.models.classifier import build_classifier
from core.settings import Settings, read_settings
from core.training.config import RunConfig, configure
from core.training.run_data import divide, sides_table

NETWORKS = ("MobileNetV2", "ResNet50")
IMAGES, ROUNDS, TARGET = int(os.environ.get("CHESTBENCH_BENCHMARK_IMAGES", "1000")), 3, 1.1


def main() -> bool:
    """Measure both networks, print, and say whether the target was met."""
    met = True
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(read_settings(), artifacts=Path(folder))
        for name in NETWORKS:
            met &= _measure(name, settings)
            keras.backend.clear_session()
    return met


def _measure(name: str, settings: Settings) -> bool:
    config = configure(name, "quick", weights="none", cohort="all", limit=IMAGES)
    run, files = _random_run(config, settings)
    make_in_parts(run, settings, lambda *step: None)
    model = load_classifier(run)
    pixels = np.stack(
        [
            prepare(read_image(path, settings.max_pixels), config.preprocess, config.size)
            for path in sorted(files.iterdir())
        ]
    )[..., np.newaxis]
    ways = {
        "folder": lambda: list(predict_images(run, images_at([files]), settings)),
        "predict": lambda: model.predict(pixels, batch_size=32, verbose=0),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for round_number in range(ROUNDS + 1):
        for way, work in ways.items():
            began = time.perf_counter()
            work()
            if round_number:
                seconds[way].append(time.perf_counter() - began)
    folder, predict = (statistics.median(seconds[way]) for way in ways)
    ratio = folder / predict
    print(
        f"{name}, {len(pixels):,} images: folder {len(pixels) / folder:.1f} images/s, "
        f"model.predict {len(pixels) / predict:.1f} images/s, time ratio {ratio:.2f}   "
        f"(target {TARGET}: {'met' if ratio <= TARGET else 'MISSED'})",
        flush=True,
    )
    return ratio <= TARGET


def _random_run(config: RunConfig, settings: Settings) -> tuple[runs.Run, Path]:
    rows, split = divide(config, settings, lambda *step: None)
    run = runs.create_run(settings.runs, config.model_dump(mode="json"), "benchmark")
    files = run.folder / "files"
    files.mkdir()
    for number, path in enumerate(map(Path, rows["path"])):
        (files / f"{number:04d}{path.suffix}").symlink_to(path)
    sides_table(rows, split).to_csv(run.folder / "images.csv", index=False)
    model = build_classifier(config.backbone, config.classes, config.head, "none", settings)
    model.save(run.model_path)
    runs.write_status(run, state=runs.FINISHED)
    return runs.read_run(settings.runs, run.id), files
