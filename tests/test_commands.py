"""The command line: one JSON object as the last line, and 0, 2 or nothing else for a person."""

import pytest
from collections_on_disk import make_settings
from tiny_study import queue, run_command, tiny_config, tiny_settings

from core import runs
from core.__main__ import build_parser, main
from core.chosen_configs import chosen_config
from core.commands import COMMANDS

settings = tiny_settings


@pytest.fixture(scope="module")
def trained(settings):
    """A run that the command line trained, in processes of their own, as a person would."""
    process, answer = run_command(
        settings, "train", "--backbone", "TinyCNN", "--recipe", "finetune", "--weights", "none",
        "--image-size", "32", "--split", "patient", "--seed", "3", "--set", "epochs=2",
        "--set", "head.units=16",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return answer


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


@pytest.mark.parametrize("split", [[], ["--split", "image"]])
def test_a_seed_is_that_of_the_split_too(split):
    chosen = build_parser().parse_args(["train", "--backbone", "TinyCNN", "--seed", "5", *split])
    config = chosen_config(chosen)
    assert (config.seed, config.split.seed) == (5, 5)
    assert config.split.by == (split[1] if split else "patient")


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
def test_a_persons_error_is_one_sentence_and_exit_code_2(refused, case):
    refused(*WRONG[case])


def test_a_run_that_fails_by_a_persons_error_exits_with_2(settings):
    process, answer = run_command(
        settings, "train", "--backbone", "ResNet50", "--weights", "absent.weights.h5",
        "--set", "batch_size=8",
    )  # fmt: skip
    assert process.returncode == 2
    assert answer["status"] == runs.FAILED and "absent.weights.h5" in answer["message"]
    assert "Traceback" not in process.stderr


def test_an_empty_data_root_is_one_sentence(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    process, answer = run_command(make_settings(tmp_path, empty), "catalog")
    assert process.returncode == 2
    assert str(empty) in answer["error"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command.name, "--help"])
    assert ended.value.code == 0
    assert command.sentence.split()[0] in capsys.readouterr().out
