"""The sheet of one prediction: always one page, and no letter breaks it."""

import re
import zlib
from datetime import datetime

import numpy as np
import pytest

from core.inference.sheet import Map, Opinion, Sheet, printable, sheet_pdf

CLASSES = ("normal", "bacteria", "coronavirus", "COVID-19")


def make_sheet(networks=1, maps=1, facts=5, limits=3, image="a.png", text="x", classes=3, **more):
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (40, 40), np.uint8)
    overlay = np.stack([pixels] * 3, axis=2)
    shares = dict.fromkeys(CLASSES[:classes], 1 / classes)
    return Sheet(
        pixels=pixels,
        image=image,
        answer=f"normal: {text}",
        opinions=[Opinion(f"Network {i}, {text}", shares) for i in range(networks)],
        maps=[Map(overlay, f"Map {i}, {text}") for i in range(maps)],
        facts=[(f"Fact {i}", text) for i in range(facts)],
        limits=[f"Limit {i}. {text}" for i in range(limits)],
        made=datetime(2020, 5, 4, 12, 30),
        **more,
    )


def content(pdf):
    """What the page draws: its uncompressed streams, and the texts in them."""
    streams = []
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            streams.append(zlib.decompress(found[1]))
        except zlib.error:
            streams.append(found[1])
    page = next(stream for stream in streams if b" Tj" in stream)
    return page, " ".join(re.findall(r"\((.*?)(?<!\\)\) Tj", page.decode("latin-1")))


def pages(pdf):
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def lowest(page):
    """The lowest place of any text on the page, in points above its foot."""
    return min(float(y) for y in re.findall(rb"BT [\d.]+ ([-\d.]+) Td", page))


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("maps", range(8))
def test_it_is_one_page_with_seven_networks(maps, classes):
    pdf = sheet_pdf(
        make_sheet(7, maps, 13, 5, "i" * 500 + ".png", "word " * 80, classes, synthetic=True)
    )
    assert pdf.startswith(b"%PDF-") and pages(pdf) == 1
    page, said = content(pdf)
    assert lowest(page) > 15, "the last line hangs over the foot of the page"
    assert page.count(b" Do ") == 1 + maps or page.count(b" Do") == 1 + maps
    assert "SYNTHETIC" in said and "not for diagnosis" in said


def test_more_than_fits_is_counted_or_left_out():
    pdf = sheet_pdf(make_sheet(30, 20, 40, 30, text="word " * 80, synthetic=True))
    assert pages(pdf) == 1 and lowest(content(pdf)[0]) > 15
    assert "and 18 more networks" in content(pdf)[1]


def test_it_says_what_it_was_given():
    said = content(sheet_pdf(make_sheet(image="chest 7.png", text="83.5 %")))[1]
    for words in ("4 May 2020, 12:30", "chest 7.png", "normal: 83.5 %", "33.3 %", "Fact 4"):
        assert words in said
    assert "SYNTHETIC" not in said


NAMES = {
    "plain.png": "plain.png",
    "Größe.png": "Größe.png",
    "čaj.png": "caj.png",
    "рентген.png": "???????.png",
    "a\nb\tc.png": "a b c.png",
    "x\u202egnp.exe": "xgnp.exe",
    "\ud800.png": ".png",
    "a\x00b": "ab",
    "–": "-",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_become_letters_that_the_fonts_have(name):
    assert printable(name) == NAMES[name]
    assert pages(sheet_pdf(make_sheet(image=name, text=name))) == 1


def test_long_names_keep_both_ends():
    name = printable("start" + "x" * 500 + "end.png", 40)
    assert len(name) <= 40 and name.startswith("start") and name.endswith("end.png")


@pytest.mark.parametrize("shape", [(20, 90), (90, 20), (1, 1)])
def test_pictures_of_any_shape_fit(shape):
    pixels = np.zeros(shape, np.uint8)
    sheet = make_sheet(maps=0)
    odd = Sheet(pixels, "a", "b", sheet.opinions, [Map(np.zeros((*shape, 3), np.uint8), "c")])
    assert pages(sheet_pdf(odd)) == 1
