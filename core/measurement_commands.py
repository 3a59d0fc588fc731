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
from core.words import fraction


def test_for_cheating(chosen: argparse.Namespace) -> Answer:
    """Score what a run's features and head can do without the lungs, and with nothing else."""
    from core.evaluation.cheat_differences import difference_table, difference_words
    from core.evaluation.cheat_results import CHEAT_SCORES, SEEN, cheat_table

    answer, code = _measured("cheat-test", chosen)
    if not chosen.json and not code:
        run = runs.read_run(read_settings().runs, chosen.run_id)
        for measure in CHEAT_SCORES:
            print(f"{measure.replace('_', ' ').capitalize()}:")
            for row in cheat_table([run], measure).to_dict("records"):
                score = fraction(row["score"], row["low"], row["high"])
                print(f"  {SEEN[row['seen']]:<18} {score}")
            for row in difference_table([run], measure).to_dict("records"):
                print(f"  {SEEN[row['seen']]}: {difference_words(row)}")
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
