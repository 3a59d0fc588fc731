"""Opening one image file to learn whether it can be used, without keeping its pixels.

Gives size, SHA-256 and what is wrong. Turning pixels into model input is ``core.imaging``'s work;
this module only makes sure beforehand that a broken file is known by its reason.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

from PIL import Image

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM", b"II*\0", b"MM\0*", b"RIFF")
# Below this many pixels a side there is no chest to see, only a placeholder or an icon.
MIN_SIDE = 32

CANNOT_OPEN = "unreadable image: cannot be opened"
SEVERAL_PICTURES = "unreadable image: more than one picture"


class Inspection(NamedTuple):
    """Width and height in pixels (0 when unknown), SHA-256 in hexadecimal, and the problem.

    ``problem`` is empty for an image that can be used, or a short stable text.
    """

    width: int
    height: int
    sha256: str
    problem: str


def inspect(path: str | Path, max_pixels: int) -> Inspection:
    """Read an image file to its end and say what is wrong with it, if anything; never raises.

    The size is taken from the header and held against ``max_pixels`` before anything is decoded.
    JPEG is decoded at an eighth of its size, which still reads every byte of a truncated file.
    """
    width = height = 0
    digest = ""
    try:
        with Path(path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if file.tell() == 0:
                return Inspection(0, 0, digest, "unreadable image: empty file")
            file.seek(0)
            with Image.open(file, formats=FORMATS) as image:
                width, height = image.size
                if width * height > max_pixels:
                    return Inspection(width, height, digest, "unreadable image: too many pixels")
                if getattr(image, "is_animated", False) and image.format in FORMATS:
                    # A telephone's JPEG with a second one behind it is of the format MPO; its
                    # first picture is the photograph.
                    return Inspection(width, height, digest, SEVERAL_PICTURES)
                image.draft("L", (max(1, width // 8), max(1, height // 8)))
                image.load()
                if image.mode in ("I", "F"):
                    return Inspection(width, height, digest, "unreadable image: 32-bit samples")
    except Image.DecompressionBombError:
        return Inspection(0, 0, digest, "unreadable image: too many pixels")
    except Image.UnidentifiedImageError:
        problem = "damaged" if _begins_like_an_image(path) else "not an image"
        return Inspection(0, 0, digest, f"unreadable image: {problem}")
    except OSError as error:
        # The system's own errors carry a number; Pillow's, about the content, do not.
        problem = CANNOT_OPEN if error.errno else "unreadable image: truncated"
        return Inspection(width, height, digest, problem)
    except Exception:
        # Pillow's decoders raise errors of a dozen kinds on broken content.
        return Inspection(width, height, digest, "unreadable image: damaged")
    problem = "image too small" if min(width, height) < MIN_SIDE else ""
    return Inspection(width, height, digest, problem)


def _begins_like_an_image(path: str | Path) -> bool:
    with Path(path).open("rb") as file:
        return file.read(8).startswith(_BEGINNINGS)
