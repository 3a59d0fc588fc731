"""One run whose worker is killed at 20 random moments, against the same run left alone.

Each time the worker is killed with SIGKILL and another one is started, which has to resume the run.
In the end the history has to hold every epoch once and every step once, with the same losses, and
the weights of both runs may differ by no more than 1e-4. Nothing is timed; the moments are drawn
from a seed, but where in the run they fall depends on the computer's speed.
"""

import os
import signal
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import psutil

from core import runs
from core.settings import Settings, read_settings
from core.training.config import configure
from core.training.jobs import start_worker, submit, wait

KILLS, LARGEST_DIFFERENCE, PATIENCE = 20, 1e-4, 120
# One kill in four comes while the process loads Keras and the images, within these seconds; the
# others once up to so many more batches and epochs than ever before stand in the history.
EARLY_SHARE, EARLY_SECONDS, MOST_ROWS = 0.25, 4.0, 200
EPOCHS = 600


def main() -> bool:
    """Kill and resume, print what is left of the differences, and say whether all held."""
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(read_settings(), artifacts=Path(folder))
        config = configure(
            "TinyCNN", "finetune", weights="none", cohort="all", image_size=48, epochs=EPOCHS,
            limit=90, schedule="cyclical", keep="best", cyclical_learning_rate={"step_size": 40},
        )  # fmt: skip
        (whole,) = submit([config], settings)
        wait(whole, settings, lambda _: None)
        print(f"left alone: {len(whole.history())} rows of history", flush=True)
        (broken,) = submit([config], settings)
        where = [_kill(broken, settings, random) for _ in range(KILLS)]
        start_worker(settings)
        state = wait(broken, settings, lambda _: None).state
        killed = sum(place is not None for place in where)
        histories = [run.history() for run in (whole, broken)]
        epochs = [h.loc[h["kind"] == "epoch", "epoch"].tolist() for h in histories]
        same_rows = histories[0]["step"].tolist() == histories[1]["step"].tolist()
        loss = np.abs(histories[0]["loss"].to_numpy() - histories[1]["loss"].to_numpy()).max()
        difference = _difference(whole, broken)
    held = (
        state == runs.FINISHED
        and epochs[1] == list(range(1, EPOCHS + 1))
        and same_rows
        and difference <= LARGEST_DIFFERENCE
    )
    print(f"killed {killed} times of {KILLS} tries, in: {', '.join(p or 'ended' for p in where)}")
    print(
        f"the run is {state}; every epoch once: {epochs[1] == epochs[0]}; largest difference of a "
        f"loss {loss:.1e}, of a weight {difference:.1e}   (target {LARGEST_DIFFERENCE:g}: "
        f"{'met' if held else 'MISSED'})",
        flush=True,
    )
    return held


def _kill(run: runs.Run, settings: Settings, random: np.random.Generator) -> str | None:
    """Start a worker where none is, let it work for a while, kill it; say at what it was."""
    early = random.random() < EARLY_SHARE
    enough = 0 if early else len(run.history()) + random.integers(1, MOST_ROWS)
    start_worker(settings)
    end = time.monotonic() + PATIENCE
    while True:
        now = runs.read_run(settings.runs, run.id)
        if now.state == runs.RUNNING and len(now.history()) >= enough:
            break
        if now.state == runs.FINISHED or time.monotonic() > end:
            return None
        time.sleep(0.02)
    time.sleep(random.uniform(0.0, EARLY_SECONDS if early else 0.1))
    # Read before: the worker started above takes over at once, with a new process.
    now = runs.read_run(settings.runs, run.id)
    try:
        process = psutil.Process(now.status["pid"])
        process.parent().send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    except psutil.NoSuchProcess:
        return None
    return f"{now.status.get('phase', 'starting').lower()} ({now.status.get('step', 0)})"


def _difference(whole: runs.Run, broken: runs.Run) -> float:
    import keras

    weights = [keras.saving.load_model(run.model_path).get_weights() for run in (whole, broken)]
    return max(float(np.abs(a - b).max()) for a, b in zip(*weights, strict=True))
