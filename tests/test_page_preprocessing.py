"""Preprocessing: sliders change the pictures, uploads are read, errors are sentences."""

import cv2
import numpy as np
import pytest
from small_collection import make_collection
from streamlit.testing.v1 import AppTest

from core.imaging.grain import grain
from core.settings import PROJECT


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("CHESTBENCH_DATA", str(make_collection(tmp_path / "data")))
    monkeypatch.setenv("CHESTBENCH_ARTIFACTS", str(tmp_path / "artifacts"))
    page = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).run()
    page = page.switch_page("pages/preprocessing.py").run()
    assert not page.exception and not page.error
    return page


def urls(page):
    """Addresses of all pictures; an address changes with the picture's content."""
    return [image.proto.imgs[0].url for image in page.get("image")]


# 6 to choose from, 4 stages, 6 augmented views
STRIP, STAGES = 6, 4


def stage_urls(page):
    return urls(page)[STRIP : STRIP + STAGES]


def test_four_stages_with_histograms_and_augmented_views(opened):
    assert len(urls(opened)) == STRIP + STAGES + 6
    assert len(opened.get("plotly_chart")) == STAGES
    assert any("fine grain goes from" in m.value for m in opened.markdown)


@pytest.mark.parametrize(
    ("key", "value", "changed"),
    [
        ("preparation-clip", 20.0, [False, False, True, True]),
        ("preparation-tiles", 2, [False, False, True, True]),
        ("preparation-low", 20.0, [False, True, True, True]),
        ("preparation-high", 80.0, [False, True, True, True]),
    ],
)
def test_a_slider_changes_its_stage_and_what_follows(opened, key, value, changed):
    before = stage_urls(opened)
    opened.slider(key=key).set_value(value).run()
    after = stage_urls(opened)
    assert [a != b for a, b in zip(before, after, strict=True)] == changed


def test_switched_off_a_stage_equals_the_one_before(opened):
    opened.toggle(key="preparation-clahe").set_value(False).run()
    raw, normalised, clahe, _ = stage_urls(opened)
    assert normalised == clahe != raw
    assert any("switched off" in m.value for m in opened.markdown)


def test_the_network_decides_the_size(opened):
    opened.selectbox(key="preparation-backbone").set_value("TinyCNN").run()
    assert any("96 x 96 pixels" in c.value for c in opened.caption)


def test_another_image_and_other_augmentations(opened):
    before = urls(opened)
    opened.button(key="augment-again").click().run()
    assert urls(opened)[:-6] == before[:-6] and urls(opened)[-6:] != before[-6:]
    opened.button(key="press-strip-source-5").click().run()
    assert stage_urls(opened) != before[STRIP : STRIP + STAGES]


def test_an_upload_is_prepared_and_a_bad_one_is_a_sentence(opened):
    opened.button_group(key="source").set_value("A file of yours").run()
    assert "Choose a file" in opened.info[0].value
    pixels = np.random.default_rng(1).integers(0, 256, (64, 48), np.uint8)
    content = cv2.imencode(".png", pixels)[1].tobytes()
    opened.file_uploader(key="upload").upload("mine.png", content, "image/png").run()
    assert not opened.error
    assert any("mine.png" in m.value and "48 x 64" in m.value for m in opened.markdown)
    opened.file_uploader(key="upload").upload("bad.jpg", b"hello", "image/jpeg").run()
    assert not opened.exception
    assert "bad.jpg" in opened.error[0].value


@pytest.mark.parametrize("deviation", [0.0, 2.0, 6.0])
def test_grain_finds_the_noise_that_was_put_in(deviation):
    generator = np.random.default_rng(3)
    ramp = np.add.outer(np.arange(200), np.arange(200)) * 0.25 + 60
    noisy = ramp + generator.normal(0, deviation, ramp.shape)
    estimate = grain(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
    # Rounding to whole grey levels is itself noise, of 0.3 levels.
    assert abs(estimate - deviation) < 0.5
