"""Several images on the Prediction page: a table, its rows, a stop, and too many."""

import numpy as np
import pytest
from dicom_files import dataset, saved
from files_in_memory import png, zipped
from run_folders import (
    add_model,
    button,
    captions,
    make_environment,
    make_finished_run,
    open_page,
    taken_away,
    text_of,
)

from core.imaging.archives import MOST_IMAGES
from core.inference.batch import Answer
from core.table_files import FORMATS
from pages.components import several_images


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One collection and one run with a whole, untrained classifier, for all tests here."""
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("several"), patch)
        run = make_finished_run(settings, mistakes=1)
        add_model(settings, run)
        yield settings, run


def archive(count):
    generator = np.random.default_rng(0)
    files = [
        (f"{n}.png", png(generator.integers(0, 256, (40, 48), np.uint8))) for n in range(count)
    ]
    return zipped([*files, ("notes.txt", b"no image")])


def test_several_images_become_a_table_and_a_row_shows_its_image(place, offered):
    settings, _ = place
    open_page("prediction")  # makes the reference, which is written
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
