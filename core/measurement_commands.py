"""The commands `cheat-test` and `lung-heat`: a measurement of one run, followed to its end.

Holds what the commands do and answer; what they take stands in ``core.arguments``, what is measured
in ``core.measurements``.
"""

import argparse
import sys

from core import runs
from core.answers import Answer, exit_code
from core.following import follow
from core.settings import read_settings


def test_for_cheating(chosen: argparse.Namespace) -> Answer:
    """Score what a run's features and head can do without the lungs, and with nothing else."""
    answer, code = _measured("cheat-test", chosen)
    if not chosen.json and not code:
        for name in ("full", "without_lungs", "lungs_only"):
            scores = answer[name]
            low, high = scores["ci95"]["accuracy"]
            print(
                f"{name.replace('_', ' '):<14} accuracy {scores['accuracy']:.3f} "
                f"({low:.3f} to {high:.3f}), balanced {scores['balanced_accuracy']:.3f}"
            )
    return answer, code


def measure_lung_heat(chosen: argparse.Namespace) -> Answer:
    """Measure how much of a run's Grad-CAM maps lies inside the annotated lungs, and keep it."""
    answer, code = _measured("lung-heat", chosen)
    if not chosen.json and not code:
        for name, words in (
            ("share", "heat inside the lungs' box"),
            ("area", "the box's share of the image (chance)"),
            ("difference", "difference"),
        ):
            interval = answer["ci95"][name]
            shown = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
            print(f"{words:<38} {answer[name]:6.3f}{shown}")
        print(f"{answer['n']} validation images of {answer['n_patients']} patients")
    return answer, code


def _measured(name: str, chosen: argparse.Namespace) -> Answer:
    """What was measured, or where it ended: measurement, run, status and message."""
    from core.measurements import MEASUREMENTS, submit

    settings = read_settings()
    run = runs.read_run(settings.runs, chosen.run_id)
    (job,) = submit(MEASUREMENTS[name], [run], settings)
    print(f"measurement {job.id}", file=sys.stderr)
    job = follow(job, settings)
    if job.state == runs.FINISHED:
        return job.metrics(), 0
    message = job.problem or job.status.get("message", "")
    answer = {"measurement": job.id, "run": run.id, "status": job.state, "message": message}
    return answer, exit_code([job])
