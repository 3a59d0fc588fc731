"""Where the image collections lie, and whether any of their files changed.

Holds the folder shape of each collection, and the snapshot of all their files by which the catalog
knows that nothing has to be read again. Needs neither pandas nor Pillow, whose import would take
longer than the answer. What a file name or a metadata column means stands in the readers.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.data.folders import find_folders, list_files, with_subfolders
from core.errors import UserError
from core.settings import Settings

Progress = Callable[[str, int, int], None] | None

KERMANY, COHEN, PHANTOM = "kermany", "cohen", "phantom"
SOURCE_TITLES: dict[str, str] = {
    KERMANY: "Kermany",
    COHEN: "Cohen",
    PHANTOM: "phantom (synthetic)",
}
SPLIT_FOLDERS = ("train", "val", "test")
CLASS_FOLDERS = ("NORMAL", "PNEUMONIA")


def find_kermany(root: Path) -> list[Path]:
    """Folders at or below ``root`` that hold train, val or test with NORMAL or PNEUMONIA in it."""
    return find_folders(
        root,
        lambda folder, names: any(
            (folder / split / name).is_dir()
            for split in names.intersection(SPLIT_FOLDERS)
            for name in CLASS_FOLDERS
        ),
    )


def find_cohen(root: Path) -> list[Path]:
    """Folders at or below ``root`` that hold both metadata.csv and images.

    Raises UserError for a folder named after the collection, or with its annotations, that has
    images but no metadata.csv: its images would otherwise be missed without a word.
    """

    def fits(folder: Path, names: set[str]) -> bool:
        if "images" not in names:
            return False
        if (folder / "metadata.csv").is_file():
            return True
        if "covid" in folder.name.lower() or "annotations" in names:
            raise UserError(
                f"{folder} has the images of the COVID-19 collection but no metadata.csv; put the "
                "collection's metadata.csv beside them, or `python -m core fetch cohen` anew."
            )
        return False

    return find_folders(root, fits)


def kermany_class_folders(folder: Path) -> list[Path]:
    """The folders of the Kermany collection ``folder`` that hold its images."""
    paths = (folder / split / name for split in SPLIT_FOLDERS for name in CLASS_FOLDERS)
    return [path for path in paths if path.is_dir()]


_FINDERS = {KERMANY: find_kermany, COHEN: find_cohen}
_FILE_FOLDERS = {
    KERMANY: kermany_class_folders,
    COHEN: with_subfolders,
    PHANTOM: with_subfolders,
}


@dataclass(frozen=True)
class Snapshot:
    """The collections as they lie on disk now.

    ``collections`` are (source, folder) pairs; ``files`` are (path, bytes, time of change in ns);
    ``fingerprint`` changes with any of them, with the pixel cap and with the readers' own code;
    ``stored`` is the path, without a suffix, at which their catalog is kept.
    """

    collections: tuple[tuple[str, Path], ...]
    files: tuple[tuple[str, int, int], ...]
    fingerprint: str
    stored: Path


def take_snapshot(settings: Settings, progress: Progress = None) -> Snapshot:
    """List the collections below the data roots, or the demonstration set where none is named.

    Raises UserError when a root is missing, empty or without a collection.
    """
    collections = _demonstration(settings, progress) if settings.demonstration else _real(settings)
    files = tuple(
        file for source, folder in collections for file in list_files(_FILE_FOLDERS[source](folder))
    )
    digest = hashlib.sha256(repr((settings.max_pixels, files)).encode())
    # A changed table of findings must not meet an old catalog.
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    places = json.dumps([str(folder) for _, folder in collections])
    name = hashlib.sha256(places.encode()).hexdigest()[:12]
    stored = settings.artifacts / "catalog" / name
    return Snapshot(collections, files, digest.hexdigest(), stored)


def _demonstration(settings: Settings, progress: Progress) -> tuple[tuple[str, Path], ...]:
    # Drawing brings in OpenCV, which a catalog of real images does not need.
    from core.data import phantom

    folder = settings.artifacts / "demonstration"
    phantom.ensure_demonstration_set(folder, progress)
    return ((PHANTOM, folder),)


def _real(settings: Settings) -> tuple[tuple[str, Path], ...]:
    found: dict[Path, tuple[str, Path]] = {}
    for root in settings.data_roots:
        if not root.is_dir():
            raise UserError(
                f"The data folder {root} does not exist; set CHESTBENCH_DATA to the folder with "
                "the image collections, or unset it for the demonstration set."
            )
        here = [(source, path) for source, find in _FINDERS.items() for path in find(root)]
        if not here:
            state = "holds no image collection" if any(root.iterdir()) else "is empty"
            raise UserError(
                f"The data folder {root} {state}; put chest_xray (with train/NORMAL and so on) or "
                "covid-chestxray-dataset (with metadata.csv and images) into it, or fetch them "
                "with `python -m core fetch`."
            )
        for source, folder in here:
            found.setdefault(folder.resolve(), (source, folder))
    # One order of sources whatever the order of the roots.
    return tuple(sorted(found.values(), key=lambda item: list(_FINDERS).index(item[0])))
