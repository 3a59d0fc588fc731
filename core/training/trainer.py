"""The training of one run, from its config to its model and its predictions, top to bottom.

Holds ``train_run``. It leaves in the run folder: images.csv, history.csv, model.keras,
predictions.csv, calibration.csv where images were held back for it, and until the run has finished
a checkpoint. How one phase is fitted stands in ``core.training.fitting``; what predictions are
worth is computed in ``core.evaluation``; when a run's turn comes is decided in
``core.training.worker``.
"""

import time
from collections.abc import Sequence
from functools import lru_cache

import keras
import numpy as np

from core import runs
from core.files import whole_file
from core.imaging.prepared import Prepared
from core.models.classifier import add_head, build_feature_reader, head_model
from core.models.weights import weights_fingerprint
from core.settings import Settings
from core.training.checkpoint import Checkpoint
from core.training.config import RunConfig, read_config
from core.training.device import device_name, devices_at_work
from core.training.features import Features, extract_features
from core.training.fitting import HEAD, PREDICTION_BATCH, fit, head_phase, network_phase
from core.training.precision import agreement
from core.training.progress import Progress
from core.training.recorder import Recorder
from core.training.run_data import (
    RunData,
    assemble,
    same_images,
    write_calibration,
    write_images,
    write_predictions,
)

# A head trained on stored features is checked and timed on images that go through the whole
# network for at least so long; reading all of them again would take longer than training the head.
TIMED_SECONDS = 1.0


def train_run(run: runs.Run, settings: Settings, progress: Progress) -> dict:
    """Train one run, from its checkpoint where it has one; return what was measured on the way.

    Keys, for metrics.json: n_training, n_validation, n_calibration (where images were held back
    from training to set a temperature on), overlap_patients, overlap_images, synthetic,
    backend, device, feature_seconds (reading images through the frozen backbone; near 0 when all
    were stored), training_seconds (fitting), testing_seconds (all validation images through the
    whole network), testing_images_timed. Raises UserError for what a person can put right, StopRun
    on request.
    """
    config = read_config(run.config)
    keras.utils.set_random_seed(config.seed)
    progress.note(device=device_name())
    data = assemble(config, settings, progress)
    progress.note(synthetic=data.synthetic)
    progress("Building the network", 0, 1)
    reader = feature_reader(config, settings)
    model = add_head(reader, config.classes, config.head)
    saved = _saved(run, data, model, progress)
    write_images(run, data)

    features = None
    with Recorder(progress, saved and saved.position) as recorder:
        in_head = saved is None or saved.position["phase"] == HEAD
        if config.head_epochs and (in_head or not config.epochs):
            began = time.monotonic()
            features = extract_features(reader, config, data, settings, progress)
            spent = recorder.beside.get("feature_seconds", 0.0) + time.monotonic() - began
            recorder.beside["feature_seconds"] = spent
        if config.head_epochs and in_head:
            phase = head_phase(model, features, data, config)
            fit(phase, config, recorder, run.checkpoint_path, saved)
            saved = None
        if config.epochs:
            phase = network_phase(model, data, config, settings)
            fit(phase, config, recorder, run.checkpoint_path, saved)

    # A fresh wrapper of the same layers leaves the optimiser's state out of the file.
    with whole_file(run.model_path) as temporary:
        keras.Model(model.input, model.output, name=model.name).save(temporary)

    validation, calibration = data.split.validation, data.split.calibration
    # Compiling is no part of testing.
    if config.epochs:
        _compile_prediction(model)
        probabilities, seconds = _test([model], data.pixels, validation, progress)
        timed = len(validation)
        held_back = (
            _test([model], data.pixels, calibration, progress, what="calibration images")[0]
            if len(calibration)
            else None
        )
    else:
        # The parts of the network, so that one process compiles the backbone once for many heads.
        parts = [reader, head_model(model)]
        _compile_prediction(parts[1])
        read, seconds = _test(parts, data.pixels, validation, progress, TIMED_SECONDS)
        probabilities = _from_features(parts[1], features, validation)
        _must_agree(read, probabilities[: len(read)])
        timed = len(read)
        held_back = _from_features(parts[1], features, calibration) if len(calibration) else None
    write_predictions(run, data, probabilities, config.classes)
    if held_back is not None:
        write_calibration(run, data, held_back, config.classes)

    return {
        "n_training": len(data.split.train),
        "n_validation": len(validation),
        **({"n_calibration": len(calibration)} if len(calibration) else {}),
        "overlap_patients": data.split.overlap_patients,
        "overlap_images": data.split.overlap_images,
        "synthetic": data.synthetic,
        "backend": keras.backend.backend(),
        "device": device_name(),
        "feature_seconds": recorder.beside.get("feature_seconds", 0.0),
        "training_seconds": recorder.seconds,
        "testing_seconds": seconds * len(validation) / timed,
        "testing_images_timed": timed,
    }


