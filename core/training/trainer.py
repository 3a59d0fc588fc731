"""The training of one run, from its config to its model and its predictions, top to bottom.

Holds ``train_run``. It leaves in the run folder: history.csv, model.keras, images.csv (every image
that took part, and on which side) and predictions.csv. What those are worth is computed in
``core.evaluation``; when a run's turn comes is decided in ``core.training.worker``.
"""

import time

import keras
import numpy as np
import pandas as pd

from core import runs
from core.data.catalog import limit_rows, load_catalog, select_rows
from core.data.splits import Split, make_split
from core.files import whole_file
from core.imaging.prepared import Prepared, open_prepared
from core.models.classifier import backbone_model, build_classifier, head_model, set_trainable
from core.models.head import standardise_features
from core.settings import Settings
from core.training.batches import Batches
from core.training.config import RunConfig, read_config
from core.training.device import device_name
from core.training.features import FeatureBatches, Features, extract_features
from core.training.progress import Progress
from core.training.recorder import Recorder
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

    rows = select_rows(load_catalog(settings, progress), config.cohort, config.labels)
    if config.limit:
        rows = limit_rows(rows, config.limit, config.seed)
    progress.note(synthetic=bool(rows["synthetic"].any()))
    split = make_split(rows, config.split)
    pixels = open_prepared(rows, config.preprocess, config.size, settings, progress)
    labels = keras.utils.to_categorical(rows["label_index"], len(config.classes))
    _write_images(run, rows, split)

    progress("Building the network", 0, 1)
    model = build_classifier(
        config.backbone, config.classes, config.head, config.weights, settings,
        config.image_size, config.seed,
    )  # fmt: skip
    recorder = Recorder(progress)
    feature_seconds = training_seconds = 0.0

    if config.head_epochs:
        began = time.monotonic()
        features = extract_features(
            backbone_model(model), config, pixels, rows["sha256"], split, settings, progress
        )
        feature_seconds = time.monotonic() - began
        training_seconds += _train_head(model, features, labels, split, config, recorder)
    if config.epochs:
        training_seconds += _train_network(model, pixels, labels, split, config, recorder, settings)
    recorder.close()

    # A fresh wrapper of the same layers leaves the optimiser's state out of the file.
    with whole_file(run.model_path) as temporary:
        keras.Model(model.inputs, model.outputs, name=config.backbone).save(temporary)

    # Compiling the prediction is no part of testing: one batch goes through before the clock runs.
    predict_pixels(model, pixels, split.validation[:PREDICTION_BATCH])
    if config.epochs:
        timed = split.validation
        began = time.monotonic()
        probabilities = predict_pixels(model, pixels, timed, progress)
    else:
        timed = split.validation[:TIMED_IMAGES]
        head = head_model(model)
        probabilities = np.concatenate(
            [np.asarray(head.predict_on_batch(part)) for part in features.parts(split.validation)]
        )
        began = time.monotonic()
        _must_agree(predict_pixels(model, pixels, timed, progress), probabilities[: len(timed)])
    testing_seconds = (time.monotonic() - began) * len(split.validation) / len(timed)
    _write_predictions(run, rows.iloc[split.validation], probabilities, config.classes)

    return {
        "n_training": len(split.train),
        "n_validation": len(split.validation),
        "overlap_patients": split.overlap_patients,
        "overlap_images": split.overlap_images,
        "synthetic": bool(rows["synthetic"].any()),
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
    model: keras.Model,
    features: Features,
    labels: np.ndarray,
    split: Split,
    config: RunConfig,
    recorder: Recorder,
) -> float:
    standardise_features(model, features.parts(split.train))
    return _fit(
        head_model(model),
        FeatureBatches(features, split.train, labels, config.batch_size, config.seed, shuffle=True),
        FeatureBatches(features, split.validation, labels, 256, config.seed, shuffle=False),
        ("Training the head", config.head_epochs, config.head_learning_rate),
        labels[split.train],
        config,
        recorder,
    )


def _train_network(
    model: keras.Model,
    pixels: Prepared,
    labels: np.ndarray,
    split: Split,
    config: RunConfig,
    recorder: Recorder,
    settings: Settings,
) -> float:
    set_trainable(model, config.trainable_fraction, freeze_batch_norm=config.weights != "none")
    return _fit(
        model,
        Batches(
            pixels, split.train, labels[split.train], config.batch_size,
            augment=config.augment, shuffle=True, seed=config.seed, threads=settings.threads,
        ),
        Batches(pixels, split.validation, labels[split.validation], config.batch_size),
        ("Training the network", config.epochs, config.learning_rate),
        labels[split.train],
        config,
        recorder,
    )  # fmt: skip


def _fit(
    model: keras.Model,
    batches: keras.utils.PyDataset,
    validation: keras.utils.PyDataset,
    phase: tuple[str, int, float],
    labels: np.ndarray,
    config: RunConfig,
    recorder: Recorder,
) -> float:
    name, epochs, peak = phase
    steps = len(batches)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            SCHEDULES[config.schedule](peak, epochs * steps), weight_decay=config.weight_decay
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
        metrics=["accuracy"],
    )
    recorder.begin(name, epochs, steps)
    began = time.monotonic()
    model.fit(
        batches,
        epochs=epochs,
        validation_data=validation,
        class_weight=_class_weights(labels) if config.class_weighting == "balanced" else None,
        callbacks=[recorder],
        # The batches shuffle themselves, with the run's seed.
        shuffle=False,
        verbose=0,
    )
    recorder.end_phase()
    return time.monotonic() - began


def _class_weights(labels: np.ndarray) -> dict[int, float]:
    counts = np.maximum(labels.sum(axis=0), 1)
    return {i: float(labels.shape[0] / (len(counts) * n)) for i, n in enumerate(counts)}


def _must_agree(whole: np.ndarray, stored: np.ndarray) -> None:
    if not np.allclose(whole, stored, atol=1e-3):
        worst = float(np.abs(whole - stored).max())
        raise RuntimeError(
            f"The stored features give other probabilities than the images themselves (by up to "
            f"{worst:.3f}). Delete artifacts/features and train again."
        )


def _write_images(run: runs.Run, rows: pd.DataFrame, split: Split) -> None:
    side = np.full(len(rows), "training", dtype=object)
    side[split.validation] = "validation"
    table = rows[["id", "sha256", "patient", "source", "finding", "label"]].assign(side=side)
    with whole_file(run.folder / "images.csv") as temporary:
        table.to_csv(temporary, index=False)


def _write_predictions(
    run: runs.Run, rows: pd.DataFrame, probabilities: np.ndarray, classes: tuple[str, ...]
) -> None:
    table = rows[["id", "path", "patient", "source", "finding", "label"]].assign(
        predicted=np.array(classes)[probabilities.argmax(axis=1)],
        **{f"p_{name}": probabilities[:, i] for i, name in enumerate(classes)},
    )
    with whole_file(run.folder / "predictions.csv") as temporary:
        table.to_csv(temporary, index=False, float_format="%.7g")
