"""The command line: one JSON object as the last line, and 0, 2 or nothing else for a person."""

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pandas as pd
import pytest
from test_archives import zipped
from test_sheet import content, pages, pictures
from tiny_study import environment, queue, tiny_config, tiny_study

from core import runs
from core.__main__ import build_parser, main
from core.chosen_configs import chosen_config
from core.commands import COMMANDS
from core.settings import PROJECT
from core.training.range_config import configure_range_test


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return tiny_study(tmp_path_factory.mktemp("commands"))


@pytest.fixture(scope="module")
def trained(settings):
    """A run that the command line trained, in processes of their own, as a person would."""
    process = subprocess.run(
        [
            sys.executable, "-m", "core", "train", "--backbone", "TinyCNN", "--recipe", "finetune",
            "--weights", "none", "--image-size", "32", "--split", "patient", "--seed", "3",
            "--set", "epochs=2", "--set", "head.units=16", "--json",
        ],
        cwd=PROJECT, env=environment(settings), capture_output=True, text=True,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def test_catalog_counts(call):
    code, answer, _ = call("catalog", "--cohort", "paper", "--labels", "paper3")
    assert code == 0
    assert answer["images"] == 42
    assert answer["by_class"] == {"normal": 14, "bacteria": 14, "coronavirus": 14}
    assert answer["synthetic"] is False


def test_train_ends_with_the_metrics(trained):
    assert trained["status"] == runs.FINISHED
    assert trained["overlap_patients"] == 0
    assert trained["n_validation"] + trained["n_training"] == 42
    assert {"accuracy", "balanced_accuracy", "per_class", "confusion_matrix"} <= {
        *trained["metrics"]
    }
    config = trained["config"]
    assert (config["seed"], config["split"]["seed"], config["image_size"]) == (3, 3, 32)
    assert (config["epochs"], config["head"]["units"]) == (2, 16)


def test_runs_lists_shows_and_deletes(call, trained, settings):
    code, answer, _ = call("runs")
    assert code == 0
    assert trained["run"] in [row["run"] for row in answer["runs"]]
    assert call("runs", "--show", trained["run"])[1]["config"] == trained["config"]
    spare = queue(tiny_config(), settings)
    code, answer, _ = call("runs", "--delete", spare.id)
    assert code == 2 and "stop it" in answer["error"]
    runs.write_status(spare, state=runs.STOPPED)
    assert call("runs", "--delete", spare.id)[0] == 0
    assert not spare.folder.exists()


def test_predict_agrees_with_the_predictions_file_and_saves_the_map(
    call, trained, settings, tmp_path
):
    row = runs.read_run(settings.runs, trained["run"]).predictions().iloc[0]
    out = tmp_path / "cam.png"
    code, answer, _ = call(
        "predict", "--run", trained["run"], row["path"], "--explain", "gradcam", "--out", out
    )
    assert code == 0
    assert answer["class"] == row["predicted"]
    for name, probability in answer["probabilities"].items():
        assert probability == pytest.approx(row[f"p_{name}"], abs=1e-4)
    assert answer["explanation"]["method"] == "gradcam"
    assert answer["explanation"]["layer"] == "block4_relu"
    assert cv2.imread(str(out)).shape == (32, 32, 3)


def test_predict_takes_files_folders_and_archives_and_agrees_with_the_predictions_file(
    call, trained, settings, tmp_path
):
    rows = runs.read_run(settings.runs, trained["run"]).predictions()
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
        "predict", "--run", trained["run"], folder, tmp_path / "two.zip", "--out", out,
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


def test_predict_of_nothing_readable_exits_with_2(call, trained, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(b"hello")
    code, answer, _ = call("predict", "--run", trained["run"], tmp_path)
    assert code == 2 and answer["n_read"] == 0
    assert all("not a JPEG" in image["problem"] for image in answer["images"])


def test_a_map_that_finds_no_room_is_one_sentence_and_no_file(call, trained, settings, tmp_path):
    row = runs.read_run(settings.runs, trained["run"]).predictions().iloc[0]
    out = tmp_path / "cam.png"
    arguments = ("predict", "--run", trained["run"], row["path"], "--explain", "gradcam")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        code, answer, _ = call(*arguments, "--out", out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == 2 and str(out) in answer["error"]
    assert list(tmp_path.iterdir()) == []


def test_lr_range_ends_with_two_rates_and_the_curve_and_leaves_no_run(settings):
    process = subprocess.run(
        [
            sys.executable, "-m", "core", "lr-range", "--backbone", "TinyCNN", "--recipe", "paper",
            "--weights", "none", "--image-size", "32", "--limit", "36", "--set", "batch_size=8",
            "--steps", "50", "--lowest", "1e-6", "--json",
        ],
        cwd=PROJECT, env=environment(settings), capture_output=True, text=True,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    answer = json.loads(process.stdout.splitlines()[-1])
    assert {*answer} == {"run", "status", "base_lr", "max_lr", "reason", "curve", "message"}
    assert answer["status"] == runs.FINISHED
    assert 0 < answer["base_lr"] < answer["max_lr"] < 1
    assert 8 < len(answer["curve"]) <= 50
    assert {*answer["curve"][0]} == {"learning_rate", "loss", "smoothed"}
    assert answer["curve"][0]["learning_rate"] == pytest.approx(1e-6)
    assert answer["run"] not in [run.id for run in runs.list_runs(settings.runs)]


def test_a_range_test_is_shown_and_deleted_as_a_run_is(call, settings):
    config = configure_range_test(tiny_config()).model_dump(mode="json")
    test = runs.create_run(settings.range_tests, config, "tiny")
    runs.write_status(test, state=runs.STOPPED)
    assert call("runs", "--show", test.id)[1]["config"] == config
    assert call("runs", "--delete", test.id)[0] == 0
    assert not test.folder.exists()


@pytest.mark.parametrize("split", [[], ["--split", "image"]])
def test_a_seed_is_that_of_the_split_too(split):
    chosen = build_parser().parse_args(["train", "--backbone", "TinyCNN", "--seed", "5", *split])
    config = chosen_config(chosen)
    assert (config.seed, config.split.seed) == (5, 5)
    assert config.split.by == (split[1] if split else "patient")


def test_a_model_that_is_gone_is_named(call, trained, settings, tmp_path):
    run = runs.read_run(settings.runs, trained["run"])
    kept = run.model_path.rename(tmp_path / "model.keras")
    try:
        code, answer, _ = call("predict", "--run", run.id, run.predictions()["path"].iloc[0])
    finally:
        kept.rename(run.model_path)
    assert code == 2 and "model.keras" in answer["error"]


WRONG = {
    "an unknown backbone": (["train", "--backbone", "AlexNet"], "AlexNet"),
    "an unknown recipe": (["train", "--backbone", "TinyCNN", "--recipe", "x"], "finetune"),
    "a value out of range": (
        ["train", "--backbone", "TinyCNN", "--set", "batch_size=0"],
        "batch_size",
    ),
    "a field of a single value": (
        ["train", "--backbone", "TinyCNN", "--set", "batch_size.x=1"],
        "batch_size",
    ),
    "a field of a single value that is set twice": (
        ["train", "--backbone", "TinyCNN", "--seed", "1", "--set", "seed.x=1"],
        "seed",
    ),
    "a backbone set twice": (
        ["train", "--backbone", "TinyCNN", "--set", "backbone=VGG16"],
        "--backbone VGG16",
    ),
    "an assignment without a value": (
        ["train", "--backbone", "TinyCNN", "--set", "epochs"],
        "field=value",
    ),
    "a range test of no range": (
        ["lr-range", "--backbone", "TinyCNN", "--lowest", "0.5"],
        "highest",
    ),
    "a range test of few steps": (
        ["lr-range", "--backbone", "TinyCNN", "--steps", "3"],
        "range_test.steps",
    ),
    "an unknown cohort": (["catalog", "--cohort", "few"], "paper"),
    "an unknown run": (["predict", "--run", "none", "a.png"], "no run"),
    "a run to show": (["runs", "--show", "../x"], "no run"),
    "a finished run to execute": (["execute", "none"], "no run"),
    "a map of an unknown format": (
        ["predict", "--run", "x", "a.png", "--explain", "gradcam", "--out", "b.gif"],
        ".png",
    ),
    "a table of an unknown format": (["predict", "--run", "x", "a", "b", "--out", "b.png"], ".csv"),
    "maps of several without a folder": (
        ["predict", "--run", "x", "a", "b", "--explain", "gradcam"],
        "--out-maps",
    ),
    "a folder of maps for one image": (
        ["predict", "--run", "x", "a.png", "--explain", "gradcam", "--out-maps", "b"],
        "--out-maps",
    ),
    "a map without a method": (["predict", "--run", "x", "a.png", "--out", "b.png"], "--explain"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_persons_error_is_one_sentence_and_exit_code_2(call, settings, case):
    arguments, word = WRONG[case]
    before = len(runs.list_runs(settings.runs))
    code, answer, told = call(*arguments)
    assert code == 2
    assert word in answer["error"] and answer["error"] in told
    assert "\n" not in answer["error"] and "Traceback" not in told
    assert len(runs.list_runs(settings.runs)) == before, "a refused run must leave no folder"


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("absent.png", None, "absent.png"),
        ("empty.png", b"", "empty.png"),
        ("text.jpg", b"hello", "text.jpg"),
    ],
)
def test_an_image_that_cannot_be_read_is_named(call, trained, tmp_path, name, content, word):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, answer, _ = call("predict", "--run", trained["run"], tmp_path / name)
    assert code == 2 and word in answer["error"]


def test_a_run_that_fails_by_a_persons_error_exits_with_2(settings):
    process = subprocess.run(
        [sys.executable, "-m", "core", "train", "--backbone", "ResNet50", "--weights",
         "absent.weights.h5", "--set", "batch_size=8", "--json"],
        cwd=PROJECT, env=environment(settings), capture_output=True, text=True,
    )  # fmt: skip
    assert process.returncode == 2
    answer = json.loads(process.stdout.splitlines()[-1])
    assert answer["status"] == runs.FAILED and "absent.weights.h5" in answer["message"]
    assert "Traceback" not in process.stderr


def test_an_empty_data_root_is_one_sentence(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    process = subprocess.run(
        [sys.executable, "-m", "core", "catalog", "--json"],
        cwd=PROJECT, capture_output=True, text=True,
        env=environment(tiny_study(tmp_path)) | {"CHESTBENCH_DATA": str(empty)},
    )  # fmt: skip
    assert process.returncode == 2
    assert str(empty) in json.loads(process.stdout.splitlines()[-1])["error"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command.name, "--help"])
    assert ended.value.code == 0
    assert command.sentence.split()[0] in capsys.readouterr().out


def test_a_study_gives_every_opinion_their_mean_and_how_far_they_agree(call, trained, settings):
    first = runs.read_run(settings.runs, trained["run"])
    twins = []
    for _ in range(2):
        twin = queue(tiny_config(image_size=32, study="twins", head={"units": 16}), settings)
        for name in ("model.keras", "images.csv", "predictions.csv", "metrics.json"):
            shutil.copyfile(first.folder / name, twin.folder / name)
        runs.write_status(twin, state=runs.FINISHED)
        twins.append(twin.id)
    row = first.predictions().iloc[0]
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
    images = pd.read_csv(first.folder / "images.csv")
    learnt = images.loc[images["side"] == "training", "id"].iloc[0]
    path = settings.data_roots[0] / learnt.partition(":")[2]
    code, answer, _ = call("predict", "--study", "twins", path)
    assert code == 0 and answer["together"]["n"] == 0 and answer["together"]["share"] is None
    assert answer["opinions"][0]["why_not"] == "it learnt from this very image"
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
