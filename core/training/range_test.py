"""The learning-rate range test (Smith 2017, section 3.3): a short training at ever higher rates.

Holds ``range_test``, which leaves curve.csv in the folder of the test. What the curve says stands
in ``core.training.rate_suggestion``.
"""

import csv
import math
import time
from dataclasses import asdict

import keras

from core import runs
from core.files import disk_errors
from core.models.classifier import add_head
from core.settings import Settings
from core.training.batches import EpochFollower
from core.training.device import device_name
from core.training.devices_together import shared_out
from core.training.features import extract_features
from core.training.fitting import (
    Phase,
    class_weights,
    compile_phase,
    head_phase,
    network_phase,
)
from core.training.learning_rate import LearningRate
from core.training.progress import Progress
from core.training.range_config import RangeTest, RangeTestConfig, read_range_test
from core.training.rate_suggestion import smooth, suggest
from core.training.run_data import RunData, assemble
from core.training.trainer import feature_reader

# A loss this many times its lowest does not come back; fastai's LRFinder ends there too.
DIVERGED = 4.0


def range_test(run: runs.Run, settings: Settings, progress: Progress) -> dict:
    """Train the run's network with a rising learning rate; return what metrics.json shall hold.

    Keys: base_lr, max_lr (None without a suggestion), reason, backend, device, seconds (of
    fitting). Images, batches, loss, optimiser and trained layers are those of the run. A run that
    trains the head and then the network is tested on the network, with a head that knows nothing
    yet. Passes over the training images follow each other until all rates had their step. Raises
    UserError for what a person can put right, StopRun on request.
    """
    config = read_range_test(run.config)
    keras.utils.set_random_seed(config.seed)
    progress.note(device=device_name())
    data = assemble(config, settings, progress)
    progress.note(synthetic=data.synthetic)
    phase = _phase(config, data, settings, progress)
    compile_phase(phase, config)
    with CurveRecorder(config.range_test, progress) as curve:
        began = time.monotonic()
        phase.model.fit(
            shared_out(phase.batches, class_weights(phase.labels, config)),
            epochs=math.ceil(config.range_test.steps / len(phase.batches)),
            callbacks=[EpochFollower(phase.batches), LearningRate(config.range_test.rate), curve],
            shuffle=False,
            verbose=0,
        )
        seconds = time.monotonic() - began
    return asdict(suggest(curve.rates, curve.losses)) | {
        "backend": keras.backend.backend(),
        "device": device_name(),
        "seconds": seconds,
    }


def _phase(config: RangeTest, data: RunData, settings: Settings, progress: Progress) -> Phase:
    progress("Building the network", 0, 1)
    reader = feature_reader(config, settings)
    model = add_head(reader, config.classes, config.head)
    if config.epochs:
        return network_phase(model, data, config, settings)
    features = extract_features(reader, config, data, settings, progress)
    return head_phase(model, features, data, config)


class CurveRecorder(keras.callbacks.Callback):
    """Appends a row per batch to curve.csv, flushed as it comes; ends the training in time.

    That is after the last rate, at a loss that is no number, or when the smoothed loss is over
    DIVERGED times its lowest. ``rates`` and ``losses`` hold the curve so far: the loss of each
    batch alone, before the step that is made from it. Used as a context manager, which closes the
    file, and after ``LearningRate`` in the list of callbacks. Raises StopRun at the end of the
    batch in which a stop was requested, and UserError when the disk is full.
    """

    def __init__(self, config: RangeTestConfig, progress: Progress):
        super().__init__()
        self.config, self.progress = config, progress
        self.rates: list[float] = []
        self.losses: list[float] = []
        self._path = progress.run.folder / "curve.csv"
        with disk_errors(self._path):
            self._file = self._path.open("w", newline="", encoding="utf-8")
            self._table = csv.writer(self._file)
            self._table.writerow(runs.CURVE_COLUMNS)
            self._file.flush()
        self._report()

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        # Keras reports the mean loss since the last reset, which it does once per epoch.
        self.model.reset_metrics()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.rates.append(self.config.rate(len(self.rates)))
        self.losses.append(float(logs["loss"]))
        smoothed = smooth(self.losses, self.config.steps_per_decade)
        row = (self.rates[-1], self.losses[-1], smoothed[-1])
        with disk_errors(self._path):
            self._table.writerow([len(self.rates), *(f"{value:.9g}" for value in row)])
            self._file.flush()
        # A comparison with a loss that is no number is false.
        going_well = smoothed[-1] <= DIVERGED * smoothed.min()
        if len(self.rates) == self.config.steps or not going_well:
            self.model.stop_training = True
        self._report()

    def _report(self) -> None:
        self.progress("Raising the learning rate", len(self.rates), self.config.steps)

    def __enter__(self) -> "CurveRecorder":
        return self

    def __exit__(self, *_: object) -> None:
        # Closing writes once more what a full disk has refused.
        with disk_errors(self._path):
            self._file.close()
