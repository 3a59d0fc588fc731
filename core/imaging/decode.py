"""An image file becomes one grey array, or one clear sentence about why not.

Holds ``read_image`` for JPEG, PNG, BMP, TIFF and WebP, 8 and 16 bit, grey, colour, palette and with
transparency, turned upright by its EXIF orientation. A file's content decides what it is, never its
name. DICOM files are handed to ``core.imaging.dicom``; what the grey values mean, and their way to
the network's input, is the business of ``core.imaging.preprocess``.
"""

import re
import sys
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageChops
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from core.errors import UserError

# Pillow's reader classes are called directly: Image.open would try some forty formats on a file
# that a stranger uploaded, and applies a pixel cap of its own that is global to the process.
FORMATS: dict[bytes, type[ImageFile]] = {
    b"\xff\xd8\xff": JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImageFile,
    b"BM": BmpImageFile,
    b"II*\x00": TiffImageFile,
    b"MM\x00*": TiffImageFile,
    b"RIFF": WebPImageFile,
}
FORMAT_NAMES = "JPEG, PNG, BMP, TIFF, WebP or DICOM"

# What people bring instead, by how such a file begins.
OTHER_FILES: dict[re.Pattern[bytes], str] = {
    re.compile(rb"GIF8"): "a GIF",
    re.compile(rb"PK[\x03\x05]"): "a ZIP archive",
    re.compile(rb"%PDF"): "a PDF",
    re.compile(rb"\s*(\xef\xbb\xbf)?\s*<(\?xml|svg|!--)"): "a drawing or a text (SVG or XML)",
    re.compile(rb"....ftyp(hei|mif|avi)", re.DOTALL): "a HEIC or AVIF photograph",
    # The content type "enveloped data" of a CMS message (RFC 5652), in which DICOM is sent.
    re.compile(rb"0.{1,12}\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", re.DOTALL): "an encrypted file",
}

# A DICOM file whose preamble is missing begins with file meta information, or with group 0008.
_BARE_DICOM = re.compile(
    rb"\x02\x00\x00\x00UL\x04\x00|\x08\x00.\x00([A-Z]{2}.\x00|[\x00-\x40]\x00{3})", re.DOTALL
)

SMALLEST_SIDE = 16  # pixels; below this nothing of a chest can be seen

# EXIF orientation -> how the stored array becomes the upright one.
ORIENTATIONS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}
_ORIENTATION_TAG = 0x0112
_BITS_TAG = 258  # TIFF: bits of every sample
_PHOTOMETRIC_TAG = 262  # TIFF: 0 says that white is stored as zero


def read_image(source: Path | bytes, max_pixels: int, name: str = "") -> np.ndarray:
    """Decode ``source``, a path or a file's bytes, into a grey array, upright.

    Returns (H, W), C-contiguous, uint8, or uint16 when the file holds more than 8 bits a sample.
    Colour becomes luma (ITU-R BT.601). ``name`` is what messages call the image (default: the
    path's file name). Raises UserError when the file is missing, empty, truncated, of another
    format, holds more than one picture, has more than ``max_pixels`` pixels (both told from the
    header, before anything is decoded) or a side shorter than SMALLEST_SIDE, and for a DICOM file
    as ``core.imaging.dicom.read_dicom``.
    """
    name = name or (source.name if isinstance(source, Path) else "The uploaded image")
    data = _read_bytes(source, name) if isinstance(source, Path) else source
    if is_dicom(data):
        # pydicom would load GDCM, which can end its process on a damaged file, and which breaks
        # Pillow's PNG writer where it is loaded first: ``core.imaging.decoding_process`` has it.
        sys.modules.setdefault("gdcm", None)
        # Imported late: pydicom would slow the first page, which shows no such file.
        from core.imaging.dicom import read_dicom

        return read_dicom(data, max_pixels, name)
    image = _read_header(data, name)
    if getattr(image, "is_animated", False):
        raise UserError(
            f"{name} holds more than one picture (pages or frames); save the one that is meant as "
            "a file of its own."
        )
    check_size(image.size, max_pixels, name)
    orientation = _orientation(image)
    try:
        if isinstance(image, JpegImageFile):
            # libjpeg then leaves the colour planes alone: the same luma in half the time.
            image.draft("L", image.size)
        image.load()
    # Pillow's parsers raise a dozen kinds of exception on a damaged file.
    except Exception as error:
        raise UserError(
            f"{name} is damaged or cut short and cannot be decoded; replace it with a whole copy."
        ) from error
    if image.mode in ("I", "F"):
        raise UserError(f"{name} holds 32-bit samples; save it with 8 or 16 bits a sample.")
    pixels = _deep_colour(image, data)
    if pixels is None:
        pixels = _grey(image)
    if isinstance(image, TiffImageFile):
        orientation = 1  # Pillow and OpenCV both turn a TIFF while they decode it
    return np.ascontiguousarray(ORIENTATIONS[orientation](pixels))


