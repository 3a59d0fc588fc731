"""Commands that make further runs like given ones: the same networks, images, classes and settings.

Holds the text of commands that answers to the paper's questions suggest. What the commands take
stands in ``core.arguments``; which runs would change an answer is for the questions to say.
"""

import json
import shlex
from collections.abc import Sequence
from contextlib import suppress

import pandas as pd

from core.data.splits import SplitConfig
from core.errors import UserError
from core.evaluation.evidence import PATIENT, Evidence
from core.models.backbones import BACKBONES
from core.training.config import RunConfig, changes_from, configure, read_config
from core.training.study import MAX_RUNS, field_names

# With fewer seeds than these a spread says little.
SEEDS_WANTED = 3
PAPERS = tuple(name for name, row in BACKBONES.items() if row.in_paper)


def config_of(evidence: Evidence, run: str) -> RunConfig:
    """The config of ``run``; where it cannot be used, what the comparison table knows of it."""
    (row,) = evidence.table[evidence.table["run"] == run].to_dict("records")
    found = next((one.config for one in evidence.runs if one.id == run), {})
    names = {name: name for name in ("recipe", "cohort", "labels", "limit", "seed")}
    split = _given(row, {"by": "split", "seed": "split_seed", "fold": "fold"})
    for attempt in (
        lambda: read_config(found),
        lambda: configure(row["backbone"], **_given(row, names), split=split),
    ):
        with suppress(UserError):
            return attempt()
    return configure("ResNet50")


def _given(row: dict, columns: dict[str, str]) -> dict:
    values = {name: row[column] for name, column in columns.items() if pd.notna(row[column])}
    return {
        name: value if isinstance(value, str) else int(value)
        for name, value in values.items()
        if value != ""
    }


def study_command(
    like: RunConfig,
    backbones: Sequence[str] = (),
    seeds: Sequence[int] = (),
    folds: Sequence[int] = (),
    over: str = "",
) -> str:
    """The command of a study whose runs are like ``like`` in all that is not varied here.

    ``backbones``: else that of ``like``; ``seeds``: else those of ``like``; ``folds``: none of a
    cross-validation where there are none; ``over``: "name=value,value".
    """
    names = tuple(backbones) or (like.backbone,)
    networks = "all" if set(names) == set(PAPERS) else ",".join(names)
    words = ["study", "--backbones", networks, "--recipe", like.recipe]
    words += ["--cohort", like.cohort, "--labels", like.labels]
    varied = over.partition("=")[0]
    if varied != "split":
        words += ["--split", like.split.by]
    alone = len(names) == 1
    base = configure(like.backbone, like.recipe, weights=like.weights)
    own_weights = like.weights != configure(like.backbone, like.recipe).weights
    # A file with the weights of one network fits no other.
    if own_weights and (alone or like.weights in ("none", "imagenet")):
        words += ["--weights", like.weights]
    for name in ("limit", "image_size"):
        if getattr(like, name) is not None:
            words += [f"--{name.replace('_', '-')}", str(getattr(like, name))]
    if not seeds and like.seed == like.split.seed:
        seeds = (like.seed,)
    if seeds:
        words += ["--seeds", ",".join(map(str, seeds))]
    if folds:
        every = list(folds) == list(range(like.split.folds))
        words += ["--folds", "all" if every else ",".join(map(str, folds))]
    said = {"study", "cohort", "labels", "limit", "image_size", "weights"}
    said |= {"split.by", "split.fold", varied}
    said |= {"seed", "split.seed"} if seeds else set()
    for field in field_names(changes_from(base, like)):
        if field not in said:
            value = like.model_dump(mode="json")
            for part in field.split("."):
                value = value[part]
            words += ["--set", f"{field}={value if isinstance(value, str) else json.dumps(value)}"]
    if over:
        words += ["--over", over]
    return shlex.join(["python", "-m", "core", *words])


def folds_of(rows: pd.DataFrame) -> tuple[int, ...]:
    """The folds that rows of a comparison table have, ascending; none without cross-validation."""
    return tuple(sorted({int(fold) for fold in rows["fold"].dropna()}))


