"""Measurements of a finished run that take minutes: asked for by a page or a command, then queued.

Holds the table of them, how one is queued and found again, and how the engine makes one. In the
queue it is a folder like a run's, in ``Settings.measurements``, whose config.json names the
measurement and the run. What it finds goes into the folder of the run, so that comparing stays
reading run folders. What is measured, and how, stands where ``make`` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import run_requests, runs
from core.errors import UserError
from core.evaluation.cheat_results import CHEAT_TEST, check_testable
from core.evaluation.lung_heat_results import LUNG_HEAT, check_measurable
from core.files import write_json
from core.settings import Settings
from core.training.jobs import queue, start_worker

if TYPE_CHECKING:
    from core.training.progress import Progress


# Both load Keras, which the worker and the server must not do.
def _cheat_test(run: runs.Run, settings: Settings, progress: Progress) -> dict:
    from core.evaluation.cheat_test import cheat_test

    return cheat_test(run, settings, progress)


def _lung_heat(run: runs.Run, settings: Settings, progress: Progress) -> dict:
    from core.inference.lung_heat import lung_heat

    return lung_heat(run, settings, progress)


@dataclass(frozen=True)
class Measurement:
    """One row of MEASUREMENTS.

    ``title`` in plain words; ``result``: the file in the run's folder; ``check(run)`` raises
    UserError for a run that cannot be measured, without loading Keras; ``make(run, settings,
    progress)`` gives what the file shall hold.
    """

    name: str
    title: str
    result: str
    check: Callable[[runs.Run], None]
    make: Callable[[runs.Run, Settings, Progress], dict]


MEASUREMENTS = {
    row.name: row
    for row in (
        Measurement("cheat-test", "Cheat test", CHEAT_TEST, check_testable, _cheat_test),
        Measurement("lung-heat", "Heat inside the lungs", LUNG_HEAT, check_measurable, _lung_heat),
    )
}


def submit(
    measurement: Measurement, measured: Iterable[runs.Run], settings: Settings
) -> list[runs.Run]:
    """Queue a measurement of each run, in their order; return the folders in the queue.

    One that waits or is at work already is not queued twice; one that has ended gives way to the
    new one. Raises UserError, and queues nothing, when one of the runs cannot be measured; and as
    ``jobs.queue``.
    """
    measured = list(measured)
    for run in measured:
        measurement.check(run)
    earlier = newest(measurement, settings)
    queued = []
    for run in measured:
        job = earlier.get(run.id)
        # The worker takes up an interrupted one by itself.
        if job is None or job.state not in (*runs.ACTIVE, runs.INTERRUPTED):
            if job is not None:
                run_requests.delete_run(job)
            config = {"measurement": measurement.name, "run": run.id}
            job = queue(settings.measurements, config, measurement.name, settings)
        queued.append(job)
    start_worker(settings)
    return queued


def newest(measurement: Measurement, settings: Settings) -> dict[str, runs.Run]:
    """The newest of this measurement of each run, by the run's id."""
    found: dict[str, runs.Run] = {}
    for job in runs.list_runs(settings.measurements):
        if job.config.get("measurement") == measurement.name:
            found.setdefault(str(job.config.get("run")), job)
    return found


def measure(job: runs.Run, settings: Settings, progress: Progress) -> dict:
    """Make the measurement that ``job`` asks for, keep it in the measured run's folder, give it.

    Raises UserError when there is no such measurement or run, when the run is deleted meanwhile,
    and as ``make``; StopRun on request.
    """
    measurement = MEASUREMENTS.get(str(job.config.get("measurement")))
    if measurement is None:
        raise UserError(
            f"config.json of {job.id} names no measurement; known are {', '.join(MEASUREMENTS)}."
        )
    run = runs.read_run(settings.runs, str(job.config.get("run")))
    result = measurement.make(run, settings, progress)
    # Writing would make the folder anew: a run without a config.
    if not run.folder.is_dir():
        raise UserError(f"{run.id} was deleted meanwhile; what was measured is not kept.")
    write_json(run.folder / measurement.result, result)
    return result
