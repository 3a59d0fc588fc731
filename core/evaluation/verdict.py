"""What paired comparisons come to, in plain words: of one pair, and of all of them together.

Holds sentences alone; the figures they say are those of ``core.evaluation.pairs``.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.evaluation.pairs import BETTER, CHANCE, UNCLEAR, UNDEFINED
from core.evaluation.statistics import LEVEL

# More groups of better and worse runs than these are left to the table.
MOST_GROUPS = 3
# As many pairs are named one by one.
MOST_NAMED = 3
NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SWAPPED = {"run_a": "run_b", "name_a": "name_b", "only_a": "only_b"}
_SWAPPED |= {second: first for first, second in _SWAPPED.items()}


def in_words(number: int) -> str:
    """A count as a sentence says it: "seven", and figures from ten on."""
    return NUMBER_WORDS[number] if number < len(NUMBER_WORDS) else f"{number:,}"


def better_first(table: pd.DataFrame) -> pd.DataFrame:
    """The table of pairs, each turned so that a has the higher score: no difference below zero."""
    flipped = table["difference"] < 0
    turned = table.rename(columns=_SWAPPED)[table.columns]
    for prefix in ("", "accuracy_"):
        turned[f"{prefix}difference"] = -table[f"{prefix}difference"]
        turned[f"{prefix}low"] = -table[f"{prefix}high"]
        turned[f"{prefix}high"] = -table[f"{prefix}low"]
    return table.where(~flipped, turned)


def pair_sentence(row: pd.Series) -> str:
    """One row of ``pairs_table`` in a sentence; ``reason`` is left to stand beside it.

    Of a pair that was not compared it is the reason, with both names before it.
    """
    if row["finding"] == UNDEFINED:
        who = "" if _says_who(row) else f"{_both(row)} cannot be compared. "
        return f"{who}{row['reason']}"
    (row,) = better_first(row.to_frame().T.infer_objects()).to_dict("records")
    a, b, gap = row["name_a"], row["name_b"], _gap(row)
    if row["finding"] == BETTER:
        return f"{a} is better than {b}, by {gap}."
    if row["finding"] == CHANCE:
        return f"Between {a} and {b} chance explains the gap of {gap}."
    if not row["low"] > 0:
        doubt = "is no clear difference, though McNemar's test finds one in accuracy"
    elif row["p_holm"] < 1 - LEVEL:
        doubt = "goes against McNemar's test, which finds the other one better in accuracy"
    else:
        doubt = "is not confirmed by McNemar's test, corrected for all pairs"
    return f"The lead of {a} over {b}, {gap}, {doubt}: not settled."


def verdict(table: pd.DataFrame) -> list[str]:
    """Sentences on all rows of ``pairs_table`` together, the most important first."""
    defined = better_first(table[table["finding"] != UNDEFINED])
    if len(table) == 1:
        where = f"{_where(defined)} " if len(defined) else ""
        sentence = pair_sentence(table.iloc[0])
        # Names keep their capital; the words that open a sentence do not.
        for opening in ("Between ", "The lead "):
            if where and sentence.startswith(opening):
                sentence = opening.lower() + sentence.removeprefix(opening)
        return [where + sentence]
    sentences = []
    if len(defined):
        better = defined[defined["finding"] == BETTER]
        sentences += [*_groups(better, _where(defined)), *_rest(defined)]
    undefined = table[table["finding"] == UNDEFINED]
    named = [_says_who(row) for _, row in undefined.iterrows()]
    for _, rows in undefined.groupby(named, sort=False):
        more = len(rows) - 1
        others = f" The same holds for {_count(more, 'more pair')}." if more else ""
        first = rows.iloc[0]
        who = "" if _says_who(first) else f"{_both(first)}. "
        sentences.append(f"Not compared: {who}{first['reason']}{others}")
    return sentences


def _says_who(row: pd.Series) -> bool:
    """Whether the reason of a pair begins with the name of its first run."""
    return row["reason"].startswith(row["name_a"])


def _both(row: pd.Series) -> str:
    return _list([row["name_a"], row["name_b"]])


def _groups(better: pd.DataFrame, where: str) -> list[str]:
    """Who beats whom; runs that beat the same others are said in one breath."""
    if better.empty:
        return [f"{where} no run is better than another beyond chance."]
    worse = better.groupby("name_a", sort=False)["name_b"].agg(tuple).map(sorted).map(tuple)
    groups = sorted(
        ((list(names.index), beaten) for beaten, names in worse.groupby(worse, sort=False)),
        key=lambda group: (-len(group[1]), group[0]),
    )
    said = [
        f"{_list(winners)} {'is' if len(winners) == 1 else 'are each'} better than {_list(beaten)}"
        for winners, beaten in groups[:MOST_GROUPS]
    ]
    left = sum(len(winners) * len(beaten) for winners, beaten in groups[MOST_GROUPS:])
    if left:
        said.append(f"{_count(left, 'more pair')} {'differ' if left > 1 else 'differs'} too")
    return [f"{where} {'; '.join(said)}."]


def _rest(defined: pd.DataFrame) -> list[str]:
    chance = defined[defined["finding"] == CHANCE]
    unclear = defined[defined["finding"] == UNCLEAR]
    said = []
    if len(chance) == len(defined):
        said.append("Chance explains every gap.")
    elif len(chance):
        said.append(f"{_between(chance, len(defined))} chance explains the gap.")
    if len(unclear):
        said.append(f"{_between(unclear, len(defined))} test and interval disagree: not settled.")
    return said


def _between(rows: pd.DataFrame, all_pairs: int) -> str:
    if len(rows) > MOST_NAMED:
        return f"In {len(rows):,} of {all_pairs:,} pairs"
    pairs = [f"between {a} and {b}" for a, b in zip(rows["name_a"], rows["name_b"], strict=True)]
    words = _list(pairs)
    return words[0].upper() + words[1:]


def _where(defined: pd.DataFrame) -> str:
    low, high = defined["n_common"].min(), defined["n_common"].max()
    if low == high:
        return f"On these {low:,} images"
    return f"On the {low:,} to {high:,} images that each two runs share"


def _gap(row: dict) -> str:
    # "z": nought has no minus, however it was rounded.
    points = f"{100 * row['difference']:z.1f} points of balanced accuracy"
    if np.isnan(row["low"]):
        return points
    return f"{points} (95 % interval {100 * row['low']:z.1f} to {100 * row['high']:z.1f})"


def _count(number: int, thing: str) -> str:
    return f"{in_words(number)} {thing}{'' if number == 1 else 's'}"


def _list(words: Sequence[str]) -> str:
    *most, last = words
    # Names of repeated runs have commas of their own.
    mark = "; " if any(", " in word for word in words) else ", "
    return f"{mark.join(most)} and {last}" if most else last
