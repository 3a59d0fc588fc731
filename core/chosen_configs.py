"""From the arguments of a command to the configs that they ask for.

Holds ``chosen_config`` for `train`, ``chosen_study`` for `study`, ``chosen_range_test`` for
`lr-range` and ``chosen_images`` for `baselines`. Which arguments there are stands in
``core.arguments``.
"""

import argparse
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.errors import UserError
from core.runs import Run
from core.studies import free_name

if TYPE_CHECKING:
    from core.training.config import RunConfig
    from core.training.range_config import RangeTest
    from core.training.run_data import ImageChoice


def chosen_config(chosen: argparse.Namespace) -> "RunConfig":
    """The config that the arguments of `train` ask for; raises UserError naming what is wrong."""
    from core.training.config import configure

    return configure(chosen.backbone, chosen.recipe, **_changes(chosen))


def chosen_study(chosen: argparse.Namespace, all_runs: Iterable[Run]) -> list["RunConfig"]:
    """The configs that the arguments of `study` ask for, under a name that is free where none is
    given; raises UserError naming what is wrong."""
    from core.training import study
    from core.training.recipes import DEFAULT_RECIPE

    over = _chosen_over(chosen)
    changes = _changes(chosen) | ({"recipe": chosen.recipe} if chosen.recipe else {})
    if "study" in changes:
        raise UserError(f"--set study={changes['study']}: write it as --name.")
    once = {*study.field_names(changes)}
    if chosen.epochs is not None:
        once |= {"epochs", "head_epochs"}
    for name, fields in study.varied_fields(over).items():
        if both := sorted(once & fields):
            raise UserError(f"{both[0]} is set for all runs and varied by {name}; leave one out.")
    if "recipes" not in over:
        changes.setdefault("recipe", DEFAULT_RECIPE)
    name = free_name(_name_of(over, changes), all_runs) if chosen.name is None else chosen.name
    configs = study.plan_study(name, changes, over)
    if chosen.epochs is None:
        return configs
    return [study.set_epochs(config, chosen.epochs) for config in configs]


def _chosen_over(chosen: argparse.Namespace) -> dict[str, list[str]]:
    options = ("backbones", "recipes", "seeds", "folds")
    given = [(name, getattr(chosen, name)) for name in options if getattr(chosen, name) is not None]
    for assignment in chosen.over:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise UserError(
                f"--over {assignment}: write it as name=value,value, for example "
                "split=image,patient."
            )
        given.append((name, text))
    # The published study, where nothing else is asked for.
    given = given or [("backbones", "all")]
    over: dict[str, list[str]] = {}
    for name, text in given:
        if name in over:
            raise UserError(f"Values of {name} are given twice; name all of them at once.")
        over[name] = [value.strip() for value in text.split(",") if value.strip()]
    return over


def _name_of(over: dict[str, list[str]], changes: dict) -> str:
    several = [name for name, values in over.items() if len(values) > 1 or values == ["all"]]
    alone = [values[0] for name, values in over.items() if name not in several and values]
    words = ", ".join([*alone, changes.get("recipe", "")]).strip(", ")
    # Shorter than a name may be, so that a number fits behind it.
    return f"{words}: {' and '.join(several)}"[:70].strip(": ")


def _changes(chosen: argparse.Namespace) -> dict:
    """What the arguments of one run, or of every run of a study, change in the recipe."""
    seed = getattr(chosen, "seed", None)
    given = {
        name: getattr(chosen, name)
        for name in ("cohort", "labels", "weights", "limit", "image_size")
    }
    split = {"by": chosen.split, "seed": seed}
    changes = _given(given | {"seed": seed}) | {"split": _given(split)}
    for assignment in chosen.set:
        _assign(changes, assignment)
    return changes


def chosen_range_test(chosen: argparse.Namespace) -> "RangeTest":
    """The range test that the arguments of `lr-range` ask for; raises UserError as above."""
    from core.training.range_config import configure_range_test

    rates = {name: getattr(chosen, name) for name in ("steps", "lowest", "highest")}
    return configure_range_test(chosen_config(chosen), **_given(rates))


def chosen_images(chosen: argparse.Namespace) -> "ImageChoice":
    """The images that the arguments of `baselines` ask for; raises UserError as above."""
    from core.training.config import read_config
    from core.training.run_data import ImageChoice

    names = ("cohort", "labels", "limit", "seed")
    split = {"by": chosen.split, "seed": chosen.seed, "fold": chosen.fold}
    given = {name: getattr(chosen, name) for name in names} | {"split": _given(split)}
    return read_config(_given(given), ImageChoice)


def _given(values: dict) -> dict:
    return {name: value for name, value in values.items() if value is not None}


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
