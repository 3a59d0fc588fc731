"""An array on disk whose rows are found by key and only ever added to.

Holds ``StoredRows``, the one store under prepared pixels and backbone features. It knows nothing of
images: what a key stands for is the caller's business, and a key's row never changes.

    rows.bin     the rows, one after the other, raw
    keys.txt     their keys, one a line, in the same order
    shape.json   shape and dtype of a row, and what the caller says the rows were made with
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock

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
            np.memmap(path, self.dtype, "r", shape=(count, *self.shape))
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
            with (self.folder / "rows.bin").open("ab") as file:
                # What a crash left behind has no key and is written over.
                file.truncate(len(self) * self._row_bytes)
                file.seek(0, 2)
                file.write(content)
            with (self.folder / "keys.txt").open("ab") as file:
                file.truncate(sum(len(key) + 1 for key in self._position))
                file.seek(0, 2)
                file.write("".join(f"{keys[i]}\n" for i in fresh).encode())
            self.refresh()

    def _written_keys(self) -> list[str]:
        try:
            text = (self.folder / "keys.txt").read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        # A last line without its end was torn by a crash.
        return text[: text.rfind("\n") + 1].split()


def _same_rows(path: Path, description: dict) -> bool:
    try:
        return json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(description))
    except (OSError, ValueError):
        return False
