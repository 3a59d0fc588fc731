"""Many images through one run: in order, agreeing with one image alone, and errors stop none."""

import threading
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from dicom_files import dataset, saved
from files_in_memory import zipped
from PIL import Image
from pydicom.uid import RLELossless
from tiny_study import finish, tiny_config, tiny_settings

from core.imaging.given_images import GivenImage, given_images
from core.inference import batch
from core.inference.batch import BATCH, answers_table, predict_images, predict_slice
from core.inference.familiarity import make_in_parts
from core.inference.judgement import judge
from core.inference.predictor import predict

settings = tiny_settings


@pytest.fixture(scope="module")
def run(settings):
    return finish(tiny_config(epochs=1), settings)


@pytest.fixture(scope="module")
def images(settings):
    files = sorted((settings.data_roots[0] / "train").rglob("*.jpeg"))
    return [GivenImage(file.name, file) for file in files]


def test_batches_agree_with_the_predictions_file_and_with_one_image(run, images, settings):
    written = run.predictions().assign(name=lambda t: t["path"].map(lambda p: Path(p).name))
    answers = {a.name: a for a in predict_images(run, images, settings)}
    assert list(answers) == [image.name for image in images]
    assert len(written)
    for row in written.itertuples():
        one = predict(run, Path(row.path), settings)
        assert answers[row.name].predicted == row.predicted == one.predicted
        for name, probability in answers[row.name].probabilities.items():
            assert probability == pytest.approx(getattr(row, f"p_{name}"), abs=1e-4)
            assert probability == pytest.approx(one.probabilities[name], abs=1e-4)


def test_the_same_pixels_in_other_files_have_the_same_answer(run, images, settings):
    grey = np.array(Image.open(images[0].source))
    deep = grey.astype(np.uint16) * 257
    lifted = (grey.astype(np.int32) * 8 - 1024).astype(np.int16)
    png = BytesIO()
    Image.fromarray(grey).save(png, "PNG")
    inverted = dataset(4095 - (grey.astype(np.uint16) << 4), 12)
    inverted.PhotometricInterpretation = "MONOCHROME1"
    # Twice the stored value less 100: from -2,148 to 1,932, and the window just as wide.
    rise = {"RescaleSlope": 2, "RescaleIntercept": -100, "WindowCenter": -107.5}
    files = {
        "PNG": png.getvalue(),
        "16-bit TIFF": cv2.imencode(".tiff", deep)[1].tobytes(),
        "DICOM": saved(dataset(grey)),
        "12-bit DICOM, MONOCHROME1, RLE": saved(inverted, RLELossless),
        "DICOM with a window": saved(dataset(lifted, WindowWidth=4081, **rise)),
    }
    first, *others = predict_images(
        run, [GivenImage(name, data) for name, data in files.items()], settings
    )
    for other in others:
        for name, probability in first.probabilities.items():
            assert other.probabilities[name] == pytest.approx(probability, abs=1e-3), other.name


def test_order_is_kept_and_errors_stop_nothing(run, images, settings):
    data = images[0].source.read_bytes()
    archive = zipped([("a.jpeg", data), ("../b.jpeg", data), ("c.txt", b"hello")])
    mixed = [
        GivenImage("text", b"no image"),
        *images,
        *given_images(archive, "z.zip"),
        GivenImage("gone", Path("gone.png")),
        GivenImage("said", problem="It was said before."),
        *images[:3],
    ]
    answers = list(predict_images(run, mixed, settings, thumbnail_side=20))
    assert [a.name for a in answers] == [image.name for image in mixed]
    assert len(mixed) > BATCH
    wrong = {a.name: a.problem for a in answers if a.problem}
    assert {*wrong} == {"text", "z.zip/../b.jpeg", "z.zip/c.txt", "gone", "said"}
    assert "leads out" in wrong["z.zip/../b.jpeg"] and wrong["said"] == "It was said before."
    right = [a for a in answers if not a.problem]
    assert all(a.confidence == max(a.probabilities.values()) for a in right)
    shape = cv2.imdecode(np.frombuffer(right[0].thumbnail, np.uint8), -1).shape
    assert shape == (20, 20)
    assert right[0].probabilities == pytest.approx(right[-3].probabilities, abs=1e-5)

    table = answers_table(answers, ("normal", "bacteria", "coronavirus"))
    assert table.columns.tolist() == [
        *("name", "predicted", "confidence"),
        *("p_normal", "p_bacteria", "p_coronavirus", "refused", "problem"),
    ]
    assert table["confidence"].isna().sum() == len(wrong)
    first = table.loc[table["problem"] == ""].iloc[0]
    assert first["confidence"] == first[f"p_{first['predicted']}"]


@pytest.mark.parametrize("pooling", ["avg", "flatten"])
def test_with_a_reference_a_batch_refuses_what_one_image_alone_is_refused(
    pooling, images, settings, tmp_path
):
    run = finish(tiny_config(epochs=1, head={"pooling": pooling}), settings)
    before = {a.name: a for a in predict_images(run, images, settings)}
    assert not any(a.refused for a in before.values())
    make_in_parts(run, settings, lambda *step: None)
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    strange = {"noise": noise, "blank": np.full((48, 48), 90, np.uint8)}
    mixed = list(images)
    for name, pixels in strange.items():
        content = BytesIO()
        Image.fromarray(pixels).save(content, "PNG")
        mixed.append(GivenImage(name, content.getvalue()))
    answers = {a.name: a for a in predict_images(run, mixed, settings, answer_refused=True)}
    for image in mixed:
        alone = judge(run, image.source, settings, image.name)
        assert answers[image.name].refused == " ".join(alone.reasons)
    assert answers["noise"].refused and "blank" in answers["blank"].refused
    assert sum(answers["blank"].probabilities.values()) == pytest.approx(1, abs=1e-5)
    for name, answer in before.items():
        assert answers[name].probabilities == pytest.approx(answer.probabilities, abs=1e-5)
    # Unless they are asked for, what is refused has its reasons alone.
    alone = list(predict_images(run, mixed, settings))
    assert [a.refused for a in alone] == [answers[image.name].refused for image in mixed]
    assert all(bool(a.probabilities) == bool(a.predicted) == (not a.refused) for a in alone)
    table = answers_table(alone, ("normal", "bacteria", "coronavirus")).set_index("name")
    assert (table.loc[["noise", "blank"], "predicted"] == "").all()
    figures = ["confidence", "p_normal", "p_bacteria", "p_coronavirus"]
    assert table.loc[["noise", "blank"], figures].isna().all(axis=None)


def test_no_more_is_read_ahead_than_the_network_needs(run, images, settings, monkeypatch):
    read, lock = [], threading.Lock()
    original = batch._read

    def counting(image, *others):
        with lock:
            read.append(image.name)
        return original(image, *others)

    monkeypatch.setattr(batch, "_read", counting)
    answers = predict_images(run, (images[n % len(images)] for n in range(1000)), settings)
    next(answers)
    answers.close()
    assert len(read) <= (batch.AHEAD + 1) * BATCH


def test_a_slice_is_a_list_and_nothing_is_an_empty_one(run, images, settings):
    assert [a.name for a in predict_slice(run, images[:3], settings)] == [
        image.name for image in images[:3]
    ]
    assert predict_slice(run, [], settings) == []
    assert answers_table([], ("normal",)).columns.tolist() == [
        *("name", "predicted", "confidence", "p_normal", "refused", "problem"),
    ]
