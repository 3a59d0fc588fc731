"""Warm prediction of one image through the helper process against the bare call of the model.

    bare         model(x) in the same process, on pixels that are ready: no file, no way back
    compiled     the same through Keras's compiled predict_on_batch
    helper       from here: to the process, file read and prepared, predicted, the answer back
    upload       the same with the file's bytes sent along, as the page does with an upload
    with map     the helper once more, with Grad-CAM

Targets: helper / bare, and with map / helper. Networks have random weights, which take as long as
trained ones. Rounds alternate and medians are compared.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from core import runs
from core.data.catalog import load_catalog
from core.imaging.decode import read_image
from core.imaging.preprocess import prepare
from core.inference.loaded_models import load_classifier
from core.inference.predictor import predict
from core.inference.process import ask
from core.settings import Settings, read_settings
from core.training.config import configure, read_config

NETWORKS = ("MobileNetV2", "ResNet50")
ROUNDS, TARGET, TARGET_WITH_MAP = 25, 1.3, 3.0


def main() -> bool:
    """Measure both networks, print, and say whether the targets were met."""
    settings = read_settings()
    rows = load_catalog(settings)
    image = Path(rows.loc[rows["excluded"] == "", "path"].iloc[0])
    content, met = image.read_bytes(), True
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings, artifacts=Path(folder))
        for network in NETWORKS:
            run = ask(make_run, network, settings)
            ways: dict[str, Callable[[], float]] = {
                "bare": lambda run=run: ask(seconds_of_call, run, image, settings, False),
                "compiled": lambda run=run: ask(seconds_of_call, run, image, settings, True),
                "helper": lambda run=run: _timed(run, image, settings),
                "upload": lambda run=run: _timed(run, content, settings),
                "with map": lambda run=run: _timed(run, image, settings, "gradcam"),
            }
            seconds: dict[str, list[float]] = {way: [] for way in ways}
            for round_number in range(ROUNDS + 2):
                for way, measure in ways.items():
                    took = measure()
                    if round_number >= 2:  # the first rounds load and compile
                        seconds[way].append(took)
            median = {way: statistics.median(took) for way, took in seconds.items()}
            ratio, with_map = (
                median["helper"] / median["bare"],
                median["with map"] / median["helper"],
            )
            met &= ratio <= TARGET and with_map <= TARGET_WITH_MAP
            print(
                f"{network:12} "
                + "   ".join(f"{way} {1000 * took:.0f} ms" for way, took in median.items())
                + f"\n{'':12} helper / bare {ratio:.2f} (target {TARGET}: "
                f"{'met' if ratio <= TARGET else 'MISSED'}), helper / compiled "
                f"{median['helper'] / median['compiled']:.2f}, with map / helper {with_map:.2f} "
                f"(target {TARGET_WITH_MAP:.0f}: "
                f"{'met' if with_map <= TARGET_WITH_MAP else 'MISSED'})",
                flush=True,
            )
    return met


def make_run(network: str, settings: Settings) -> runs.Run:
    """A finished run of ``network`` with random weights; called in the process, which has Keras."""
    from core.models.classifier import build_classifier

    config = configure(network, "quick", weights="none")
    run = runs.create_run(settings.runs, config.model_dump(mode="json"), "benchmark")
    build_classifier(network, config.classes, config.head, "none", settings).save(run.model_path)
    runs.write_status(run, state=runs.FINISHED)
    return runs.read_run(settings.runs, run.id)


def seconds_of_call(run: runs.Run, image: Path, settings: Settings, compiled: bool) -> float:
    """Seconds of one call of the run's model on prepared pixels; called in the process."""
    import numpy as np

    config, model = read_config(run.config), load_classifier(run)
    pixels = prepare(read_image(image, settings.max_pixels), config.preprocess, config.size)
    batch = pixels[None, :, :, None]
    began = time.perf_counter()
    np.asarray(model.predict_on_batch(batch) if compiled else model(batch))
    return time.perf_counter() - began


def _timed(run: runs.Run, image: Path | bytes, settings: Settings, explain: str = "") -> float:
    began = time.perf_counter()
    ask(predict, run, image, settings, name="upload.png", explain=explain)
    return time.perf_counter() - began
