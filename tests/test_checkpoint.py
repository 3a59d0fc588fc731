"""A run that is stopped or killed and goes on is, within float noise, one that never was."""

import keras
import numpy as np
import pytest
from tiny_study import queue, tiny_config, tiny_settings, tiny_study

from core import run_requests, runs
from core.engine import execute
from core.errors import UserError
from core.training import checkpoint as checkpoint_module
from core.training import progress as progress_module
from core.training.checkpoint import Checkpoint

MEASURES = ["learning_rate", "loss", "accuracy", "val_loss", "val_accuracy"]
# Every kind of phase, and everything a run remembers from batch to batch.
CONFIGS = {
    "network": {"epochs": 4, "head": {"dropout": 0.3}, "keep": "best"},
    "head": {"recipe": "quick", "head_epochs": 4, "views": 2, "early_stopping": 3},
    "both": {
        "head_epochs": 2,
        "epochs": 2,
        "optimizer": {"name": "RMSprop"},
        "split": {"by": "patient", "calibration_share": 0.25},
    },
    "cyclical": {
        "recipe": "paper",
        "epochs": 3,
        "cyclical_learning_rate": {"step_size": 3, "max_lr": 1e-2},
    },
}
# Calls of Progress at which the run is interrupted, in turn: in a batch, at a check, between.
MOMENTS = (9, 4, 7)

settings = tiny_settings


@pytest.fixture(scope="module", params=CONFIGS)
def pair(request, settings):
    """The same run undisturbed, and interrupted several times."""
    config = tiny_config(**CONFIGS[request.param])
    whole, broken = queue(config, settings), queue(config, settings)
    assert execute(whole, settings)
    for moment in MOMENTS:
        with pytest.MonkeyPatch.context() as patch:
            stop_at(patch, moment)
            assert not execute(broken, settings)
        assert runs.read_run(settings.runs, broken.id).state == runs.STOPPED
        assert broken.checkpoint_path.exists()
        run_requests.requeue(broken)
    assert execute(broken, settings)
    return whole, broken


def stop_at(patch, moment):
    """Somebody asks the run to stop at the ``moment``-th report of its training."""
    reports = iter(range(10_000))

    def requested(run):
        return history_begun(run) and next(reports) == moment

    patch.setattr(progress_module.run_requests, "stop_requested", requested)


def history_begun(run):
    path = run.folder / "history.csv"
    return path.exists() and path.read_text().count("\n") > 1


def test_the_history_is_that_of_a_run_never_interrupted(pair):
    whole, broken = (run.history() for run in pair)
    for column in ("kind", "phase", "epoch", "step"):
        assert broken[column].tolist() == whole[column].tolist()
    assert np.allclose(broken[MEASURES], whole[MEASURES], atol=1e-5, equal_nan=True)
    assert (broken["seconds"].diff().dropna() >= 0).all()


def test_the_weights_are_those_of_a_run_never_interrupted(pair):
    whole, broken = (keras.saving.load_model(run.model_path).get_weights() for run in pair)
    assert max(np.abs(a - b).max() for a, b in zip(whole, broken, strict=True)) < 1e-4


def test_a_finished_run_keeps_no_checkpoint(pair):
    for run in pair:
        assert not run.checkpoint_path.exists()
        assert not [path.name for path in run.folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("content", [b"", b"not an archive", None])
def test_a_checkpoint_that_cannot_be_used_begins_the_run_anew(settings, content):
    run = queue(tiny_config(), settings)
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, 5)
        execute(run, settings)
    whole = run.checkpoint_path.read_bytes()
    run.checkpoint_path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    run_requests.requeue(run)
    assert execute(run, settings)
    epochs = run.history().query("kind == 'epoch'")["epoch"]
    assert epochs.tolist() == [1, 2]


def test_a_checkpoint_of_another_network_begins_the_run_anew(settings):
    run, other = queue(tiny_config(), settings), queue(tiny_config(head={"units": 7}), settings)
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, 5)
        execute(other, settings)
    other.checkpoint_path.rename(run.checkpoint_path)
    assert execute(run, settings)
    assert run.history().query("kind == 'epoch'")["epoch"].tolist() == [1, 2]


def test_changed_images_begin_the_run_anew_and_it_says_so(tmp_path, capsys):
    settings = tiny_study(tmp_path)
    run = queue(tiny_config(), settings)
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, 8)
        execute(run, settings)
    gone = next(settings.data_roots[0].rglob("*.jpeg"))
    gone.write_bytes(next(settings.data_roots[0].rglob("*virus*.jpeg")).read_bytes())
    run_requests.requeue(run)
    assert execute(run, settings)
    assert "images have changed" in capsys.readouterr().out
    assert run.history().query("kind == 'epoch'")["epoch"].tolist() == [1, 2]


def test_every_epoch_and_every_few_minutes_there_is_a_checkpoint(settings, monkeypatch):
    taken = []
    write = Checkpoint.write
    monkeypatch.setattr(
        Checkpoint, "write", lambda self, path: taken.append(self.position) or write(self, path)
    )
    monkeypatch.setattr(checkpoint_module, "LARGEST_SHARE", 1e9)
    assert execute(queue(tiny_config(), settings), settings)
    assert [(p["epoch"], p["batch"]) for p in taken] == [(1, 0), (2, 0), (2, 0)]
    taken.clear()
    monkeypatch.setattr(checkpoint_module, "EVERY_SECONDS", 0.0)
    assert execute(queue(tiny_config(epochs=1), settings), settings)
    assert [(p["epoch"], p["batch"]) for p in taken] == [
        *((0, batch) for batch in range(1, 6)), (1, 0), (1, 0),
    ]  # fmt: skip


def test_a_checkpoint_makes_no_folder_anew(tmp_path):
    gone = tmp_path / "gone"
    with pytest.raises(UserError, match="was deleted"):
        Checkpoint({}, {}).write(gone / "checkpoint.npz")
    assert not gone.exists()
