"""The pixel cache: every image decoded and prepared once, then read from one mapped file.

Holds the making and reading of prepared pixels. They lie in ``artifacts/prepared/``, in one store
for each set of preprocessing settings and size (``core.stored_rows``), keyed by the content of the
image's file: copies of an image share a row, a moved collection is not prepared again, and a
changed file is never taken for the old one. A store may be deleted whenever nothing runs.
"""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import UserError
from core.imaging.decode import read_image
from core.imaging.preprocess import VERSION, PreprocessConfig, prepare
from core.settings import Settings
from core.stored_rows import StoredRows

Progress = Callable[[str, int, int], None]

_CHUNK = 64  # images written, and made sure of on disk, at a time
_SECONDS_BETWEEN_REPORTS = 0.1


@dataclass(frozen=True)
class Prepared:
    """The prepared pixels of a table's rows.

    ``pixels``: (places, size, size) uint8, a read-only map of the whole store; ``places``: for each
    row of the table its place in ``pixels``. The length is the number of rows.
    """

    pixels: np.ndarray
    places: np.ndarray

    def __len__(self) -> int:
        return len(self.places)

    @property
    def size(self) -> int:
        """Width and height of an image in pixels."""
        return self.pixels.shape[1]

    def take(self, positions: Sequence[int] | np.ndarray) -> np.ndarray:
        """Copy the images at ``positions`` of the table: (n, size, size) uint8."""
        return np.take(self.pixels, self.places[np.asarray(positions, dtype=np.intp)], axis=0)


def open_prepared(
    rows: pd.DataFrame,
    preprocess: PreprocessConfig,
    size: int,
    settings: Settings,
    progress: Progress | None = None,
) -> Prepared:
    """Give the prepared pixels of ``rows`` (columns path and sha256), making those still missing.

    Files are read only for missing pixels: a store that holds them all works without its images.
    Several processes may ask for the same store at once; one prepares, the others wait for it. To
    stop it, raise from ``progress``: what was written until then is kept. Raises UserError when a
    file is missing, unreadable or changed since the catalog was made, or when the disk is full.
    """
    made_with = {"version": VERSION, "size": size, "preprocess": preprocess.model_dump()}
    text = json.dumps(made_with, sort_keys=True)
    name = f"{size}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    folder = settings.artifacts / "prepared" / name
    store = StoredRows(folder, (size, size), "uint8", made_with)
    digests = rows["sha256"].astype(str).tolist()
    if store.missing(digests):

        def waiting() -> None:
            if progress:
                progress("Waiting for another run that prepares these images", 0, 1)

        with store.writing(waiting):
            missing = set(store.missing(digests))
            # One path for each content: copies of an image are prepared once.
            todo = {
                digest: Path(path)
                for digest, path in zip(digests, rows["path"], strict=True)
                if digest in missing
            }
            _add(store, todo, preprocess, size, settings, progress)
    return Prepared(store.rows, store.positions(digests))


def _add(
    store: StoredRows,
    todo: dict[str, Path],
    preprocess: PreprocessConfig,
    size: int,
    settings: Settings,
    progress: Progress | None,
) -> None:
    """Prepare ``todo`` (digest -> path) in threads and add it to the store."""

    def prepare_one(item: tuple[str, Path]) -> np.ndarray:
        digest, path = item
        return prepare(_read_unchanged(path, digest, settings.max_pixels), preprocess, size)

    items = list(todo.items())
    report = _throttled(progress, f"Preparing images at {size} x {size} pixels", len(items))
    with ThreadPoolExecutor(settings.threads, thread_name_prefix="prepare") as pool:
        try:
            for start in range(0, len(items), _CHUNK):
                chunk = items[start : start + _CHUNK]
                images = []
                for image in pool.map(prepare_one, chunk):
                    images.append(image)
                    report(start + len(images))
                store.add([digest for digest, _ in chunk], np.stack(images))
        except BaseException:
            # A stop need not wait for a chunk of huge images.
            pool.shutdown(cancel_futures=True)
            raise


def _read_unchanged(path: Path, digest: str, max_pixels: int) -> np.ndarray:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be read ({error.strerror}); restore {path} or set CHESTBENCH_DATA "
            "to the folder that holds it."
        ) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise UserError(f"{path} has changed since the catalog was made; make the catalog anew.")
    return read_image(data, max_pixels, path.name)


def _throttled(progress: Progress | None, what: str, total: int) -> Callable[[int], None]:
    last = 0.0

    def report(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if progress and (done == total or now - last >= _SECONDS_BETWEEN_REPORTS):
            last = now
            progress(what, done, total)

    return report
