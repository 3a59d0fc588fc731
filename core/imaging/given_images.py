"""What a person gives to be predicted, as a list of images: files, folders and ZIP archives.

Holds ``GivenImage`` and the two ways to it. Nothing is decoded here, and of an archive only the
table of contents is read; what is wrong with one file stands beside its name and stops no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import UserError
from core.imaging.archives import Member, is_archive, open_archive


@dataclass(frozen=True)
class GivenImage:
    """One image to read: what to call it, where its bytes are, or why there are none.

    ``source`` is a path, a file's bytes, or a member of an archive; ``problem`` is empty, or the
    one sentence that stands in the image's place.
    """

    name: str
    source: Path | bytes | Member = b""
    problem: str = ""

    def unpacked(self) -> "GivenImage":
        """The same with bytes in place of an archive's member, which cannot leave its process."""
        if not isinstance(self.source, Member) or self.problem:
            return self
        try:
            return replace(self, source=self.source.read())
        except UserError as error:
            return GivenImage(self.name, problem=str(error))


def given_images(source: Path | bytes, name: str) -> list[GivenImage]:
    """One file, by its path or its bytes, as the images that it holds: itself, or a ZIP's members.

    An archive that cannot be read is one image with a problem.
    """
    if not is_archive(source if isinstance(source, bytes) else _first_bytes(source)):
        return [GivenImage(name, source)]
    try:
        members = open_archive(source, name)
    except UserError as error:
        return [GivenImage(name, problem=str(error))]
    if not members:
        return [GivenImage(name, problem=f"{name} is an empty ZIP archive; put images into it.")]
    return [GivenImage(member.name, member) for member in members]


def images_at(paths: Sequence[Path]) -> list[GivenImage]:
    """All images at ``paths``: files, ZIP archives, and folders with everything below them.

    In the order given, a folder's files by name; hidden files are passed over. Raises UserError
    when a path does not exist or a folder holds no file.
    """
    images = []
    for path in paths:
        if not path.is_dir():
            if not path.exists():
                raise UserError(f"There is no file or folder {path}; check how it is written.")
            images += given_images(path, str(path))
            continue
        files = sorted(file for file in path.rglob("*") if _counts(file, path))
        if not files:
            raise UserError(f"The folder {path} holds no file; give one with images.")
        for file in files:
            images += given_images(file, str(file))
    return images


def _counts(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return not hidden and file.is_file()


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError:
        return b""  # whoever reads the whole file says what is wrong with it
