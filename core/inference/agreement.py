"""How far several networks agree on one image: their votes, their mean, and its spread.

Holds ``agreement``, from opinions to figures and a sentence, and ``mean_words``. How opinions
come about stands in ``core.inference.opinions``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.charts.theme import CLASS_TITLES
from core.evaluation.statistics import LEVEL
from core.evaluation.verdict import in_words
from core.inference.opinions import Opinion
from core.words import class_title, percent

NOT_PROOF = (
    "Networks that learnt from the same images make the same mistakes: that they agree does not "
    "prove them right. The interval says how far their mean could move with other networks of the "
    "same kind."
)
AGREEMENT_COLUMNS = (
    "class",
    "votes",  # networks whose answer it is
    "mean",  # probability 0..1, plain mean over the networks that count
    "low",  # 95 % interval of the mean, by Student's t, cut at 0 and 1; NaN below two networks
    "high",
    "lowest",  # of single networks
    "highest",
)


@dataclass(frozen=True)
class Agreement:
    """What ``n`` networks say together: one row per class (AGREEMENT_COLUMNS).

    ``answer`` is the class that most of them say, "" without networks or when the vote is tied;
    ``share`` the share of the n whose answer the most common one is, NaN without networks;
    ``likeliest`` the class with the highest mean probability, "" without networks; ``sentence``
    says the vote in plain words.
    """

    n: int
    table: pd.DataFrame
    answer: str
    share: float
    likeliest: str
    sentence: str


def agreement(given: Iterable[Opinion], classes: Sequence[str]) -> Agreement:
    """Put the opinions together; those that do not count (``Opinion.counts``) are left out.

    The interval says how far the mean could move with other networks of the same kind. Networks
    that learnt from the same images err together, so it is no interval of the truth.
    """
    answers = [each for each in given if each.probabilities]
    counted = [each for each in answers if each.counts]
    shares = np.array([[each.probabilities[name] for name in classes] for each in counted])
    shares = shares.reshape(len(counted), len(classes))
    votes = [sum(each.predicted == name for each in counted) for name in classes]
    table = pd.DataFrame(
        [(name, votes[i], *_spread(shares[:, i])) for i, name in enumerate(classes)],
        columns=list(AGREEMENT_COLUMNS),
    )
    n, most = len(counted), max(votes)
    winners = [name for name, count in zip(classes, votes, strict=True) if n and count == most]
    return Agreement(
        n=n,
        table=table,
        answer=winners[0] if len(winners) == 1 else "",
        share=most / n if n else np.nan,
        likeliest=str(table.loc[table["mean"].idxmax(), "class"]) if n else "",
        sentence=_sentence(n, most, winners, "that count " if len(answers) > n else ""),
    )


def mean_words(together: Agreement) -> str:
    """The class the networks hold likeliest together, with n, interval and range."""
    if not together.n:
        return "Every network is left out of the mean; the reasons stand below."
    row = together.table.set_index("class").loc[together.likeliest]
    said = f"{class_title(together.likeliest)} {percent(row['mean'])}"
    if together.n == 1:
        return f"Its probability: {said}; a mean, and its interval, need a second network."
    return (
        f"Mean probability over {together.n} networks: {said}, 95 % interval "
        f"{100 * row['low']:.1f} to {100 * row['high']:.1f}; single networks from "
        f"{100 * row['lowest']:.1f} to {100 * row['highest']:.1f}."
    )


def _spread(shares: np.ndarray) -> tuple[float, ...]:
    # Loads all of scipy.stats, which the first page of the server does without.
    from scipy.stats import sem, t

    if not len(shares):
        return (np.nan,) * 5
    mean, low, high = float(shares.mean()), np.nan, np.nan
    if len(shares) > 1:
        reach = t.ppf((1 + LEVEL) / 2, len(shares) - 1) * sem(shares)
        low, high = max(0.0, float(mean - reach)), min(1.0, float(mean + reach))
    return mean, low, high, float(shares.min()), float(shares.max())


def _sentence(n: int, most: int, winners: list[str], which: str) -> str:
    if not n:
        return "No network's answer counts here."
    titles = [CLASS_TITLES.get(name, name) for name in winners]
    says = "says" if most == 1 else "say"
    if n == 1:
        return f"The one network {which.replace('count ', 'counts ')}says {titles[0]}."
    if most == n:
        word = "Both" if n == 2 else f"All {in_words(n)}"
        return f"{word} networks {which}say {titles[0]}."
    if len(titles) > 1:
        each = ", ".join(f"{in_words(most)} {says} {title}" for title in titles)
        return f"The {in_words(n)} networks {which}do not agree: {each}."
    return f"{in_words(most).capitalize()} of {in_words(n)} networks {which}{says} {titles[0]}."
