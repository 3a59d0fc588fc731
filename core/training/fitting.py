"""The phases of a run, and how one of them is fitted from its beginning or from a checkpoint.

Holds ``Phase``, the two kinds of it, and ``fit``. Which phases a run has, and what follows them,
stands in ``core.training.trainer``; what a checkpoint holds in ``core.training.checkpoint``.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from core.models.classifier import head_model, set_trainable
from core.models.head import standardise_features
from core.settings import Settings
from core.training.batches import Batches, EpochFollower, Remaining
from core.training.best_epoch import BestEpoch
from core.training.checkpoint import Checkpoint, Checkpointer
from core.training.config import RunConfig
from core.training.features import FeatureBatches, Features
from core.training.learning_rate import LearningRate
from core.training.optimizer import build_loss, build_optimizer
from core.training.progress import StopRun
from core.training.recorder import Recorder
from core.training.run_data import RunData
from core.training.schedule import SCHEDULES

HEAD, NETWORK = "Training the head", "Training the network"
# Prediction batches have one size, so that the network is compiled for prediction once.
PREDICTION_BATCH = 32
FEATURE_BATCH = 256


@dataclass(frozen=True)
class Phase:
    """What one phase trains, on what, for how long.

    ``labels`` (n,) int64 are those of the training images; ``peak`` is the learning rate that the
    schedule is given.
    """

    name: str
    model: keras.Model
    batches: Batches | FeatureBatches
    validation: Batches | FeatureBatches
    labels: np.ndarray
    epochs: int
    peak: float


def head_phase(model: keras.Model, features: Features, data: RunData, config: RunConfig) -> Phase:
    """The head on stored features, the backbone being frozen.

    Shows the features to the layer that centres and scales them.
    """
    train, validation = data.split.train, data.split.validation
    standardise_features(model, features.parts(train))
    labels, classes = data.labels, len(config.classes)
    return Phase(
        HEAD,
        head_model(model),
        FeatureBatches(features, train, labels, classes, config.batch_size, config.seed, True),
        FeatureBatches(features, validation, labels, classes, FEATURE_BATCH),
        labels[train],
        config.head_epochs,
        config.head_learning_rate,
    )


def network_phase(
    model: keras.Model, data: RunData, config: RunConfig, settings: Settings
) -> Phase:
    """The head and the chosen share of the backbone, on augmented pixels."""
    # ImageNet's statistics are worth more than those of small batches; random weights have none.
    set_trainable(model, config.trainable_fraction, freeze_batch_norm=config.weights != "none")
    train, validation = data.split.train, data.split.validation
    labels, classes = data.labels, len(config.classes)
    batches = Batches(
        data.pixels,
        train,
        labels[train],
        classes,
        config.batch_size,
        augment=config.augment,
        shuffle=True,
        seed=config.seed,
        threads=settings.threads,
    )
    checked = Batches(data.pixels, validation, labels[validation], classes, PREDICTION_BATCH)
    return Phase(
        NETWORK, model, batches, checked, labels[train], config.epochs, config.learning_rate
    )


def compile_phase(phase: Phase, config: RunConfig) -> None:
    """Give the phase's model its optimiser, loss and metric."""
    phase.model.compile(
        optimizer=build_optimizer(config.optimizer, config.weight_decay),
        loss=build_loss(config.loss, config.label_smoothing),
        metrics=["accuracy"],
    )


def class_weights(labels: np.ndarray, config: RunConfig) -> dict[int, float] | None:
    """How much each class counts: in inverse proportion to its n, or None for all the same."""
    if config.class_weighting == "none":
        return None
    names, counts = np.unique(labels, return_counts=True)
    return {int(i): len(labels) / (len(names) * n) for i, n in zip(names, counts, strict=True)}


def fit(
    phase: Phase,
    config: RunConfig,
    recorder: Recorder,
    path: Path,
    saved: Checkpoint | None = None,
) -> None:
    """Train ``phase`` to its end, from its beginning or from where ``saved`` was taken.

    Leaves a checkpoint at ``path``, the last one at the end of the phase. A run that goes on has
    the weights, history and learning rates of one that was never interrupted, within float noise.
    Raises StopRun on request, with a checkpoint of that very batch.
    """
    model, steps = phase.model, len(phase.batches)
    compile_phase(phase, config)
    best = BestEpoch(config.early_stopping, config.keep == "best")
    epoch, batch = 0, 0
    if saved:
        saved.restore(model)
        best.restore(saved.position["best"], saved.arrays["best"])
        epoch, batch = saved.position["epoch"], saved.position["batch"]
    recorder.begin(phase.name, phase.epochs, steps, epoch, batch)
    checkpointer = Checkpointer(
        path,
        lambda: Checkpoint.take(
            model, recorder.position() | {"best": best.state()}, {"best": best.weights}
        ),
    )
    rate = SCHEDULES[config.schedule](
        phase.peak, phase.epochs * steps, config.cyclical_learning_rate
    )
    followers = [best, recorder, checkpointer]

    def pass_over(batches: keras.utils.PyDataset, first: int, last: int, step: int, *more) -> None:
        model.fit(
            batches,
            initial_epoch=first,
            epochs=last,
            validation_data=phase.validation,
            class_weight=class_weights(phase.labels, config),
            callbacks=[*more, EpochFollower(phase.batches), LearningRate(rate, step), *followers],
            # The batches shuffle themselves, with the run's seed.
            shuffle=False,
            verbose=0,
        )

    try:
        if batch == steps:
            _end_epoch(phase, saved, followers)
        elif batch:
            means = keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda *_: saved.restore_metrics(model)
            )
            step = epoch * steps + batch
            pass_over(Remaining(phase.batches, batch), epoch, epoch + 1, step, means)
        epoch += batch > 0
        if epoch < phase.epochs and not best.ended:
            pass_over(phase.batches, epoch, phase.epochs, epoch * steps)
    except StopRun:
        checkpointer.save()
        raise
    best.finish(model)
    checkpointer.save()
    recorder.end_phase()


def _end_epoch(phase: Phase, saved: Checkpoint, followers: list[keras.callbacks.Callback]) -> None:
    # All batches of the epoch were seen, and its end was not reached: it was checking.
    for follower in followers:
        follower.set_model(phase.model)
    checked = phase.model.evaluate(
        phase.validation, callbacks=followers, return_dict=True, verbose=0
    )
    logs = saved.position["logs"] | {f"val_{name}": value for name, value in checked.items()}
    for follower in followers:
        follower.on_epoch_end(saved.position["epoch"], logs)
