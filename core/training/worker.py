"""Takes queued runs one at a time, each in a process of its own, until none is left.

Holds the worker's loop. It never loads Keras: a run that takes its process down (no memory left, a
crashed driver) takes neither the worker nor the next run with it. What happens inside the run's
process stands in ``core.engine.execute``.
"""

import subprocess
import sys

from filelock import FileLock, Timeout

from core import runs
from core.errors import UserError
from core.files import disk_errors
from core.settings import PROJECT, Settings
from core.training.jobs import WORKER_LOCK, worker_environment

# A worker that finds no queued run lets go of the lock within milliseconds, so a newcomer who waits
# this long misses no run that was queued while the other was leaving.
PATIENCE_SECONDS = 5


def work(settings: Settings) -> None:
    """Execute queued runs, oldest first; return when none is left or another worker is at it.

    A run that cannot be executed (its folder was deleted, its status cannot be written) is passed
    over, and the others go on. Raises UserError when the artifacts folder cannot be written.
    """
    passed: set[str] = set()
    lock = settings.artifacts / WORKER_LOCK
    try:
        with disk_errors(settings.runs):
            settings.runs.mkdir(parents=True, exist_ok=True)
        with disk_errors(lock), FileLock(lock, timeout=PATIENCE_SECONDS):
            while run := _next(settings, passed):
                passed.add(run.id)
                try:
                    execute_apart(run, settings)
                except (UserError, FileNotFoundError) as error:
                    print(f"{run.id}: {error}", flush=True)
    except Timeout:
        print("Another worker is at work; it takes the queued runs.")


def _next(settings: Settings, passed: set[str]) -> runs.Run | None:
    listed = [run for folder in settings.queues for run in runs.list_runs(folder)]
    queued = [run for run in listed if run.state == runs.QUEUED and run.id not in passed]
    # An id begins with the time at which the run was queued.
    return min(queued, key=lambda run: run.id, default=None)


def execute_apart(run: runs.Run, settings: Settings) -> None:
    """Execute ``run`` in a process of its own and see that its state says how it ended.

    Raises UserError when its folder is deleted meanwhile or its status cannot be written.
    """
    if runs.stop_requested(run):
        runs.write_status(run, state=runs.STOPPED, message="Stopped before it began.")
        return
    log = run.folder / "worker.log"
    with disk_errors(log), log.open("ab") as output:
        code = subprocess.call(
            [sys.executable, "-m", "core", "execute", run.id],
            cwd=PROJECT,
            # The settings it was queued with, which need not be this worker's.
            env=worker_environment(settings) | run.status.get("environment", {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    ended = runs.read_run(run.folder.parent, run.id)
    if ended.state in (*runs.ACTIVE, runs.INTERRUPTED):
        reason = (
            f"Its process was ended by signal {-code}; a full memory is the usual cause: "
            "try a smaller batch size or image size."
            if code < 0
            else f"Its process ended with code {code} before the run was finished; see its log."
        )
        runs.write_status(run, **{**ended.status, "state": runs.FAILED, "message": reason})
