"""A file that cannot be used is kept with its reason, and stops nothing."""

import os
import struct
import zlib

import numpy as np
import pytest
from collections_on_disk import draw, make_both, make_settings
from PIL import Image

from core.data.catalog import load_catalog
from core.imaging.decode import read_image


@pytest.fixture
def root(tmp_path):
    return make_both(tmp_path / "data")


def png_of_30_000_pixels_a_side(chunks: int) -> bytes:
    """The beginning of a huge PNG: its header, and with 2 ``chunks`` the first of its pixels."""
    content = b"\x89PNG\r\n\x1a\n"
    header = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    for body in (header, b"IDAT" + zlib.compress(bytes(100)))[:chunks]:
        content += struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return content


def truncated(path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def two_pictures(path):
    frames = [Image.new("L", (60, 60), level) for level in (40, 200)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


BROKEN = [
    ("empty.jpeg", lambda path: path.write_bytes(b""), "unreadable image: empty file"),
    ("text.jpg", lambda path: path.write_text("not an image"), "unreadable image: not an image"),
    ("cut.jpeg", truncated, "unreadable image: truncated"),
    ("cut.png", truncated, "unreadable image: truncated"),
    (
        "huge.png",
        lambda path: path.write_bytes(png_of_30_000_pixels_a_side(2)),
        "unreadable image: too many pixels",
    ),
    (
        "header.png",
        lambda path: path.write_bytes(png_of_30_000_pixels_a_side(1)),
        "unreadable image: damaged",
    ),
    ("large.png", lambda path: draw(path, size=1001), "unreadable image: too many pixels"),
    ("pages.tiff", two_pictures, "unreadable image: more than one picture"),
    ("moving.webp", two_pictures, "unreadable image: more than one picture"),
    ("dot.png", lambda path: draw(path, size=1), "image too small"),
]


@pytest.mark.parametrize(("name", "spoil", "reason"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_file_is_kept_with_its_reason_and_stops_nothing(
    root, tmp_path, name, spoil, reason
):
    spoil(root / "xrays" / "chest_xray" / "train" / "NORMAL" / name)
    catalog = load_catalog(make_settings(tmp_path, root)).set_index("id")
    assert catalog.loc[f"kermany:train/NORMAL/{name}", "excluded"] == reason
    assert (catalog["excluded"] == "").sum() == 8


def test_a_file_without_permission_is_tried_again(root, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = root / "xrays" / "chest_xray" / "train" / "NORMAL" / "IM-0115-0001.jpeg"
    path.chmod(0)
    settings = make_settings(tmp_path, root)
    assert "unreadable image: cannot be opened" in set(load_catalog(settings)["excluded"])
    path.chmod(0o600)
    assert (load_catalog(settings)["excluded"] == "").sum() == 8


def test_a_telephones_photograph_with_a_second_picture_behind_it_counts(root, tmp_path):
    path = root / "xrays" / "chest_xray" / "train" / "NORMAL" / "telephone.jpeg"
    frames = [Image.new("L", (60, 60), level) for level in (40, 200)]
    frames[0].save(path, "MPO", save_all=True, append_images=frames[1:])
    with Image.open(path) as image:
        assert image.format == "MPO" and image.n_frames == 2
    catalog = load_catalog(make_settings(tmp_path, root)).set_index("id")
    assert catalog.loc["kermany:train/NORMAL/telephone.jpeg", "excluded"] == ""
    assert read_image(path, 10_000).max() < 60
