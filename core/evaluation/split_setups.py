"""Which runs differ in how the images were divided, by image or by patient, and in nothing else.

Holds ``split_setups``. What changes between the two stands in ``core.evaluation.split_effect``; how
a split is made, in ``core.data.splits``.
"""

import json
from collections.abc import Sequence

from core.run_files import split_of
from core.runs import Run

IMAGE, PATIENT = "image", "patient"
SIDES = (IMAGE, PATIENT)


def split_setups(runs: Sequence[Run]) -> list[tuple[list[Run], list[Run]]]:
    """Finished runs that differ in ``split.by`` and seeds alone, as (by image, by patient).

    Where runs of both sides share their seeds and fold, only those are kept, one per seed, in the
    same order; else all of them.
    """
    groups: dict[str, tuple[list[Run], list[Run]]] = {}
    for run in sorted(runs, key=lambda run: run.id):
        by = split_of(run.config).get("by")
        if by in SIDES:
            sides = groups.setdefault(_setup(run.config), ([], []))
            sides[SIDES.index(by)].append(run)
    found = []
    for by_image, by_patient in groups.values():
        if not (by_image and by_patient):
            continue
        first, second = (
            {seeds_of(run): run for run in side[::-1]} for side in (by_image, by_patient)
        )
        common = [seeds for seeds in first if seeds in second][::-1]
        if common:
            by_image = [first[seeds] for seeds in common]
            by_patient = [second[seeds] for seeds in common]
        found.append((by_image, by_patient))
    return found


def _setup(config: dict) -> str:
    """Equal for configs that differ in the split's kind, seeds, fold and study alone."""
    split = {name: v for name, v in config["split"].items() if name not in ("by", "seed", "fold")}
    split["fold"] = config["split"].get("fold") is not None
    content = {name: v for name, v in config.items() if name not in ("seed", "study")}
    return json.dumps(content | {"split": split}, sort_keys=True)


def seeds_of(run: Run) -> tuple:
    """Seed of the run, seed of its split and fold: what a run of the other split must share."""
    split = run.config["split"]
    return run.config.get("seed"), split.get("seed"), split.get("fold")
