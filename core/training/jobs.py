"""Starting and stopping runs from the outside: the queue on disk and the worker's process.

Holds what the dashboard and the command line call. The queue is the run folders whose state is
queued or interrupted, oldest first; what the worker does with them stands in
``core.training.worker``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from core import run_requests, runs
from core.errors import UserError
from core.files import disk_errors
from core.settings import PROJECT, VARIABLES, Settings
from core.training.gpus import memory_growth

if TYPE_CHECKING:
    from core.data.sources import Progress
    from core.training.config import RunConfig
    from core.training.range_config import RangeTest

WORKER_LOCK = "worker.lock"
# A run whose worker was killed, or whose computer went down, waits for a worker as queued ones do.
WAITING = (runs.QUEUED, runs.INTERRUPTED)
# A worker needs some seconds to start, more on a busy computer.
UNATTENDED_SECONDS = 60
# How long a page waits for a run to stop before it is deleted.
STOP_SECONDS = 10


def submit(configs: list[RunConfig], settings: Settings) -> list[runs.Run]:
    """Queue one run per config, in their order, and see that a worker is there to take them.

    Raises UserError when the disk is full or the artifacts folder cannot be written.
    """
    queued = [_queue_config(settings.runs, config, settings) for config in configs]
    start_worker(settings)
    return queued


def submit_study(
    configs: list[RunConfig], settings: Settings, progress: Progress = None
) -> list[runs.Run]:
    """Check the runs of one study and queue them all, or none of them.

    Of two people who start a study of one name at once, the second is told that the name is taken.
    Raises UserError as ``study.check_study`` and ``submit``.
    """
    # Loads what reads images, which a page that only follows runs need not wait for.
    from core.training.study import check_name_is_free, check_study

    check_study(configs, settings, progress)
    name = configs[0].study
    lock = settings.artifacts / "studies.lock"
    with disk_errors(lock), FileLock(lock):
        # Somebody may have queued another one while the images were looked at.
        check_name_is_free(name, settings)
        try:
            return submit(configs, settings)
        except BaseException:
            _take_back(name, settings)
            raise


def submit_range_test(config: RangeTest, settings: Settings) -> runs.Run:
    """Queue one learning-rate range test among the runs; raises UserError as ``submit``."""
    queued = _queue_config(settings.range_tests, config, settings)
    start_worker(settings)
    return queued


def queue(folder: Path, config: dict, name: str, settings: Settings) -> runs.Run:
    """Put a folder into the queue ``folder``, with the settings it is to be executed with.

    A worker has to be started when all are there. Raises UserError as ``runs.create_run``.
    """
    return runs.create_run(folder, config, name, _spelled_out(settings))


def resume(ended: list[runs.Run], settings: Settings) -> list[runs.Run]:
    """Put runs that ended early back into the queue, in their order, and start a worker.

    Each goes on from its checkpoint where it has one, and from the beginning where not. Raises
    UserError for a run that is finished, queued or running; those before it are queued then.
    """
    try:
        return [run_requests.requeue(run) for run in ended]
    finally:
        start_worker(settings)


def delete(run: runs.Run, settings: Settings, patience_seconds: float = STOP_SECONDS) -> None:
    """Delete a run and what was to be measured of it; what is queued or at work is stopped first.

    Raises UserError when it is still at work after ``patience_seconds``: it stops at its next
    batch, which can take long to come while a large network is compiled.
    """
    for job in measurements_of(run, settings):
        delete(job, settings, patience_seconds)
    run_requests.request_stop(run)
    end = time.monotonic() + patience_seconds
    while (now := runs.read_run(run.folder.parent, run.id)).state in runs.ACTIVE:
        if time.monotonic() > end:
            raise UserError(f"{run.id} is still stopping; delete it in a minute.")
        time.sleep(0.1)
    run_requests.delete_run(now)


def next_run(settings: Settings, passed: Collection[str] = ()) -> runs.Run | None:
    """The run whose turn it is, oldest first; those in ``passed`` (ids) are left out."""
    waiting = [run for run in all_queued(settings) if run.state in WAITING]
    return next((run for run in waiting if run.id not in passed), None)


def measurements_of(run: runs.Run, settings: Settings) -> list[runs.Run]:
    """What was asked to be measured of ``run``, newest first, whatever its state."""
    return [job for job in runs.list_runs(settings.measurements) if job.config.get("run") == run.id]


def all_queued(settings: Settings) -> list[runs.Run]:
    """All runs, range tests and measurements, in any state, in the order they were queued."""
    listed = [run for folder in settings.queues for run in runs.list_runs(folder)]
    # An id begins with the time.
    return sorted(listed, key=lambda run: run.id)


def start_worker(settings: Settings) -> None:
    """Start a worker process that outlives this one.

    While one is at work it waits for that one's end, and a third leaves at once.
    """
    log = settings.artifacts / "worker.log"
    with disk_errors(log):
        settings.artifacts.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            # A session of its own: neither Ctrl-C nor the server's end reaches the worker.
            subprocess.Popen(
                [sys.executable, "-m", "core", "worker"],
                cwd=PROJECT,
                env=worker_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )


def worker_environment(settings: Settings) -> dict[str, str]:
    """This process's environment with ``settings`` spelled out, for a process of the same kind."""
    return (
        os.environ
        | memory_growth()
        | _spelled_out(settings)
        | {
            "PYTHONUNBUFFERED": "1",
            "TF_CPP_MIN_LOG_LEVEL": "2",
            # The same config and data give the same metrics on the same machine. On a GPU Keras
            # then leaves XLA off under TensorFlow; on a processor it does so anyway.
            "TF_DETERMINISTIC_OPS": "1",
        }
    )


