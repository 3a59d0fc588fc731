"""What goes on a sheet: the run, its score, the image's side, and never a patient's name."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from run_folders import add_model, change_run, make_environment, make_finished_run

from core.__main__ import main
from core.inference.judgement import Judgement
from core.inference.predictor import Prediction
from core.inference.sheet import sheet_pdf
from core.inference.sheet_facts import SheetImage, known_image, sheet_of

SHARES = {"normal": 0.7, "bacteria": 0.2, "coronavirus": 0.1}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("sheet"), patch)
        run = make_finished_run(settings, mistakes=1)
        add_model(settings, run)
        yield settings, run


def answer(run, heat=True, **more):
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    seen = {"explanation": "gradcam", "explained_class": "normal"} if heat else {}
    seen |= {"heat": np.ones((8, 8), np.float32)} if heat else {}
    return Prediction(run.id, "normal", SHARES, pixels, **seen, **more)


def test_the_run_and_its_score_stand_there(place):
    run = place[1]
    sheet = sheet_of(run, answer(run), SheetImage("a.png", "bacteria", "training"))
    facts, metrics = dict(sheet.facts), run.metrics()
    assert facts["Run"] == run.id
    assert f"{metrics['n_training']} images" in facts["Learnt from"]
    assert f"{100 * metrics['balanced_accuracy']:.1f}" in facts["Score of the run"]
    assert f"on {metrics['n_validation']} validation images" in facts["Score of the run"]
    assert facts["The source says"].endswith("(bacteria)")
    assert hashlib.sha256(answer(run).pixels.tobytes()).hexdigest() in facts["Image"]
    assert "LEARNT FROM" in sheet.limits[0]
    assert [each.caption for each in sheet.maps] == ["What speaks for normal (Grad-CAM)"]
    assert any("said about 70" in limit for limit in sheet.limits)
    assert not sheet.synthetic and len(sheet_pdf(sheet)) > 1000


def test_without_a_map_nothing_is_said_of_maps(place):
    run = place[1]
    sheet = sheet_of(run, answer(run, heat=False), SheetImage("a.png"))
    assert not sheet.maps and not any("Bright places" in limit for limit in sheet.limits)
    assert "The source says" not in dict(sheet.facts)


@pytest.mark.parametrize(
    "metrics", [{"ci95": 3}, {"n_training": "x", "n_validation": None}, {"balanced_accuracy": []}]
)
def test_edited_metrics_break_no_sheet(place, metrics):
    run = change_run(make_finished_run(place[0]), metrics, split="image", cohort=None)
    assert sheet_pdf(sheet_of(run, answer(run), SheetImage("a.png")))


def test_a_split_with_shared_patients_and_synthetic_images_are_said(place):
    run = change_run(make_finished_run(place[0]), {"overlap_patients": 1234, "synthetic": True})
    sheet = sheet_of(run, answer(run), SheetImage("a.png"))
    assert sheet.synthetic and any("1,234" in limit for limit in sheet.limits)


def test_a_rehearsal_is_called_one(place):
    run = make_finished_run(place[0], limit=24)
    limits = sheet_of(run, answer(run), SheetImage("a.png")).limits
    assert "A rehearsal, no result: only 24 images took part." in limits
    limits = sheet_of(place[1], answer(place[1]), SheetImage("a.png")).limits
    assert not any("rehearsal" in limit for limit in limits)


def test_a_refused_image_is_refused_on_the_page(place):
    run = place[1]
    judgement = Judgement(run.id, False, ("It is blank.",), "", None, 1.4)
    sheet = sheet_of(run, answer(run), SheetImage("a.png", judgement=judgement))
    assert list(sheet.refused) == ["It is blank."]
    assert not any("said about" in limit or "says about" in limit for limit in sheet.limits)
    assert dict(sheet.facts)["Check of the image"].startswith("REFUSED")


def test_an_image_is_known_by_its_content(place, tmp_path):
    run = place[1]
    row = run.predictions().iloc[0]
    copy = tmp_path / "copy.png"
    copy.write_bytes(Path(row["path"]).read_bytes())
    assert known_image(run, copy) == {"truth": row["label"], "side": "validation"}
    images = pd.read_csv(run.folder / "images.csv")
    double = images[images["sha256"] == row["sha256"]].assign(side="calibration")
    for side in ("validation", "training"):
        with_copies = pd.concat([double, images.assign(side=side)])
        with_copies.to_csv(run.folder / "images.csv", index=False)
        assert known_image(run, copy)["side"] == side
    images.to_csv(run.folder / "images.csv", index=False)
    copy.write_bytes(b"other")
    assert known_image(run, copy) == {"truth": "", "side": ""}


def test_the_command_writes_the_page(place, tmp_path, capsys, monkeypatch):
    settings, run = place
    monkeypatch.setenv("CHESTBENCH_ARTIFACTS", str(settings.artifacts))
    image, out = run.predictions()["path"].iloc[0], tmp_path / "new" / "sheet.pdf"
    asked = ["predict", "--run", run.id, str(image), "--json", "--pdf"]
    assert main([*asked, str(out)]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["pdf"] == str(out) and told["explanation"]["method"] == "gradcam"
    assert out.read_bytes().count(b"/Type /Page\n") == 1
    assert main([*asked, str(tmp_path / "sheet.png")]) == 2
    assert "end it in .pdf" in capsys.readouterr().err
