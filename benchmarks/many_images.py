"""Image collections and finished runs of any size, on disk as their owners leave them.

Holds what a benchmark lays out to look at: small grey pictures in the folder shapes of both
collections, and run folders over them whose networks answered with noise around the truth. All but
the pictures and the answers is made by the program itself: catalog, splits, tables and scores.
"""

import csv
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from core import runs
from core.data.splits import Split
from core.evaluation.metrics import evaluate
from core.files import write_json
from core.models.backbones import BACKBONES
from core.models.classifier import build_classifier
from core.settings import Settings
from core.training.config import RunConfig, configure, read_config
from core.training.run_data import divide, prediction_table, sides_table

# Shares of the images of each finding, and the file names of the first three.
NAMES = {
    "NORMAL/IM-{patient:06d}-{image:04d}.png": 0.26,
    "PNEUMONIA/person{patient}_bacteria_{image}.png": 0.44,
    "PNEUMONIA/person{patient}_virus_{image}.png": 0.22,
}
COVID19 = {"finding": "COVID-19", "view": "PA", "modality": "X-ray", "folder": "images"}
MOST_OF_ONE_PATIENT = 4
SEVEN, SPLITS = "seven", "splits"
EPOCHS, STEPS = 30, 40


def make_collections(root: Path, images: int) -> None:
    """Write ``images`` pictures below ``root``, with up to MOST_OF_ONE_PATIENT of each patient."""
    rng = np.random.default_rng(0)
    patient = 0
    for name, share in NAMES.items():
        folder = root / "chest_xray" / "train" / Path(name).parent
        folder.mkdir(parents=True, exist_ok=True)
        for of_patient in _sizes(rng, round(share * images)):
            patient += 1
            for image in range(1, of_patient + 1):
                _draw(folder / Path(name).name.format(patient=patient, image=image), rng)
    folder = root / "covid-chestxray-dataset"
    (folder / "images").mkdir(parents=True)
    rows = []
    for of_patient in _sizes(rng, images - sum(round(s * images) for s in NAMES.values())):
        patient += 1
        about = {"patientid": patient, "sex": "FM"[patient % 2], "age": 20 + patient % 70}
        about |= {"survival": "YN"[patient % 3 == 0], **COVID19}
        for image in range(of_patient):
            file = f"{patient}-{image}.png"
            _draw(folder / "images" / file, rng)
            rows.append(about | {"filename": file, "offset": 3 * image + patient % 5})
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def make_studies(settings: Settings) -> None:
    """Leave two studies of finished runs over all images of ``settings``: SPLITS and SEVEN.

    SPLITS is ResNet50 over both splits in five folds, SEVEN the seven networks of the paper with
    patients kept apart. After them comes a TinyCNN, whose ``model.keras`` is there to be asked.
    """
    divisions: dict[str, tuple] = {}
    for by in ("image", "patient"):
        for fold in range(5):
            split = {"by": by, "fold": fold}
            _finished(settings, divisions, "ResNet50", study=SPLITS, split=split)
    for row in BACKBONES.values():
        if row.in_paper:
            _finished(settings, divisions, row.name, study=SEVEN)
    tiny = _finished(settings, divisions, "TinyCNN", "finetune")
    config = read_config(tiny.config)
    model = build_classifier(config.backbone, config.classes, config.head, "none", settings)
    model.save(tiny.model_path)


def _sizes(rng: np.random.Generator, images: int) -> list[int]:
    """How many images each patient has, ``images`` in all."""
    drawn = rng.integers(1, MOST_OF_ONE_PATIENT + 1, images)
    ends = np.minimum(np.cumsum(drawn), images)
    return [int(size) for size in np.diff(ends, prepend=0) if size]


def _draw(path: Path, rng: np.random.Generator) -> None:
    # The number behind the picture's end tells its bytes from those of every other.
    path.write_bytes(_PICTURE + rng.bytes(16))


def _picture() -> bytes:
    content = BytesIO()
    ramp = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    Image.fromarray(ramp).save(content, "PNG")
    return content.getvalue()


_PICTURE = _picture()


def _finished(
    settings: Settings, divisions: dict, backbone: str, recipe: str = "quick", **choices
) -> runs.Run:
    config = configure(backbone, recipe, cohort="all", labels="four", weights="none", **choices)
    key = config.split.model_dump_json()
    if key not in divisions:
        divisions[key] = divide(config, settings, None)
    rows, split = divisions[key]
    run = runs.create_run(settings.runs, config.model_dump(mode="json"), f"{backbone}-{recipe}")
    sides_table(rows, split).to_csv(run.folder / "images.csv", index=False)
    number = len(runs.list_runs(settings.runs))
    truth = rows["label_index"].to_numpy()[split.validation]
    answers = _answers(truth, len(config.classes), number)
    table = prediction_table(rows, split, answers, config.classes)
    table.to_csv(run.folder / "predictions.csv", index=False, float_format="%.7g")
    write_json(run.folder / "metrics.json", _metrics(table, config, split))
    _write_history(run)
    runs.write_status(run, state=runs.FINISHED, message="")
    return runs.read_run(settings.runs, run.id)


def _answers(truth: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """Probabilities (n, classes) of a network that is mostly right, each seed a bit otherwise."""
    rng = np.random.default_rng(seed)
    logits = (
        rng.normal(0, 1.5, (len(truth), classes)) + (2.2 + 0.03 * seed) * np.eye(classes)[truth]
    )
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def _metrics(table, config: RunConfig, split: Split) -> dict:
    return evaluate(table, config.classes) | {
        "n_training": len(split.train),
        "n_validation": len(split.validation),
        "overlap_patients": split.overlap_patients,
        "overlap_images": split.overlap_images,
        "synthetic": False,
        "device": "none: nothing was trained",
        "training_seconds": 600.0,
        "testing_seconds": 60.0,
    }


def _write_history(run: runs.Run) -> None:
    with (run.folder / "history.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, runs.HISTORY_COLUMNS)
        writer.writeheader()
        for step in range(1, EPOCHS * STEPS + 1):
            row = {"phase": "Training the head", "epoch": (step - 1) // STEPS + 1, "step": step}
            row |= {"seconds": step, "learning_rate": 1e-3, "loss": 1 / step, "accuracy": 0.8}
            writer.writerow({"kind": "batch", **row})
            if step % STEPS == 0:
                writer.writerow({"kind": "epoch", **row, "val_loss": 0.5, "val_accuracy": 0.8})
