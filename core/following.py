"""Follows one run on a terminal to its end; Ctrl-C stops the run.

Holds ``follow``, which the commands share that wait for what they have queued.
"""

import sys

from core import run_requests, runs
from core.settings import Settings
from core.terminal import ProgressLine


def follow(run: runs.Run, settings: Settings) -> runs.Run:
    """Show the progress of a queued run or range test until it has ended; return it.

    When it has not finished, the reason goes to stderr. Raises UserError as ``jobs.wait``.
    """
    ended = _wait(run, settings)
    if ended.state != runs.FINISHED:
        print(f"error: {ended.status.get('message') or ended.state}", file=sys.stderr)
    return ended


def _wait(run: runs.Run, settings: Settings) -> runs.Run:
    from core.training.jobs import wait

    with ProgressLine() as progress:

        def report(now: runs.Run) -> None:
            status = now.status
            if now.state == runs.QUEUED:
                progress("Waiting for the worker", 0, 1)
            elif now.state == runs.RUNNING and "phase" in status:
                progress(status["phase"], status["step"], status["steps"])

        try:
            return wait(run, settings, report)
        except KeyboardInterrupt:
            run_requests.request_stop(run)
            print("\nStopping at the next batch ...", file=sys.stderr)
            return wait(run, settings, report)
