"""The cheat test: can the same features and head do without the lungs?

Maguolo & Nanni (2021), Information Fusion 76, trained networks on X-rays whose lungs were
blacked out and found scores much the same. Here the frozen backbone of a run reads its images with
the lungs' rectangle blacked out, and with everything but it blacked out, and each time a new head
of the same kind is trained on what it saw. A head is trained anew, and the run's own not merely
asked again, because the question is what can be learnt without lungs: a head that has never met a
black rectangle would fail on it for that reason alone.

Loads Keras. Where the lungs are stands in ``core.data.lungs``; how a test is asked for and kept, in
``core.measurements``.
"""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from core import runs
from core.data.lungs import CENTRE, lung_boxes
from core.errors import UserError
from core.evaluation.cheat_differences import DIFFERENCES, paired_differences
from core.evaluation.cheat_results import FULL, LUNGS_ONLY, WITHOUT_LUNGS, check_testable
from core.evaluation.divisions import division_key, division_of
from core.evaluation.metrics import evaluate
from core.imaging.prepared import Prepared, Progress, open_prepared
from core.models.classifier import add_head, head_model
from core.settings import Settings
from core.training import fitting
from core.training import progress as run_progress
from core.training.config import RunConfig, read_config
from core.training.features import extract_features
from core.training.precision import computing_in
from core.training.recorder import Recorder
from core.training.run_data import RunData, divide, prediction_table, sides_table
from core.training.trainer import feature_reader


@dataclass(frozen=True)
class Blackened(Prepared):
    """Prepared pixels with a rectangle of each image, or all but it, set to black.

    ``boxes``: for each row left, top, right, bottom as fractions of the image, float64 (n, 4).
    """

    boxes: np.ndarray
    inside: bool

    def take(self, positions) -> np.ndarray:
        """Copy the images at ``positions`` and black them out: (n, size, size) uint8."""
        images = super().take(positions)
        corners = np.rint(self.boxes[np.asarray(positions, np.intp)] * self.size).astype(int)
        for image, (left, top, right, bottom) in zip(images, corners, strict=True):
            lungs = image[top:bottom, left:right]
            if self.inside:
                lungs[:] = 0
            else:
                kept = lungs.copy()
                image[:] = 0
                lungs[:] = kept
        return images


def cheat_test(run: runs.Run, settings: Settings, progress: Progress) -> dict:
    """Make the cheat test of a finished run.

    Keys: full, without_lungs, lungs_only, each {n, accuracy, balanced_accuracy, ci95 {accuracy,
    balanced_accuracy}}, the two parts with full_less_this too, the answers compared image by image
    (``cheat_differences.paired_differences``); n_annotated (of n_images, how many have annotated
    lung boxes), centre (the rectangle of the others). Whatever ``progress`` raises ends the test,
    at the next batch at the latest. Raises UserError for a run that is not finished, that trained
    its backbone, or whose images have changed.
    """
    config = read_config(run.config)
    check_testable(run)
    rows, split = divide(config, settings, progress)
    if division_key(sides_table(rows, split).to_csv(index=False).encode()) != division_of(run):
        raise UserError(
            f"The images have changed since {run.id} was trained; train it again, or restore them "
            "(CHESTBENCH_DATA)."
        )
    boxes, annotated = lung_boxes(rows)
    pixels = open_prepared(rows, config.preprocess, config.size, settings, progress)
    full = run.predictions()
    result = {FULL: _scores(evaluate(full, config.classes))}
    with computing_in(config.precision):
        for name in (WITHOUT_LUNGS, LUNGS_ONLY):
            seen = Blackened(pixels.pixels, pixels.places, boxes, name == WITHOUT_LUNGS)
            data = RunData(_keyed(rows, boxes), split, seen)
            answers = _train_head(config, data, name, settings, progress)
            table = prediction_table(rows, split, answers, config.classes)
            differences = paired_differences(full, table, config.classes)
            scores = _scores(evaluate(table, config.classes))
            result[name] = scores | {DIFFERENCES: differences}
    return result | {
        "run": run.id,
        "n_images": len(rows),
        "n_annotated": int(annotated.sum()),
        "centre": list(CENTRE),
        "synthetic": data.synthetic,
    }


def _train_head(
    config: RunConfig, data: RunData, name: str, settings: Settings, progress: Progress
) -> np.ndarray:
    """Probabilities (validation images, k) of a head trained as the run's was, on ``data``."""
    # One view: augmented copies would move the black rectangle.
    config = config.model_copy(update={"views": 1})
    keras.utils.set_random_seed(config.seed)
    reader = feature_reader(config, settings)
    model = add_head(reader, config.classes, config.head)
    features = extract_features(reader, config, data, settings, progress, name)
    # A run's folder, so that the head is fitted by the very code that fits a run's.
    with tempfile.TemporaryDirectory() as folder:
        scratch = runs.create_run(Path(folder), config.model_dump(mode="json"), name)
        with (
            Relayed(scratch, f"Training a head ({name.replace('_', ' ')})", progress) as status,
            Recorder(status) as recorder,
        ):
            phase = fitting.head_phase(model, features, data, config)
            fitting.fit(phase, config, recorder, scratch.checkpoint_path)
    head = head_model(model)
    validation = data.split.validation
    return np.concatenate(
        [np.asarray(head.predict_on_batch(part)) for part in features.parts(validation)]
    )


class Relayed(run_progress.Progress):
    """Tells somebody else, too, how far the training of a head has come, under another name."""

    def __init__(self, run: runs.Run, name: str, progress: Progress):
        super().__init__(run)
        self.name, self.progress = name, progress

    def __call__(self, phase: str, done: int, total: int, **more: object) -> None:
        """Report as ``Progress`` does; raises what the other one raises."""
        super().__call__(phase, done, total, **more)
        self.progress(self.name, done, total)


def _keyed(rows: pd.DataFrame, boxes: np.ndarray) -> pd.DataFrame:
    # Features are kept by content: the same image with another rectangle is another content.
    pairs = zip(rows["sha256"], boxes.round(4).tolist(), strict=True)
    names = [hashlib.sha256(f"{digest} {box}".encode()).hexdigest() for digest, box in pairs]
    return rows.assign(sha256=names)


def _scores(metrics: dict) -> dict:
    names = ("accuracy", "balanced_accuracy")
    return {
        "n": metrics["n_validation"],
        **{name: metrics[name] for name in names},
        "ci95": {name: metrics["ci95"][name] for name in names},
    }
