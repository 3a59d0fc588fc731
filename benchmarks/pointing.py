"""Where the maps of a trained network point, on the demonstration set, against shuffled heads.

Trains the first run of the demonstration study (TinyCNN at its recipe, patients kept apart) in a
folder of its own and makes the pointing test (``core.inference.pointing``) with every method.
Targets are those of Grad-CAM: at least 70 % of the rightly answered bacteria images, and not more
than chance with shuffled heads, interval against interval.
"""

import tempfile

from core import runs
from core.demonstration import demonstration_study
from core.engine import execute
from core.inference.methods import EXPLANATIONS, GRADCAM
from core.inference.pointing import PointingScore, pointing_test
from core.settings import read_settings

TARGET = 0.7
SHUFFLES = range(5)


def main() -> bool:
    """Print one line per method; whether Grad-CAM met both targets."""
    met = True
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings({"CHESTBENCH_ARTIFACTS": folder})
        config = demonstration_study()[0].model_dump(mode="json")
        run = runs.create_run(settings.runs, config, "pointing")
        if not execute(run, settings):
            return False
        run = runs.read_run(settings.runs, run.id)
        print(f"TinyCNN, accuracy {run.metrics()['accuracy']:.3f}")
        for name, method in EXPLANATIONS.items():
            own, shuffled = pointing_test(run, settings, SHUFFLES, name)
            print(
                f"{method.title:<22} trained {_words(own)}   shuffled {_words(shuffled)}   "
                f"area {own.area:.1%}",
                flush=True,
            )
            if name == GRADCAM:
                met = own.share >= TARGET and shuffled.ci95[0] <= own.area
    return met


def _words(score: PointingScore) -> str:
    low, high = score.ci95
    return f"{score.hits}/{score.n} = {score.share:.1%} ({low:.1%} to {high:.1%})"
