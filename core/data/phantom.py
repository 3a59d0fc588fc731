"""The demonstration set: synthetic chest X-rays that stand in when there are no real ones.

Holds who is in the set (persons, findings, the two invented sources), its files, the rows that the
catalog reads, and where a picture's lesion was drawn. How a picture is drawn stands in
``core.data.phantom_film`` and ``core.data.phantom_anatomy``. Nothing here is, or is made from, a
picture of a real person.
"""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from core.data.phantom_anatomy import draw_anatomy
from core.data.phantom_film import (
    FOCAL_STRENGTH,
    STYLES,
    draw_disease,
    draw_phantom,
    draw_with_cloud,
)
from core.errors import UserError
from core.files import disk_errors

__all__ = ["draw_phantom", "ensure_demonstration_set", "lesion_of", "read_rows"]

VERSION = 2  # raise it whenever a picture or a column changes: old sets are then drawn anew
SEED = 20200
IMAGES_PER_PERSON = 2
# How many persons of each source have each finding: 120 images in each class of `paper3`.
PERSONS = {"normal": 30, "bacteria": 30, "virus": 15, "covid19": 15}

_TABLE = "phantoms.csv"
_VERSION_FILE = "version.txt"
_COLUMNS = ("id", "path", "source", "patient", "finding", "view", "sex", "age", "offset_days")


@dataclass(frozen=True)
class _Person:
    number: int
    source: str
    finding: str


def ensure_demonstration_set(
    folder: Path, progress: Callable[[str, int, int], None] | None = None
) -> None:
    """Draw the demonstration set into ``folder`` unless this version of it is there already.

    Leaves PNG files below ``folder``/images (256 x 256, 8-bit grey), phantoms.csv and version.txt.
    The folder appears whole under its name or not at all, also when several processes draw at once;
    the same version always gives the same bytes. Raises UserError when the disk is full or the
    folder cannot be written.
    """
    folder = Path(folder)
    if _is_complete(folder):
        return
    temporary = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        with disk_errors(folder):
            _draw_set(temporary, progress)
            _put_in_place(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_rows(folder: Path) -> pd.DataFrame:
    """Read the set's rows with the catalog's columns, as far as no pixel is needed for them.

    ``path`` is absolute, ``age`` in years, ``offset_days`` counts from a person's first picture.
    Raises UserError when phantoms.csv is missing or not as it was written.
    """
    folder = Path(folder)
    try:
        rows = pd.read_csv(folder / _TABLE)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{folder / _TABLE} cannot be read; delete {folder} and the demonstration set is "
            "drawn anew."
        ) from error
    if list(rows.columns) != list(_COLUMNS):
        raise UserError(
            f"{folder / _TABLE} has other columns than this version writes; delete {folder} and "
            "the demonstration set is drawn anew."
        )
    rows["path"] = [str((folder / path).absolute()) for path in rows["path"]]
    return rows.assign(
        synthetic=True,
        source_finding=rows["finding"],
        modality="X-ray",
        age=rows["age"].astype(float),
        offset_days=rows["offset_days"].astype(float),
        license="synthetic",
        clinical_notes="Synthetic phantom, drawn by ChestBench.",
        excluded="",
        collection_order=np.arange(len(rows)),
    )


def lesion_of(identifier: str) -> np.ndarray:
    """Where the focal lesion lies in one picture of the set, by the picture's id: bool (256, 256).

    True where at least half the strength of a bacterial patch was drawn. The person is drawn again
    from the set's own seed, so that nothing about lesions need be kept beside the pictures. Raises
    UserError when the set has no such picture, or none with a focal lesion under that id.
    """
    source, _, rest = identifier.rpartition("-")[0].rpartition("-")
    image = identifier.rpartition("-")[2]
    for person in _persons():
        if person.source == source and f"{person.number:03d}" == rest and image.isdecimal():
            pictures = list(_pictures(person)) if person.finding == "bacteria" else []
            if 1 <= int(image) <= len(pictures):
                return pictures[int(image) - 1].cloud >= FOCAL_STRENGTH / 2
    raise UserError(f"The demonstration set has no picture '{identifier}' with a focal lesion.")


def _persons() -> Iterator[_Person]:
    number = 0
    for finding, count in PERSONS.items():
        for source in STYLES:
            for _ in range(count):
                number += 1
                yield _Person(number, source, finding)


def _draw_set(folder: Path, progress: Callable[[str, int, int], None] | None) -> None:
    (folder / "images").mkdir(parents=True)
    persons = list(_persons())
    rows = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for done, drawn in enumerate(pool.map(lambda p: _draw_person(folder, p), persons), 1):
            rows += drawn
            if progress and (done % 10 == 0 or done == len(persons)):
                step = IMAGES_PER_PERSON
                progress("Drawing synthetic X-rays", done * step, len(persons) * step)
    pd.DataFrame(rows, columns=list(_COLUMNS)).to_csv(folder / _TABLE, index=False)
    (folder / _VERSION_FILE).write_text(f"{VERSION}\n", encoding="utf-8")


@dataclass(frozen=True)
class _Picture:
    pixels: np.ndarray
    cloud: np.ndarray
    row: dict


def _draw_person(folder: Path, person: _Person) -> list[dict]:
    rows = []
    for picture in _pictures(person):
        (folder / picture.row["path"]).write_bytes(
            cv2.imencode(".png", picture.pixels)[1].tobytes()
        )
        rows.append(picture.row)
    return rows


def _pictures(person: _Person) -> Iterator[_Picture]:
    # Each person has a generator of their own: the order of threads changes nothing.
    rng = np.random.default_rng([SEED, person.number])
    sex = "FM"[int(rng.integers(2))]
    age = int(rng.integers(18, 90))
    anatomy, disease = draw_anatomy(rng, sex), draw_disease(person.finding, rng)
    offset = 0
    for image in range(IMAGES_PER_PERSON):
        view = "AP" if rng.random() < 0.4 else "PA"
        style = STYLES[person.source]
        pixels, cloud = draw_with_cloud(person.finding, rng, view, anatomy, disease, style)
        identifier = f"{person.source}-{person.number:03d}-{image + 1}"
        row = {
            "id": identifier,
            "path": (Path("images") / f"{identifier}.png").as_posix(),
            "source": person.source,
            "patient": f"{person.source}:{person.number:03d}",
            "finding": person.finding,
            "view": view,
            "sex": sex,
            "age": age,
            "offset_days": offset,
        }
        yield _Picture(pixels, cloud, row)
        offset += int(rng.integers(1, 8))


def _is_complete(folder: Path) -> bool:
    try:
        version = (folder / _VERSION_FILE).read_text(encoding="utf-8").strip()
        images = sum(1 for _ in (folder / "images").glob("*.png"))
    except (OSError, ValueError):
        return False
    expected = len(STYLES) * sum(PERSONS.values()) * IMAGES_PER_PERSON
    return version == str(VERSION) and images == expected and (folder / _TABLE).is_file()


def _put_in_place(temporary: Path, folder: Path) -> None:
    for _ in range(5):
        try:
            temporary.rename(folder)
            return
        except OSError:
            if not folder.exists():
                raise
        # Another process was faster, or an older or damaged set is in the way.
        if _is_complete(folder):
            return
        old = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
        try:
            folder.rename(old)
        except FileNotFoundError:
            continue
        shutil.rmtree(old, ignore_errors=True)
    raise UserError(f"{folder} is in use by another program; close it and try again.")
