"""The command `baselines`: what can be scored without reading a lung.

Holds what the command does and answers; what it takes stands in ``core.arguments``.
"""

import argparse

from core.answers import Answer
from core.chosen_configs import chosen_images
from core.settings import read_settings
from core.terminal import ProgressLine
from core.undefined_scores import why_undefined
from core.words import fraction


def trivial_baselines(chosen: argparse.Namespace) -> Answer:
    """Score the trivial baselines and keep them for the comparison; no network is trained."""
    from core.evaluation.baseline_results import compute_baselines

    choice = chosen_images(chosen)
    with ProgressLine() as progress:
        answer = compute_baselines(choice, read_settings(), progress)
    if not chosen.json:
        _print(answer)
    return answer, 0


def _print(answer: dict) -> None:
    print(f"Checked on {answer['n_validation']} images, learnt from {answer['n_training']}.")
    print(f"{'':<20} {'accuracy':>9} {'balanced':>9}   95 % interval of the accuracy")
    for baseline in answer["baselines"]:
        metrics = baseline["metrics"]
        low, high = metrics["ci95"]["accuracy"]
        print(
            f"{baseline['title']:<20} {metrics['accuracy']:9.3f} "
            f"{fraction(metrics['balanced_accuracy']):>9}   {low:.3f} to {high:.3f}"
        )
    # Precision has no column here.
    for sentence in why_undefined(answer["baselines"][0]["metrics"], "balanced_accuracy"):
        print(sentence)
    if answer["synthetic"]:
        print("\nSYNTHETIC images: these figures say nothing about real lungs.")
