"""Getting the real collections for a user who is online, each from where its authors put it.

Holds the table of what can be fetched and how it becomes a folder that the readers find. The bytes
themselves are ``download``'s business.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from filelock import FileLock, Timeout

from core.data.download import ArchiveError, download, unpack
from core.data.sources import COHEN, KERMANY, SPLIT_FOLDERS, Progress, find_cohen, find_kermany
from core.errors import UserError
from core.files import disk_errors


@dataclass(frozen=True)
class Download:
    """One collection that can be fetched: ``url`` of a zip, or ``dataset`` of Kaggle."""

    name: str
    title: str
    folder: str
    license: str
    url: str = ""
    dataset: str = ""


DOWNLOADS: dict[str, Download] = {
    one.name: one
    for one in (
        Download(
            KERMANY,
            "Kermany et al. (2018), 5,856 paediatric chest X-rays, about 1.2 GB",
            "chest_xray",
            "CC BY 4.0",
            dataset="paultimothymooney/chest-xray-pneumonia",
        ),
        Download(
            COHEN,
            "Cohen et al. (2020), COVID-19 and other pneumonias, about 1 GB",
            "covid-chestxray-dataset",
            "per image, in metadata.csv; many for non-commercial use only",
            url="https://codeload.github.com/ieee8023/covid-chestxray-dataset/zip/refs/heads/master",
        ),
    )
}
_FINDERS = {KERMANY: find_kermany, COHEN: find_cohen}


def fetch(
    name: str, destination: Path, progress: Progress = None, url: str = "", sha256: str = ""
) -> Path:
    """Get the collection ``name`` into a folder of its own below ``destination``; give that folder.

    A collection that is there already is left as it is. ``url`` names another zip of the same
    collection, ``sha256`` (hexadecimal) what that zip must have. The next call goes on with an
    interrupted one; the folder appears whole or not at all. Raises UserError when there is no such
    collection, when it cannot be got or does not hold what it should, or when the disk is full.
    """
    if name not in DOWNLOADS:
        raise UserError(
            f"There is no collection '{name}' to fetch; choose one of {', '.join(DOWNLOADS)}."
        )
    wanted, destination = DOWNLOADS[name], Path(destination).expanduser().resolve()
    final = destination / wanted.folder
    with _alone(destination):
        if final.exists():
            if final.is_dir() and _FINDERS[name](final):
                return final
            raise UserError(
                f"{final} is in the way and is not the {name} collection; move it elsewhere, or "
                "fetch into another folder."
            )
        # Hidden, so that no reader takes what is half done for a collection.
        work = destination / f".{name}-fetching"
        if url or wanted.url:
            unpacked = _from_zip(url or wanted.url, sha256, work, progress)
        else:
            unpacked = _from_kaggle(wanted.dataset, work, progress)
        found = _FINDERS[name](unpacked)
        if not found:
            shutil.rmtree(work, ignore_errors=True)
            raise UserError(
                f"What arrived does not hold the {name} collection in the shape that ChestBench "
                "knows; get it with a browser and put it into a data folder."
            )
        if name == KERMANY:
            _remove_second_copy(found[0])
        with disk_errors(final):
            found[0].rename(final)
        shutil.rmtree(work, ignore_errors=True)
    return final


def _from_zip(url: str, sha256: str, work: Path, progress: Progress) -> Path:
    # Not hidden itself: the finders pass hidden folders over.
    unpacked = work / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    # One name an address: what another address left behind is no part of this archive.
    name = hashlib.sha256(url.encode()).hexdigest()[:12]
    archive = download(url, work / f"{name}.zip", progress, sha256)
    try:
        unpack(archive, unpacked, progress)
    except BaseException as error:
        shutil.rmtree(unpacked, ignore_errors=True)
        if isinstance(error, ArchiveError):
            archive.unlink()
        raise
    return unpacked


def _from_kaggle(dataset: str, work: Path, progress: Progress) -> Path:
    # Heavy, and needed nowhere else.
    import kagglehub

    if progress is not None:
        progress("Downloading from Kaggle", 0, 0)
    try:
        # Its output_dir refuses to go on with an interrupted download; its cache folder does.
        with _environment("KAGGLEHUB_CACHE", str(work)), disk_errors(work):
            return Path(kagglehub.dataset_download(dataset))
    except requests.ConnectionError as error:
        raise UserError(
            "Kaggle cannot be reached; check the network connection and try again."
        ) from error
    except UserError:
        raise
    # kagglehub raises errors of a dozen kinds, most of them made for its own use alone.
    except Exception as error:
        reason = (str(error).splitlines() or [repr(error)])[0]
        raise UserError(
            f"Kaggle did not give {dataset} ({reason}); try again, or get it with a browser and "
            "put it into a data folder."
        ) from error


def _remove_second_copy(folder: Path) -> None:
    # The Kaggle archive holds everything a second time in a folder of its own name.
    for child in folder.iterdir():
        if child.is_dir() and child.name not in SPLIT_FOLDERS:
            shutil.rmtree(child, ignore_errors=True)


@contextmanager
def _alone(destination: Path) -> Iterator[None]:
    with disk_errors(destination):
        destination.mkdir(parents=True, exist_ok=True)
        lock = FileLock(destination / ".fetch.lock", timeout=0)
    try:
        with disk_errors(destination), lock:
            yield
    except Timeout as error:
        raise UserError(
            f"Another fetch into {destination} is under way; wait until it has finished."
        ) from error


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
