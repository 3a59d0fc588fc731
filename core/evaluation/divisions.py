"""Which images a run learnt from and which it was checked on, as one short key.

Holds the key alone: the digest of the content of images.csv, so that two runs share it exactly when
the same images, with the same contents and classes, stood on the same sides. How that file is made
stands in ``core.training.run_data``.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from core.runs import Run

KEY_LENGTH = 16


def division_key(images_csv: bytes) -> str:
    """The key of a division from the content of its images.csv: 16 hexadecimal digits."""
    return hashlib.sha256(images_csv).hexdigest()[:KEY_LENGTH]


def division_of(run: Run) -> str:
    """The key of the run's division; empty when its images.csv cannot be read."""
    path = run.folder / "images.csv"
    try:
        facts = path.stat()
        return _key_of_file(path, facts.st_mtime_ns, facts.st_size)
    except OSError:
        return ""


# A megabyte a run, and pages ask for the same runs again and again.
@lru_cache(maxsize=4096)
def _key_of_file(path: Path, mtime_ns: int, size: int) -> str:
    return division_key(path.read_bytes())
