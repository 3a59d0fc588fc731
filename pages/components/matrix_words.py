"""A confusion matrix read aloud: one sentence per class.

Holds ``read_matrix``, from counts to sentences; nothing here draws on a page.
"""

from collections.abc import Sequence

from core.evaluation.statistics import wilson
from pages.components.words import class_title, percent


def read_matrix(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> list[str]:
    """Say of each true class how many of its images were recognised, and what else they became."""
    return [_read_row(row, place, classes) for place, row in enumerate(matrix)]


def _read_row(row: Sequence[int], place: int, classes: Sequence[str]) -> str:
    name, total, hits = class_title(classes[place]), sum(row), row[place]
    if not total:
        return f"No validation image is **{name}**."
    share = percent(hits / total, *wilson(hits, total))
    sentence = f"Of **{total:,}** images of **{name}**, **{hits:,}** were recognised: {share}"
    others = sorted(
        ((count, class_title(classes[i])) for i, count in enumerate(row) if i != place and count),
        reverse=True,
    )
    if not others:
        return f"{sentence}. None was taken for anything else."
    count, other = others[0]
    taken = [f"{count:,} {'was' if count == 1 else 'were'} taken for {other}"]
    taken += [f"{count:,} for {other}" for count, other in others[1:]]
    return f"{sentence}. {', '.join(taken)}."
