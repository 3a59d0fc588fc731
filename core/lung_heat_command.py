"""The command `lung-heat`: how much of a run's heat maps lies inside the lungs.

Holds what it does and answers; what it takes stands in ``core.arguments``.
"""

import argparse

from core import runs
from core.answers import Answer
from core.settings import read_settings
from core.terminal import ProgressLine


def measure_lung_heat(chosen: argparse.Namespace) -> Answer:
    """Measure how much of a run's Grad-CAM maps lies inside the annotated lungs, and keep it."""
    settings = read_settings()
    run = runs.read_run(settings.runs, chosen.run_id)
    with ProgressLine() as progress:
        # Loads Keras, which a run that is not there need not wait for.
        from core.inference.lung_heat import lung_heat

        answer = lung_heat(run, settings, progress)
    if not chosen.json:
        for name, words in (
            ("share", "heat inside the lungs' box"),
            ("area", "the box's share of the image (chance)"),
            ("difference", "difference"),
        ):
            interval = answer["ci95"][name]
            shown = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
            print(f"{words:<38} {answer[name]:6.3f}{shown}")
        print(f"{answer['n']} validation images of {answer['n_patients']} patients")
    return answer, 0
