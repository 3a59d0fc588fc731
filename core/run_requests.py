"""What can be asked of a run that is there: to stop, to go on, to go away.

Holds the requests that pages, the command line and the worker make through the run's folder. What
the folder holds stands in ``core.runs``; what follows from a request, in ``core.training``.
"""

import shutil
from contextlib import suppress

from core.errors import UserError
from core.files import disk_errors
from core.runs import (
    ACTIVE,
    FINISHED,
    INTERRUPTED,
    QUEUED,
    RESUMABLE,
    RUNNING,
    STOPPED,
    Run,
    read_run,
    write_status,
)


def request_stop(run: Run) -> None:
    """Ask a running run to stop at the next batch; one that waits has stopped with that.

    Interrupted ones wait too: the next worker would take them up again.

    Raises UserError when the run is gone or its folder cannot be written.
    """
    # As it is now: the caller may have read it a while ago.
    run = read_run(run.folder.parent, run.id)
    if run.state not in (*ACTIVE, INTERRUPTED):
        return
    with disk_errors(run.folder):
        (run.folder / "stop").touch()
    if run.state != RUNNING:
        # Its turn may be hours away, or never come when the worker was killed.
        write_status(run, **run.kept_status, state=STOPPED, message="Stopped before its turn came.")


def requeue(run: Run) -> Run:
    """Put a run that has ended early back into the queue; return it as it is now.

    It goes on from its checkpoint where it has one, with the settings it was first queued with.
    Raises UserError for a run that is finished, queued or running, and for one whose folder cannot
    be used.
    """
    run = read_run(run.folder.parent, run.id)
    if run.problem:
        raise UserError(run.problem)
    if run.state not in RESUMABLE:
        what = "has finished; there is nothing left to do" if run.state == FINISHED else "goes on"
        raise UserError(f"{run.id} is {run.state}: it {what}.")
    with disk_errors(run.folder):
        (run.folder / "stop").unlink(missing_ok=True)
    write_status(run, **run.kept_status, state=QUEUED, message="")
    return read_run(run.folder.parent, run.id)


def stop_requested(run: Run) -> bool:
    """Whether somebody asked the run to stop."""
    return (run.folder / "stop").exists()


def clear_leftovers(run: Run) -> None:
    """Remove what a killed process was just writing under a temporary name.

    Only for who executes the run: nobody else writes there, but for a status.
    """
    for path in run.folder.glob(".*"):
        if not path.name.startswith(".status-"):
            path.unlink(missing_ok=True)


def delete_run(run: Run) -> None:
    """Delete the run's folder; raises UserError while it is queued or running, or cannot be."""
    if run.state in ACTIVE:
        raise UserError(f"{run.id} is {run.state}; stop it before deleting it.")
    # Out of the listing first: a half-deleted folder must never be read as a run.
    hidden = run.folder.with_name(f".{run.id}")
    with disk_errors(run.folder), suppress(FileNotFoundError):
        run.folder.rename(hidden)
    shutil.rmtree(hidden, ignore_errors=True)
