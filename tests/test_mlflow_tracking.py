"""MLflow gets the run where it is asked to, and no trouble of its own ever reaches the run."""

import importlib
import sys
from types import SimpleNamespace

import pytest
from tiny_study import queue, tiny_config, tiny_study

from core import runs
from core.engine import execute
from core.training.mlflow_tracking import VARIABLE, flattened, track_epoch, tracked

# Writes down what it is called with. mlflow itself is no requirement.
MLFLOW = """
calls, known, broken = [], [], ""

def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    def call(*positional, **named):
        if name == broken:
            raise ConnectionError("nobody answers\\nat that address")
        calls.append((name, positional, named))
        return known if name == "search_runs" else None
    return call
"""


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "mlflow.py").write_text(MLFLOW)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "mlflow", raising=False)
    monkeypatch.setenv(VARIABLE, "http://a-server")
    yield importlib.import_module("mlflow")
    del sys.modules["mlflow"]


@pytest.fixture
def settings(tmp_path):
    return tiny_study(tmp_path)


def called(mlflow, name):
    return [(positional, named) for each, positional, named in mlflow.calls if each == name]


def test_a_run_appears_whole(mlflow, settings):
    config = tiny_config(head_epochs=1, epochs=1, study="Mine")
    run = queue(config, settings)
    assert execute(run, settings)
    assert called(mlflow, "start_run") == [((), {"run_name": run.id})]
    ((parameters,), _) = called(mlflow, "log_params")[0]
    assert parameters["backbone"] == "TinyCNN" and parameters["head.units"] == config.head.units
    *epochs, ((results,), _) = called(mlflow, "log_metrics")
    history = runs.read_run(settings.runs, run.id).history().query("kind == 'epoch'")
    assert [named["step"] for _, named in epochs] == history["epoch"].tolist() == [1, 2]
    sent = [figures["val_loss"] for (figures,), _ in epochs]
    assert sent == pytest.approx(history["val_loss"].tolist(), rel=1e-4)
    assert 0 <= results["final_balanced_accuracy"] <= 1 and results["final_training_seconds"] > 0
    files = {positional[0].rpartition("/")[2] for positional, _ in called(mlflow, "log_artifact")}
    assert files == {
        "config.json", "metrics.json", "history.csv", "predictions.csv", "model.keras",
    }  # fmt: skip
    tags = {k: v for (each,), _ in called(mlflow, "set_tags") for k, v in each.items()}
    assert tags == {"study": "Mine", "synthetic": "False", "state": "finished"}
    assert called(mlflow, "end_run") == [((), {"status": "FINISHED"})]


@pytest.mark.parametrize(
    ("state", "status"),
    [(runs.FAILED, "FAILED"), (runs.STOPPED, "KILLED"), (runs.INTERRUPTED, "KILLED")],
)
def test_how_a_run_ended_is_told(mlflow, settings, state, status):
    run = queue(tiny_config(), settings)
    with tracked(run):
        runs.write_status(run, state=state)
    assert called(mlflow, "end_run") == [((), {"status": status})]


def test_a_resumed_run_goes_on_where_it_was(mlflow, settings):
    mlflow.known.append(SimpleNamespace(info=SimpleNamespace(run_id="7")))
    run = queue(tiny_config(), settings)
    with tracked(run):
        track_epoch(run, 5, {"loss": 0.5})
    assert called(mlflow, "start_run") == [((), {"run_id": "7"})]
    assert called(mlflow, "log_metrics")[0] == (({"loss": 0.5},), {"step": 5})
    assert run.id in called(mlflow, "search_runs")[0][1]["filter_string"]


@pytest.mark.parametrize("broken", ["search_runs", "log_metrics", "log_artifact", "end_run"])
def test_a_server_that_is_away_costs_one_line(mlflow, settings, capfd, broken):
    mlflow.broken = broken
    run = queue(tiny_config(), settings)
    with tracked(run):
        track_epoch(run, 1, {"loss": 0.5})
        track_epoch(run, 2, {"loss": 0.4})
    said = capfd.readouterr().err
    assert said == "MLflow gets no more of this run: ConnectionError: nobody answers.\n"


def test_a_missing_mlflow_is_one_line_and_an_unset_variable_none(settings, capfd, monkeypatch):
    run = queue(tiny_config(), settings)
    monkeypatch.setenv(VARIABLE, "http://a-server")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with tracked(run):
        track_epoch(run, 1, {"loss": 0.5})
    said = capfd.readouterr().err
    assert said.count("\n") == 1 and "mlflow is not installed" in said
    monkeypatch.delenv(VARIABLE)
    with tracked(run):
        track_epoch(run, 1, {"loss": 0.5})
    assert not capfd.readouterr().err


def test_nested_settings_get_dotted_names():
    assert flattened({"a": 1, "b": {"c": {"d": None}}}) == {"a": 1, "b.c.d": None}
