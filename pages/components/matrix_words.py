"""A confusion matrix read aloud: one sentence per class.

Holds ``read_matrix``, from counts to sentences; nothing here draws on a page.
"""

from collections.abc import Sequence

from core.charts.confusion import count_words
from core.evaluation.statistics import wilson
from pages.components.words import class_title, percent


def read_matrix(
    matrix: Sequence[Sequence[float]], classes: Sequence[str], mean: bool = False
) -> list[str]:
    """Say of each true class how many of its images were recognised, and what else they became.

    ``mean``: the counts are means over runs that checked the same images, so a share of them has
    no interval of its own.
    """
    return [_read_row(row, place, classes, mean) for place, row in enumerate(matrix)]


def _read_row(row: Sequence[float], place: int, classes: Sequence[str], mean: bool) -> str:
    name, total, hits = class_title(classes[place]), sum(row), row[place]
    if not total:
        return f"No validation image is **{name}**."
    share = percent(hits / total, *(() if mean else wilson(hits, total)))
    sentence = (
        f"Of **{count_words(total)}** images of **{name}**, **{count_words(hits, mean)}** were "
        f"recognised{' on average' if mean else ''}: {share}"
    )
    others = sorted(
        ((count, class_title(classes[i])) for i, count in enumerate(row) if i != place and count),
        reverse=True,
    )
    if not others:
        return f"{sentence}. None was taken for anything else."
    count, other = others[0]
    verb = "was" if count == 1 and not mean else "were"
    taken = [f"{count_words(count, mean)} {verb} taken for {other}"]
    taken += [f"{count_words(count, mean)} for {other}" for count, other in others[1:]]
    return f"{sentence}. {', '.join(taken)}."
