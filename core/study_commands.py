"""The command `study`: many runs that differ in one thing, started, followed, stopped and resumed.

Holds what the command does and answers; what it takes stands in ``core.arguments``, and what has
become of a study is read by ``core.studies``.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from core import run_requests, runs
from core.answers import Answer, describe, exit_code
from core.chosen_configs import chosen_study
from core.errors import UserError
from core.settings import Settings, read_settings
from core.studies import find_study, studies, study_table, what_differs
from core.terminal import ProgressLine


def study(chosen: argparse.Namespace) -> Answer:
    """Train runs that differ in one thing and follow them to their end; or list, stop, resume."""
    settings = read_settings()
    if chosen.list:
        return _list(chosen, settings)
    if chosen.stop is not None:
        name = chosen.stop
        own = find_study(name, runs.list_runs(settings.runs))
        _stop(own)
        return _answer(chosen, name, _read_again(own, settings)), 0
    if chosen.resume is not None:
        name = chosen.resume
        own = _resume(find_study(name, runs.list_runs(settings.runs)), settings)
    else:
        own = _start(chosen, settings)
        name = own[0].config["study"]
    ended = _follow(name, own, settings)
    # A run that was deleted meanwhile has not finished either.
    return _answer(chosen, name, ended), exit_code(ended) or int(len(ended) < len(own))


def _start(chosen: argparse.Namespace, settings: Settings) -> list[runs.Run]:
    from core.training.jobs import submit_study

    configs = chosen_study(chosen, runs.list_runs(settings.runs))
    with ProgressLine() as progress:
        own = submit_study(configs, settings, progress)
    print(f"study {configs[0].study}: {len(own)} runs", file=sys.stderr)
    return own


def _resume(own: Sequence[runs.Run], settings: Settings) -> list[runs.Run]:
    from core.training import jobs

    ended = [run for run in own if run.state in runs.RESUMABLE and not run.problem]
    jobs.resume(ended, settings)
    print(f"{len(ended)} of {len(own)} runs go on", file=sys.stderr)
    return _read_again(own, settings)


def _stop(own: Sequence[runs.Run]) -> None:
    # The last first: else the worker takes the next one as soon as the first has stopped.
    for run in reversed(own):
        run_requests.request_stop(run)


def _follow(name: str, own: Sequence[runs.Run], settings: Settings) -> list[runs.Run]:
    with ProgressLine() as progress:
        try:
            return _wait_for_all(name, own, settings, progress)
        except KeyboardInterrupt:
            _stop(_read_again(own, settings))
            print("\nStopping the study at the next batch ...", file=sys.stderr)
            return _wait_for_all(name, own, settings, progress)


def _wait_for_all(
    name: str, own: Sequence[runs.Run], settings: Settings, progress: ProgressLine
) -> list[runs.Run]:
    from core.training.jobs import wait

    ended: list[runs.Run] = []
    for run, words in zip(own, study_table(own)["differs"], strict=True):

        def report(now: runs.Run, words: str = words) -> None:
            doing = now.status.get("phase", "waiting for the worker")
            progress(f"Study {name}", len(ended), len(own), f"{words}: {doing}")

        try:
            ended.append(wait(run, settings, report))
        except UserError as error:
            if run.folder.exists():
                raise
            print(f"\n{error}", file=sys.stderr)
    progress(f"Study {name}", len(ended), len(own))
    return ended


def _list(chosen: argparse.Namespace, settings: Settings) -> Answer:
    listed = [
        {
            "study": name,
            "runs": [run.id for run in own],
            "states": dict(Counter(run.state for run in own)),
            "differs": what_differs(own),
        }
        for name, own in studies(runs.list_runs(settings.runs)).items()
    ]
    if not chosen.json:
        for row in listed:
            states = ", ".join(f"{count} {state}" for state, count in row["states"].items())
            print(f"{row['study']}: {states}; differ in {', '.join(row['differs']) or 'nothing'}")
        if not listed:
            print("No studies yet; start one with `python -m core study`.")
    return {"studies": listed}, 0


def _read_again(own: Sequence[runs.Run], settings: Settings) -> list[runs.Run]:
    wanted = {run.id for run in own}
    return [run for run in reversed(runs.list_runs(settings.runs)) if run.id in wanted]


def _answer(chosen: argparse.Namespace, name: str, own: Sequence[runs.Run]) -> dict:
    for row in study_table(own).itertuples():
        score = f"{row.score_is} {row.score:.3f}" if row.score_is else ""
        if not chosen.json:
            print(f"{row.run}  {row.differs:<24} {row.state:<11} {score}".rstrip())
        if row.state != runs.FINISHED and row.message:
            print(f"error: {row.differs}: {row.message}", file=sys.stderr)
    return {"study": name, "runs": [describe(run) | {"config": run.config} for run in own]}
