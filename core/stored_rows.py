"""An array on disk whose rows are found by key and only ever added to.

Holds ``StoredRows``, the one store under prepared pixels and backbone features. It knows nothing of
images: what a key stands for is the caller's business, and a key's row never changes.

    rows.bin     the rows, one after the other, raw
    keys.txt     their keys, one a line, in the same order
    shape.json   shape and dtype of a row, and what the caller says the rows were made with
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from core.errors import UserError
from core.files import disk_errors, write_json


class StoredRows:
    """Rows of one ``shape`` and ``dtype`` below ``folder``, read through a memory map.

    A crash or a full disk in the middle of an addition loses that addition alone: a row counts once
    its key is written, and keys are written after their rows. Several processes may add at once.
    Raises UserError when the folder holds rows of another shape or cannot be read.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...], dtype: str, made_with: dict):
        self.folder, self.shape, self.dtype = folder, tuple(shape), np.dtype(dtype)
        self._row_bytes = int(np.prod(shape)) * self.dtype.itemsize
        description = {"shape": list(shape), "dtype": self.dtype.name, "made_with": made_with}
        known = folder / "shape.json"
        if not known.exists():
            with disk_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
            write_json(known, description)
        elif not _same_rows(known, description):
            raise UserError(f"{known} does not describe what is stored here; delete {folder}.")
        self._lock = FileLock(folder / "lock")
        self.refresh()

    def refresh(self) -> None:
        """Take in what other processes have added."""
        keys = self._written_keys()
        path = self.folder / "rows.bin"
        held = path.stat().st_size // self._row_bytes if path.exists() else 0
        self._position = {key: i for i, key in enumerate(keys[:held])}
        count = len(keys[:held])
        self.rows = (
            np.memmap(path, self.dtype, "r", shape=(count, *self.shape)).view(np.ndarray)
            if count
            else np.empty((0, *self.shape), self.dtype)
        )

    def __len__(self) -> int:
        return len(self.rows)

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Keys without a row, each once, in their order."""
        return [key for key in dict.fromkeys(keys) if key not in self._position]

    def positions(self, keys: Iterable[str]) -> np.ndarray:
        """Row numbers (n,) int64 of ``keys``; raises KeyError for a key without a row."""
        return np.array([self._position[key] for key in keys], dtype=np.int64)

    def add(self, keys: Sequence[str], rows: np.ndarray) -> None:
        """Add one row per key; a key that somebody added meanwhile keeps its row.

        Raises UserError when the disk is full; nothing of the addition counts then.
        """
        with disk_errors(self.folder), self._lock:
            self.refresh()
            fresh = [i for i, key in enumerate(keys) if key not in self._position]
            content = np.ascontiguousarray(rows[fresh], self.dtype).tobytes()
            lines = "".join(f"{keys[i]}\n" for i in fresh).encode()
            # The order of these two is what keeps a crash from pairing a key with no row.
            _append(self.folder / "rows.bin", len(self) * self._row_bytes, content)
            _append(self.folder / "keys.txt", sum(len(key) + 1 for key in self._position), lines)
            self.refresh()

    @contextmanager
    def writing(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Be the only writer for a while; ``waiting`` is called while another one is."""
        while True:
            try:
                with disk_errors(self.folder):
                    self._lock.acquire(timeout=0.5)
                break
            except Timeout:
                waiting()
        try:
            self.refresh()
            yield
        finally:
            self._lock.release()

    def _written_keys(self) -> list[str]:
        try:
            text = (self.folder / "keys.txt").read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        # A last line without its end was torn by a crash.
        return text[: text.rfind("\n") + 1].split()


def _append(path: Path, end: int, content: bytes) -> None:
    # What a crash left behind ``end`` is cut off.
    with path.open("ab") as file:
        file.truncate(end)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _same_rows(path: Path, description: dict) -> bool:
    try:
        return json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(description))
    except (OSError, ValueError):
        return False
