"""The command `compare`: is one run better than another, or does chance explain the gap?

Holds what the command does and answers; what it takes stands in ``core.arguments``, the tests in
``core.evaluation.pairs``.
"""

import argparse
import math
import sys

from core import runs
from core.answers import Answer, describe, finite
from core.errors import UserError
from core.settings import Settings, read_settings
from core.studies import find_study


def compare(chosen: argparse.Namespace) -> Answer:
    """Compare finished runs in pairs, on the validation images they share."""
    from core.evaluation.common_images import read_answers
    from core.evaluation.pairs import pairs_table, probability_best
    from core.evaluation.verdict import verdict

    compared = chosen_runs(chosen, read_settings())
    answers, left_out = read_answers(compared)
    for reason in left_out.values():
        print(f"left out: {reason}", file=sys.stderr)
    if len(answers) < 2:
        reasons = "".join(f" {reason}" for reason in left_out.values())
        raise UserError(f"A comparison needs two finished runs, here is {len(answers)}.{reasons}")
    table = pairs_table(answers)
    if not table["n_common"].any():
        raise UserError(table["reason"].iloc[0])
    best, sentences = probability_best(answers), verdict(table)
    by_id = {run.id: run for run in compared}
    answer = {
        "study": chosen.study,
        "runs": [describe(by_id[own.run]) | {"name": own.name} for own in answers],
        "pairs": [_pair(row) for row in table.to_dict("records")],
        "probability_best": {
            row.run: finite(row.probability) for row in best.table.itertuples(index=False)
        },
        "probability_best_n": best.n,
        "probability_best_note": best.reason,
        "left_out": left_out,
        "verdict": " ".join(sentences),
    }
    if not chosen.json:
        print("\n".join([*sentences, *filter(None, [best.reason])]))
        likely = best.table.dropna().sort_values("probability", ascending=False)
        for row in likely.itertuples():
            print(f"best in {row.probability:6.1%} of resamples of {best.n:,} images: {row.name}")
    return answer, 0


def chosen_runs(chosen: argparse.Namespace, settings: Settings) -> list[runs.Run]:
    """The runs that --study or --runs names; raises UserError for one that is not there."""
    if chosen.study is None:
        wanted = dict.fromkeys(name.strip() for name in chosen.runs.split(",") if name.strip())
        return [runs.read_run(settings.runs, identifier) for identifier in wanted]
    return find_study(chosen.study, runs.list_runs(settings.runs))


def _pair(row: dict) -> dict:
    return {
        "a": row["run_a"],
        "b": row["run_b"],
        "n": row["n_common"],
        "difference": finite(row["difference"]),
        "ci95": _interval(row["low"], row["high"]),
        "accuracy_difference": finite(row["accuracy_difference"]),
        "accuracy_ci95": _interval(row["accuracy_low"], row["accuracy_high"]),
        "only_a_right": row["only_a"],
        "only_b_right": row["only_b"],
        "p_mcnemar": finite(row["p_mcnemar"]),
        "p_holm": finite(row["p_holm"]),
        "mcnemar": "exact" if row["exact"] else "with continuity correction",
        "finding": row["finding"],
        "note": row["reason"],
    }


def _interval(low: float, high: float) -> list[float] | None:
    return None if math.isnan(low) else [low, high]
