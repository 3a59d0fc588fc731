"""The training of one run, from its config to its model and its predictions, top to bottom.

Holds ``train_run``. It leaves in the run folder: images.csv, history.csv, model.keras and
predictions.csv. What those are worth is computed in ``core.evaluation``; when a run's turn comes is
decided in ``core.training.worker``.
"""

import time

import keras
import numpy as np

from core import runs
from core.files import whole_file
from core.imaging.prepared import Prepared
from core.models.classifier import add_head, build_feature_reader, head_model, set_trainable
from core.models.head import standardise_features
from core.settings import Settings
from core.training.batches import Batches, EpochFollower
from core.training.config import RunConfig, read_config
from core.training.device import device_name
from core.training.devices_together import shared_out
from core.training.features import FeatureBatches, Features, extract_features
from core.training.learning_rate import LearningRate
from core.training.logs import log_callbacks
from core.training.optimizer import build_loss, build_optimizer
from core.training.precision import agreement
from core.training.progress import Progress
from core.training.recorder import Recorder
from core.training.run_data import RunData, assemble, write_images, write_predictions
from core.training.schedule import SCHEDULES

# Prediction batches have one size, so that the network is compiled for prediction once.
PREDICTION_BATCH = 32
# A head trained on stored features is checked and timed on this many images through the whole
# network; reading all of them again would take longer than training the head.
TIMED_IMAGES = 128


def train_run(run: runs.Run, settings: Settings, progress: Progress) -> dict:
    """Train one run; return what was measured on the way, for metrics.json.

    Keys: n_training, n_validation, overlap_patients, overlap_images, synthetic, backend, device,
    feature_seconds (reading images through the frozen backbone; near 0 when all were stored),
    training_seconds (fitting), testing_seconds (all validation images through the whole network),
    testing_images_timed. Raises UserError for what a person can put right, StopRun on request.
    """
    config = read_config(run.config)
    keras.utils.set_random_seed(config.seed)
    progress.note(device=device_name())
    data = assemble(config, settings, progress)
    progress.note(synthetic=data.synthetic)
    write_images(run, data)

    progress("Building the network", 0, 1)
    reader = build_feature_reader(
        config.backbone,
        config.weights,
        settings,
        config.head.pooling,
        config.image_size,
        config.scaling,
        config.seed,
    )
    model = add_head(reader, config.classes, config.head)
    features, feature_seconds, training_seconds = None, 0.0, 0.0
    with Recorder(progress) as recorder:
        if config.head_epochs:
            began = time.monotonic()
            features = extract_features(reader, config, data, settings, progress)
            feature_seconds = time.monotonic() - began
            training_seconds += _train_head(model, features, data, config, recorder)
        if config.epochs:
            training_seconds += _train_network(model, data, config, recorder, settings)

    # A fresh wrapper of the same layers leaves the optimiser's state out of the file.
    with whole_file(run.model_path) as temporary:
        keras.Model(model.input, model.output, name=model.name).save(temporary)

    validation = data.split.validation
    # Compiling is no part of testing: one batch goes through before the clock runs.
    predict_pixels(model, data.pixels, validation[:PREDICTION_BATCH])
    timed = validation if config.epochs else validation[:TIMED_IMAGES]
    began = time.monotonic()
    probabilities = predict_pixels(model, data.pixels, timed, progress)
    testing_seconds = (time.monotonic() - began) * len(validation) / len(timed)
    if not config.epochs:
        whole, head = probabilities, head_model(model)
        probabilities = np.concatenate(
            [np.asarray(head.predict_on_batch(part)) for part in features.parts(validation)]
        )
        _must_agree(whole, probabilities[: len(whole)])
    write_predictions(run, data, probabilities, config.classes)

    return {
        "n_training": len(data.split.train),
        "n_validation": len(validation),
        "overlap_patients": data.split.overlap_patients,
        "overlap_images": data.split.overlap_images,
        "synthetic": data.synthetic,
        "backend": keras.backend.backend(),
        "device": device_name(),
        "feature_seconds": feature_seconds,
        "training_seconds": training_seconds,
        "testing_seconds": testing_seconds,
        "testing_images_timed": len(timed),
    }


