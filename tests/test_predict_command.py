"""The command ``predict``: one image or many, with maps, and whatever cannot be read."""

import resource
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from files_in_memory import png, zipped
from tiny_study import environment, tiny_run, tiny_settings

from core.__main__ import main
from core.words import NOT_FOR_DIAGNOSIS

settings, run = tiny_settings, tiny_run


def test_predict_agrees_with_the_predictions_file_and_saves_the_map(call, run, tmp_path):
    row = run.predictions().iloc[0]
    out = tmp_path / "cam.png"
    code, answer, _ = call(
        "predict", "--run", run.id, row["path"], "--explain", "gradcam", "--out", out
    )
    assert code == 0
    assert answer["class"] == row["predicted"]
    for name, probability in answer["probabilities"].items():
        assert probability == pytest.approx(row[f"p_{name}"], abs=1e-4)
    assert answer["explanation"]["method"] == "gradcam"
    assert answer["explanation"]["layer"] == "block4_relu"
    assert cv2.imread(str(out)).shape == (32, 32, 3)


def test_predict_takes_files_folders_and_archives_and_agrees_with_the_predictions_file(
    call, run, tmp_path
):
    rows = run.predictions()
    folder = tmp_path / "scans"
    folder.mkdir()
    for place, path in enumerate(rows["path"]):
        (folder / f"{place:03d}.jpeg").write_bytes(Path(path).read_bytes())
    (folder / "letter.png").write_bytes(b"hello")
    (tmp_path / "two.zip").write_bytes(
        zipped([("a.jpeg", Path(rows["path"][0]).read_bytes()), ("../b.jpeg", b"x")])
    )
    out, maps = tmp_path / "results.csv", tmp_path / "maps"
    code, answer, told = call(
        "predict", "--run", run.id, folder, tmp_path / "two.zip", "--out", out,
        "--explain", "gradcam", "--out-maps", maps,
    )  # fmt: skip
    assert code == 0 and "Traceback" not in told
    assert (answer["n"], answer["n_read"]) == (len(rows) + 3, len(rows) + 1)
    images = answer["images"]
    for row, image in zip(rows.to_dict("records"), images, strict=False):
        assert image["class"] == row["predicted"]
        for name, probability in image["probabilities"].items():
            assert probability == pytest.approx(row[f"p_{name}"], abs=1e-4)
        assert cv2.imread(image["map"]).shape == (32, 32, 3)
    letter, first, outside = images[len(rows) :]
    assert "letter.png" in letter["problem"] and letter["class"] is letter["map"] is None
    assert first["probabilities"] == pytest.approx(images[0]["probabilities"], abs=1e-5)
    assert "leads out" in outside["problem"]
    assert len(list(maps.iterdir())) == answer["n_read"]

    table = pd.read_csv(out)
    assert table["name"].tolist() == [image["name"] for image in images]
    assert table["problem"].notna().sum() == 2
    assert table["p_normal"][0] == pytest.approx(rows["p_normal"][0], abs=1e-4)


@pytest.fixture
def blank(tmp_path):
    path = tmp_path / "blank.png"
    path.write_bytes(png(np.full((64, 64), 130, np.uint8)))
    return path


def test_a_refused_image_has_reasons_and_no_diagnosis_unless_asked_for(call, run, blank, tmp_path):
    cam, page = tmp_path / "cam.png", tmp_path / "page.pdf"
    arguments = ("predict", "--run", run.id, blank, "--explain", "gradcam", "--out", cam)
    code, answer, told = call(*arguments, "--pdf", page)
    assert code == 0 and answer["class"] is None and answer["probabilities"] == {}
    assert answer["explanation"] is answer["pdf"] is None
    assert not answer["judgement"]["accepted"] and "blank" in answer["judgement"]["reasons"][0]
    assert f"{cam} was not written" in told and f"{page} was not written" in told
    assert "--answer-refused" in told and not cam.exists() and not page.exists()
    code, answer, _ = call(*arguments, "--answer-refused")
    assert code == 0 and sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert answer["class"] and not answer["judgement"]["accepted"] and cam.exists()
    # What is asked for wrongly is said all the same.
    code, answer, _ = call("predict", "--run", run.id, blank, "--of", "x")
    assert code == 2 and "no class" in answer["error"]


def test_a_refused_image_says_so_in_words(run, settings, blank, capsys, monkeypatch):
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    assert main(["predict", "--run", run.id, str(blank)]) == 0
    told = capsys.readouterr()
    assert told.out == f"no diagnosis\n{NOT_FOR_DIAGNOSIS}\n" and "It is blank" in told.err
    scan = run.predictions()["path"].iloc[0]
    assert main(["predict", "--run", run.id, str(blank), scan]) == 0
    told = capsys.readouterr()
    assert f"{blank}  no diagnosis\n" in told.out and "2 of 2 images read, 1 of them" in told.out
    assert "should not be diagnosed. It is blank" in told.err and "--answer-refused" in told.err


def test_of_several_a_refused_one_has_an_empty_row_and_no_map(call, run, blank, tmp_path):
    scan = run.predictions()["path"].iloc[0]
    out, maps = tmp_path / "results.csv", tmp_path / "maps"
    arguments = ("predict", "--run", run.id, blank, scan, "--out", out)
    code, answer, _ = call(*arguments, "--explain", "gradcam", "--out-maps", maps)
    assert code == 0 and answer["n_read"] == 2
    refused, read = answer["images"]
    assert refused["class"] is refused["confidence"] is refused["map"] is None
    assert "blank" in refused["refused"] and refused["probabilities"] == {}
    assert read["class"] and read["map"] and len(list(maps.iterdir())) == 1
    row = pd.read_csv(out).iloc[0]
    assert row.dropna().index.tolist() == ["name", "refused"]
    code, answer, _ = call(*arguments, "--answer-refused")
    row = pd.read_csv(out).iloc[0]
    assert row.dropna().index.tolist()[:3] == ["name", "predicted", "confidence"]
    assert "blank" in row["refused"] and answer["images"][0]["class"] == row["predicted"]


def test_predict_of_nothing_readable_exits_with_2(call, run, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(b"hello")
    code, answer, _ = call("predict", "--run", run.id, tmp_path)
    assert code == 2 and answer["n_read"] == 0
    assert all("not a JPEG" in image["problem"] for image in answer["images"])


def test_a_map_that_finds_no_room_is_one_sentence_and_no_file(call, run, tmp_path):
    row = run.predictions().iloc[0]
    out = tmp_path / "cam.png"
    arguments = ("predict", "--run", run.id, row["path"], "--explain", "gradcam")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        code, answer, _ = call(*arguments, "--out", out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 2 and str(out) in answer["error"]
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_gone_is_named(call, run, tmp_path):
    kept = run.model_path.rename(tmp_path / "model.keras")
    try:
        code, answer, told = call("predict", "--run", run.id, run.predictions()["path"].iloc[0])
    finally:
        kept.rename(run.model_path)
    assert code == 2 and "model.keras" in answer["error"]
    assert told.count("is missing") == 1


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("absent.png", None, "absent.png"),
        ("empty.png", b"", "empty.png"),
        ("text.jpg", b"hello", "text.jpg"),
    ],
)
def test_an_image_that_cannot_be_read_is_named(call, run, tmp_path, name, content, word):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, answer, _ = call("predict", "--run", run.id, tmp_path / name)
    assert code == 2 and word in answer["error"]
