"""The images of one run: which take part, on which side of the split, and their pixels.

Holds ``RunData``, how it is assembled from a config, and the tables a run leaves about its
images; ``ImageChoice``, the part of a config that decides on images, for whatever is scored on a
run's images without being one. What is done with them stands in ``core.training.trainer``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from core import runs
from core.data.catalog import check_classes, limit_rows, load_catalog, select_rows
from core.data.splits import Split, SplitConfig, make_split
from core.errors import UserError
from core.files import whole_file
from core.imaging.prepared import Prepared, open_prepared
from core.settings import Settings
from core.training.config import RunConfig
from core.training.progress import Progress

IMAGE_COLUMNS = ["id", "sha256", "patient", "source", "finding", "label"]


@dataclass(frozen=True)
class RunData:
    """Rows of the catalog that take part (n), their split, and their prepared pixels.

    ``labels`` is (n,) int64, positions in the config's classes.
    """

    rows: pd.DataFrame
    split: Split
    pixels: Prepared

    @property
    def labels(self) -> np.ndarray:
        return self.rows["label_index"].to_numpy()

    @property
    def synthetic(self) -> bool:
        """Whether any image was drawn by ChestBench."""
        return bool(self.rows["synthetic"].any())


class ImageChoice(BaseModel):
    """Which images take part and how they are divided: the fields of a RunConfig that say so."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cohort: str = "paper"
    labels: str = "paper3"
    limit: int | None = Field(None, ge=12)
    seed: int = Field(0, ge=0, lt=2**31, description="Of the draw, where there is a limit.")
    split: SplitConfig = SplitConfig()


def divide(
    choice: RunConfig | ImageChoice, settings: Settings, progress: Callable
) -> tuple[pd.DataFrame, Split]:
    """The rows that take part, with label and label_index, and their split; raises UserError."""
    rows = select_rows(load_catalog(settings, progress), choice.cohort, choice.labels)
    check_classes(rows, choice.labels)
    if choice.limit:
        rows = limit_rows(rows, choice.limit, choice.seed)
    return rows, make_split(rows, choice.split)


def assemble(config: RunConfig, settings: Settings, progress: Progress) -> RunData:
    """Choose, split and prepare the images of ``config``; raises UserError, StopRun."""
    rows, split = divide(config, settings, progress)
    check_batch(config, split)
    pixels = open_prepared(rows, config.preprocess, config.size, settings, progress)
    return RunData(rows, split, pixels)


def check_batch(config: RunConfig, split: Split) -> None:
    """Raise UserError when a batch would hold more images than there are to learn from."""
    if config.batch_size > len(split.train):
        raise UserError(
            f"batch_size: {config.batch_size} is more than the {len(split.train)} training images; "
            f"set it to {len(split.train)} or less, or take more images."
        )


def write_images(run: runs.Run, data: RunData) -> None:
    """Write images.csv: every image that took part, and its side, as ``sides_table`` says it."""
    with whole_file(run.folder / "images.csv") as temporary:
        sides_table(data.rows, data.split).to_csv(temporary, index=False)


def same_images(run: runs.Run, data: RunData) -> bool:
    """Whether images.csv has these very images, contents and sides (a changed file, another)."""
    try:
        known = pd.read_csv(run.folder / "images.csv", dtype=str, keep_default_na=False)
    except (OSError, ValueError):
        return False
    return known.equals(sides_table(data.rows, data.split).astype(str).reset_index(drop=True))


def sides_table(rows: pd.DataFrame, split: Split) -> pd.DataFrame:
    """What images.csv holds: IMAGE_COLUMNS of every image, and its side.

    That is training, validation, or calibration for what is held back from training.
    """
    side = np.full(len(rows), "training", dtype=object)
    side[split.validation] = "validation"
    side[split.calibration] = "calibration"
    return rows[IMAGE_COLUMNS].assign(side=side)


def write_predictions(
    run: runs.Run, data: RunData, probabilities: np.ndarray, classes: tuple[str, ...]
) -> None:
    """Write predictions.csv from (validation images, k) float32 probabilities."""
    table = prediction_table(data.rows, data.split, probabilities, classes)
    _write_answers(table, run.folder / "predictions.csv")


def write_calibration(
    run: runs.Run, data: RunData, probabilities: np.ndarray, classes: tuple[str, ...]
) -> None:
    """Write calibration.csv from (calibration images, k) float32 probabilities."""
    table = _answers(data.rows.iloc[data.split.calibration], probabilities, classes)
    _write_answers(table, run.folder / "calibration.csv")


def prediction_table(
    rows: pd.DataFrame, split: Split, probabilities: np.ndarray, classes: tuple[str, ...]
) -> pd.DataFrame:
    """What predictions.csv holds, one row per validation image.

    Columns: path, IMAGE_COLUMNS, predicted, p_<class> from (validation images, k) probabilities.
    """
    return _answers(rows.iloc[split.validation], probabilities, classes)


def _answers(
    rows: pd.DataFrame, probabilities: np.ndarray, classes: tuple[str, ...]
) -> pd.DataFrame:
    return rows[["path", *IMAGE_COLUMNS]].assign(
        predicted=np.array(classes)[probabilities.argmax(axis=1)],
        **{f"p_{name}": probabilities[:, i] for i, name in enumerate(classes)},
    )


def _write_answers(table: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.7g")
