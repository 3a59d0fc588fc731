"""Executes what is queued, from its folder to its metrics: a run, a range test, a measurement.

Holds ``execute``, the only place where training and evaluation meet: a run is trained by
``core.training``, and what its predictions are worth is computed by ``core.evaluation`` from the
file that training left. A learning-rate range test leaves no predictions; its curve is its result.
What is measured of a finished run stands in ``core.measurements``; how a run is queued, in
``core.training.jobs``.
"""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from filelock import FileLock

from core import run_requests, runs
from core.errors import UserError
from core.evaluation.metrics import evaluate
from core.evaluation.temperature import fitted_temperature
from core.files import disk_errors, write_json
from core.settings import Settings
from core.training.config import read_config
from core.training.jobs import WAITING, next_run
from core.training.mlflow_tracking import tracked
from core.training.out_of_memory import is_out_of_memory, out_of_memory_sentence
from core.training.progress import Progress, StopRun
from core.training.range_config import read_range_test

# A process that has trained so many heads makes room for a fresh one, whatever it has gathered.
RUNS_PER_PROCESS = 25


def execute(run: runs.Run, settings: Settings) -> bool:
    """Execute one run, range test or measurement in this process; return whether it finished.

    An interrupted run goes on from its checkpoint; the others begin again. Whatever happens is
    written to the run's status: a person's error with its sentence, any other with its last line
    and the whole trace in worker.log. Raises UserError when the run is neither queued nor
    interrupted, and when not even its status can be written.
    """
    lock = settings.artifacts / "device.lock"
    with disk_errors(lock), FileLock(lock):
        # Another process may have executed it while this one waited.
        run = runs.read_run(run.folder.parent, run.id)
        if run.state not in WAITING:
            raise UserError(f"{run.id} is {run.state}; only a queued run can be executed.")
        run_requests.clear_leftovers(run)
        try:
            # A measurement has no config and no epochs that MLflow could compare.
            elsewhere = nullcontext() if "measurement" in run.config else tracked(run)
            with Progress(run) as progress, elsewhere:
                return _finish(run, settings, progress)
        except UserError as error:
            # The status itself met a full disk; how a run ended is written even then.
            runs.write_status(run, state=runs.FAILED, message=str(error), fault="user")
            return False


def execute_in_turn(run: runs.Run, settings: Settings) -> bool:
    """Execute ``run``, then in the same process what is next in the queue and takes little.

    Those are runs that train heads alone, and measurements: loading Keras and building the backbone
    can cost more than they do themselves. What was queued with other settings is left to a process
    of its own, and so is whatever follows a run that did not finish. Each run's output goes to its
    own worker.log. Raises UserError as ``execute``.
    """
    environment = run.status.get("environment", {})
    for _ in range(RUNS_PER_PROCESS):
        _write_to_log_of(run)
        if not execute(run, settings) or not _takes_little(run):
            break
        following = next_run(settings)
        if (
            following is None
            or not _takes_little(following)
            or following.status.get("environment", {}) != environment
        ):
            break
        run = following
    return runs.read_run(run.folder.parent, run.id).state == runs.FINISHED


def _takes_little(run: runs.Run) -> bool:
    return run.config.get("epochs") == 0 or "measurement" in run.config


def _write_to_log_of(run: runs.Run) -> None:
    # The descriptors themselves: TensorFlow writes past Python.
    path = run.folder / "worker.log"
    with disk_errors(path), path.open("ab") as log:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(log.fileno(), stream.fileno())


def _finish(run: runs.Run, settings: Settings, progress: Progress) -> bool:
    make = next((m for key, m in OTHERS.items() if key in run.config), _train_and_evaluate)
    try:
        write_json(run.folder / "metrics.json", make(run, settings, progress))
        progress.end(runs.FINISHED)
        run.checkpoint_path.unlink(missing_ok=True)
        return True
    except StopRun:
        more = "; it can be resumed where it was" if make is _train_and_evaluate else ""
        progress.end(runs.STOPPED, f"Stopped on request{more}.")
    except UserError as error:
        progress.note(fault="user")
        progress.end(runs.FAILED, str(error))
    except Exception as error:
        traceback.print_exc()
        progress.end(runs.FAILED, _sentence(error, run))
    return False


# All load Keras, which the worker and the server must not do.
def _train_and_evaluate(run: runs.Run, settings: Settings, progress: Progress) -> dict:
    from core.training.trainer import train_run

    with _computing(run, progress) as precision:
        measured = train_run(run, settings, progress) | {"precision": precision}
    progress("Evaluating", 0, 1)
    scores = evaluate(run.predictions(), read_config(run.config).classes)
    return scores | measured | fitted_temperature(run)


def _test_rates(run: runs.Run, settings: Settings, progress: Progress) -> dict:
    from core.training.range_test import range_test

    with _computing(run, progress) as precision:
        return range_test(run, settings, progress) | {"precision": precision}


def _measure(job: runs.Run, settings: Settings, progress: Progress) -> dict:
    from core.measurements import measure
    from core.training.device import device_name

    progress.note(device=device_name())
    return measure(job, settings, progress)


# Field of config.json that tells what is no run -> what makes its metrics.json.
OTHERS = {"range_test": _test_rates, "measurement": _measure}


@contextmanager
def _computing(run: runs.Run, progress: Progress) -> Iterator[str]:
    """In the run's precision, which is given, and on the devices that can share its batches."""
    from core.training.devices_together import devices_together
    from core.training.precision import computing_in

    config = (read_range_test if "range_test" in run.config else read_config)(run.config)
    with computing_in(config.precision) as precision, devices_together(config.batch_size):
        progress.note(precision=precision)
        yield precision


def _sentence(error: Exception, run: runs.Run) -> str:
    if is_out_of_memory(error):
        return out_of_memory_sentence(run.config.get("batch_size"))
    first = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    return f"{first} (a defect of ChestBench; the whole trace is in {run.folder / 'worker.log'})"
