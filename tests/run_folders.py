"""A small collection on disk, and run folders beside it as a training leaves them.

Everything but the answers of the network is made by the code under test.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
from filelock import FileLock
from PIL import Image

from core import run_requests, runs
from core.data.catalog import load_catalog, select_rows
from core.data.splits import make_split
from core.evaluation.metrics import evaluate
from core.files import write_json
from core.settings import Settings, read_settings
from core.table_files import FORMATS
from core.training.config import configure, read_config
from core.training.jobs import WORKER_LOCK, all_queued
from pages.components import take_away

NAMES = {
    "NORMAL/IM-{patient:04d}-000{image}.png": 0,
    "PNEUMONIA/person{patient}_bacteria_{image}.png": 100,
    "PNEUMONIA/person{patient}_virus_{image}.png": 200,
}
PATIENTS, IMAGES_EACH = 10, 2
IMAGES = len(NAMES) * PATIENTS * IMAGES_EACH


def make_collection(root: Path) -> Path:
    """Write ``IMAGES`` grey pictures in the shape of the Kermany collection below ``root``."""
    generator = np.random.default_rng(0)
    for pattern, first_patient in NAMES.items():
        for patient in range(1, PATIENTS + 1):
            for image in range(1, IMAGES_EACH + 1):
                name = pattern.format(patient=first_patient + patient, image=image)
                path = root / "chest_xray" / "train" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                pixels = generator.integers(0, 256, (40, 48), np.uint8)
                Image.fromarray(pixels).save(path)
    return root


def make_environment(tmp_path: Path, monkeypatch) -> Settings:
    """Point the settings at a small collection and an empty artifacts folder."""
    monkeypatch.setenv("CHESTBENCH_DATA", str(make_collection(tmp_path / "data")))
    monkeypatch.setenv("CHESTBENCH_ARTIFACTS", str(tmp_path / "artifacts"))
    monkeypatch.setenv("CHESTBENCH_WEIGHTS", "")
    return read_settings()


def make_finished_run(settings: Settings, mistakes: int = 0, **choices) -> runs.Run:
    """Leave a finished run whose network took the first ``mistakes`` checking images wrongly."""
    config = configure(**{"backbone": "TinyCNN", "recipe": "finetune", **choices})
    rows = select_rows(load_catalog(settings), config.cohort, config.labels)
    split = make_split(rows, config.split)
    run = runs.create_run(
        settings.runs, config.model_dump(mode="json"), f"{config.backbone}-{config.recipe}"
    )
    side = np.full(len(rows), "training", dtype=object)
    side[split.validation] = "validation"
    side[split.calibration] = "calibration"
    columns = ["id", "sha256", "patient", "source", "finding", "label"]
    rows[columns].assign(side=side).to_csv(run.folder / "images.csv", index=False)

    checked = rows.iloc[split.validation]
    answer = checked["label_index"].to_numpy().copy()
    answer[:mistakes] = (answer[:mistakes] + 1) % len(config.classes)
    probabilities = np.full((len(checked), len(config.classes)), 0.1)
    probabilities[np.arange(len(checked)), answer] = 1 - 0.1 * (len(config.classes) - 1)
    predictions = checked[["id", "path", "sha256", "patient", "source", "finding", "label"]].assign(
        predicted=np.array(config.classes)[answer],
        **{f"p_{name}": probabilities[:, i] for i, name in enumerate(config.classes)},
    )
    predictions.to_csv(run.folder / "predictions.csv", index=False)
    metrics = evaluate(predictions, config.classes) | {
        "n_training": len(split.train),
        "n_validation": len(checked),
        "overlap_patients": split.overlap_patients,
        "overlap_images": split.overlap_images,
        "synthetic": False,
        "device": "a test",
        "training_seconds": 30.0,
        "testing_seconds": 2.0,
    }
    write_json(run.folder / "metrics.json", metrics)
    write_history(run, epochs=3, batches=4)
    runs.write_status(run, state=runs.FINISHED, message="")
    return runs.read_run(settings.runs, run.id)


def add_model(settings: Settings, *made: runs.Run) -> None:
    """Save one untrained classifier, whole, in the folders of runs that have the same classes."""
    # Loads Keras, which most pages need not wait for.
    from core.models.classifier import build_classifier

    config = read_config(made[0].config)
    model = build_classifier(config.backbone, config.classes, config.head, "none", settings)
    for run in made:
        model.save(run.model_path)


def make_run(
    settings: Settings, backbone: str = "TinyCNN", study: str = "", **status: object
) -> runs.Run:
    """A run with nothing but its config and a status: queued, or as ``status`` says."""
    config = configure(backbone, "finetune", study=study)
    run = runs.create_run(settings.runs, config.model_dump(mode="json"), f"{backbone}-finetune")
    if status:
        runs.write_status(run, **status)
    return run


def change_run(run: runs.Run, metrics: dict | None = None, **config: object) -> runs.Run:
    """Overwrite values in a run's metrics.json and config.json, as if it had been another run."""
    write_json(run.folder / "metrics.json", run.metrics() | (metrics or {}))
    write_json(run.folder / "config.json", run.config | config)
    return runs.read_run(run.folder.parent, run.id)


