"""What an answer of a network was, where it was wrong: the class it stands for most often instead.

Holds ``confused_with``, counted over a run's own validation images. The whole matrix stands in
``core.evaluation.metrics``.
"""

from dataclasses import dataclass

import pandas as pd

from core.charts.theme import CLASS_TITLES
from core.evaluation.statistics import wilson


@dataclass(frozen=True)
class ConfusedWith:
    """How often the answer ``answer`` was really another class.

    ``n`` counts the validation images that got this answer, ``wrong`` those of another class;
    ``other`` is the most frequent of these classes ("" without one), ``count`` how many of the n it
    has, ``interval`` Wilson's 95 % interval [low, high] of count / n, images taken as independent
    (of wrong / n where nothing was wrong); None when n is 0.
    """

    answer: str
    n: int
    wrong: int
    other: str
    count: int
    interval: list[float] | None

    @property
    def sentence(self) -> str:
        """The same in plain words, with n and the interval."""
        answer = _title(self.answer)
        if not self.n:
            return (
                f"This network called none of its validation images {answer}, so how often that "
                "answer is wrong is undefined."
            )
        low, high = self.interval
        doubt = f"95 % interval {100 * low:.1f} to {100 * high:.1f} %"
        images = f"{self.n:,} validation image{'s' if self.n > 1 else ''}"
        if not self.wrong:
            return (
                f"When this network says {answer}, it was right in all of {images} (wrong in 0 %, "
                f"{doubt})."
            )
        return (
            f"When this network says {answer}, it was really {_title(self.other)} in "
            f"{self.count:,} of {images} ({100 * self.count / self.n:.1f} %, {doubt}), its most "
            "frequent mistake."
        )


def confused_with(cases: pd.DataFrame, answer: str) -> ConfusedWith:
    """What the ``answer``, a class, was mistaken for most in a run's ``cases``.

    ``cases`` are those of ``core.evaluation.cases.run_cases``. Of classes equally often mistaken
    the first by name counts.
    """
    truths = cases.loc[cases["predicted"] == answer, "label"]
    others = truths[truths != answer].value_counts().sort_index()
    n, wrong = len(truths), int(others.sum())
    other = str(others.idxmax()) if wrong else ""
    count = int(others.max()) if wrong else 0
    return ConfusedWith(answer, n, wrong, other, count, wilson(count, n))


def _title(name: str) -> str:
    return CLASS_TITLES.get(name, name)
