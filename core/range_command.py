"""The command `lr-range`: a learning-rate range test, followed to its end.

Holds what the command does and answers; what it takes stands in ``core.arguments``.
"""

import argparse
import sys

from core import runs
from core.answers import Answer, exit_code, finite
from core.chosen_configs import chosen_range_test
from core.following import follow
from core.settings import read_settings


def find_learning_rate(chosen: argparse.Namespace) -> Answer:
    """Find a learning rate for the run that `train` would make: a range test (Smith 2017)."""
    from core.training.jobs import submit_range_test

    settings = read_settings()
    test = submit_range_test(chosen_range_test(chosen), settings)
    print(f"range test {test.id}", file=sys.stderr)
    test = follow(test, settings)
    answer = _describe(test)
    if not chosen.json and test.state == runs.FINISHED:
        if answer["max_lr"]:
            print(f"base_lr {answer['base_lr']:g}, max_lr {answer['max_lr']:g}")
        print(answer["reason"])
    return answer, exit_code([test])


def _describe(test: runs.Run) -> dict:
    metrics = test.metrics()
    points = test.curve()[["learning_rate", "loss", "smoothed"]].astype(float)
    return {
        "run": test.id,
        "status": test.state,
        "message": test.problem or test.status.get("message", ""),
        **{name: metrics.get(name) for name in ("base_lr", "max_lr", "reason")},
        "curve": [
            {name: finite(value) for name, value in point.items()}
            for point in points.to_dict("records")
        ],
    }