def write_history(run: runs.Run, epochs: int, batches: int) -> None:
    """Leave the rows of ``epochs`` passes of ``batches`` steps."""
    rows = []
    for step in range(1, epochs * batches + 1):
        epoch = (step - 1) // batches + 1
        row = {"phase": "Training the network", "epoch": epoch, "step": step, "seconds": step}
        row |= {"learning_rate": 1e-3, "loss": 1 / step, "accuracy": 1 - 0.5 / step}
        rows.append({"kind": "batch", **row})
        if step % batches == 0:
            rows.append({"kind": "epoch", **row, "val_loss": 1 / step, "val_accuracy": 0.5})
    pd.DataFrame(rows, columns=list(runs.HISTORY_COLUMNS)).to_csv(
        run.folder / "history.csv", index=False
    )


@contextmanager
def no_worker(settings: Settings) -> Iterator[None]:
    """Workers that a page starts meanwhile find another one at work, and afterwards nothing to do.

    A run that is queued stays so.
    """
    settings.artifacts.mkdir(exist_ok=True)
    with FileLock(settings.artifacts / WORKER_LOCK):
        yield
        for run in all_queued(settings):
            if run.state in runs.ACTIVE:
                run_requests.request_stop(run)
            else:
                # A worker would go on with an interrupted one.
                run_requests.delete_run(run)


def open_page(name: str, **query: str):
    """One page of the dashboard as a visitor first sees it."""
    from streamlit.testing.v1 import AppTest

    test = AppTest.from_file(str(Path(__file__).parent.parent / "app.py"), default_timeout=60).run()
    test.switch_page(f"pages/{name}.py")
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


def button(page, label: str):
    """The one button of the page with this label."""
    (found,) = [button for button in page.button if button.label == label]
    return found


def captions(page) -> list[str]:
    """Captions of all pictures but those of the nearest training images, which have none."""
    found = [image.proto.imgs[0].caption for image in page.image]
    return [caption for caption in found if caption]


def text_of(test) -> str:
    """All words on the page that Streamlit writes as text."""
    kinds = (test.markdown, test.caption, test.info, test.warning, test.error, test.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\xa0", " ")


def cells_of(page, column, beside):
    """What a browser shows in ``column`` of the table that also has the column ``beside``."""
    table = next(t for t in page.dataframe if {column, beside} <= set(t.value.columns))
    return shown_cells(table, column)


def shown_cells(table, column):
    """What a browser shows in ``column`` of a table that was handed over styled.

    For a missing number that is the table's placeholder, whatever its styled words are.
    """
    styled = table.proto.arrow_data.styler.display_values
    cells = pyarrow.ipc.open_stream(styled).read_all().to_pandas()
    words = cells.iloc[:, list(table.value.columns).index(column)]
    shown = words.where(table.value[column].notna().to_numpy(), table.proto.placeholder)
    return [text.replace("\xa0", " ") for text in shown]


def taken_away(offered, name):
    """CSV as a table, LaTeX and Markdown as texts, of a page's first table called ``name``."""
    _, exact, words = offered[f"take-{name}-1"]
    csv, latex, markdown = (take_away._content(f, name, exact, words).decode() for f in FORMATS)
    return pd.read_csv(StringIO(csv), float_precision="round_trip"), latex, markdown
