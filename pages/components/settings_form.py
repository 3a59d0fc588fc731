"""Widgets for the fields of a pydantic model, made from the model itself.

Holds ``settings_form``. A field's kind of widget, its bounds and its help all come from the field;
the words of its label are its name's. Nested models become groups.
"""

import types
from collections.abc import Collection
from typing import Any, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

# Names that their underscores alone do not turn into plain words.
TITLES = {
    "limit": "Image limit",
    "units": "Dense units",
    "l2": "L2 penalty",
    "clahe": "CLAHE",
    "views": "Views per image",
    "by": "Divided by",
    "keep": "Epoch kept",
    "base_lr": "Lowest learning rate",
    "max_lr": "Highest learning rate",
    "lowest": "First learning rate",
    "highest": "Last learning rate",
    "steps": "Training steps",
    "early_stopping": "Early stopping (epochs)",
    "step_size": "Step size (batches)",
    "rotation_degrees": "Rotation (degrees)",
    "shear_degrees": "Shear (degrees)",
}
PER_ROW = 3
# The settings outside all groups are many: field with which another matter begins -> its heading.
HEADINGS = {
    "limit": "Images and chance",
    "head_epochs": "How long and how fast it learns",
    "weight_decay": "What counts as an error, and which epoch is kept",
}
GROUPS = {
    "split": "Dividing the images",
    "preprocess": "Preprocessing",
    "augment": "Augmentation: random variation of training images",
    "cyclical_learning_rate": "Cyclical learning rate (used by the schedule cyclical)",
    "optimizer": "Optimiser",
    "head": "The head: the layers on top of the network",
}


def settings_form(
    config: BaseModel, key: str, leave_out: Collection[str] = (), prefix: str = ""
) -> dict[str, Any]:
    """Show a widget per field of ``config``, holding its value; return the values as nested dicts.

    ``key`` makes the widgets' keys: under another key they start again from ``config``.
    ``leave_out`` names fields shown elsewhere, nested ones with a dot.
    """
    fields = {
        name: (field, getattr(config, name))
        for name, field in type(config).model_fields.items()
        if f"{prefix}{name}" not in leave_out
    }
    nested = {n: value for n, (_, value) in fields.items() if isinstance(value, BaseModel)}
    values = {}
    for row in _rows([name for name in fields if name not in nested]):
        if row[0] in HEADINGS:
            st.markdown(f"**{HEADINGS[row[0]]}**")
        columns = st.columns(PER_ROW, vertical_alignment="bottom")
        for column, name in zip(columns, row, strict=False):
            with column:
                values[name] = _widget(name, *fields[name], f"{key}/{prefix}{name}")
    for name, value in nested.items():
        st.markdown(f"**{GROUPS.get(name, _title(name))}**")
        values[name] = settings_form(value, key, leave_out, f"{prefix}{name}.")
    return values


def _rows(names: list[str]) -> list[list[str]]:
    # Row by row, so that stacked columns on a narrow screen keep the fields' order.
    rows: list[list[str]] = []
    for name in names:
        if not rows or len(rows[-1]) == PER_ROW or name in HEADINGS:
            rows.append([])
        rows[-1].append(name)
    return rows


def _widget(name: str, field: FieldInfo, value: Any, key: str) -> Any:
    kinds = get_args(field.annotation) if _is_union(field.annotation) else (field.annotation,)
    common = {"label": _title(name), "key": key, "help": field.description}
    if bool in kinds:
        return st.toggle(value=value, **common)
    if get_origin(kinds[0]) is Literal:
        options = get_args(kinds[0])
        return st.selectbox(options=options, index=options.index(value), **common)
    if int in kinds or float in kinds:
        kind = int if int in kinds else float
        low, high = _bounds(field, kind)
        return st.number_input(
            value=None if value is None else kind(value),
            min_value=low,
            max_value=high,
            step=1 if kind is int else _step(value),
            format=None if kind is int else "%g",
            placeholder="not set",
            **common,
        )
    return st.text_input(value=value, max_chars=_constraint(field, "max_length"), **common)


def _bounds(field: FieldInfo, kind: type) -> tuple:
    low, high = _constraint(field, "ge"), _constraint(field, "le")
    if low is None and (above := _constraint(field, "gt")) is not None:
        low = above + (1 if kind is int else 1e-9)
    if high is None and (below := _constraint(field, "lt")) is not None:
        high = below - (1 if kind is int else 1e-9)
    return tuple(None if bound is None else kind(bound) for bound in (low, high))


def _step(value: float | None) -> float:
    # A tenth of the value's own size: 0.0001 moves by 0.00001, 10 degrees by 1.
    return float(f"{abs(value) / 10:.0e}") if value else 0.01


def _constraint(field: FieldInfo, name: str) -> Any:
    return next((getattr(m, name) for m in field.metadata if hasattr(m, name)), None)


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _title(name: str) -> str:
    return TITLES.get(name, name.replace("_", " ").capitalize())
