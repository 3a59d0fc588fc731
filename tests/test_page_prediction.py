"""The Prediction page: a saved classifier reads an image from the catalog or an upload."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from run_folders import make_environment, make_finished_run, open_page, text_of

from core.models.classifier import build_classifier
from core.training.config import read_config


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One collection and one run with a whole, untrained classifier, for all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("prediction"), patch)
        run = make_finished_run(settings, mistakes=1)
        config = read_config(run.config)
        model = build_classifier("TinyCNN", config.classes, config.head, "none", settings)
        model.save(run.model_path)
        yield settings, run


def png(pixels):
    content = BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def upload(page, name, content):
    page.button_group[0].set_value("your own").run()
    return page.file_uploader[0].set_value((name, content, "image/png")).run()


def test_without_a_finished_run_the_page_says_what_to_do(tmp_path, monkeypatch):
    make_environment(tmp_path, monkeypatch)
    page = open_page("prediction")
    assert not page.exception and not page.error
    assert "No finished run yet" in text_of(page)


def test_an_image_of_the_catalog_is_read_and_explained(place):
    page = open_page("prediction")
    words = text_of(page)
    assert not page.exception and not page.error
    assert "not for diagnosis" in words
    assert "The network has not learnt from this image." in words
    assert "The source says: **" in words
    assert "They do not outline disease" in words
    assert len(page.get("plotly_chart")) == 1
    assert len(page.image) == 2
    assert "This prediction as PDF" in [b.proto.label for b in page.get("download_button")]


def test_another_class_can_be_explained(place):
    _, run = place
    page = open_page("prediction")
    page.selectbox(key=f"explained/{run.id}").select("bacteria").run()
    assert not page.exception and not page.error
    captions = [image.proto.imgs[0].caption for image in page.image]
    assert captions[1] == "What speaks for bacteria (Grad-CAM)"


def test_a_training_image_is_marked(place):
    _, run = place
    page = open_page("prediction")
    page.selectbox(key=f"side/{run.id}").select("training").run()
    assert "learnt from this image" in text_of(page)


def test_only_wrong_answers_and_one_class_narrow_the_choice(place):
    _, run = place
    page = open_page("prediction")
    (only_wrong,) = page.toggle
    only_wrong.set_value(True).run()
    wrong = run.predictions().query("label != predicted")["id"].tolist()
    assert len(wrong) == 1
    assert f"One of 1, drawn by chance: `{wrong[0]}`" in text_of(page)


def test_an_upload_is_read_and_never_written(place):
    settings, _ = place
    before = sorted(settings.artifacts.rglob("*"))
    picture = png(np.tile(np.arange(64, dtype=np.uint8), (64, 1)))
    page = upload(open_page("prediction"), "mine.png", picture)
    assert not page.exception and not page.error
    assert "`mine.png`" in text_of(page)
    assert "never written to disk" in text_of(page)
    assert len(page.image) == 2
    assert sorted(settings.artifacts.rglob("*")) == before


def test_an_upload_that_is_no_image_is_one_sentence(place):
    page = upload(open_page("prediction"), "letter.png", b"Dear Sir")
    assert not page.exception
    assert "letter.png" in page.error[0].value
