"""A ZIP archive's members, each read in memory when it is asked for, or one clear sentence.

Holds ``open_archive``. Nothing is ever written: a member's bytes go straight to whoever asks.
Whether a member is an image is decided by ``core.imaging.decode``.
"""

import re
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath

from core.errors import UserError

MOST_IMAGES = 500
MOST_TOTAL = 4_000_000_000  # bytes, unpacked
MOST_MEMBER = 300_000_000  # bytes, unpacked: a hundred megapixels of 16-bit grey are 200 million
# An X-ray packs to a half or a third; an empty one to a hundredth. Deflate can reach 1,032.
MOST_RATIO, SMALL = 200, 1_000_000
# The table of contents: 500 images take some 50 thousand bytes, and Python holds all of it.
MOST_CONTENTS = 2_000_000

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LEADS_OUT = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:")
_BESIDE = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")  # made by file managers
_END = b"PK\x05\x06"  # end of central directory (PKWARE's APPNOTE, 4.3.16)


@dataclass(frozen=True)
class Member:
    """One file of an archive, by the name that it is called in messages: "archive.zip/file.png"."""

    name: str
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo

    def read(self) -> bytes:
        """Unpack it; may be called in several threads at once.

        Raises UserError when it is encrypted, has a name that leads out of the archive, is an
        archive itself, is damaged or unpacks to far too much.
        """
        _check_member(self.info, self.name)
        try:
            with self.archive.open(self.info) as file:
                # Never more than it declares, whatever its packed bytes would give.
                data = file.read(self.info.file_size + 1)
        # zipfile and zlib raise half a dozen kinds on damaged bytes.
        except Exception as error:
            raise UserError(
                f"{self.name} is damaged or cut short in the archive; make the archive anew."
            ) from error
        if len(data) != self.info.file_size:
            raise UserError(f"{self.name} has not the size it declares; make the archive anew.")
        if is_archive(data):
            raise UserError(f"{self.name} is an archive inside of an archive; unpack it first.")
        return data


def is_archive(data: bytes) -> bool:
    """Whether a file's first bytes are those of a ZIP archive."""
    return data.startswith(_MAGIC)


def open_archive(source: Path | bytes, name: str) -> list[Member]:
    """Give the files of a ZIP archive (a path, or its bytes) in their order, none unpacked yet.

    Folders and what file managers leave behind are passed over. Raises UserError for the whole
    archive when it cannot be read, holds more than MOST_IMAGES files, declares more than
    MOST_TOTAL bytes, or has members that overlap.
    """
    try:
        _check_contents(source, name)
        archive = zipfile.ZipFile(source if isinstance(source, Path) else BytesIO(source))
        members = [info for info in archive.infolist() if not _passed_over(info)]
    except UserError:
        raise
    # As with the members, for the table of contents.
    except Exception as error:
        raise UserError(
            f"{name} is a ZIP archive that is damaged or cut short; make it anew."
        ) from error
    if len(members) > MOST_IMAGES:
        raise UserError(
            f"{name} holds {len(members):,} files, more than the {MOST_IMAGES} that are read at "
            "once; make smaller archives (whoever runs the server can unpack it and give the "
            "folder to `python -m core predict`)."
        )
    declared = sum(info.file_size for info in members)
    if declared > MOST_TOTAL:
        raise UserError(
            f"{name} unpacks to {declared / 1e9:,.1f} GB, more than the limit of "
            f"{MOST_TOTAL / 1e9:g} GB; make smaller archives."
        )
    _check_overlap(archive, name)
    return [Member(f"{name}/{_printable(info.filename)}", archive, info) for info in members]


def _check_contents(source: Path | bytes, name: str) -> None:
    """Refuse an archive whose table of contents alone would fill the memory."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 66_000))
            tail = file.read()
    else:
        tail = source[-66_000:]
    at = tail.rfind(_END)
    if at >= 0 and int.from_bytes(tail[at + 12 : at + 16], "little") > MOST_CONTENTS:
        count = int.from_bytes(tail[at + 10 : at + 12], "little")
        raise UserError(
            f"{name} holds {count:,} files or more, too many to be read at once; make smaller "
            f"archives of at most {MOST_IMAGES} images."
        )


def _check_overlap(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse members that share bytes: so a small file unpacks to petabytes (Fifield 2019)."""
    end = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise UserError(f"{name} is a ZIP bomb: its members overlap; make the archive anew.")
        # 30 bytes of header; the name there may be written otherwise, but not left out.
        end = info.header_offset + 30 + info.compress_size


def _passed_over(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    return info.is_dir() or any(part in _BESIDE or part.startswith("._") for part in parts)


def _check_member(info: zipfile.ZipInfo, name: str) -> None:
    # Python cuts a name at a null; what stands in the file counts too.
    if _LEADS_OUT.search(info.filename) or _LEADS_OUT.search(info.orig_filename):
        raise UserError(
            f"{name} has a name that leads out of the archive, so it is not read (nothing is ever "
            "written to disk); make the archive anew."
        )
    if info.flag_bits & 1:
        raise UserError(f"{name} is encrypted; make the archive without a password.")
    if info.compress_type not in _METHODS:
        raise UserError(f"{name} is compressed in an unusual way; make the archive with deflate.")
    size, packed = info.file_size, info.compress_size
    if size > MOST_MEMBER or (size > SMALL and size > MOST_RATIO * packed):
        raise UserError(
            f"{name} unpacks to {size / 1e6:,.0f} MB from {packed / 1e6:.2f} MB, as a ZIP bomb "
            "does, so it is not read."
        )


def _printable(name: str) -> str:
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name
    )
