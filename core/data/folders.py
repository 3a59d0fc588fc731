"""Looking through folders: where a collection lies, and which files it has.

Holds the bounded walk below a data root and the listing that tells whether anything changed. What
makes a folder a collection is the readers' business.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from core.errors import UserError

MAX_DEPTH = 6
MAX_FOLDERS = 20_000

# Archives made on macOS carry a shadow of every file in here.
_SHADOW_FOLDER = "__MACOSX"


def find_folders(root: Path, fits: Callable[[Path, set[str]], bool]) -> list[Path]:
    """Folders at or below ``root`` for which ``fits(folder, names of its subfolders)`` holds.

    A folder that fits is not looked into any further: the Kaggle archive holds a second copy of
    itself inside, which must not count twice. Hidden folders are passed over, links are followed
    but no folder is visited twice, and the walk ends MAX_DEPTH levels down. Raises UserError when
    ``root`` cannot be read or holds more than MAX_FOLDERS folders.
    """
    found: list[Path] = []
    visited: set[tuple[int, int]] = set()
    level = [root]
    for _ in range(MAX_DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            try:
                status = folder.stat()
                names = _subfolders(folder)
            except OSError as error:
                if folder == root:
                    raise UserError(
                        f"The data folder {root} cannot be read ({error.strerror}); give this user "
                        "read permission for it, or set CHESTBENCH_DATA to another folder."
                    ) from error
                continue
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            if len(visited) > MAX_FOLDERS:
                raise UserError(
                    f"{root} holds more than {MAX_FOLDERS:,} folders; set CHESTBENCH_DATA to the "
                    "folders in which the image collections lie."
                )
            if fits(folder, set(names)):
                found.append(folder)
            else:
                below.extend(folder / name for name in names)
        level = below
    return found


def list_files(folders: Iterable[Path]) -> list[tuple[str, int, int]]:
    """Files directly in ``folders``: (path, size in bytes, time of change in ns), by path.

    Hidden files are left out, and so are folders and files that vanish meanwhile.
    """
    files = []
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    try:
                        if entry.is_file():
                            status = entry.stat()
                            files.append((entry.path, status.st_size, status.st_mtime_ns))
                    except OSError:
                        continue
        except OSError:
            continue
    return sorted(files)


def with_subfolders(folder: Path) -> list[Path]:
    """``folder`` and the folders directly in it that are not hidden, by name."""
    return [folder, *(folder / name for name in _subfolders(folder))]


def _subfolders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(
            entry.name
            for entry in entries
            if not entry.name.startswith(".") and entry.name != _SHADOW_FOLDER and entry.is_dir()
        )
