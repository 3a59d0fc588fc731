"""One file over HTTP, resumable and checked, and one archive unpacked safely.

Knows nothing of collections: which file to get, and what to make of it, stands in ``fetch``.
"""

import hashlib
import json
import shutil
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath

import requests

from core.errors import UserError
from core.files import disk_errors, write_json

Progress = Callable[[str, int, int], None] | None


class ArchiveError(UserError):
    """The archive itself is damaged or unsafe: no second attempt to unpack it could end well."""


_CHUNK = 1 << 16
_TIMEOUT = 60  # seconds without a byte
_ATTEMPTS = 4  # in a row that brought nothing


def download(
    url: str, target: Path, progress: Progress = None, sha256: str = "", pause: float = 1.0
) -> Path:
    """Get ``url`` into ``target``, going on where an earlier call broke off.

    What has arrived lies in ``target``.part until it is whole; beside it a note says which version
    of the file it belongs to, so that parts of two versions are never joined. A ``target`` that is
    there already is whole, and only held against ``sha256``. ``progress`` counts bytes (total 0
    when the server does not tell); ``pause`` is the wait in seconds after a broken line, doubled
    each time. Raises UserError when the server cannot be reached or refuses, when the line keeps
    breaking, when the disk is full, or when ``sha256`` does not fit.
    """
    part = target.with_name(target.name + ".part")
    note = target.with_name(target.name + ".part.json")
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        _check_sha256(target, sha256, url)
        return target
    failures = 0
    while True:
        before = _size(part)
        try:
            with disk_errors(part):
                done = _continue(url, part, note, progress)
        except requests.RequestException as error:
            failures = failures + 1 if _size(part) <= before else 1
            if _size(part) == 0 and isinstance(error, requests.ConnectionError):
                raise UserError(
                    f"{url} cannot be reached; check the network connection and try again."
                ) from error
            if failures >= _ATTEMPTS:
                raise UserError(
                    f"The download of {url} broke off after {_size(part):,} bytes; run the same "
                    "command again to go on from there."
                ) from error
            time.sleep(pause * 2 ** (failures - 1))
            continue
        if done:
            break
        failures += 1
        if failures >= _ATTEMPTS:
            raise UserError(
                f"{url} keeps answering with a part that does not fit what has arrived; try again "
                "later, or get the file with a browser."
            )
    note.unlink(missing_ok=True)
    _check_sha256(part, sha256, url)
    part.replace(target)
    return target


def unpack(archive: Path, folder: Path, progress: Progress = None) -> None:
    """Unpack a zip ``archive`` into the new folder ``folder``, after checking all of it.

    Every file's CRC is tested first, and nothing is unpacked when one entry would leave ``folder``.
    macOS's shadow files are left out. Raises ArchiveError when it is damaged or unsafe, UserError
    when the disk has no room for it.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            if progress is not None:
                progress("Checking the archive", 0, 0)
            damaged = opened.testzip()
            if damaged is not None:
                raise ArchiveError(
                    f"{archive} is damaged at {damaged}; fetch the collection again."
                )
            entries = [e for e in opened.infolist() if not e.filename.startswith("__MACOSX/")]
            for entry in entries:
                _check_inside(entry.filename, archive)
            _check_room(sum(entry.file_size for entry in entries), folder)
            for done, entry in enumerate(entries, start=1):
                with disk_errors(folder):
                    opened.extract(entry, folder)
                if progress is not None and (done % 50 == 0 or done == len(entries)):
                    progress("Unpacking", done, len(entries))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ArchiveError(
            f"{archive} cannot be unpacked ({error}); fetch the collection again."
        ) from error


def _continue(url: str, part: Path, note: Path, progress: Progress) -> bool:
    # True: the file is whole. False: the part did not fit and is gone; ask anew.
    validator = _validator(note, url)
    have = _size(part) if validator else 0
    # Without identity a server may compress on the way, and byte positions would mean nothing.
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable and have:
            if response.headers.get("Content-Range", "") == f"bytes */{have}":
                return True
            part.unlink()
            return False
        if response.status_code == requests.codes.partial_content and have:
            start, _, total = response.headers.get("Content-Range", "").partition("/")
            if not start.startswith(f"bytes {have}-"):
                part.unlink()
                return False
            total = int(total) if total.isdigit() else 0
        elif response.status_code == requests.codes.ok:
            have, total = 0, int(response.headers.get("Content-Length") or 0)
            part.unlink(missing_ok=True)
            write_json(note, {"url": url, "validator": _version(response)})
        else:
            busy = response.status_code >= 500 or response.status_code == 429
            remedy = "try again later" if busy else "get the collection with a browser"
            raise UserError(f"{url} answered {response.status_code} {response.reason}; {remedy}.")
        _receive(response, part, have, total, progress)
    if total and _size(part) != total:
        raise requests.ConnectionError(f"{_size(part)} of {total} bytes")
    return True


def _receive(
    response: requests.Response, part: Path, have: int, total: int, progress: Progress
) -> None:
    told = 0.0
    with part.open("ab") as file:
        for chunk in response.iter_content(_CHUNK):
            file.write(chunk)
            have += len(chunk)
            if progress is not None and (time.monotonic() - told > 0.1 or have == total):
                told = time.monotonic()
                progress("Downloading", have, total)


def _version(response: requests.Response) -> str:
    # A weak tag promises the same meaning, not the same bytes; RFC 9110 forbids it for ranges.
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def _validator(note: Path, url: str) -> str:
    try:
        content = json.loads(note.read_text(encoding="utf-8"))
        return content["validator"] if content["url"] == url else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _check_sha256(path: Path, expected: str, url: str) -> None:
    if not expected:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected.lower():
        # Going on from wrong bytes could never end well.
        path.unlink()
        raise UserError(
            f"What arrived from {url} has SHA-256 {found}, not {expected.lower()}, and was "
            "deleted; try again, or check the expected value."
        )


def _check_inside(name: str, archive: Path) -> None:
    windows = PureWindowsPath(name)
    if windows.drive or windows.root or ".." in windows.parts or ".." in PurePosixPath(name).parts:
        raise ArchiveError(
            f"{archive} holds an entry that leads outside its folder ({name}) and was not "
            "unpacked; get the collection from its publisher."
        )


def _check_room(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder.parent).free
    if needed > free:
        raise UserError(
            f"Unpacking into {folder.parent} needs {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB "
            "are free; free some space and try again."
        )
