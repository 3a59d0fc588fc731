"""Takes waiting runs one at a time, each in a process of its own, until none is left.

Holds the worker's loop, and what ties a run's process to it. The worker never loads Keras: a run
that takes its process down (no memory left, a crashed driver) takes neither the worker nor the next
run with it. A worker that is killed takes its run's process along, so that whoever comes next can
go on with that run. What happens inside the run's process stands in ``core.engine``.
"""

import os
import subprocess
import sys
import threading
import time

from filelock import FileLock, Timeout

from core import run_requests, runs
from core.errors import UserError
from core.files import disk_errors
from core.settings import PROJECT, Settings
from core.training.jobs import WORKER_LOCK, all_queued, next_run, worker_environment

WAITING_LOCK = "next-worker.lock"
LOOK_SECONDS = 0.2


def work(settings: Settings) -> None:
    """Execute queued and interrupted runs, oldest first; return when none is left.

    While another worker is at work this one waits for its end, and when one is waiting already it
    leaves: that one will see every run queued by now. Each run is taken once; one that cannot be
    executed (its folder was deleted, its status cannot be written) is passed over, and the others
    go on. Raises UserError when the artifacts folder cannot be written.
    """
    with disk_errors(settings.runs):
        settings.runs.mkdir(parents=True, exist_ok=True)
    lock, seat = (FileLock(settings.artifacts / name) for name in (WORKER_LOCK, WAITING_LOCK))
    try:
        with disk_errors(settings.artifacts), seat.acquire(timeout=0):
            try:
                lock.acquire(timeout=0)
            except Timeout:
                print("Another worker is at work; waiting until it has ended.", flush=True)
                lock.acquire()
    except Timeout:
        print("One worker is at work and another one waits; they take the queued runs.")
        return
    try:
        _take_runs(settings)
    finally:
        lock.release()


def _take_runs(settings: Settings) -> None:
    passed: set[str] = set()
    while True:
        _wait_for_the_last_process(settings)
        run = next_run(settings, passed)
        if run is None:
            return
        passed.add(run.id)
        try:
            execute_apart(run, settings)
        except (UserError, FileNotFoundError) as error:
            print(f"{run.id}: {error}", flush=True)


def _wait_for_the_last_process(settings: Settings) -> None:
    # With the worker's lock in hand, a run at work belongs to a worker that was just killed, and
    # ends at any moment; or somebody executes it by hand.
    while any(run.state == runs.RUNNING for run in all_queued(settings)):
        time.sleep(LOOK_SECONDS)


def execute_apart(run: runs.Run, settings: Settings) -> None:
    """Execute ``run`` in a process of its own and see that its state says how it ended.

    That process may go on with the runs that follow (``core.engine.execute_in_turn``). Raises
    UserError when the run's folder is deleted meanwhile or its status cannot be written.
    """
    if run_requests.stop_requested(run):
        words = "Stopped before its turn came."
        runs.write_status(run, **run.kept_status, state=runs.STOPPED, message=words)
        return
    log = run.folder / "worker.log"
    with disk_errors(log), log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "core", "execute", run.id, "--for-worker"],
            cwd=PROJECT,
            # The settings it was queued with, which need not be this worker's.
            env=worker_environment(settings) | run.status.get("environment", {}),
            # Never written to: its end tells the process that this one is gone.
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
        with process:
            code = process.wait()
    for ended in all_queued(settings):
        # Another state by now: it was stopped and somebody has queued it again.
        begun = ended.state == runs.INTERRUPTED and ended.status.get("pid") == process.pid
        if begun or (ended.id == run.id and ended.status == run.status):
            _fail(ended, code)


def _fail(run: runs.Run, code: int) -> None:
    reason = (
        f"Its process was ended by signal {-code}{_at_batch_size(run)}; a full memory is the usual "
        "cause: try a smaller batch size or image size."
        if code < 0
        else f"Its process ended with code {code} before the run was finished; see its log."
    )
    runs.write_status(run, **{**run.status, "state": runs.FAILED, "message": reason})


def _at_batch_size(run: runs.Run) -> str:
    size = run.config.get("batch_size")
    return f" at batch size {size}" if size else ""


def end_with_worker() -> None:
    """End this process, at once, when the worker that started it has ended."""

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
