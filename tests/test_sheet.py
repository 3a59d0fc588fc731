"""The sheet of one prediction: always one page, and no letter breaks it."""

import re
import zlib
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from core.inference.sheet import MOST_REFUSALS, OF_A_RUN, REFUSED, Map, Sheet, sheet_pdf
from core.inference.sheet_table import MOST_OPINIONS, ROOMY, Opinion
from core.inference.sheet_text import printable

CLASSES = ("normal", "bacteria", "coronavirus", "not COVID-19")
IDENTIFIER = "20261125-130854-318274-inceptionresnetv2-finetune-75a{}"


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


def type_sizes(page):
    """Of all fonts set on the page, in points."""
    return [float(size) for size in re.findall(rb"/F\d+ ([\d.]+) Tf", page)]


def pictures(page):
    """(x, y, width, height) of the images in points, y above the foot of the page."""
    found = re.findall(rb"q ([\d.]+) 0 0 ([\d.]+) ([\d.]+) ([-\d.]+) cm /I\d+ Do", page)
    return [tuple(map(float, (x, y, w, h))) for w, h, x, y in found]


def table(networks, classes=3, note=""):
    """The rows of a study: the mean, then a network each with all that a row can hold."""
    shares = dict.fromkeys(CLASSES[:classes], 1 / classes)
    mean = Opinion(
        f"Mean of {networks} networks", shares, "below: its 95 % interval (Student's t)",
        mean=True, intervals=dict.fromkeys(shares, (0.123, 0.987)),
    )  # fmt: skip
    score = ("63.2 % (54.6 to 71.8), n = 1,217", "as sure: right 1,123 of 1,204 (92 to 94 %)")
    return [
        mean,
        *(
            Opinion(f"InceptionResNetV2, {i}{note}", shares, IDENTIFIER.format(i), score)
            for i in range(networks)
        ),
    ]


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("maps", range(8))
def test_it_is_one_page_with_seven_networks(maps, classes):
    pdf = sheet_pdf(
        make_sheet(7, maps, 13, 5, "i" * 500 + ".png", "word " * 80, classes, synthetic=True)
    )
    assert pdf.startswith(b"%PDF-") and pages(pdf) == 1
    page, said = content(pdf)
    assert lowest(page) > 15, "the last line hangs over the foot of the page"
    assert len(pictures(page)) == 1 + maps and min(type_sizes(page)) >= 7
    assert "SYNTHETIC" in said and "not for diagnosis" in said


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("networks", [2, 7, ROOMY, 20])
def test_a_study_is_one_page_with_a_refused_image_and_all_it_can_hold(networks, classes):
    sheet = replace(
        make_sheet(0, networks, 7, 8, "i" * 500 + ".png", "word " * 60, synthetic=True),
        answer="The seven networks that count do not agree: three say normal, three say bacteria.",
        more="word " * 80,
        opinions=table(networks, classes, " \N{MIDDLE DOT} not in the mean"),
        refused=["It is blank, and " + "word " * 60] * (MOST_REFUSALS + 1),
        maps_title="What speaks for not COVID-19 (Grad-CAM)",
        runs=[IDENTIFIER.format(i) for i in range(networks if networks > ROOMY else 0)],
    )
    pdf = sheet_pdf(sheet)
    page, said = content(pdf)
    assert pages(pdf) == 1 and lowest(page) > 15
    assert REFUSED in said and said.count("It is blank") == MOST_REFUSALS
    placed = pictures(page)
    assert len(placed) == 1 + networks
    edges = [(x, y, x + w, y + h) for x, y, w, h in placed]
    assert min(x for x, *_ in edges) > 35 and max(right for _, _, right, _ in edges) < 560
    for number, (left, bottom, right, top) in enumerate(edges):
        for other in edges[number + 1 :]:
            assert other[0] >= right or other[2] <= left or other[1] >= top or other[3] <= bottom
    assert min(type_sizes(page)) >= 7
    for name in CLASSES[:classes]:
        assert name in said, "the name of a class is cut"
    assert "not in the mean" in said
    assert ("as sure: right 1,123 of 1,204" in said) == (networks <= ROOMY)
    for number in range(networks):
        identifier = IDENTIFIER.format(number)
        if networks > ROOMY:
            # So full a page has no room for all of it.
            identifier = f"{number + 1}. {identifier[:OF_A_RUN]}..."
        assert identifier in said, "an identifier is cut"


def test_a_network_without_an_answer_says_why_in_its_row():
    rows = [*table(2), Opinion("ResNet50", {}, IDENTIFIER.format(9), problem="It failed.")]
    page, said = content(sheet_pdf(replace(make_sheet(), opinions=rows)))
    assert "ResNet50" in said and "It failed." in said and IDENTIFIER.format(9) in said
    assert "12.3 to 98.7" in said and lowest(page) > 15


def test_more_than_fits_is_counted_or_left_out():
    pdf = sheet_pdf(make_sheet(MOST_OPINIONS + 18, 20, 40, 30, text="word " * 80, synthetic=True))
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
    odd = replace(sheet, pixels=pixels, maps=[Map(np.zeros((*shape, 3), np.uint8), "c")])
    assert pages(sheet_pdf(odd)) == 1
