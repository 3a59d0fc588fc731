"""A run's copy in MLflow, for those who collect experiments there.

Holds what is sent, when MLFLOW_TRACKING_URI is set and mlflow is installed (it is no requirement).
The run folder stays the truth: whatever goes wrong here is one line in worker.log, and no more is
sent for that run. It never loads Keras; the callback stands in ``core.training.logs``.
"""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core import runs

VARIABLE = "MLFLOW_TRACKING_URI"
# MLflow by itself asks an absent server for minutes; a run must not wait for it.
IMPATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
ARTIFACTS = ("config.json", "metrics.json", "history.csv", "predictions.csv", "model.keras")
# Ours -> MLflow's; whatever ended otherwise was killed.
STATES = {runs.FINISHED: "FINISHED", runs.FAILED: "FAILED"}
MEASURED = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")

_open: set[str] = set()
"""Ids of the runs of this process that MLflow still takes."""


@contextmanager
def tracked(run: runs.Run) -> Iterator[None]:
    """Begin ``run`` in MLflow, or go on with it there, and end it as its status says at the end."""
    if os.environ.get(VARIABLE) and importlib.util.find_spec("mlflow") is None:
        _note(f"{VARIABLE} is set but mlflow is not installed; `pip install mlflow` adds it")
    elif os.environ.get(VARIABLE):
        _open.add(run.id)
        _send(run, _begin)
    try:
        yield
    finally:
        _send(run, _end)
        _open.discard(run.id)


def track_epoch(run: runs.Run, epoch: int, logs: dict[str, float]) -> None:
    """Send one epoch's figures (MEASURED); ``epoch`` counts from 1 over all phases of the run."""
    figures = {name: float(logs[name]) for name in MEASURED if name in logs}
    _send(run, lambda mlflow, run: mlflow.log_metrics(figures, step=epoch))


def flattened(config: dict, prefix: str = "") -> dict[str, object]:
    """A nested config with dotted names, as ``--set`` of the command line takes them."""
    flat: dict[str, object] = {}
    for name, value in config.items():
        if isinstance(value, dict):
            flat |= flattened(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _send(run: runs.Run, call: Callable) -> None:
    if run.id not in _open:
        return
    try:
        import mlflow

        call(mlflow, run)
    # Of any kind: a server that is away, a store that refuses, an mlflow of another version.
    except Exception as error:
        _open.discard(run.id)
        first = next(iter(str(error).splitlines()), "")
        _note(f"MLflow gets no more of this run: {type(error).__name__}: {first[:300]}")


def _begin(mlflow, run: runs.Run) -> None:
    for name, value in IMPATIENCE.items():
        os.environ.setdefault(name, value)
    if mlflow.active_run():
        # An earlier run of this process, whose end MLflow did not take.
        mlflow.end_run(status="KILLED")
    # A run that is resumed has been there before.
    known = mlflow.search_runs(
        filter_string=f"attributes.run_name = '{run.id}'", max_results=1, output_format="list"
    )
    if known:
        mlflow.start_run(run_id=known[0].info.run_id)
    else:
        mlflow.start_run(run_name=run.id)
        mlflow.log_params(flattened(run.config))
        mlflow.set_tags({"study": run.config.get("study", "")})


def _end(mlflow, run: runs.Run) -> None:
    run = runs.read_run(run.folder.parent, run.id)
    # The epochs' figures have the plain names.
    results = {f"final_{name}": value for name, value in run.metrics().items() if _number(value)}
    mlflow.log_metrics(results)
    mlflow.set_tags({"synthetic": str(run.status.get("synthetic", "")), "state": run.state})
    for name in ARTIFACTS:
        if (run.folder / name).is_file():
            mlflow.log_artifact(str(run.folder / name))
    mlflow.end_run(status=STATES.get(run.state, "KILLED"))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _note(sentence: str) -> None:
    print(f"{sentence}.", file=sys.stderr, flush=True)
