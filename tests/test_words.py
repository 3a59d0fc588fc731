"""Numbers in words: intervals, signs, spreads, times, counts and lists."""

import math

import pytest

from core.words import (
    class_words,
    counted,
    exact_duration,
    listed,
    percent,
    points,
    spread_words,
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (percent(0.8123), "81.2 %"),
        (percent(0.8123, 0.8, 0.825), "81.2 % (80.0 to 82.5)"),
        (percent(0.8123, math.nan, math.nan), "81.2 %"),
        (percent(None), "–"),
        (percent(math.nan), "–"),
        (points(0.012, -0.004, 0.028), "+1.2 (-0.4 to +2.8)"),
        (points(0.0123, -0.0002, 0.028), "+1.2 (-0.02 to +2.8)"),
        (points(-0.02, math.nan, math.nan), "-2.0"),
        (points(-0.0001, math.nan, math.nan), "+0.0"),
        (points(-0.031, -0.064, -0.0004), "-3.1 (-6.4 to -0.04)"),
        (points(0.0, -0.00001, 0.0), "+0.0 (+0.0 to +0.0)"),
        (class_words("bacteria"), "Pneumonia caused by bacteria (bacteria)"),
        (
            class_words("coronavirus"),
            "Pneumonia caused by a virus, COVID-19 included (coronavirus)",
        ),
        (class_words("of a later scheme"), "of a later scheme"),
        (points(math.nan, math.nan, math.nan), "–"),
        (spread_words(0.812, 0.0114, 0.79, 0.83), "81.2 % ± 1.1 (79.0 to 83.0)"),
        (spread_words(math.nan, math.nan, 0.1, 0.2), "–"),
        (exact_duration(0.5), "0.5 seconds"),
        (exact_duration(12.534), "12.53 seconds"),
        (exact_duration(60), "60 seconds"),
        (exact_duration(184.2), "3 minutes (184.2 s)"),
        (exact_duration(200), "3 minutes (200 s)"),
        (exact_duration(79184.28), "22.0 hours (79,184.28 s)"),
        (counted(1, "patient"), "1 patient"),
        (counted(1217, "image"), "1,217 images"),
        (listed([]), ""),
        (listed(["a"]), "a"),
        (listed(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_words(words, expected):
    assert words.replace("\N{NO-BREAK SPACE}", " ") == expected