def is_dicom(data: bytes) -> bool:
    """Whether a file's bytes begin as a DICOM file does, with its preamble or without."""
    return data[128:132] == b"DICM" or _BARE_DICOM.match(data) is not None


def _read_bytes(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(f"{name} is not there any more ({path}); restore the file.") from error
    except OSError as error:
        raise UserError(
            f"{name} cannot be read ({error.strerror}); check {path} and its permissions."
        ) from error


def _read_header(data: bytes, name: str) -> ImageFile:
    if not data:
        raise UserError(f"{name} is empty (0 bytes); replace it with a whole copy.")
    reader = next((r for magic, r in FORMATS.items() if data.startswith(magic)), None)
    if reader is None:
        what = next((f"{what}, " for start, what in OTHER_FILES.items() if start.match(data)), "")
        raise UserError(
            f"{name} is {what}not a {FORMAT_NAMES} image, whatever its name says; convert it."
        )
    try:
        return reader(BytesIO(data), name)
    except Image.DecompressionBombError as error:
        raise UserError(
            f"{name} has far more pixels than any X-ray; reduce the image first."
        ) from error
    # As with the pixels: whatever a parser stumbles over, the header is no good.
    except Exception as error:
        raise UserError(
            f"{name} begins like an image but its header cannot be read; replace it with a whole "
            f"{FORMAT_NAMES} file."
        ) from error


def check_size(size: tuple[int, int], max_pixels: int, name: str) -> None:
    """Raise UserError when an image of ``size``, width and height in pixels, is not to be read."""
    width, height = size
    if width * height > max_pixels:
        raise UserError(
            f"{name} is {width} x {height} pixels, more than the limit of "
            f"{max_pixels / 1e6:g} million; use a smaller copy of it (whoever runs the server can "
            "raise CHESTBENCH_MAX_MEGAPIXELS)."
        )
    if min(size) < SMALLEST_SIDE:
        raise UserError(
            f"{name} is only {width} x {height} pixels; use an image of at least "
            f"{SMALLEST_SIDE} x {SMALLEST_SIDE}."
        )


def _orientation(image: ImageFile) -> int:
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    # A broken EXIF block is no reason to lose sound pixels.
    except Exception:
        return 1
    return value if value in ORIENTATIONS else 1


def _deep_colour(image: ImageFile, data: bytes) -> np.ndarray | None:
    """Give 16-bit colour as grey uint16, which Pillow would cut to 8 bits; None for the rest."""
    if isinstance(image, PngImageFile):
        bits = data[24]  # the bit depth's place in every PNG's first chunk
    elif isinstance(image, TiffImageFile):
        bits = image.tag_v2.get(_BITS_TAG, (8,))[0]
    else:
        bits = 8
    if image.mode not in ("RGB", "RGBA") or bits != 16:
        return None
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.dtype != np.uint16 or stored.ndim != 3:
        return None
    grey = cv2.cvtColor(stored[:, :, :3], cv2.COLOR_BGR2GRAY)
    if stored.shape[2] == 4:
        grey = cv2.multiply(grey, stored[:, :, 3], scale=1 / 65535)
    return grey


def _grey(image: ImageFile) -> np.ndarray:
    if image.mode.startswith("I;16"):
        grey = np.array(image).astype(np.uint16)
        white_is_zero = isinstance(image, TiffImageFile) and image.tag_v2.get(_PHOTOMETRIC_TAG) == 0
        # Pillow turns such images round at 8 bits, not at 16.
        return np.iinfo(np.uint16).max - grey if white_is_zero else grey
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        # What is transparent becomes black, as beyond the edge of a film; the colour stored
        # underneath was never meant to be seen.
        shown = image.convert("RGBA")
        return np.array(ImageChops.multiply(shown.convert("L"), shown.getchannel("A")))
    return np.array(image if image.mode == "L" else image.convert("L"))