def feature_reader(config: RunConfig, settings: Settings) -> keras.Model:
    """The backbone of a run; shared by runs that follow each other and leave it as it is."""
    chosen = (
        config.backbone,
        config.weights,
        settings,
        config.head.pooling,
        config.image_size,
        config.scaling,
        config.seed if config.weights == "none" else 0,
    )
    if config.epochs:
        return build_feature_reader(*chosen[:-1], config.seed)
    fingerprint = weights_fingerprint(config.backbone, config.weights, settings)
    computing = (keras.config.dtype_policy().name, devices_at_work())
    reader = _frozen_reader(chosen, fingerprint, computing)
    # The head begins the same whether the backbone was built for it or for a run before it.
    keras.utils.set_random_seed(config.seed)
    return reader


@lru_cache(maxsize=1)
def _frozen_reader(chosen: tuple, fingerprint: str, computing: tuple) -> keras.Model:
    reader = build_feature_reader(*chosen)
    _compile_prediction(reader)
    return reader


def _compile_prediction(model: keras.Model) -> None:
    # Keras compiles at the first batch of a shape.
    shape = (PREDICTION_BATCH, *model.input_shape[1:])
    model.predict_on_batch(np.zeros(shape, model.inputs[0].dtype))


def _saved(
    run: runs.Run, data: RunData, model: keras.Model, progress: Progress
) -> Checkpoint | None:
    """The run's checkpoint, if it can go on from it."""
    saved = Checkpoint.read(run.checkpoint_path)
    if saved and not same_images(run, data):
        words = "The images have changed since this run began, so it began anew."
        print(words, flush=True)
        progress.note(message=words)
        return None
    part = head_model(model) if saved and saved.position["phase"] == HEAD else model
    return saved if saved and saved.fits(part) else None


def _test(
    models: Sequence[keras.Model],
    pixels: Prepared,
    positions: np.ndarray,
    progress: Progress,
    enough_seconds: float = float("inf"),
    what: str = "validation images",
) -> tuple[np.ndarray, float]:
    """Probabilities (n, k) of the images at ``positions``, through ``models`` in turn, and seconds.

    Ends after the first batch that comes later than ``enough_seconds``.
    """
    answers, began = [], time.monotonic()
    for start in range(0, len(positions), PREDICTION_BATCH):
        answers.append(_predict(models, pixels, positions[start : start + PREDICTION_BATCH]))
        progress(
            f"Testing on the {what}",
            min(start + PREDICTION_BATCH, len(positions)),
            len(positions),
        )
        if time.monotonic() - began > enough_seconds:
            break
    return np.concatenate(answers), time.monotonic() - began


def _from_features(head: keras.Model, features: Features, positions: np.ndarray) -> np.ndarray:
    parts = features.parts(positions)
    return np.concatenate([np.asarray(head.predict_on_batch(part)) for part in parts])


def _predict(models: Sequence[keras.Model], pixels: Prepared, chosen: np.ndarray) -> np.ndarray:
    batch = np.zeros((PREDICTION_BATCH, *models[0].input_shape[1:]), np.uint8)
    batch[: len(chosen), :, :, 0] = pixels.take(chosen)
    for model in models:
        batch = np.asarray(model.predict_on_batch(batch))
    return batch[: len(chosen)]


def _must_agree(whole: np.ndarray, stored: np.ndarray) -> None:
    worst = float(np.abs(whole - stored).max())
    if worst > agreement():
        raise RuntimeError(
            f"The stored features give probabilities that differ from the whole network's by up to "
            f"{worst:.3f}; delete artifacts/features and train again"
        )
