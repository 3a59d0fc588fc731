"""Starting and stopping runs from the outside: the queue on disk and the worker's process.

Holds what the dashboard and the command line call. The queue is the run folders whose state is
queued, oldest first; what the worker does with them stands in ``core.training.worker``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from core import runs
from core.errors import UserError
from core.files import disk_errors
from core.settings import PROJECT, VARIABLES, Settings

if TYPE_CHECKING:
    from core.training.config import RunConfig
    from core.training.range_config import RangeTest

WORKER_LOCK = "worker.lock"
# A worker needs some seconds to start, more on a busy computer.
UNATTENDED_SECONDS = 60


def submit(configs: list[RunConfig], settings: Settings) -> list[runs.Run]:
    """Queue one run per config, in their order, and see that a worker is there to take them.

    Raises UserError when the disk is full or the artifacts folder cannot be written.
    """
    queued = [
        runs.create_run(
            settings.runs,
            config.model_dump(mode="json"),
            f"{config.backbone}-{config.recipe}",
            _spelled_out(settings),
        )
        for config in configs
    ]
    start_worker(settings)
    return queued


def submit_range_test(config: RangeTest, settings: Settings) -> runs.Run:
    """Queue one learning-rate range test among the runs; raises UserError as ``submit``."""
    queued = runs.create_run(
        settings.range_tests,
        config.model_dump(mode="json"),
        f"{config.backbone}-{config.recipe}",
        _spelled_out(settings),
    )
    start_worker(settings)
    return queued


def start_worker(settings: Settings) -> None:
    """Start a worker process that outlives this one; it leaves at once when one is at work."""
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
        | _spelled_out(settings)
        | {
            "PYTHONUNBUFFERED": "1",
            "TF_CPP_MIN_LOG_LEVEL": "2",
            # The same config and data give the same metrics on the same machine.
            "TF_DETERMINISTIC_OPS": "1",
        }
    )


def _spelled_out(settings: Settings) -> dict[str, str]:
    data, artifacts, weights, megapixels, threads = (v.name for v in VARIABLES)
    return {
        data: os.pathsep.join(map(str, settings.data_roots)),
        artifacts: str(settings.artifacts),
        weights: str(settings.weights or ""),
        megapixels: str(settings.max_pixels / 1_000_000),
        threads: str(settings.threads),
    }


def wait(
    run: runs.Run,
    settings: Settings,
    report: Callable[[runs.Run], None],
    poll_seconds: float = 0.5,
    unattended_seconds: float = UNATTENDED_SECONDS,
) -> runs.Run:
    """Follow ``run`` until it has ended; ``report(run)`` is called at every look. Return it.

    Raises UserError when the run is deleted meanwhile, or when it has been queued for
    ``unattended_seconds`` with no worker there to take it.
    """
    attended = time.monotonic()
    while True:
        run = runs.read_run(run.folder.parent, run.id)
        report(run)
        if run.state not in runs.ACTIVE:
            return run
        if run.state != runs.QUEUED or _worker_at_work(settings):
            attended = time.monotonic()
        elif time.monotonic() - attended > unattended_seconds:
            raise UserError(
                f"No worker takes {run.id} from the queue; look into "
                f"{settings.artifacts / 'worker.log'} and start one with `python -m core worker`."
            )
        time.sleep(poll_seconds)


def _worker_at_work(settings: Settings) -> bool:
    lock = settings.artifacts / WORKER_LOCK
    try:
        with disk_errors(lock), FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
