"""The pixel cache: every image decoded and prepared once, then read from one mapped file.

Holds the store of prepared pixels, its making and its reading. A store belongs to one set of
preprocessing settings at one size and lies in ``artifacts/prepared/<key>/``:

    settings.json   what the store was made with, for people
    pixels.u8       size x size bytes of grey for each image, one after the other
    index.txt       line k: the SHA-256 of the file whose pixels lie at place k
    lock            held by whoever adds to the store

Pixels are found by the content of their file: copies of an image share a place, a moved collection
is not prepared again, and a changed file is never taken for the old one. A place counts once its
line stands in the index, and pixels reach the disk before their line does; so a crash at any moment
leaves a shorter store, not a wrong one. A store may be deleted at any time when nothing runs.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from core.errors import UserError
from core.files import disk_errors, write_json
from core.imaging.decode import read_image
from core.imaging.preprocess import VERSION, PreprocessConfig, prepare
from core.settings import Settings

Progress = Callable[[str, int, int], None]

_LINE = 65  # bytes of an index line: 64 hexadecimal digits and a line feed
_CHUNK = 64  # images written, and made sure of on disk, at a time
_SECONDS_BETWEEN_REPORTS = 0.1


class PreparationStopped(Exception):
    """Somebody asked to stop; what had been prepared until then is kept."""


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
    should_stop: Callable[[], bool] | None = None,
) -> Prepared:
    """Give the prepared pixels of ``rows`` (columns path and sha256), making those still missing.

    Files are read only for missing pixels: a store that holds them all works without its images.
    Several processes may ask for the same store at once; one prepares, the others wait for it.
    Raises UserError when a file is missing, unreadable or changed since the catalog was made, or
    when the disk is full; PreparationStopped when ``should_stop`` says so.
    """
    folder = settings.artifacts / "prepared" / _key(preprocess, size)
    digests = rows["sha256"].astype(str).tolist()
    index = _read_index(folder, size)
    if not all(digest in index for digest in digests):
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        stopper = should_stop or (lambda: False)
        with _only_writer(folder, progress, stopper):
            write_json(folder / "settings.json", _description(preprocess, size))
            index = _read_index(folder, size)
            missing = {
                digest: Path(path)
                for digest, path in zip(digests, rows["path"], strict=True)
                if digest not in index
            }
            _add(folder, index, missing, preprocess, size, settings, progress, stopper)
            index = _read_index(folder, size)
    places = np.array([index[digest] for digest in digests], dtype=np.intp)
    return Prepared(_map_pixels(folder, size, _count(index)), places)


def _description(preprocess: PreprocessConfig, size: int) -> dict:
    return {"version": VERSION, "size": size, "preprocess": preprocess.model_dump()}


def _key(preprocess: PreprocessConfig, size: int) -> str:
    text = json.dumps(_description(preprocess, size), sort_keys=True)
    return f"{size}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _read_index(folder: Path, size: int) -> dict[str, int]:
    """Read digest -> place of every place that certainly holds its whole pixels."""
    try:
        lines = (folder / "index.txt").read_bytes()
        places = (folder / "pixels.u8").stat().st_size // size**2
    except FileNotFoundError:
        return {}
    # A line or pixels torn by a crash come last, and are not counted.
    count = min(len(lines) // _LINE, places)
    table = (lines[k * _LINE : (k + 1) * _LINE - 1] for k in range(count))
    return {line.decode("ascii", "replace"): place for place, line in enumerate(table)}


def _count(index: dict[str, int]) -> int:
    # Not the length: should two lines ever be alike, the places after them must stay theirs.
    return max(index.values(), default=-1) + 1


def _map_pixels(folder: Path, size: int, count: int) -> np.ndarray:
    if count == 0:
        return np.empty((0, size, size), np.uint8)  # an empty file cannot be mapped
    shape = (count, size, size)
    return np.memmap(folder / "pixels.u8", np.uint8, "r", shape=shape).view(np.ndarray)


@contextmanager
def _only_writer(
    folder: Path, progress: Progress | None, should_stop: Callable[[], bool]
) -> Iterator[None]:
    lock = FileLock(folder / "lock")
    while True:
        if should_stop():
            raise PreparationStopped
        try:
            with disk_errors(folder):
                lock.acquire(timeout=0.5)
            break
        except Timeout:
            if progress:
                progress("Waiting for another run that prepares these images", 0, 1)
    try:
        yield
    finally:
        lock.release()


def _add(
    folder: Path,
    index: dict[str, int],
    missing: dict[str, Path],
    preprocess: PreprocessConfig,
    size: int,
    settings: Settings,
    progress: Progress | None,
    should_stop: Callable[[], bool],
) -> None:
    """Prepare ``missing`` (digest -> path) in threads and append them to the store."""

    def prepare_one(item: tuple[str, Path]) -> np.ndarray:
        # Inside each image's task, so that a stop need not wait for a chunk of huge images.
        if should_stop():
            raise PreparationStopped
        digest, path = item
        return prepare(_read_unchanged(path, digest, settings.max_pixels), preprocess, size)

    items = list(missing.items())
    report = _throttled(progress, f"Preparing images at {size} x {size} pixels", len(items))
    place = _count(index)
    with (
        disk_errors(folder),
        ThreadPoolExecutor(settings.threads, thread_name_prefix="prepare") as pool,
        _open_at(folder / "index.txt", place * _LINE) as lines,
        _open_at(folder / "pixels.u8", place * size**2) as pixels,
    ):
        for start in range(0, len(items), _CHUNK):
            chunk = items[start : start + _CHUNK]
            images = []
            for image in pool.map(prepare_one, chunk):
                images.append(image)
                report(start + len(images))
            # The order of these two is what keeps a crash from pairing a digest with no pixels.
            _write(pixels, b"".join(image.tobytes() for image in images))
            _write(lines, "".join(f"{digest}\n" for digest, _ in chunk).encode("ascii"))


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


def _open_at(path: Path, offset: int):
    """Open ``path`` unbuffered for writing at ``offset``; what a crash left behind it is cut."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    file = os.fdopen(descriptor, "r+b", buffering=0)
    file.truncate(offset)
    file.seek(offset)
    return file


def _write(file, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def _throttled(progress: Progress | None, what: str, total: int) -> Callable[[int], None]:
    last = 0.0

    def report(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if progress and (done == total or now - last >= _SECONDS_BETWEEN_REPORTS):
            last = now
            progress(what, done, total)

    return report
