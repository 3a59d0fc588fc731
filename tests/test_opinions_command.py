"""The command ``predict --study``: what every network says, and what they say together."""

import shutil

import pandas as pd
import pytest
from tiny_study import finish, queue, tiny_config, tiny_study

from core import runs


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return tiny_study(tmp_path_factory.mktemp("opinions"))


@pytest.fixture(scope="module")
def run(settings):
    return finish(tiny_config(), settings)


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
    images = pd.read_csv(run.folder / "images.csv")
    learnt = images.loc[images["side"] == "training", "id"].iloc[0]
    path = settings.data_roots[0] / learnt.partition(":")[2]
    code, answer, _ = call("predict", "--study", "twins", path)
    assert code == 0 and answer["together"]["n"] == 0 and answer["together"]["share"] is None
    assert answer["opinions"][0]["why_not"] == "it learnt from this very image"
    for arguments, word in (
        (["--study", "none", row["path"]], "no study"),
        (["--study", "twins", "absent.png"], "absent.png"),
        (["--study", "twins", row["path"], "--explain", "gradcam"], "--run"),
    ):
        code, answer, _ = call("predict", *arguments)
        assert code == 2 and word in answer["error"]
    for identifier in twins:
        (settings.runs / identifier / "model.keras").unlink()
    code, answer, _ = call("predict", "--study", "twins", row["path"])
    assert code == 2 and "No network of 'twins' could answer" in answer["error"]
