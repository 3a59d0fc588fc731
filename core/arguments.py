"""What the commands of `python -m core` take: one function per command that adds its arguments.

What is made of them stands in ``core.chosen_configs``, what the commands do in ``core.commands``.
"""

import argparse

from core.inference.methods import EXPLANATIONS


def _data_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cohort", help="which rows take part: paper or all")
    parser.add_argument("--labels", help="label scheme: paper3, four, pneumonia2 or covid2")


def catalog_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `catalog`."""
    _data_arguments(parser)
    parser.set_defaults(cohort="paper", labels="paper3")


def train_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `train`."""
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--recipe", default="quick")
    parser.add_argument("--seed", type=int, help="of weights, batches and split")
    _run_arguments(parser)


def study_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `study`."""
    parser.add_argument("--name", help="by which its runs are found; without one, it is given one")
    parser.add_argument("--backbones", metavar="A,B", help="networks, or all: the published seven")
    recipes = parser.add_mutually_exclusive_group()
    recipes.add_argument("--recipe", help="of every run; default: quick")
    recipes.add_argument("--recipes", metavar="A,B", help="several, to compare them")
    parser.add_argument("--seeds", metavar="0,1", help="of weights, batches and split")
    parser.add_argument("--folds", metavar="0,1", help="of a cross-validation, or all of them")
    parser.add_argument(
        "--over", action="append", default=[], metavar="NAME=A,B",
        help="anything else to vary: split=image,patient, preprocessing=none,clahe:2, labels=..., "
        "or a field of config.json such as head.units=64,128",
    )  # fmt: skip
    parser.add_argument("--epochs", type=int, help="instead of the recipe's, for a rehearsal")
    _run_arguments(parser)
    others = parser.add_mutually_exclusive_group()
    others.add_argument("--list", action="store_true", help="show the studies, start none")
    others.add_argument("--stop", metavar="STUDY", help="stop its runs")
    others.add_argument("--resume", metavar="STUDY", help="go on with its runs that ended early")


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    _data_arguments(parser)
    parser.add_argument("--split", choices=("image", "patient"))
    parser.add_argument("--weights", help="imagenet, none, or a file")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--limit", type=int, help="only this many images, for a rehearsal")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE",
        help="any other field of config.json, for example head.units=64",
    )  # fmt: skip


def range_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `lr-range`: those of the run it is made for, and how the rate rises."""
    train_arguments(parser)
    parser.add_argument("--steps", type=int, help="training steps, one per rate; default 100")
    parser.add_argument("--lowest", type=float, help="first learning rate; default 1e-7")
    parser.add_argument("--highest", type=float, help="last learning rate; default 1")


def baselines_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `baselines`: which images, divided how."""
    _data_arguments(parser)
    parser.add_argument("--split", choices=("image", "patient"))
    parser.add_argument("--fold", type=int, help="of a cross-validation, counted from 0")
    parser.add_argument("--seed", type=int, help="of the split, and of the draw with --limit")
    parser.add_argument("--limit", type=int, help="only this many images, for a rehearsal")


def one_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `cheat-test` and `lung-heat`: a finished run."""
    parser.add_argument("--run", dest="run_id", required=True, metavar="RUN")


def runs_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `runs`."""
    for name in ("show", "stop", "delete"):
        parser.add_argument(f"--{name}", metavar="RUN")


def compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `compare` and `questions`."""
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--study", help="take its finished runs")
    wanted.add_argument("--runs", metavar="RUN,RUN", help="take these")


def report_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `report`."""
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--study", help="report all its runs")
    wanted.add_argument("--runs", metavar="RUN,RUN", help="report these")
    parser.add_argument("--out", default="report.html", metavar="FILE", help="ends in .html")


def predict_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `predict`."""
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--run", dest="run_id", metavar="RUN", help="ask this run")
    asked.add_argument("--study", help="ask all of its finished runs, and say how far they agree")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="image, folder or ZIP archive")
    parser.add_argument(
        "--explain", metavar="METHOD", help=f"where it looked: {', '.join(EXPLANATIONS)}"
    )
    parser.add_argument("--of", metavar="CLASS", help="class to explain; default: the predicted")
    parser.add_argument(
        "--out", metavar="FILE",
        help="of one image, where to save the map, as .png or .jpg; of several, the table as .csv",
    )  # fmt: skip
    parser.add_argument("--out-maps", metavar="FOLDER", help="where to save the maps of several")
    parser.add_argument(
        "--answer-refused", action="store_true",
        help="answer images all the same that do not look like a frontal chest X-ray",
    )  # fmt: skip
    parser.add_argument(
        "--pdf", metavar="FILE",
        help="where to save the prediction of one image as one page, with a map of each network",
    )  # fmt: skip


def follow_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `follow`."""
    parser.add_argument("--patient", metavar="ID", help="without it: list who can be followed")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--run", dest="run_id", metavar="RUN", help="ask this run")
    asked.add_argument("--study", metavar="NAME", help="ask all its finished runs")
    parser.add_argument(
        "--all-runs", action="store_true",
        help="average over runs that learnt from the patient too, where there are others",
    )  # fmt: skip


def fetch_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `fetch`."""
    parser.add_argument("collection", choices=("kermany", "cohen"))
    parser.add_argument("--to", default="data", metavar="FOLDER")


def execute_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `execute`."""
    parser.add_argument("run_id")
    parser.add_argument(
        "--for-worker", action="store_true",
        help="end when stdin ends, and go on with the next runs that train heads alone",
    )  # fmt: skip
