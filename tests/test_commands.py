"""The command line: one JSON object as the last line, and 0, 2 or nothing else for a person."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

import cv2
import pytest
from filelock import FileLock
from tiny_study import environment, queue, tiny_config, tiny_study

from core import runs
from core.__main__ import build_parser, main
from core.arguments import chosen_config, chosen_study
from core.commands import COMMANDS
from core.settings import PROJECT
from core.studies import studies
from core.training.config import configure
from core.training.jobs import WORKER_LOCK


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return tiny_study(tmp_path_factory.mktemp("commands"))


@pytest.fixture
def call(settings, monkeypatch, capsys):
    """Call a command in this process; give its exit code, its JSON and what it told people."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)

    def call(*arguments):
        code = main([*map(str, arguments), "--json"])
        out, told = capsys.readouterr()
        return code, json.loads(out.splitlines()[-1]), told

    return call


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


@pytest.fixture(scope="module")
def studied(settings):
    """A study of two runs that the command line trained to their end."""
    process = subprocess.run(
        [
            sys.executable, "-m", "core", "study", "--name", "Two recipes", "--backbones",
            "TinyCNN", "--recipes", "quick,paper", "--epochs", "1", "--image-size", "32",
            "--set", "batch_size=8", "--json",
        ],
        cwd=PROJECT, env=environment(settings), capture_output=True, text=True,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert "Study Two recipes" in process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def test_a_study_ends_with_the_metrics_of_every_run(studied):
    assert studied["study"] == "Two recipes"
    first, second = studied["runs"]
    assert [first["status"], second["status"]] == [runs.FINISHED] * 2
    assert all("balanced_accuracy" in run["metrics"] for run in (first, second))
    configs = [run["config"] for run in (first, second)]
    assert [config["recipe"] for config in configs] == ["quick", "paper"]
    assert [(c["head_epochs"], c["epochs"]) for c in configs] == [(1, 0), (0, 1)]
    assert [c["study"] for c in configs] == ["Two recipes"] * 2


def test_studies_are_listed_and_a_finished_one_has_nothing_to_resume(call, studied):
    (row,) = [r for r in call("study", "--list")[1]["studies"] if r["study"] == "Two recipes"]
    assert row["runs"] == [run["run"] for run in studied["runs"]]
    assert (row["states"], row["differs"]) == ({runs.FINISHED: 2}, ["recipe"])
    code, answer, told = call("study", "--resume", "Two recipes")
    assert code == 0 and answer == studied and "0 of 2 runs go on" in told


def test_a_study_is_stopped_by_its_name_and_by_ctrl_c(call, settings):
    arguments = ("study", "--backbones", "TinyCNN", "--seeds", "0,1,2", "--set", "batch_size=8")

    def interrupt():
        end = time.monotonic() + 60
        while time.monotonic() < end:
            own = studies(runs.list_runs(settings.runs)).get("TinyCNN, quick: seeds", ())
            if len(own) == 3:
                os.kill(os.getpid(), signal.SIGINT)
                return
            time.sleep(0.05)

    # No worker gets hold of the runs.
    with FileLock(settings.artifacts / WORKER_LOCK):
        thread = threading.Thread(target=interrupt)
        thread.start()
        code, answer, told = call(*arguments)
        thread.join()
        assert code == 1 and "Stopping the study" in told
        assert answer["study"] == "TinyCNN, quick: seeds"
        assert [run["status"] for run in answer["runs"]] == [runs.STOPPED] * 3

        own = [queue(tiny_config(study="by name", seed=seed), settings) for seed in (0, 1)]
        code, answer, _ = call("study", "--stop", "by name")
        assert code == 0
        assert [run["run"] for run in answer["runs"]] == [run.id for run in own]
        assert [run["status"] for run in answer["runs"]] == [runs.STOPPED] * 2


def plan(*arguments):
    return chosen_study(build_parser().parse_args(["study", *arguments]), [])


def test_the_published_study_is_planned_by_one_line():
    configs = plan(
        "--name", "seven", "--backbones", "all", "--recipe", "paper", "--weights", "none",
        "--epochs", "1", "--limit", "64",
    )  # fmt: skip
    assert len({config.backbone for config in configs}) == 7
    for config in configs:
        paper = configure(config.backbone, "paper", weights="none")
        changed = {"study": "seven", "epochs": 1, "limit": 64}
        assert config.model_dump() == paper.model_dump() | changed


def test_split_and_seeds_make_six_runs_under_a_name_of_their_own():
    configs = plan(
        "--recipe", "quick", "--backbones", "ResNet50", "--over", "split=image,patient",
        "--seeds", "0,1,2",
    )  # fmt: skip
    assert len({(c.split.by, c.seed, c.split.seed) for c in configs}) == len(configs) == 6
    assert {config.study for config in configs} == {"ResNet50, quick: seeds and split"}


def test_without_anything_to_vary_the_seven_are_compared():
    assert [c.backbone for c in plan()] == [c.backbone for c in plan("--backbones", "all")]
    assert len(plan()) == 7


WRONG = {
    "a study's name that is taken": (
        ["study", "--name", "two RECIPES", "--backbones", "TinyCNN", "--set", "batch_size=8"],
        "'Two recipes' already",
    ),
    "a study with a batch larger than the training set": (
        ["study", "--backbones", "TinyCNN", "--seeds", "0,1"],
        "batch_size: 64",
    ),
    "500 runs": (
        ["study", "--backbones", "TinyCNN", "--seeds", ",".join(map(str, range(500)))],
        "500 runs",
    ),
    "a study without a network": (["study", "--seeds", "0,1"], "No network"),
    "a setting that is set and varied": (
        ["study", "--backbones", "TinyCNN", "--split", "image", "--over", "split=image,patient"],
        "split.by is set for all runs",
    ),
    "epochs that are set and varied": (
        ["study", "--backbones", "TinyCNN", "--epochs", "1", "--over", "epochs=1,2"],
        "epochs is set for all runs",
    ),
    "something varied twice": (
        ["study", "--backbones", "TinyCNN", "--seeds", "0", "--over", "seeds=1"],
        "seeds are given twice",
    ),
    "values without a name": (
        ["study", "--backbones", "TinyCNN", "--over", "image,patient"],
        "split=image,patient",
    ),
    "a study's name in a setting": (
        ["study", "--backbones", "TinyCNN", "--set", "study=x"],
        "--name",
    ),
    "an unknown study": (["study", "--stop", "none"], "--list"),
    "an unknown study to resume": (["study", "--resume", "none"], "--list"),
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
    "an unknown cohort": (["catalog", "--cohort", "few"], "paper"),
    "an unknown run": (["predict", "--run", "none", "a.png"], "no run"),
    "a run to show": (["runs", "--show", "../x"], "no run"),
    "a finished run to execute": (["execute", "none"], "no run"),
    "a map of an unknown format": (
        ["predict", "--run", "x", "a.png", "--explain", "gradcam", "--out", "b.gif"],
        ".png",
    ),
    "a map without a method": (["predict", "--run", "x", "a.png", "--out", "b.png"], "--explain"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_persons_error_is_one_sentence_and_exit_code_2(call, settings, studied, case):
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