def predict_pixels(
    model: keras.Model, pixels: Prepared, positions: np.ndarray, progress: Progress | None = None
) -> np.ndarray:
    """Class probabilities, (n, k) float32, of the prepared images at ``positions``."""
    answers = []
    for start in range(0, len(positions), PREDICTION_BATCH):
        chosen = positions[start : start + PREDICTION_BATCH]
        batch = np.zeros((PREDICTION_BATCH, *model.input_shape[1:]), np.uint8)
        batch[: len(chosen), :, :, 0] = pixels.take(chosen)
        answers.append(np.asarray(model.predict_on_batch(batch))[: len(chosen)])
        if progress:
            progress("Testing on the validation images", start + len(chosen), len(positions))
    return np.concatenate(answers)


def _train_head(
    model: keras.Model, features: Features, data: RunData, config: RunConfig, recorder: Recorder
) -> float:
    train, validation = data.split.train, data.split.validation
    standardise_features(model, features.parts(train))
    return _fit(
        head_model(model),
        ("Training the head", config.head_epochs, config.head_learning_rate),
        FeatureBatches(
            features, train, data.labels, len(config.classes), config.batch_size, config.seed, True
        ),
        FeatureBatches(features, validation, data.labels, len(config.classes), 256),
        data.labels[train],
        config,
        recorder,
    )


def _train_network(
    model: keras.Model, data: RunData, config: RunConfig, recorder: Recorder, settings: Settings
) -> float:
    # ImageNet's statistics are worth more than those of small batches; random weights have none.
    set_trainable(model, config.trainable_fraction, freeze_batch_norm=config.weights != "none")
    train, validation = data.split.train, data.split.validation
    labels, classes = data.labels, len(config.classes)
    return _fit(
        model,
        ("Training the network", config.epochs, config.learning_rate),
        Batches(
            data.pixels,
            train,
            labels[train],
            classes,
            config.batch_size,
            augment=config.augment,
            shuffle=True,
            seed=config.seed,
            threads=settings.threads,
        ),
        Batches(data.pixels, validation, labels[validation], classes, PREDICTION_BATCH),
        labels[train],
        config,
        recorder,
    )


def _fit(
    model: keras.Model,
    phase: tuple[str, int, float],
    batches: Batches | FeatureBatches,
    validation: Batches | FeatureBatches,
    labels: np.ndarray,
    config: RunConfig,
    recorder: Recorder,
) -> float:
    name, epochs, peak = phase
    steps = len(batches)
    rate = SCHEDULES[config.schedule](peak, epochs * steps, config.cyclical_learning_rate)
    model.compile(
        optimizer=build_optimizer(config.optimizer, config.weight_decay),
        loss=build_loss(config.loss, config.label_smoothing),
        metrics=["accuracy"],
    )
    recorder.begin(name, epochs, steps)
    began = time.monotonic()
    weights = _class_weights(labels) if config.class_weighting == "balanced" else None
    model.fit(
        **shared_out(batches, validation, weights),
        epochs=epochs,
        callbacks=[
            EpochFollower(batches),
            LearningRate(rate),
            *_choosers(config),
            recorder,
            *log_callbacks(recorder.progress.run, recorder.epochs_before),
        ],
        # The batches shuffle themselves, with the run's seed.
        shuffle=False,
        verbose=0,
    )
    recorder.end_phase()
    return time.monotonic() - began


def _choosers(config: RunConfig) -> list[keras.callbacks.Callback]:
    """What ends a phase early and what goes back to its best epoch, by validation loss."""
    best = config.keep == "best"
    if not (config.early_stopping or best):
        return []
    return [
        keras.callbacks.EarlyStopping(
            monitor="val_loss",
            # Without early stopping the patience outlasts the phase.
            patience=config.early_stopping or config.head_epochs + config.epochs,
            restore_best_weights=best,
        )
    ]


def _class_weights(labels: np.ndarray) -> dict[int, float]:
    names, counts = np.unique(labels, return_counts=True)
    return {int(i): len(labels) / (len(names) * n) for i, n in zip(names, counts, strict=True)}


def _must_agree(whole: np.ndarray, stored: np.ndarray) -> None:
    worst = float(np.abs(whole - stored).max())
    if worst > agreement():
        raise RuntimeError(
            f"The stored features give probabilities that differ from the whole network's by up to "
            f"{worst:.3f}; delete artifacts/features and train again"
        )
