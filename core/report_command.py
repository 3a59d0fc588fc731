"""The command `report`: one HTML file about a study or about some runs.

Holds what the command does and answers; what it takes stands in ``core.arguments``, what the file
says in ``core.evaluation.report``.
"""

import argparse
import sys
from pathlib import Path

from core.answers import Answer
from core.compare_command import chosen_runs
from core.errors import UserError
from core.files import whole_file
from core.settings import read_settings
from core.terminal import ProgressLine


def report(chosen: argparse.Namespace) -> Answer:
    """Write everything known of a study or of some runs into one HTML file."""
    from core.evaluation.report import write_report
    from core.evaluation.report_facts import gather

    path = Path(chosen.out)
    if path.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--out {chosen.out}: end it in .html.")
    settings = read_settings()
    wanted = chosen_runs(chosen, settings)
    if not wanted:
        raise UserError("--runs names no run; see `python -m core runs`.")
    with ProgressLine() as progress:
        facts = gather(wanted, settings, chosen.study or "", progress)
    text = write_report(facts)
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    for sentence in facts.missing:
        print(f"missing: {sentence}", file=sys.stderr)
    answer = {
        "study": chosen.study,
        "runs": [run.id for run in facts.scored],
        "missing": list(facts.missing),
        "out": str(path),
        "megabytes": round(path.stat().st_size / 1e6, 2),
    }
    if not chosen.json:
        print(f"{path}: {len(facts.scored)} runs, {answer['megabytes']} MB")
    return answer, 0
