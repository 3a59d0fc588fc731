"""What a frozen backbone sees in each image, computed once and kept on disk by content.

Holds the extraction and the batches that train a head from it. A feature is keyed by the image's
SHA-256 and its view; the store's folder by everything else that shapes it (backbone, weights,
preprocessing, size, pooling, augmentation), so that a changed setting never meets an old feature.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from core.imaging.augment import AugmentConfig, draw_matrices, warp
from core.imaging.prepared import Prepared
from core.models.backbone_graph import OWN_SCALING
from core.models.weights import weights_fingerprint
from core.settings import Settings
from core.stored_rows import StoredRows
from core.training.config import RunConfig
from core.training.precision import FLOAT32
from core.training.progress import Progress
from core.training.run_data import RunData

EXTRACTION_BATCH = 32
# Features are written every few seconds of reading, so a stop or a crash loses little.
BATCHES_PER_WRITE = 4


@dataclass(frozen=True)
class Features:
    """Stored features of a run's images.

    ``rows`` (m, d) float32 is the store; ``place`` (views, n) int64 says where image i's view v
    stands in it, -1 where it was not needed (augmented views of validation images).
    """

    rows: np.ndarray
    place: np.ndarray

    def parts(self, positions: np.ndarray) -> Iterator[np.ndarray]:
        """The images' own features at ``positions``, in parts of (<= 512, d) float32."""
        for start in range(0, len(positions), 512):
            yield np.asarray(self.rows[self.place[0, positions[start : start + 512]]])


