"""The Prediction page: a saved classifier reads an image from the catalog or an upload."""

import shutil

import numpy as np
import pytest
from dicom_files import dataset, saved
from files_in_memory import png, zipped
from run_folders import button, make_environment, make_finished_run, open_page, taken_away, text_of
from streamlit.testing.v1 import AppTest

from core.imaging.archives import MOST_IMAGES
from core.inference.batch import Answer
from core.inference.methods import EXPLANATIONS
from core.inference.reference import NEAREST
from core.models.classifier import build_classifier
from core.table_files import FORMATS
from core.training.config import read_config
from pages.components import several_images


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One collection and one run with a whole, untrained classifier, for all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("prediction"), patch)
        run = make_finished_run(settings, mistakes=1, split={"calibration_share": 0.25})
        config = read_config(run.config)
        model = build_classifier("TinyCNN", config.classes, config.head, "none", settings)
        model.save(run.model_path)
        yield settings, run


def captions(page):
    """Of all pictures but those of the nearest training images, which have none."""
    found = [image.proto.imgs[0].caption for image in page.image]
    return [caption for caption in found if caption]


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


def archive(count):
    generator = np.random.default_rng(0)
    files = [
        (f"{n}.png", png(generator.integers(0, 256, (40, 48), np.uint8))) for n in range(count)
    ]
    return zipped([*files, ("notes.txt", b"no image")])


def test_several_images_become_a_table_and_a_row_shows_its_image(place, offered):
    settings, _ = place
    before = sorted(settings.artifacts.rglob("*"))
    scan = saved(dataset(np.tile(np.arange(64, dtype=np.uint8), (64, 1))))
    page = open_page("prediction")
    page.button_group[0].set_value("your own").run()
    files = [("z.zip", archive(3), "application/zip"), ("scan", scan, "")]
    page.file_uploader[0].set_value(files).run()
    assert not page.exception and not page.error
    words = text_of(page)
    assert "### 5 images" in words and "**1** without an answer" in words
    refused, unread = (text.value for text in page.text)
    assert refused.startswith("scan: ") and "z.zip/notes.txt is not a JPEG" in unread
    assert "**1** not diagnosed" in words
    (table,) = page.dataframe
    assert table.value["file"].tolist() == [
        *("z.zip/0.png", "z.zip/1.png", "z.zip/2.png", "z.zip/notes.txt", "scan")
    ]
    assert table.value[["normal", "bacteria", "coronavirus"]].iloc[0].sum() == pytest.approx(100)
    assert table.value["image"].iloc[0].startswith("data:image/jpeg;base64,")
    csv, latex, markdown = taken_away(offered, "predictions")
    assert len(page.get("download_button")) == len(FORMATS)
    assert csv["name"].tolist()[3:] == ["z.zip/notes.txt", "scan"]
    assert csv.filter(like="p_").sum(axis=1).tolist()[:3] == pytest.approx([1] * 3, abs=1e-5)
    # What is refused on the page has no diagnosis in the table to take away either.
    assert csv.iloc[4].dropna().index.tolist() == ["name", "refused"]
    assert latex.count("not diagnosed") == 1 and "is not a JPEG" in latex
    assert markdown.count("| – ") == 1 + 2 * 3 and "| Why" in markdown
    assert len(page.image) == 0

    page.session_state[table.key] = {"selection": {"rows": [4], "columns": [], "cells": []}}
    page.run()
    assert not page.exception and not page.error
    # Noise is no chest X-ray, and is not given a diagnosis unless asked for.
    assert "`scan`" in text_of(page) and len(page.image) == 1
    next(t for t in page.toggle if "anyway" in t.label).set_value(True).run()
    assert not page.exception and len(captions(page)) == 3
    page.session_state[table.key] = {"selection": {"rows": [3], "columns": [], "cells": []}}
    page.run()
    assert "notes.txt" in page.error[0].value and len(page.image) == 0
    assert sorted(settings.artifacts.rglob("*")) == before


def test_a_stop_keeps_what_is_there_and_can_go_on(place, monkeypatch):
    entries, asked = [], []
    original = several_images._asked

    def remember(*arguments):
        entries.append(original(*arguments))
        return entries[-1]

    def stop_at_once(function, run, images, *others):
        asked.append(len(images))
        if len(asked) == 1:
            entries[-1].stop()
        return [Answer(image.name, "normal", {"normal": 1.0}) for image in images]

    monkeypatch.setattr(several_images, "_asked", remember)
    monkeypatch.setattr(several_images, "asking", stop_at_once)
    page = open_page("prediction")
    page.button_group[0].set_value("your own").run()
    page.file_uploader[0].set_value(("z.zip", archive(several_images.SLICE + 5), "")).run()
    assert not page.exception and not page.error
    total = several_images.SLICE + 6
    assert asked == [several_images.SLICE]
    assert f"Stopped after {several_images.SLICE} of {total} images" in text_of(page)
    button(page, "Go on").click().run()
    assert asked == [several_images.SLICE, 6]
    assert len(page.dataframe[0].value) == total and "Stopped" not in text_of(page)


def test_too_many_images_are_one_sentence(place):
    files = [(f"{n}.png", b"x", "image/png") for n in range(MOST_IMAGES + 1)]
    page = open_page("prediction")
    page.button_group[0].set_value("your own").run()
    page.file_uploader[0].set_value(files).run()
    assert not page.exception
    assert "501 images" in page.error[0].value
