"""What the commands of `python -m core` take, and the run that `train` is asked for.

Holds one function per command that adds its arguments, and ``chosen_config``. What the commands do
stands in ``core.commands``.
"""

import argparse
import json
from typing import TYPE_CHECKING

from core.errors import UserError

if TYPE_CHECKING:
    from core.training.config import RunConfig
    from core.training.range_config import RangeTest


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
    _data_arguments(parser)
    parser.add_argument("--split", choices=("image", "patient"))
    parser.add_argument("--seed", type=int, help="of weights, batches and split")
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


def runs_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `runs`."""
    for name in ("show", "stop", "delete"):
        parser.add_argument(f"--{name}", metavar="RUN")


def predict_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `predict`."""
    parser.add_argument("--run", dest="run_id", required=True, metavar="RUN")
    parser.add_argument("image")
    parser.add_argument("--explain", help="gradcam")
    parser.add_argument("--of", metavar="CLASS", help="class to explain; default: the predicted")
    parser.add_argument("--out", metavar="FILE", help="where to save the map, as .png or .jpg")


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


def chosen_config(chosen: argparse.Namespace) -> "RunConfig":
    """The config that the arguments of `train` ask for; raises UserError naming what is wrong."""
    from core.training.config import configure

    changes = {
        name: getattr(chosen, name)
        for name in ("cohort", "labels", "weights", "limit", "seed", "image_size")
        if getattr(chosen, name) is not None
    }
    split = {"by": chosen.split, "seed": chosen.seed}
    changes["split"] = {name: value for name, value in split.items() if value is not None}
    for assignment in chosen.set:
        _assign(changes, assignment)
    return configure(chosen.backbone, chosen.recipe, **changes)


def chosen_range_test(chosen: argparse.Namespace) -> "RangeTest":
    """The range test that the arguments of `lr-range` ask for; raises UserError as above."""
    from core.training.range_config import configure_range_test

    rates = {name: getattr(chosen, name) for name in ("steps", "lowest", "highest")}
    given = {name: value for name, value in rates.items() if value is not None}
    return configure_range_test(chosen_config(chosen), **given)


def _assign(changes: dict, assignment: str) -> None:
    name, equals, text = assignment.partition("=")
    if not equals:
        raise UserError(f"--set {assignment}: write it as field=value, for example head.units=64.")
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    *outer, last = name.split(".")
    if name in ("backbone", "recipe"):
        raise UserError(f"--set {assignment}: write it as --{name} {text}.")
    for part in outer:
        changes = changes.setdefault(part, {})
        if not isinstance(changes, dict):
            raise UserError(f"--set {assignment}: {part} is a single value and has no fields.")
    changes[last] = value
