"""The command ``predict --study``: what every network says, and what they say together."""

import shutil

import numpy as np
import pandas as pd
import pytest
from files_in_memory import png
from test_sheet import content, pages, pictures
from tiny_study import queue, tiny_config, tiny_run, tiny_settings

from core import runs

settings, run = tiny_settings, tiny_run


def test_a_study_gives_every_opinion_their_mean_and_how_far_they_agree(call, run, settings):
    twins = []
    for _ in range(2):
        twin = queue(tiny_config(study="twins"), settings)
        for name in ("model.keras", "images.csv", "predictions.csv", "metrics.json"):
            shutil.copyfile(run.folder / name, twin.folder / name)
        runs.write_status(twin, state=runs.FINISHED)
        twins.append(twin.id)
    row = run.predictions().iloc[0]
    code, answer, _ = call("predict", "--study", "twins", row["path"])
    assert code == 0
    assert [one["run"] for one in answer["opinions"]] == twins
    for one in answer["opinions"]:
        assert one["class"] == row["predicted"] and one["in_the_mean"]
        assert one["probabilities"]["normal"] == pytest.approx(row["p_normal"], abs=1e-4)
        assert "validation image" in one["mistaken_for"]
    together = answer["together"]
    assert (together["n"], together["class"], together["share"]) == (2, row["predicted"], 1.0)
    assert together["mean"]["normal"]["mean"] == pytest.approx(row["p_normal"], abs=1e-4)
    assert together["sentence"].startswith("Both networks say")
    assert answer["pdf"] is None and answer["judgement"]["run"] == twins[0]
    page = settings.artifacts / "new" / "twins.pdf"
    code, answer, _ = call("predict", "--study", "twins", row["path"], "--pdf", str(page))
    assert code == 0 and answer["pdf"] == str(page)
    # The image and two maps, and no second page.
    assert len(pictures(content(page.read_bytes())[0])) == 3 and pages(page.read_bytes()) == 1
    images = pd.read_csv(run.folder / "images.csv")
    learnt = images.loc[images["side"] == "training", "id"].iloc[0]
    path = settings.data_roots[0] / learnt.partition(":")[2]
    code, answer, _ = call("predict", "--study", "twins", path)
    assert code == 0 and answer["together"]["n"] == 0 and answer["together"]["share"] is None
    assert answer["opinions"][0]["why_not"] == "it learnt from this very image"
    blank = settings.artifacts / "new" / "blank.png"
    blank.write_bytes(png(np.full((64, 64), 130, np.uint8)))
    code, answer, told = call(
        "predict", "--study", "twins", blank, "--pdf", blank.with_name("b.pdf")
    )
    assert code == 0 and answer["opinions"] == [] and answer["together"] is answer["pdf"] is None
    assert "It is blank" in told and "--answer-refused" in told
    code, answer, _ = call("predict", "--study", "twins", blank, "--answer-refused")
    assert code == 0 and answer["together"]["n"] == 2 and not answer["judgement"]["accepted"]
    for arguments, word in (
        (["--study", "none", row["path"]], "no study"),
        (["--study", "twins", "absent.png"], "absent.png"),
        (["--study", "twins", row["path"], "--explain", "gradcam"], "--run"),
        (["--study", "twins", row["path"], "--of", "normal"], "--pdf"),
        (["--study", "twins", row["path"], "--pdf", "twins.png"], "end it in .pdf"),
        (["--study", "twins", row["path"], "--pdf", "twins.pdf", "--of", "x"], "no class"),
    ):
        code, answer, _ = call("predict", *arguments)
        assert code == 2 and word in answer["error"]
    for identifier in twins:
        (settings.runs / identifier / "model.keras").unlink()
    code, answer, _ = call("predict", "--study", "twins", row["path"])
    assert code == 2 and "No network of 'twins' could answer" in answer["error"]
