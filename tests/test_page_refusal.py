"""The Prediction page: what is refused, turned right, answered anyway, and the nearest images."""

import numpy as np
import pytest
from files_in_memory import png
from run_folders import open_page, text_of
from test_page_prediction import upload
from tiny_study import environment, queue, tiny_config, tiny_study

from core import runs
from core.engine import execute
from core.imaging.decode import read_image
from core.imaging.turns import turn
from core.inference.reference import FAMILIARITY


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One collection and one trained run, for all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        settings = tiny_study(tmp_path_factory.mktemp("refusal"))
        run = queue(tiny_config("quick"), settings)
        assert execute(run, settings)
        for name, value in environment(settings).items():
            patch.setenv(name, value)
        yield settings, runs.read_run(settings.runs, run.id)


@pytest.fixture
def film(place):
    """The pixels of a training image."""
    settings, _ = place
    path = next((settings.data_roots[0] / "train" / "NORMAL").iterdir())
    return read_image(path, settings.max_pixels)


def toggle(page, label):
    (found,) = [each for each in page.toggle if each.label.startswith(label)]
    return found.set_value(True).run()


def test_an_accepted_image_has_its_answer_and_its_nearest_images(place):
    _, run = place
    page = open_page("prediction")
    assert not page.exception and not page.error
    words = text_of(page)
    assert "No diagnosis" not in words and "are labelled" in words
    assert "times as far from them" in words
    assert len([m for m in page.markdown if "distance 0." in m.value]) == 6
    assert (run.folder / FAMILIARITY).is_file()
    page.selectbox(key=f"side/{run.id}").select("training").run()
    assert "One of them is **the same file**" in text_of(page)


def test_a_refused_image_has_no_answer_until_asked_for(place):
    blank = png(np.full((64, 64), 130, np.uint8))
    page = upload(open_page("prediction"), "blank.png", blank)
    assert not page.exception and not page.error
    assert "It is blank" in text_of(page) and "limits are set at 2 %" in text_of(page)
    assert [each.value for each in page.subheader] == ["No diagnosis for this image"]
    assert not page.get("plotly_chart") and len(page.image) == 1
    assert [each.label for each in page.toggle] == ["Show the answer anyway"]
    toggle(page, "Show the answer anyway")
    assert "Do not believe the answer below" in page.error[0].value
    assert page.get("plotly_chart")
    # That held for the X-rays it was checked on.
    assert "on its validation images" not in text_of(page)


def test_a_turned_film_is_offered_the_right_way_round(place, film):
    page = upload(open_page("prediction"), "negative.png", png(turn(film, "negative")))
    assert "an X-ray with black and white exchanged" in text_of(page)
    assert not page.get("plotly_chart")
    toggle(page, "Turn it right")
    assert not page.exception and not page.error
    assert "Turned right, it looks like" in text_of(page)
    assert page.get("plotly_chart")
    assert "`turned right: negative.png`" in text_of(page)


def test_without_its_images_the_page_warns_and_goes_on(place, film):
    _, run = place
    (run.folder / FAMILIARITY).unlink()
    images = run.folder / "images.csv"
    text = images.read_text()
    images.write_text("")
    page = upload(open_page("prediction"), "film.png", png(film))
    images.write_text(text)
    assert not page.exception and not page.error
    assert "cannot tell whether an image is a chest X-ray" in text_of(page)
    assert page.get("plotly_chart") and "are labelled" not in text_of(page)
