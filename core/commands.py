"""The commands of `python -m core`: what each one does and answers.

Holds one function per command and their table. Every command calls the engine that the dashboard
calls; what the commands take stands in ``core.arguments``; those with more to them have modules of
their own, whose names end in ``command`` or ``commands``; how answers are printed stands in
``core.__main__``.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import arguments, run_requests, runs
from core.answers import Answer, describe, exit_code
from core.baseline_command import trivial_baselines
from core.chosen_configs import chosen_config
from core.compare_command import compare
from core.follow_command import follow_patient
from core.following import follow
from core.measurement_commands import measure_lung_heat, test_for_cheating
from core.predict_command import predict_images
from core.questions_command import questions
from core.range_command import find_learning_rate
from core.report_command import report
from core.run_files import number
from core.settings import read_settings
from core.study_commands import study
from core.terminal import ProgressLine
from core.words import fraction


def show_catalog(chosen: argparse.Namespace) -> Answer:
    """Read the collections and count what takes part and what does not, by reason."""
    from core.data.summaries import read_summary

    with ProgressLine() as progress:
        summary = read_summary(read_settings(), chosen.cohort, chosen.labels, progress)
    _print_counts(chosen, summary)
    return summary, 0


def train(chosen: argparse.Namespace) -> Answer:
    """Queue one run, follow it to its end and answer with its metrics."""
    from core.training.jobs import submit

    settings = read_settings()
    (run,) = submit([chosen_config(chosen)], settings)
    print(f"run {run.id}", file=sys.stderr)
    run = follow(run, settings)
    answer = describe(run) | {"config": run.config}
    if not chosen.json and run.state == runs.FINISHED:
        metrics = answer["metrics"]
        print(
            f"{run.id}: accuracy {fraction(metrics['accuracy'])}, balanced accuracy "
            f"{fraction(metrics['balanced_accuracy'])} on {answer['n_validation']} images"
        )
        for sentence in metrics["undefined"]:
            print(sentence)
    return answer, exit_code([run])


def list_all(chosen: argparse.Namespace) -> Answer:
    """List the runs, newest first, or show, stop or delete one (a test or measurement, too)."""
    from core.training.jobs import measurements_of

    settings = read_settings()
    if chosen.stop:
        run_requests.request_stop(runs.find_run(settings.queues, chosen.stop))
    if chosen.delete:
        run = runs.find_run(settings.queues, chosen.delete)
        for job in (*measurements_of(run, settings), run):
            run_requests.delete_run(job)
    if chosen.show:
        run = runs.find_run(settings.queues, chosen.show)
        answer = describe(run) | {"config": run.config}
        if not chosen.json:
            print(json.dumps(answer, indent=1))
        return answer, 0
    listed = [describe(run) for run in runs.list_runs(settings.runs)]
    if not chosen.json:
        for row in listed:
            scored, shown = row["metrics"], row["message"]
            if "balanced_accuracy" in scored:
                shown = f"balanced accuracy {fraction(number(scored['balanced_accuracy']))}"
            print(f"{row['run']}  {row['status']:<11} {shown}")
        if not listed:
            print("No runs yet; start one with `python -m core train`.")
    return {"runs": listed}, 0


def fetch_collection(chosen: argparse.Namespace) -> Answer:
    """Download one public collection; an interrupted download goes on where it stopped."""
    from core.data.fetch import fetch

    with ProgressLine() as progress:
        folder = fetch(chosen.collection, Path(chosen.to), progress)
    print(f"Now set CHESTBENCH_DATA={Path(chosen.to).resolve()}", file=sys.stderr)
    return {"collection": chosen.collection, "folder": str(folder)}, 0


def work_queue(chosen: argparse.Namespace) -> Answer:
    """Take queued runs until none is left (the dashboard and `train` start this by themselves)."""
    from core.training.worker import work

    work(read_settings())
    return {}, 0


def execute_run(chosen: argparse.Namespace) -> Answer:
    """Execute one queued or interrupted run in this process (the worker starts this)."""
    from core.engine import execute, execute_in_turn
    from core.training.worker import end_with_worker

    settings = read_settings()
    run = runs.find_run(settings.queues, chosen.run_id)
    if chosen.for_worker:
        end_with_worker()
        finished = execute_in_turn(run, settings)
    else:
        finished = execute(run, settings)
    return {"finished": finished}, 0 if finished else 1


def _print_counts(chosen: argparse.Namespace, summary: dict) -> None:
    if chosen.json:
        return
    print(f"{summary['images']} images take part (cohort {chosen.cohort}, {chosen.labels}).")
    for title in ("by_class", "by_finding", "by_source", "excluded"):
        print(f"\n{title.replace('_', ' ')}")
        for name, count in summary[title].items():
            print(f"  {name:<44} {count:6d}")
    if summary["synthetic"]:
        print("\nSYNTHETIC demonstration set; set CHESTBENCH_DATA to use real images.")


@dataclass(frozen=True)
class Command:
    """One command: its name, a sentence, what it takes, and what it does."""

    name: str
    sentence: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Answer]


COMMANDS = tuple(
    Command(name, run.__doc__, add_arguments, run)
    for name, add_arguments, run in (
        ("catalog", arguments.catalog_arguments, show_catalog),
        ("train", arguments.train_arguments, train),
        ("study", arguments.study_arguments, study),
        ("lr-range", arguments.range_arguments, find_learning_rate),
        ("baselines", arguments.baselines_arguments, trivial_baselines),
        ("cheat-test", arguments.one_run_arguments, test_for_cheating),
        ("lung-heat", arguments.one_run_arguments, measure_lung_heat),
        ("runs", arguments.runs_arguments, list_all),
        ("compare", arguments.compare_arguments, compare),
        ("questions", arguments.compare_arguments, questions),
        ("report", arguments.report_arguments, report),
        ("predict", arguments.predict_arguments, predict_images),
        ("follow", arguments.follow_arguments, follow_patient),
        ("fetch", arguments.fetch_arguments, fetch_collection),
        ("worker", lambda parser: None, work_queue),
        ("execute", arguments.execute_arguments, execute_run),
    )
)
