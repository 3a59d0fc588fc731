"""What a frozen backbone sees in each image, computed once and kept on disk by content.

Holds the extraction and the batches that train a head from it. A feature is keyed by the image's
SHA-256 and its view; the store's folder by everything else that shapes it (backbone, weights,
preprocessing, size, pooling, augmentation), so that a changed setting never meets an old feature.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from core.data.splits import Split
from core.imaging.augment import AugmentConfig, draw_matrices, warp
from core.imaging.prepared import Prepared
from core.models.weights import weights_fingerprint
from core.settings import Settings
from core.stored_rows import StoredRows
from core.training.config import RunConfig
from core.training.progress import Progress

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
    """Batches of features (b, d) float32 and one-hot labels (b, k) for training a head.

    ``positions`` chooses images, ``labels`` (n, k) covers all of them. With ``shuffle``, every
    epoch reorders the images and takes one of its views for each, seeded by (seed, epoch).
    """

    def __init__(
        self,
        features: Features,
        positions: np.ndarray,
        labels: np.ndarray,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = False,
    ):
        super().__init__()
        self.features, self.positions, self.labels = features, positions, labels
        self.batch_size, self.seed, self.shuffle = batch_size, seed, shuffle
        self._epoch = -1
        self.on_epoch_begin()

    def __len__(self) -> int:
        return math.ceil(len(self.positions) / self.batch_size)

    def on_epoch_begin(self) -> None:
        """Draw the epoch's order and views."""
        self._epoch += 1
        count = len(self.positions)
        self._order, self._view = np.arange(count), np.zeros(count, np.int64)
        if self.shuffle:
            random = np.random.default_rng([self.seed, self._epoch])
            self._order = random.permutation(count)
            self._view = random.integers(0, len(self.features.place), count)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        images = self.positions[chosen]
        places = self.features.place[self._view[chosen], images]
        return np.asarray(self.features.rows[places]), self.labels[images]


def extract_features(
    backbone: keras.Model,
    config: RunConfig,
    pixels: Prepared,
    hashes: Iterable[str],
    split: Split,
    settings: Settings,
    progress: Progress,
) -> Features:
    """Read what is missing through ``backbone`` (pixels to features) and return the features.

    ``hashes`` are the images' SHA-256 in the order of ``pixels``. View 0 is the image itself, for
    all; views 1 and up are augmented copies, for the training images. Can be stopped and goes on
    where it was. Raises UserError when the disk is full.
    """
    made_with = {
        "backbone": config.backbone,
        "weights": weights_fingerprint(config.backbone, config.weights, settings),
        # Random weights are another network for every seed.
        "seed": config.seed if config.weights == "none" else None,
        "preprocess": config.preprocess.model_dump(),
        "size": config.size,
        "pooling": config.head.pooling,
    }
    store = StoredRows(
        _folder(settings, made_with), tuple(backbone.output_shape[1:]), "float32", made_with
    )
    hashes = list(hashes)
    keys = [[_key(name, view, config.augment) for name in hashes] for view in range(config.views)]
    wanted = [(0, i) for i in range(len(hashes))]
    wanted += [(view, i) for view in range(1, config.views) for i in split.train]
    absent = set(store.missing(keys[view][i] for view, i in wanted))
    # Exact duplicates share a key and are read once.
    todo = {keys[view][i]: (view, i) for view, i in wanted if keys[view][i] in absent}
    _read_through(backbone, list(todo.items()), config, pixels, hashes, store, progress)

    place = np.full((config.views, len(hashes)), -1, np.int64)
    place[0] = store.positions(keys[0])
    for view in range(1, config.views):
        place[view, split.train] = store.positions(keys[view][i] for i in split.train)
    return Features(store.rows, place)


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
