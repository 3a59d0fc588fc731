"""Files cut short and with flipped bits: an array or one sentence, whatever they become.

Seeded and bounded. CHESTBENCH_FUZZ_SECONDS and CHESTBENCH_FUZZ_SEED make it longer and another one.
"""

import os
import subprocess
import sys
import time
from io import BytesIO

import cv2
import numpy as np
import pytest
from dicom_files import by_gdcm, by_pillow, dataset, saved
from files_in_memory import zipped
from PIL import Image
from pydicom import uid

from core.errors import UserError
from core.imaging.decode import read_image
from core.imaging.given_images import given_images
from core.settings import PROJECT

SECONDS = float(os.environ.get("CHESTBENCH_FUZZ_SECONDS", "5"))
SEED = int(os.environ.get("CHESTBENCH_FUZZ_SEED", "0"))
LIMIT = 100_000
GREY = cv2.GaussianBlur(
    np.random.default_rng(0).integers(0, 256, (40, 60), np.uint8), (0, 0), 2
)  # a picture, not noise: it compresses as one
DEEP = GREY.astype(np.uint16) << 8
COLOUR = np.ascontiguousarray(np.dstack([GREY, GREY[::-1], GREY[:, ::-1]]))


def by_name(pixels, kind, **options):
    file = BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


FILES = {
    "PNG": by_name(GREY, "PNG"),
    "16-bit PNG": cv2.imencode(".png", np.dstack([DEEP] * 3))[1].tobytes(),
    "JPEG": by_name(COLOUR, "JPEG"),
    "TIFF": by_name(GREY, "TIFF", compression="tiff_lzw"),
    "16-bit TIFF": by_name(DEEP, "TIFF"),
    "16-bit colour TIFF": cv2.imencode(".tiff", np.dstack([DEEP] * 3))[1].tobytes(),
    "WebP": by_name(COLOUR, "WEBP"),
    "BMP": by_name(GREY, "BMP"),
    "DICOM": saved(dataset(DEEP, WindowCenter=9, WindowWidth=99)),
    "implicit DICOM": saved(dataset(COLOUR), uid.ImplicitVRLittleEndian),
    "deflated DICOM": saved(dataset(DEEP), uid.DeflatedExplicitVRLittleEndian),
    "RLE DICOM": saved(dataset(DEEP), uid.RLELossless),
    "JPEG DICOM": by_pillow(dataset(COLOUR), COLOUR, uid.JPEGBaseline8Bit),
    "JPEG 2000 DICOM": by_pillow(dataset(DEEP), DEEP, uid.JPEG2000Lossless),
    "lossless JPEG DICOM": by_gdcm(saved(dataset(DEEP)), uid.JPEGLosslessSV1),
    "JPEG-LS DICOM": by_gdcm(saved(dataset(DEEP)), uid.JPEGLSLossless),
    "ZIP": zipped([("a.png", by_name(GREY, "PNG")), ("b.jpeg", by_name(GREY, "JPEG"))]),
}
# Decoded in a process of their own, which starts anew whenever one of them ends it.
SLOW = ("lossless JPEG DICOM", "JPEG-LS DICOM")


def damage(data: bytes, generator: np.random.Generator) -> bytes:
    """Cut the file, flip some bits, or write over some bytes; more often near its beginning."""
    kind = generator.integers(0, 4)
    if kind == 0:
        return data[: generator.integers(0, len(data))]
    changed = bytearray(data)
    reach = len(data) if kind == 1 else min(len(data), 1200)
    for _ in range(generator.integers(1, 8)):
        place = generator.integers(0, reach)
        changed[place] = (
            generator.integers(0, 256) if kind == 3 else changed[place] ^ 1 << generator.integers(8)
        )
    return bytes(changed)


@pytest.mark.parametrize("kind", FILES)
def test_a_damaged_file_is_an_image_or_one_sentence(kind):
    generator = np.random.default_rng([SEED, list(FILES).index(kind) + 1])
    share = SECONDS / len(FILES)
    end, tried = time.monotonic() + share, 0
    while time.monotonic() < end and tried < 20_000 * share:
        tried += 1
        data = damage(FILES[kind], generator)
        for image in given_images(data, "x"):
            image = image.unpacked()
            try:
                if image.problem:
                    raise UserError(image.problem)
                pixels = read_image(image.source, LIMIT, image.name)
            except UserError as error:
                assert str(error).startswith("x") and "\n" not in str(error)
            else:
                assert pixels.ndim == 2 and pixels.dtype in (np.uint8, np.uint16)
                assert 16 * 16 <= pixels.size <= LIMIT
    assert tried > (0 if kind in SLOW else 3)


@pytest.mark.parametrize("kind", FILES)
def test_the_whole_files_are_read(kind):
    for image in given_images(FILES[kind], "x"):
        assert read_image(image.unpacked().source, LIMIT).shape == GREY.shape


READ = """
import sys
from pathlib import Path
from core.data.inspection import inspect
from core.imaging.decode import read_image
for path in sys.argv[1:]:
    inspect(path, 10**6)
    read_image(Path(path), 10**6)
"""


def test_nothing_is_printed_of_what_a_file_has_wrong(tmp_path):
    """In a process of its own, as the server is one: its log is what such words would fill."""
    tiff = bytearray(by_name(GREY, "TIFF", tiffinfo={270: "a description"}))
    directory = int.from_bytes(tiff[4:8], "little")
    # Tag -> a number of values that it cannot have, or that the file has no room for.
    for tag, count in ((284, 5), (270, 10**6)):
        place = tiff.index(tag.to_bytes(2, "little"), directory)
        tiff[place + 4 : place + 8] = count.to_bytes(4, "little")
    dicom = saved(dataset(DEEP))
    assert dicom.count(b"1.2.840.10008.1.2.1\0") == 1
    implicit = dicom.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0")
    (tmp_path / "a.tiff").write_bytes(tiff)
    (tmp_path / "a.dcm").write_bytes(implicit)
    told = subprocess.run(
        [sys.executable, "-c", READ, tmp_path / "a.tiff", tmp_path / "a.dcm"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (told.stdout, told.stderr) == ("", "")