def unused_seeds(rows: pd.DataFrame, runs_each: int = 1) -> tuple[int, ...]:
    """Seeds, from 0 on, that no row of a comparison table has: two, or as many as make three.

    Fewer where ``runs_each`` runs a seed would make a study too large.
    """
    used = {int(seed) for name in ("seed", "split_seed") for seed in rows[name].dropna()}
    wanted = max(2, SEEDS_WANTED - len(used))
    free = [seed for seed in range(len(used) + wanted) if seed not in used]
    return tuple(free[: max(1, min(wanted, MAX_RUNS // runs_each))])


def cross_validation(evidence: Evidence) -> tuple[str, bool]:
    """The command of a cross-validation over every image that can be placed, and whether it is new.

    Where the runs are one already, the same with another seed: False.
    """
    rows = evidence.real.sort_values("balanced_accuracy", ascending=False)
    if rows.empty:
        return study_command(_placed(configure("ResNet50")), folds=range(5)), True
    like = _placed(config_of(evidence, rows["run"].iloc[0]))
    every = range(like.split.folds)
    made = alike(rows[rows["limit"].isna()], like, (like.backbone,))
    whole = any(folds_of(one) == tuple(every) for _, one in made.groupby("split_seed"))
    seeds = unused_seeds(made)[:1] if whole else ()
    return study_command(like, seeds=seeds, folds=every), not whole


def _placed(like: RunConfig) -> RunConfig:
    split = like.split.model_copy(update={"by": PATIENT, "fold": None})
    return like.model_copy(update={"cohort": "all", "limit": None, "split": split})


def train_command(evidence: Evidence) -> str:
    """The command of one run with the network, images, classes and recipe of the newest run."""
    runs = evidence.real["run"]
    like = config_of(evidence, runs.iloc[0]) if len(runs) else configure("ResNet50")
    return (
        f"python -m core train --backbone {like.backbone} --recipe {like.recipe} "
        f"--cohort {like.cohort} --labels {like.labels} --split {PATIENT}"
    )


def split_command(configs: Sequence[dict]) -> str:
    """The command that divides the images of the first usable of ``configs`` in both ways."""
    like = configure("ResNet50")
    for config in configs:
        with suppress(UserError):
            like = read_config(config)
            break
    return study_command(like, folds=range(like.split.folds), over="split=image,patient")


def baselines_command(wanted: RunConfig) -> str:
    """The command of the trivial baselines on the images of a run, "" where there is none."""
    seed = wanted.split.seed
    split = SplitConfig(by=wanted.split.by, seed=seed, fold=wanted.split.fold)
    if split != wanted.split or (wanted.limit and wanted.seed != seed):
        return ""
    options = {
        "cohort": wanted.cohort,
        "labels": wanted.labels,
        "split": split.by,
        "seed": seed,
        "fold": split.fold,
        "limit": wanted.limit,
    }
    given = (f"--{name} {value}" for name, value in options.items() if value is not None)
    return " ".join(["python -m core baselines", *given])


def seeds_command(evidence: Evidence, like: RunConfig, backbones: Sequence[str] = ()) -> str:
    """The command that repeats runs like ``like`` with seeds that they have not had yet.

    Where they are folds of a cross-validation, so are the repeats.
    """
    networks = tuple(backbones) or (like.backbone,)
    rows = alike(evidence.real, like, networks)
    folds = folds_of(rows) if like.split.fold is not None else ()
    seeds = unused_seeds(rows, len(networks) * max(1, len(folds)))
    return study_command(like, networks, seeds, folds)


def alike(table: pd.DataFrame, like: RunConfig, backbones: Sequence[str]) -> pd.DataFrame:
    """Rows of runs of these networks with the recipe, cohort and kind of split of ``like``."""
    return table[
        table["backbone"].isin(backbones)
        & (table["recipe"] == like.recipe)
        & (table["cohort"] == like.cohort)
        & (table["split"] == like.split.by)
    ]
