"""A study: a named set of runs that differ in one thing, or in few.

Holds how values to vary become one config per run (``plan_study``), and whether these runs can be
trained here (``check_study``). What can be varied stands in ``core.training.variations``, how a
study is queued in ``core.training.jobs``, and what has become of one in ``core.studies``.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from math import prod

from core import runs
from core.data.sources import Progress
from core.errors import UserError
from core.models.backbones import check_image_size, get_backbone
from core.models.weights import IMAGENET, find_weights
from core.settings import Settings
from core.training.config import RunConfig, configure, read_config
from core.training.variations import ALL, VARIATIONS, Variation, find_variation

MAX_RUNS = 100
MAX_NAME = 80


def plan_study(name: str, choices: dict, over: dict[str, Sequence]) -> list[RunConfig]:
    """One config per run of the study ``name``: every combination of the values in ``over``.

    ``choices`` are arguments of ``configure`` that all runs share. ``over`` maps what varies, as
    ``find_variation`` knows it, to its values, as text or as they are, and wins over ``choices``.
    What is named first changes slowest; all folds of one division stand together. A single value
    makes a study of one run. Raises UserError naming what does not fit: the name, what varies, a
    value, a value given twice, more than MAX_RUNS runs.
    """
    choices = {**choices, "study": check_name(name)}
    if not over:
        raise UserError(
            f"Nothing varies in this study; name values of {', '.join(VARIATIONS)}, or of a field "
            "of config.json such as head.units."
        )
    given = _read(over)
    _refuse_one_field_twice(over)
    first = _configured(choices, {row: values[0] for row, values in given.items()})
    all_folds = [ALL] in given.values()
    _refuse_too_many(prod(map(len, given.values())) * (first.split.folds if all_folds else 1))
    made: dict[RunConfig, str] = {}
    for values in product(*given.values()):
        config = _configured(choices, dict(zip(given, values, strict=True)))
        words = ", ".join(map(str, values))
        if config in made:
            raise UserError(
                f"'{made[config]}' and '{words}' make the same run twice; leave one out."
            )
        made[config] = words
    configs = [fold for config in made for fold in (_folds(config) if all_folds else [config])]
    _refuse_too_many(len(configs))
    return configs


def varied_fields(over: dict[str, Sequence]) -> dict[str, set[str]]:
    """Fields of the config, with dots, that each name in ``over`` sets; raises as plan_study."""
    return {
        row.name: {field for value in values for field in field_names(row.changes(value))}
        for row, values in _read(over).items()
    }


def field_names(changes: dict, prefix: str = "") -> Iterator[str]:
    """Names, with dots, of the fields that the arguments ``changes`` of ``configure`` set."""
    for name, value in changes.items():
        if isinstance(value, dict):
            yield from field_names(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def set_epochs(config: RunConfig, epochs: int) -> RunConfig:
    """``config`` with as many passes over the network, or over the head where only that trains.

    Raises UserError when nothing is left to train.
    """
    phase = "epochs" if config.epochs else "head_epochs"
    return read_config(config.model_dump() | {phase: epochs})


def check_name(name: str) -> str:
    """``name`` without odd spaces; raises UserError when nothing is left or it is too long."""
    name = " ".join(name.split())
    if not name:
        raise UserError("The study has no name; give it one, by which you find its runs again.")
    if len(name) > MAX_NAME:
        raise UserError(
            f"The study's name has {len(name)} characters, and {MAX_NAME} are the most; shorten it."
        )
    return name


def check_name_is_free(name: str, settings: Settings) -> None:
    """Raise UserError when runs of a study called ``name`` are there, in small letters or large."""
    for run in runs.list_runs(settings.runs):
        if str(run.config.get("study", "")).casefold() == name.casefold():
            raise UserError(
                f"There is a study '{run.config['study']}' already; choose another name, or delete "
                "its runs."
            )


def check_study(
    configs: Sequence[RunConfig], settings: Settings, progress: Progress = None
) -> None:
    """See that every run can be trained with the images and files here; no pixel is prepared.

    Raises UserError when the study's name is taken, an image size is too small for its backbone, a
    weights file is missing (ImageNet weights that are not here count as still to be downloaded), a
    class has no image, a split cannot be made, or a batch is larger than the training set.
    """
    # Here and not above: planning a study needs none of what reads images.
    from core.data.catalog import check_classes, limit_rows, load_catalog, select_rows
    from core.data.splits import make_split
    from core.training.run_data import check_batch

    for name in {config.study for config in configs}:
        check_name_is_free(check_name(name), settings)
    for config in configs:
        row = get_backbone(config.backbone)
        check_image_size(row, config.image_size)
        if config.weights != IMAGENET or not row.weights_url:
            find_weights(config.backbone, config.weights, settings)
    catalog = load_catalog(settings, progress)
    # By what makes the division: a hundred runs may share one, and one takes a moment.
    divisions: dict[tuple, list[RunConfig]] = {}
    for config in configs:
        drawn = (config.limit, config.seed) if config.limit else None
        key = (config.cohort, config.labels, drawn, config.split)
        divisions.setdefault(key, []).append(config)
    for done, sharing in enumerate(divisions.values()):
        if progress:
            progress("Checking how the images divide", done, len(divisions))
        config = sharing[0]
        rows = select_rows(catalog, config.cohort, config.labels)
        check_classes(rows, config.labels)
        if config.limit:
            rows = limit_rows(rows, config.limit, config.seed)
        split = make_split(rows, config.split)
        check_batch(max(sharing, key=lambda config: config.batch_size), split)
    if progress:
        progress("Checking how the images divide", len(divisions), len(divisions))


def _read(over: dict[str, Sequence]) -> dict[Variation, list]:
    rows = {find_variation(name): values for name, values in over.items()}
    return {row: _read_values(row, values) for row, values in rows.items()}


def _read_values(row: Variation, values: Sequence) -> list:
    read: list = []
    for value in values:
        try:
            found = row.every if value == ALL and row.every else (row.parse(value),)
        except ValueError as error:
            allowed = f"{error}, or {ALL}" if row.every else f"{error}"
            raise UserError(f"{row.name}: '{value}' does not fit; {allowed}.") from error
        for one in found:
            if one in read:
                raise UserError(f"{row.name}: {one} is given twice; leave one out.")
            read.append(one)
    if not read:
        raise UserError(f"{row.name}: no value is given; name at least one, or leave it out.")
    if row.name == "folds" and ALL in read and len(read) > 1:
        raise UserError("folds: 'all' has every fold in it; leave the others out.")
    return read


def _refuse_one_field_twice(over: dict[str, Sequence]) -> None:
    fields = varied_fields(over)
    for one, other in combinations(fields, 2):
        if both := sorted(fields[one] & fields[other]):
            raise UserError(f"{one} and {other} both set {both[0]}; leave one of them out.")


def _refuse_too_many(count: int) -> None:
    if count > MAX_RUNS:
        raise UserError(
            f"That makes {count:,} runs, and {MAX_RUNS} are the most in one study; choose fewer "
            "values, or make several studies."
        )


def _configured(choices: dict, values: dict[Variation, object]) -> RunConfig:
    for row, value in values.items():
        choices = _combined(choices, row.changes(value))
    if not choices.get("backbone"):
        raise UserError("No network is chosen; name one, or several to compare (backbones).")
    return configure(**choices)


def _folds(config: RunConfig) -> Iterator[RunConfig]:
    for fold in range(config.split.folds):
        split = config.split.model_copy(update={"fold": fold})
        yield config.model_copy(update={"split": split})


def _combined(choices: dict, changes: dict) -> dict:
    return choices | {
        name: _combined(earlier, value)
        if isinstance(value, dict) and isinstance(earlier := choices.get(name), dict)
        else value
        for name, value in changes.items()
    }
