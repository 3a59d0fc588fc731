"""Whole files or none: writes that a crash, a full disk or a second writer cannot tear.

Holds the one way in which ChestBench writes a file that others read. What the files mean is the
business of whoever writes them.
"""

import errno
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import UserError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_IN_THE_WAY = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
_REFUSED = (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENAMETOOLONG)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it to ``path`` when the block ends well.

    The temporary name keeps the suffix (Keras and Pillow choose a format by it). When the block
    raises, the temporary file is removed and ``path`` stays as it was. Raises UserError as
    ``disk_errors``.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full disk or a place that cannot be written into one UserError naming ``path``."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise UserError(
                f"No space left on disk while writing {path}; free some space and try again."
            ) from error
        if error.errno in _IN_THE_WAY:
            raise UserError(f"{path} cannot be written: {_in_the_way(path)}") from error
        if error.errno in _REFUSED:
            raise UserError(
                f"{path} cannot be written ({error.strerror}); give this user write permission "
                "there, or choose another folder (CHESTBENCH_ARTIFACTS for what ChestBench makes)."
            ) from error
        raise


def _in_the_way(path: Path) -> str:
    if path.is_dir():
        return "it is a folder, and a file is needed there; choose another name."
    for place in (*reversed(path.parents), path):
        if place.exists() and not place.is_dir():
            return f"{place} is a file, and a folder is needed there; choose another folder."
    return "something else stands in its place; choose another name."


def write_json(path: Path, content: dict | list) -> None:
    """Write ``content`` as indented JSON, whole or not at all; raises UserError as whole_file."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
