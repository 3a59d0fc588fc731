"""The Prediction page: a saved classifier reads an image from the catalog or an upload."""

import shutil

import pytest
from run_folders import (
    add_model,
    captions,
    make_environment,
    make_finished_run,
    open_page,
    text_of,
)
from streamlit.testing.v1 import AppTest

from core.inference.methods import EXPLANATIONS
from core.inference.reference import NEAREST


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One collection and one run with a whole, untrained classifier, for all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("prediction"), patch)
        run = make_finished_run(settings, mistakes=1, split={"calibration_share": 0.25})
        add_model(settings, run)
        yield settings, run


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
    # What the network sees, the map over it, and the nearest training images.
    assert len(page.image) == 2 + NEAREST
    assert "This prediction as PDF" in [b.proto.label for b in page.get("download_button")]


def test_a_run_without_its_model_is_one_sentence_and_only_once(place):
    settings, run = place
    twin = settings.runs / f"{run.id}-twin"
    shutil.copytree(run.folder, twin, ignore=shutil.ignore_patterns("model.keras"))
    page = open_page("prediction", run=twin.name)
    shutil.rmtree(twin)
    assert not page.exception and not page.warning
    (error,) = page.error
    assert error.value.startswith(f"model.keras of {twin.name} is missing")


def test_another_class_can_be_explained(place):
    _, run = place
    page = open_page("prediction")
    page.selectbox(key=f"explained/{run.id}").select("bacteria").run()
    assert not page.exception and not page.error
    captions = [image.proto.imgs[0].caption for image in page.image]
    assert captions[1] == "What speaks for bacteria (Grad-CAM)"


def test_every_method_can_be_chosen_and_says_what_it_asks(place):
    page = open_page("prediction")
    for name, method in EXPLANATIONS.items():
        page.selectbox(key="explain-method").select(name).run()
        assert not page.exception and not page.error
        assert page.image[1].proto.imgs[0].caption.endswith(f"({method.title})")
        assert method.source in text_of(page)


def test_all_methods_and_all_networks_stand_in_a_row(place):
    page = open_page("prediction")
    page.toggle(key="maps-methods").set_value(True).run()
    assert [caption.removesuffix(" (empty map)") for caption in captions(page)[2:]] == [
        method.title for method in EXPLANATIONS.values()
    ]
    page.toggle(key="maps-methods").set_value(False)
    page.toggle(key="maps-networks").set_value(True).run()
    assert not page.exception and not page.error
    (caption,) = captions(page)[2:]
    assert caption.startswith("TinyCNN, finetune") and "%" in caption


def test_the_sanity_check_says_what_becomes_of_the_map(place):
    page = open_page("prediction")
    page.toggle(key="maps-sanity").set_value(True).run()
    assert not page.exception and not page.error
    words = text_of(page)
    assert "depends on what was learnt" in words or "nothing to check" in words
    assert "nothing to check" in words or len(captions(page)) == 2 + 4


@pytest.mark.parametrize("share, verdict", [(0.9, "explains nothing"), (0.1, "depends on what")])
def test_a_map_that_stays_the_same_explains_nothing(share, verdict):
    def section(share):
        import numpy as np

        from core.inference.predictor import Prediction
        from core.inference.sanity import SanityCheck
        from pages.components.map_rows import show_check

        heat = np.ones((8, 8), np.float32)
        check = SanityCheck("gradcam", "normal", heat, (heat,) * 5, (share,) * 5, (share,) * 5)
        show_check(check, Prediction("run", "normal", {}, np.zeros((8, 8), np.uint8)))

    test = AppTest.from_function(section, args=(share,)).run()
    assert not test.exception and verdict in text_of(test)
    assert f"rank correlation {share:.2f}" in text_of(test)


def test_a_training_image_is_marked(place):
    _, run = place
    page = open_page("prediction")
    page.selectbox(key=f"side/{run.id}").select("training").run()
    assert "learnt from this image" in text_of(page)


def test_an_image_that_was_held_back_is_marked(place):
    _, run = place
    page = open_page("prediction")
    page.selectbox(key=f"side/{run.id}").select("calibration").run()
    assert "has not learnt from this image; it was held back" in text_of(page)


def test_only_wrong_answers_and_one_class_narrow_the_choice(place):
    _, run = place
    page = open_page("prediction")
    only_wrong = next(toggle for toggle in page.toggle if toggle.label.startswith("Only those"))
    only_wrong.set_value(True).run()
    wrong = run.predictions().query("label != predicted")["id"].tolist()
    assert len(wrong) == 1
    assert f"One of 1, drawn by chance: `{wrong[0]}`" in text_of(page)


def test_an_upload_is_read_and_never_written(place):
    settings, _ = place
    page = open_page("prediction")
    before = sorted(settings.artifacts.rglob("*"))
    picture = next((settings.data_roots[0]).rglob("*.png")).read_bytes()
    page = upload(page, "mine.png", picture)
    assert not page.exception and not page.error
    assert "`mine.png`" in text_of(page)
    assert "never written to disk" in text_of(page)
    assert len(page.image) == 2 + NEAREST
    assert sorted(settings.artifacts.rglob("*")) == before


def test_an_upload_that_is_no_image_is_one_sentence(place):
    page = upload(open_page("prediction"), "letter.png", b"Dear Sir")
    assert not page.exception
    assert "letter.png" in page.error[0].value
