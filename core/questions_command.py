"""The command `questions`: the paper's four questions, answered from chosen runs.

Holds what the command does and answers; what it takes stands in ``core.arguments``, the answers in
``core.evaluation.questions``.
"""

import argparse
import sys

from core import runs
from core.answers import Answer, finite
from core.compare_command import chosen_runs
from core.errors import UserError
from core.settings import read_settings
from core.terminal import ProgressLine


def questions(chosen: argparse.Namespace) -> Answer:
    """Answer the paper's four questions from finished runs, or say what is missing."""
    from core.data.catalog import load_catalog
    from core.evaluation.baseline_results import baseline_rows
    from core.evaluation.cases import run_cases, with_catalog
    from core.evaluation.compare import unusable_runs
    from core.evaluation.evidence import gather
    from core.evaluation.questions import answer_questions

    settings = read_settings()
    wanted = chosen_runs(chosen, settings)
    with ProgressLine() as progress:
        catalog = load_catalog(settings, progress)
    evidence = gather(
        wanted,
        lambda run: with_catalog(run_cases(run), catalog),
        lambda table: baseline_rows(filter(None, table["division"]), settings),
    )
    left_out = unusable_runs(wanted) | {
        run.id: f"{run.id} has not finished." for run in wanted if run.state != runs.FINISHED
    }
    if not evidence.runs:
        raise UserError(f"None of these runs can be read. {' '.join(left_out.values())}")
    for reason in left_out.values():
        print(f"left out: {reason}", file=sys.stderr)
    answers = answer_questions(evidence)
    if not chosen.json:
        for answer in answers:
            print(f"{answer.key}  {answer.question}\n     {answer.asked}")
            print(f"     {answer.verdict.upper()}: {answer.sentence}")
            for doubt in answer.doubts:
                print(f"     - {doubt}")
            print(f"     {answer.would_change}")
            print("".join(f"       {command}\n" for command in answer.commands))
    return {
        "study": chosen.study,
        "runs": [run.id for run in evidence.runs],
        "synthetic": evidence.synthetic,
        "questions": [
            {
                "key": answer.key,
                "question": answer.question,
                "asked": answer.asked,
                "verdict": answer.verdict,
                "sentence": answer.sentence,
                "doubts": list(answer.doubts),
                "would_change": answer.would_change,
                "commands": list(answer.commands),
                "numbers": _plain(answer.numbers),
            }
            for answer in answers
        ],
        "left_out": left_out,
    }, 0


def _plain(value: object) -> object:
    """``value`` as JSON can hold it: NumPy's numbers as Python's, null for what is undefined."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    value = value.item() if hasattr(value, "item") else value
    return finite(value) if isinstance(value, float) else value
