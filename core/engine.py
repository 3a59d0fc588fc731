"""Executes one run, from its queued folder to its metrics.

Holds ``execute``, the only place where training and evaluation meet: a run is trained by
``core.training``, and what its predictions are worth is computed by ``core.evaluation`` from the
file that training left. How a run is queued stands in ``core.training.jobs``.
"""

import traceback

from filelock import FileLock

from core import runs
from core.errors import UserError
from core.evaluation.metrics import evaluate
from core.files import disk_errors, write_json
from core.settings import Settings
from core.training.config import read_config
from core.training.mlflow_tracking import tracked
from core.training.out_of_memory import is_out_of_memory, out_of_memory_sentence
from core.training.progress import Progress, StopRun


def execute(run: runs.Run, settings: Settings) -> bool:
    """Train and evaluate one run in this process; return whether it finished.

    Whatever happens is written to the run's status: a person's error with its sentence, any other
    with its last line and the whole trace in worker.log. Raises UserError when the run is not
    queued, and when not even its status can be written.
    """
    lock = settings.artifacts / "device.lock"
    with disk_errors(lock), FileLock(lock):
        # Another process may have executed it while this one waited.
        run = runs.read_run(settings.runs, run.id)
        if run.state != runs.QUEUED:
            raise UserError(f"{run.id} is {run.state}; only a queued run can be executed.")
        try:
            with Progress(run) as progress, tracked(run):
                return _train_and_evaluate(run, settings, progress)
        except UserError as error:
            # The status itself met a full disk; how a run ended is written even then.
            runs.write_status(run, state=runs.FAILED, message=str(error), fault="user")
            return False


def _train_and_evaluate(run: runs.Run, settings: Settings, progress: Progress) -> bool:
    # Loads Keras, which the worker and the server must not do.
    from core.training.devices_together import devices_together
    from core.training.precision import computing_in
    from core.training.trainer import train_run

    try:
        config = read_config(run.config)
        with computing_in(config.precision) as precision, devices_together(config.batch_size):
            progress.note(precision=precision)
            measured = train_run(run, settings, progress) | {"precision": precision}
        progress("Evaluating", 0, 1)
        write_json(
            run.folder / "metrics.json",
            evaluate(run.predictions(), config.classes) | measured,
        )
        progress.end(runs.FINISHED)
        return True
    except StopRun:
        progress.end(runs.STOPPED, "Stopped on request.")
    except UserError as error:
        progress.note(fault="user")
        progress.end(runs.FAILED, str(error))
    except Exception as error:
        traceback.print_exc()
        progress.end(runs.FAILED, _sentence(error, run))
    return False


def _sentence(error: Exception, run: runs.Run) -> str:
    if is_out_of_memory(error):
        return out_of_memory_sentence(run.config.get("batch_size"))
    first = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    return f"{first} (a defect of ChestBench; the whole trace is in {run.folder / 'worker.log'})"