def _spelled_out(settings: Settings) -> dict[str, str]:
    data, artifacts, weights, megapixels, threads, model_memory = (v.name for v in VARIABLES)
    return {
        data: os.pathsep.join(map(str, settings.data_roots)),
        artifacts: str(settings.artifacts),
        weights: str(settings.weights or ""),
        megapixels: str(settings.max_pixels / 1_000_000),
        threads: str(settings.threads),
        model_memory: str(settings.model_memory / 1e9),
    }


def wait(
    run: runs.Run,
    settings: Settings,
    report: Callable[[runs.Run], None],
    poll_seconds: float = 0.5,
    unattended_seconds: float = UNATTENDED_SECONDS,
) -> runs.Run:
    """Follow ``run`` until it has ended; ``report(run)`` is called at every look. Return it.

    A run that is interrupted has ended when no worker has taken it up for ``unattended_seconds``.
    Raises UserError when the run is deleted meanwhile, or when it has been queued for so long with
    no worker there to take it.
    """
    attended = time.monotonic()
    while True:
        run = runs.read_run(run.folder.parent, run.id)
        report(run)
        if run.state not in (*WAITING, runs.RUNNING):
            return run
        if run.state == runs.RUNNING or worker_at_work(settings):
            attended = time.monotonic()
        elif time.monotonic() - attended > unattended_seconds:
            if run.state == runs.INTERRUPTED:
                return run
            raise UserError(
                f"No worker takes {run.id} from the queue; look into "
                f"{settings.artifacts / 'worker.log'} and start one with `python -m core worker`."
            )
        time.sleep(poll_seconds)


def _queue_config(folder: Path, config: RunConfig, settings: Settings) -> runs.Run:
    name = f"{config.backbone}-{config.recipe}"
    return queue(folder, config.model_dump(mode="json"), name, settings)


def _take_back(study: str, settings: Settings) -> None:
    for run in runs.list_runs(settings.runs):
        if run.config.get("study") == study:
            with suppress(UserError):
                delete(run, settings)


def worker_at_work(settings: Settings) -> bool:
    """Whether a worker is there, between two runs too; asking it takes the worker's lock once."""
    lock = settings.artifacts / WORKER_LOCK
    try:
        with disk_errors(lock), FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
