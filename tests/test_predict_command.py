"""The command ``predict``: one image or many, with maps, and whatever cannot be read."""

import resource
from pathlib import Path

import cv2
import pandas as pd
import pytest
from files_in_memory import zipped
from tiny_study import tiny_run, tiny_settings

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
        code, answer, _ = call("predict", "--run", run.id, run.predictions()["path"].iloc[0])
    finally:
        kept.rename(run.model_path)
    assert code == 2 and "model.keras" in answer["error"]


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
