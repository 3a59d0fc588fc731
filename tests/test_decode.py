"""Every kind of image file becomes the same upright grey array, or one clear sentence."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from core.errors import UserError
from core.imaging.decode import ORIENTATIONS, read_image

LIMIT = 1_000_000
RNG = np.random.default_rng(0)
GREY = cv2.GaussianBlur(RNG.integers(0, 256, (40, 60), dtype=np.uint8), (0, 0), 3)
COLOUR = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])  # RGB
LUMA = np.array(Image.fromarray(COLOUR).convert("L"))
DEEP = RNG.integers(0, 65536, (40, 60), dtype=np.uint16)
DEEP_COLOUR = RNG.integers(0, 65536, (40, 60, 3), dtype=np.uint16)  # BGR
DEEP_LUMA = cv2.cvtColor(DEEP_COLOUR, cv2.COLOR_BGR2GRAY)
ALPHA = RNG.integers(0, 256, (40, 60), dtype=np.uint8)


def saved(array, kind, **options):
    file = BytesIO()
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(file, kind, **options)
    return file.getvalue()


def encoded(array, suffix):
    return cv2.imencode(suffix, array)[1].tobytes()


def palette_image():
    return Image.fromarray(COLOUR).quantize(256)


def white_is_zero():
    tags = {262: 0}
    return saved(Image.fromarray(DEEP), "TIFF", tiffinfo=tags)


# name: (file's bytes, expected grey, largest allowed difference)
FILES = {
    "grey JPEG": (saved(GREY, "JPEG", quality=98), GREY, 6),
    "colour JPEG": (saved(COLOUR, "JPEG", quality=98, subsampling=0), LUMA, 6),
    "progressive JPEG": (saved(GREY, "JPEG", quality=98, progressive=True), GREY, 6),
    "grey PNG": (saved(GREY, "PNG"), GREY, 0),
    "colour PNG": (saved(COLOUR, "PNG"), LUMA, 0),
    "palette PNG": (saved(palette_image(), "PNG"), np.array(palette_image().convert("L")), 0),
    "1-bit PNG": (saved(Image.fromarray(GREY > 128), "PNG"), (GREY > 128) * np.uint8(255), 0),
    "PNG with alpha": (
        saved(np.dstack([COLOUR, ALPHA]), "PNG"),
        np.rint(LUMA * (ALPHA / 255)).astype(np.uint8),
        1,
    ),
    "grey PNG with alpha": (
        saved(Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(ALPHA)]), "PNG"),
        np.rint(GREY * (ALPHA / 255)).astype(np.uint8),
        1,
    ),
    "16-bit PNG": (encoded(DEEP, ".png"), DEEP, 0),
    "16-bit colour PNG": (encoded(DEEP_COLOUR, ".png"), DEEP_LUMA, 0),
    "16-bit PNG with alpha": (
        encoded(np.dstack([DEEP_COLOUR, DEEP]), ".png"),
        np.rint(DEEP_LUMA * (DEEP / 65535)).astype(np.uint16),
        1,
    ),
    "grey BMP": (saved(GREY, "BMP"), GREY, 0),
    "colour BMP": (saved(COLOUR, "BMP"), LUMA, 0),
    "grey TIFF": (saved(GREY, "TIFF"), GREY, 0),
    "compressed TIFF": (saved(GREY, "TIFF", compression="tiff_lzw"), GREY, 0),
    "colour TIFF": (saved(COLOUR, "TIFF"), LUMA, 0),
    "16-bit TIFF": (saved(DEEP, "TIFF"), DEEP, 0),
    "16-bit TIFF, white is zero": (white_is_zero(), 65535 - DEEP, 0),
    "16-bit colour TIFF": (encoded(DEEP_COLOUR, ".tiff"), DEEP_LUMA, 0),
    "WebP": (saved(COLOUR, "WEBP", lossless=True), LUMA, 1),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_gives_its_grey_values(kind):
    data, expected, tolerance = FILES[kind]
    image = read_image(data, LIMIT)
    assert (image.dtype, image.shape) == (expected.dtype, expected.shape)
    assert image.flags.c_contiguous
    assert np.abs(image.astype(int) - expected.astype(int)).max() <= tolerance


def test_a_path_and_its_bytes_give_the_same(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(FILES["grey PNG"][0])
    assert np.array_equal(read_image(path, LIMIT), read_image(path.read_bytes(), LIMIT))


# What a camera stores so that a viewer who follows the EXIF orientation sees ``upright``.
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].T,
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("upright", [GREY, DEEP], ids=["8 bit", "16 bit"])
def test_orientation_is_applied(orientation, kind, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(STORED[orientation](upright))
    assert np.array_equal(read_image(saved(stored, kind, exif=exif), LIMIT), upright)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_is_applied_to_a_jpeg(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(STORED[orientation](GREY))
    image = read_image(saved(stored, "JPEG", quality=98, exif=exif), LIMIT)
    assert image.shape == GREY.shape
    assert np.abs(image.astype(int) - GREY).max() <= 6


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_is_applied_to_deep_colour(orientation):
    upright = DEEP_LUMA
    stored = [STORED[orientation](plane) for plane in np.moveaxis(DEEP_COLOUR, 2, 0)]
    stored = np.ascontiguousarray(np.dstack(stored))
    png = encoded(stored, ".png")
    exif = Image.Exif()
    exif[0x0112] = orientation
    chunk = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    block = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert np.array_equal(read_image(png[:33] + block + png[33:], LIMIT), upright)

    tiff = encoded(stored, ".tiff")
    assert np.array_equal(read_image(_with_tiff_orientation(tiff, orientation), LIMIT), upright)


def _with_tiff_orientation(tiff, orientation):
    start = struct.unpack("<I", tiff[4:8])[0]
    count = struct.unpack("<H", tiff[start : start + 2])[0]
    entries = [tiff[start + 2 + 12 * k : start + 14 + 12 * k] for k in range(count)]
    entries = [e for e in entries if struct.unpack("<H", e[:2])[0] != 274]
    entries.append(struct.pack("<HHIHH", 274, 3, 1, orientation, 0))
    entries.sort(key=lambda e: struct.unpack("<H", e[:2])[0])
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return tiff[:4] + struct.pack("<I", len(tiff)) + tiff[8:] + directory


def huge_png():
    body = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + body
        + struct.pack(">I", zlib.crc32(body))
        + struct.pack(">I", 10)
        + b"IDAT"
    )


def two_pictures(kind):
    frames = [Image.fromarray(GREY), Image.fromarray(GREY[::-1])]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


def cut(kind):
    data = FILES[kind][0]
    return data[: len(data) * 2 // 3]


MORE = "more than one picture (pages or frames); save the one"
# name: (file's bytes, words that the sentence must hold)
BAD = {
    "empty": (b"", "0 bytes"),
    "text": (b"This is not an image.\n", "not a JPEG, PNG"),
    "GIF": (saved(GREY, "GIF"), "not a JPEG, PNG"),
    "moving GIF": (two_pictures("GIF"), "is a GIF, not a JPEG"),
    **{f"{kind} of two": (two_pictures(kind), MORE) for kind in ("TIFF", "WEBP", "PNG")},
    "SVG": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "SVG without a declaration": (b"  <svg width='9' height='9'></svg>", "SVG"),
    "PDF": (b"%PDF-1.7\n", "a PDF"),
    "ZIP": (b"PK\x03\x04" + bytes(40), "a ZIP archive"),
    "HEIC": (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC"),
    "PNG signature only": (b"\x89PNG\r\n\x1a\n", "header"),
    "JPEG signature only": (b"\xff\xd8\xff\xe0", "header"),
    "huge": (huge_png(), "30000 x 30000"),
    "one pixel": (saved(np.zeros((1, 1), np.uint8), "PNG"), "1 x 1"),
    "32 bit": (saved(Image.fromarray(GREY.astype(np.float32)), "TIFF"), "32-bit"),
    **{f"truncated {kind}": (cut(kind), "x.jpg") for kind in FILES if kind != "compressed TIFF"},
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gives_one_sentence_with_its_name(kind, tmp_path):
    data, words = BAD[kind]
    path = tmp_path / "x.jpg"
    path.write_bytes(data)
    with pytest.raises(UserError) as caught:
        read_image(path, LIMIT)
    sentence = str(caught.value)
    assert sentence.startswith("x.jpg") and words in sentence
    assert sentence.endswith(".") and "\n" not in sentence
    with pytest.raises(UserError, match=r"^scan 7"):
        read_image(data, LIMIT, "scan 7")


def test_the_cap_is_told_from_the_header_whatever_pillow_thinks(monkeypatch):
    data = FILES["grey PNG"][0]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read_image(data, 2400).shape == (40, 60)
    # What a visitor can do comes first; only whoever runs the server can move the limit.
    with pytest.raises(
        UserError, match=r"60 x 40.* smaller copy .*runs the server can raise CHEST"
    ):
        read_image(data, 2399)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"gone\.png"):
        read_image(tmp_path / "gone.png", LIMIT)
    with pytest.raises(UserError, match=Path(tmp_path).name):
        read_image(tmp_path, LIMIT)
