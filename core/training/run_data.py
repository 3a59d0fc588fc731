"""The images of one run: which take part, on which side of the split, and their pixels.

Holds ``RunData``, how it is assembled from a config, and the two tables a run leaves about its
images. What is done with them stands in ``core.training.trainer``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core import runs
from core.data.catalog import check_classes, limit_rows, load_catalog, select_rows
from core.data.splits import Split, make_split
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


def assemble(config: RunConfig, settings: Settings, progress: Progress) -> RunData:
    """Choose, split and prepare the images of ``config``; raises UserError, StopRun."""
    catalog = load_catalog(settings, progress)
    rows = select_rows(catalog, config.cohort, config.labels)
    check_classes(rows, config.labels)
    if config.limit:
        rows = limit_rows(rows, config.limit, config.seed)
    split = make_split(rows, config.split)
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
    """Write images.csv: every image that took part, and its side (training, validation)."""
    with whole_file(run.folder / "images.csv") as temporary:
        _sides(data).to_csv(temporary, index=False)


def same_images(run: runs.Run, data: RunData) -> bool:
    """Whether images.csv has these very images, contents and sides (a changed file, another)."""
    try:
        known = pd.read_csv(run.folder / "images.csv", dtype=str, keep_default_na=False)
    except (OSError, ValueError):
        return False
    return known.equals(_sides(data).astype(str).reset_index(drop=True))


def _sides(data: RunData) -> pd.DataFrame:
    side = np.full(len(data.rows), "training", dtype=object)
    side[data.split.validation] = "validation"
    return data.rows[IMAGE_COLUMNS].assign(side=side)


def write_predictions(
    run: runs.Run, data: RunData, probabilities: np.ndarray, classes: tuple[str, ...]
) -> None:
    """Write predictions.csv from (validation images, k) float32 probabilities."""
    rows = data.rows.iloc[data.split.validation]
    table = rows[["path", *IMAGE_COLUMNS]].assign(
        predicted=np.array(classes)[probabilities.argmax(axis=1)],
        **{f"p_{name}": probabilities[:, i] for i, name in enumerate(classes)},
    )
    with whole_file(run.folder / "predictions.csv") as temporary:
        table.to_csv(temporary, index=False, float_format="%.7g")