class FeatureBatches(keras.utils.PyDataset):
    """Batches of features (b, d) float32 and one-hot labels (b, classes) for training a head.

    ``positions`` chooses images; ``labels`` (n,) covers all of them. With ``shuffle``, every epoch
    reorders the images and takes one of its views for each, seeded by (seed, epoch); ``epoch`` is
    kept by ``core.training.batches.EpochFollower``.
    """

    def __init__(
        self,
        features: Features,
        positions: np.ndarray,
        labels: np.ndarray,
        classes: int,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = False,
    ):
        super().__init__()
        self.features, self.positions = features, positions
        self.one_hot = np.eye(classes, dtype=np.float32)[labels]
        self.batch_size, self.seed, self.shuffle = batch_size, seed, shuffle
        self.epoch = 0
        self._drawn: tuple[int, np.ndarray, np.ndarray] | None = None

    def __len__(self) -> int:
        return math.ceil(len(self.positions) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        order, view = self._draw(self.epoch)
        chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
        images = self.positions[chosen]
        places = self.features.place[view[chosen], images]
        return np.asarray(self.features.rows[places]), self.one_hot[images]

    def _draw(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        if self._drawn is None or self._drawn[0] != epoch:
            count = len(self.positions)
            order, view = np.arange(count), np.zeros(count, np.int64)
            if self.shuffle:
                random = np.random.default_rng([self.seed, epoch])
                order = random.permutation(count)
                view = random.integers(0, len(self.features.place), count)
            self._drawn = (epoch, order, view)
        return self._drawn[1:]


def extract_features(
    backbone: keras.Model,
    config: RunConfig,
    data: RunData,
    settings: Settings,
    progress: Progress,
    shown: str = "",
    weights: str = "",
) -> Features:
    """Read what is missing through ``backbone`` (pixels to features) and return the features.

    View 0 is the image itself, for all; views 1 and up are augmented copies, for the training
    images. ``shown`` and ``weights`` are as in ``open_store``. Can be stopped and goes on where it
    was. Raises UserError when the disk is full.
    """
    store = open_store(backbone, config, settings, shown, weights)
    hashes, train = data.rows["sha256"].tolist(), data.split.train
    keys = [[_key(name, view, config.augment) for name in hashes] for view in range(config.views)]
    wanted = [(0, i) for i in range(len(hashes))]
    wanted += [(view, i) for view in range(1, config.views) for i in train]
    absent = set(store.missing(keys[view][i] for view, i in wanted))
    # Exact duplicates share a key and are read once.
    todo = {keys[view][i]: (view, i) for view, i in wanted if keys[view][i] in absent}
    _read_through(backbone, list(todo.items()), config, data.pixels, hashes, store, progress)

    place = np.full((config.views, len(hashes)), -1, np.int64)
    place[0] = store.positions(keys[0])
    for view in range(1, config.views):
        place[view, train] = store.positions(keys[view][i] for i in train)
    return Features(store.rows, place)


def open_store(
    backbone: keras.Model, config: RunConfig, settings: Settings, shown: str = "", weights: str = ""
) -> StoredRows:
    """The store of what ``backbone`` sees under ``config``; an image's own row is its SHA-256.

    ``shown`` names what of the images is left, where it is not all; ``weights`` names the weights
    of a backbone that are no longer those it started from. Raises UserError when those are missing.
    """
    made_with = {
        "backbone": config.backbone,
        "weights": weights or weights_fingerprint(config.backbone, config.weights, settings),
        # Random weights are another network for every seed.
        "seed": config.seed if config.weights == "none" else None,
        "preprocess": config.preprocess.model_dump(),
        "size": config.size,
        "pooling": config.head.pooling,
    }
    if config.scaling != OWN_SCALING:
        # Named only where it differs, so that features stored before keep their place.
        made_with["scaling"] = config.scaling
    if shown:
        made_with["shown"] = shown
    if (precision := keras.config.dtype_policy().name) != FLOAT32:
        made_with["precision"] = precision
    folder = _folder(settings, made_with)
    return StoredRows(folder, tuple(backbone.output_shape[1:]), "float32", made_with)


def _read_through(
    backbone: keras.Model,
    todo: list[tuple[str, tuple[int, int]]],
    config: RunConfig,
    pixels: Prepared,
    hashes: list[str],
    store: StoredRows,
    progress: Progress,
) -> None:
    waiting: list[tuple[list[str], np.ndarray]] = []

    def write() -> None:
        if waiting:
            keys = [key for part, _ in waiting for key in part]
            store.add(keys, np.concatenate([rows for _, rows in waiting]))
            waiting.clear()

    try:
        for start in range(0, len(todo), EXTRACTION_BATCH):
            progress("Reading images through the frozen network", start, len(todo))
            part = todo[start : start + EXTRACTION_BATCH]
            images = pixels.take(np.array([i for _, (_, i) in part]))
            for row, (_, (view, i)) in enumerate(part):
                if view:
                    matrix = _view_matrix(hashes[i], view, config)
                    images[row] = warp(images[row : row + 1], matrix, 1)[0]
            # One batch size throughout, so that the network is compiled once.
            batch = np.zeros((EXTRACTION_BATCH, *backbone.input_shape[1:]), np.uint8)
            batch[: len(part), :, :, 0] = images
            rows = np.asarray(backbone.predict_on_batch(batch))[: len(part)]
            waiting.append(([key for key, _ in part], rows))
            if len(waiting) == BATCHES_PER_WRITE:
                write()
    finally:
        # Also when the run is stopped: what has been read need not be read again.
        write()


def _view_matrix(content_hash: str, view: int, config: RunConfig) -> np.ndarray:
    # Seeded by content and view alone: a view is the same in every cohort, split and order.
    random = np.random.default_rng([int(content_hash[:12], 16), view])
    return draw_matrices(config.augment, 1, config.size, random)


def _key(content_hash: str, view: int, augment: AugmentConfig) -> str:
    return f"{content_hash}-{view}-{_digest(augment.model_dump())}" if view else content_hash


def _folder(settings: Settings, made_with: dict) -> Path:
    name = f"{made_with['backbone']}-{_digest(made_with)}".lower()
    return settings.artifacts / "features" / name


def _digest(content: dict) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
