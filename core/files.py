"""Whole files or none: writes that a crash, a full disk or a second writer cannot tear.

Holds the one way in which ChestBench writes a file that others read. What the files mean is the
business of whoever writes them.
"""

import errno
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import UserError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it to ``path`` when the block ends well.

    The temporary name keeps the suffix (Keras and Pillow choose a format by it). When the block
    raises, the temporary file is removed and ``path`` stays as it was. Raises UserError when the
    disk is full or the folder cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full disk or a folder without write permission into one UserError naming ``path``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise UserError(
                f"No space left on disk while writing {path}; free some space and try again."
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise UserError(
                f"{path} cannot be written; give this user write permission for its folder, "
                "or set CHESTBENCH_ARTIFACTS to another folder."
            ) from error
        raise


def write_json(path: Path, content: dict | list) -> None:
    """Write ``content`` as indented JSON, whole or not at all; raises UserError as whole_file."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
