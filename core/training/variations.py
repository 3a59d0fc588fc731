"""What a study may vary: a table of the usual things, and any single setting besides.

Holds ``VARIATIONS``, one row each, and ``find_variation``. How values become runs stands in
``core.training.study``; another thing to vary is one more row here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel

from core.data.labels import LABEL_SCHEMES
from core.errors import UserError
from core.models.backbones import BACKBONES
from core.training.config import RunConfig
from core.training.recipes import RECIPES

ALL = "all"


@dataclass(frozen=True)
class Variation:
    """One thing to vary: its name, a title, and a plain sentence on what one learns from it.

    ``parse`` makes a value from text, and leaves one that it made as it is; it raises ValueError
    saying what is allowed. ``changes`` gives the arguments of ``configure`` that a value stands
    for. ``every`` is what the word "all" stands for, empty where it stands for nothing.
    """

    name: str
    title: str
    sentence: str
    parse: Callable[[object], object]
    changes: Callable[[object], dict]
    every: tuple = ()


def _row_of(table: dict) -> Callable[[object], str]:
    return _one_of(tuple(table))


def _one_of(allowed: tuple[str, ...]) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if value not in allowed:
            raise ValueError(f"choose among {', '.join(allowed)}")
        return value

    return parse


def _whole_number(value: object) -> int:
    # Not int(value), which takes 1.5 for 1 and "1_0" for 10.
    if not str(value).isdecimal():
        raise ValueError("write whole numbers from 0 on")
    return int(value)


def _fold(value: object) -> int | str:
    # How many folds all of them are depends on the rest of a config.
    return ALL if value == ALL else _whole_number(value)


def _preprocessing(value: object) -> str:
    name, colon, clip_limit = str(value).partition(":")
    if (name, colon) in (("none", ""), ("normalise", ""), ("clahe", "")):
        return name
    try:
        if name == "clahe":
            # One spelling a value: 2 and 2.0 are the same.
            return f"clahe:{float(clip_limit):g}"
    except ValueError:
        pass
    raise ValueError("choose among none, normalise, clahe and clahe:CLIP, for example clahe:3")


def _prepared_as(value: str) -> dict:
    name, _, clip_limit = value.partition(":")
    changes = {"normalise": name != "none", "clahe": name == "clahe"}
    return {"preprocess": changes | ({"clip_limit": float(clip_limit)} if clip_limit else {})}


VARIATIONS: dict[str, Variation] = {
    row.name: row
    for row in (
        Variation(
            "backbones",
            "Networks (backbones)",
            "Which network reads best when everything else is the same. With all seven it is the "
            "published study.",
            _row_of(BACKBONES),
            lambda name: {"backbone": name},
            tuple(name for name, row in BACKBONES.items() if row.in_paper),
        ),
        Variation(
            "recipes",
            "Recipes",
            "What one way of training is worth beside another.",
            _row_of(RECIPES),
            lambda name: {"recipe": name},
        ),
        Variation(
            "seeds",
            "Seeds",
            "How far a score moves by chance: each seed gives other first weights, another order "
            "of the images, and other images to check on.",
            _whole_number,
            lambda seed: {"seed": seed, "split": {"seed": seed}},
        ),
        Variation(
            "folds",
            "Folds (cross-validation)",
            "Every image is checked once, by a run that did not learn from it.",
            _fold,
            lambda fold: {"split": {"fold": None if fold == ALL else fold}},
            (ALL,),
        ),
        Variation(
            "preprocessing",
            "Preprocessing",
            "Whether evening out grey values helps: none, normalise (stretched to the full "
            "range), or clahe (stretched, then contrast evened out), at any clip limit: clahe:3.",
            _preprocessing,
            _prepared_as,
        ),
        Variation(
            "labels",
            "Classes (label schemes)",
            "How the same images are read when they are grouped into other classes.",
            _row_of(LABEL_SCHEMES),
            lambda name: {"labels": name},
        ),
        Variation(
            "split",
            "Split",
            "How much a score gains when a patient may stand on both sides (image) instead of on "
            "one (patient).",
            _one_of(("image", "patient")),
            lambda by: {"split": {"by": by}},
        ),
    )
}


def find_variation(name: str) -> Variation:
    """The row called ``name``, or one for the field ``name`` of a config, with dots.

    Raises UserError when there is neither.
    """
    if name in VARIATIONS:
        return VARIATIONS[name]
    kind = RunConfig
    for part in name.split("."):
        fields = kind.model_fields if _is_group(kind) else {}
        kind = fields[part].annotation if part in fields else None
    if kind is None or name == "study":
        raise UserError(
            f"There is nothing called '{name}' to vary; choose among {', '.join(VARIATIONS)}, or "
            "name a field of config.json, for example head.units."
        )
    if _is_group(kind):
        raise UserError(
            f"'{name}' is a group of settings; name one of them: "
            f"{', '.join(f'{name}.{field}' for field in kind.model_fields)}."
        )
    return Variation(name, name, "", read_value, lambda value: nested(name, value))


def read_value(value: object) -> object:
    """The value that text stands for: a number, true, false or null, else the text itself."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def nested(name: str, value: object) -> dict:
    """``value`` as the field ``name`` with dots: {"head": {"units": 64}} for head.units."""
    for part in reversed(name.split(".")):
        value = {part: value}
    return value


def _is_group(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
