"""Tells the run folder how far a run has come, and the run whether it should stop.

Holds ``Progress`` and ``StopRun``. What is done in each phase stands in ``core.training.trainer``;
the loss curves are written by ``core.training.recorder``.
"""

import threading
import time
from contextlib import suppress

from core import run_requests, runs
from core.errors import UserError

HEARTBEAT_SECONDS = 5.0
WRITE_SECONDS = 0.4


class StopRun(Exception):
    """Somebody asked the run to stop."""


class Progress:
    """Writes status.json of one running run, at most a few times a second, and at every phase.

    A background thread rewrites it every HEARTBEAT_SECONDS, so that a reader sees life during a
    step that takes long (the first one compiles the model). Used as a context manager around the
    whole run. ``progress(phase, done, total)`` reports and raises StopRun when a stop is requested,
    so that any loop which reports can be stopped.
    """

    def __init__(self, run: runs.Run):
        self.run = run
        begun = {"state": runs.RUNNING, "message": "", "started": time.time()}
        self.fields: dict = run.kept_status | begun
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._written = 0.0
        self._phase_began = time.monotonic()
        self._phase_first = 0

    def __enter__(self) -> "Progress":
        self._write()
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def __call__(self, phase: str, done: int, total: int, **more: object) -> None:
        """Report ``done`` of ``total`` steps of ``phase`` (plain words); raises StopRun."""
        if run_requests.stop_requested(self.run):
            raise StopRun
        now = time.monotonic()
        fresh = phase != self.fields.get("phase")
        if fresh:
            self._phase_began, self._phase_first = now, done
        counted = done - self._phase_first
        elapsed = now - self._phase_began
        left = elapsed / counted * (total - done) if counted > 0 else None
        rate = counted / elapsed if counted > 0 and elapsed > 0 else None
        self.note(
            phase=phase, step=done, steps=total, seconds_left=left, steps_per_second=rate, **more
        )
        if fresh or done == total or now - self._written > WRITE_SECONDS:
            self._write()

    def note(self, **fields: object) -> None:
        """Keep ``fields`` for the next write (device, synthetic, epoch, ...)."""
        with self._lock:
            self.fields.update(fields)

    def end(self, state: str, message: str = "") -> None:
        """Write the final ``state``; nothing is written after it."""
        self._ended.set()
        self.note(state=state, message=message, seconds_left=None, ended=time.time())
        self._write(final=True)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            # The run's next step meets the same full disk, and there it ends the run.
            with suppress(UserError):
                self._write()

    def _write(self, final: bool = False) -> None:
        with self._lock:
            if final or not self._ended.is_set():
                runs.write_status(self.run, **self.fields)
                self._written = time.monotonic()
