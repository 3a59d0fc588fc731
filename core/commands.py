"""The commands of `python -m core`: what each one takes, does and answers.

Holds one function per command and their table. Every command calls the engine that the dashboard
calls; how arguments are parsed and answers printed stands in ``core.__main__``.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import runs
from core.errors import UserError
from core.settings import Settings, read_settings
from core.terminal import ProgressLine

Answer = tuple[dict, int]


def show_catalog(chosen: argparse.Namespace) -> Answer:
    """Read the collections and count what takes part and what does not, by reason."""
    from core.data.summaries import read_summary

    with ProgressLine() as progress:
        summary = read_summary(read_settings(), chosen.cohort, chosen.labels, progress)
    _print_counts(chosen, summary)
    return summary, 0


def train(chosen: argparse.Namespace) -> Answer:
    """Queue one run, follow it to its end and answer with its metrics."""
    from core.training.config import configure
    from core.training.jobs import submit

    settings = read_settings()
    changes = {
        name: getattr(chosen, name)
        for name in ("cohort", "labels", "weights", "limit", "seed", "image_size")
        if getattr(chosen, name) is not None
    }
    if chosen.split:
        changes["split"] = {"by": chosen.split, "seed": chosen.seed or 0}
    for assignment in chosen.set:
        _assign(changes, assignment)
    config = configure(chosen.backbone, chosen.recipe, **changes)
    (run,) = submit([config], settings)
    print(f"run {run.id}", file=sys.stderr)
    run = _follow(run, settings)
    answer = describe(run) | {"config": run.config}
    if not chosen.json and run.state == runs.FINISHED:
        metrics = answer["metrics"]
        print(
            f"{run.id}: accuracy {metrics['accuracy']:.3f}, balanced accuracy "
            f"{metrics['balanced_accuracy']:.3f} on {answer['n_validation']} images"
        )
    if run.state != runs.FINISHED:
        print(f"error: {run.status.get('message') or run.state}", file=sys.stderr)
    if run.state == runs.FINISHED:
        return answer, 0
    return answer, 2 if run.status.get("fault") == "user" else 1


def list_all(chosen: argparse.Namespace) -> Answer:
    """List the runs, newest first, or show, stop or delete one."""
    settings = read_settings()
    if chosen.stop:
        runs.request_stop(runs.read_run(settings.runs, chosen.stop))
    if chosen.delete:
        runs.delete_run(runs.read_run(settings.runs, chosen.delete))
    if chosen.show:
        run = runs.read_run(settings.runs, chosen.show)
        answer = describe(run) | {"config": run.config}
        if not chosen.json:
            print(json.dumps(answer, indent=1))
        return answer, 0
    listed = [describe(run) for run in runs.list_runs(settings.runs)]
    if not chosen.json:
        for row in listed:
            score = row["metrics"].get("balanced_accuracy")
            shown = f"balanced accuracy {score:.3f}" if score is not None else row["message"]
            print(f"{row['run']}  {row['status']:<11} {shown}")
        if not listed:
            print("No runs yet; start one with `python -m core train`.")
    return {"runs": listed}, 0


def predict_image(chosen: argparse.Namespace) -> Answer:
    """Predict one image with a finished run, and save where the network looked."""
    from core.files import whole_file
    from core.inference.predictor import predict

    settings = read_settings()
    if chosen.out and not chosen.explain:
        raise UserError("--out needs --explain: there is no map to save without it.")
    run = runs.read_run(settings.runs, chosen.run_id)
    prediction = predict(
        run,
        Path(chosen.image),
        settings,
        explain=chosen.explain or "",
        explained_class=chosen.of or "",
    )
    answer = {
        "run": run.id,
        "class": prediction.predicted,
        "probabilities": prediction.probabilities,
        "explanation": None,
        "synthetic": bool(run.metrics().get("synthetic", False)),
        "warning": "Research and teaching only, not for diagnosis.",
    }
    if prediction.explanation:
        answer["explanation"] = {
            "method": prediction.explanation,
            "class": prediction.explained_class,
            "layer": prediction.layer,
            "note": prediction.note,
            "out": chosen.out,
        }
    if chosen.out:
        import cv2

        from core.inference.overlay import overlay

        blended = overlay(prediction.pixels, prediction.heat, 0.5)
        if Path(chosen.out).suffix.lower() not in (".png", ".jpg", ".jpeg"):
            raise UserError(f"--out {chosen.out}: end it in .png or .jpg.")
        with whole_file(Path(chosen.out)) as temporary:
            cv2.imwrite(str(temporary), cv2.cvtColor(blended, cv2.COLOR_RGB2BGR))
    if not chosen.json:
        for name, probability in prediction.probabilities.items():
            print(f"{name:<14} {probability:6.1%}")
        print(answer["warning"])
    return answer, 0


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
    """Execute one queued run in this process (the worker starts this)."""
    from core.engine import execute

    settings = read_settings()
    finished = execute(runs.read_run(settings.runs, chosen.run_id), settings)
    return {"finished": finished}, 0 if finished else 1


def describe(run: runs.Run) -> dict:
    """One run as a plain object: run, status, message, metrics and the counts beside them."""
    metrics = run.metrics()
    beside = ("n_training", "n_validation", "overlap_patients", "overlap_images", "synthetic")
    return {
        "run": run.id,
        "status": run.state,
        "message": run.problem or run.status.get("message", ""),
        "backbone": run.config.get("backbone"),
        "recipe": run.config.get("recipe"),
        **{name: metrics.get(name) for name in beside},
        "metrics": metrics,
    }


def _follow(run: runs.Run, settings: Settings) -> runs.Run:
    from core.training.jobs import wait

    with ProgressLine() as progress:

        def report(now: runs.Run) -> None:
            status = now.status
            if now.state == runs.QUEUED:
                progress("Waiting for the worker", 0, 1)
            elif now.state == runs.RUNNING and "phase" in status:
                progress(status["phase"], status["step"], status["steps"])

        try:
            return wait(run, settings, report)
        except KeyboardInterrupt:
            runs.request_stop(runs.read_run(settings.runs, run.id))
            print("\nStopping at the next batch ...", file=sys.stderr)
            return wait(run, settings, report)


def _assign(changes: dict, assignment: str) -> None:
    name, equals, text = assignment.partition("=")
    if not equals:
        raise UserError(f"--set {assignment}: write it as field=value, for example head.units=64.")
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    *outer, last = name.split(".")
    for part in outer:
        changes = changes.setdefault(part, {})
    changes[last] = value


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


def _data_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cohort", help="which rows take part: paper or all")
    parser.add_argument("--labels", help="label scheme: paper3, four, pneumonia2 or covid2")


def _catalog_arguments(parser: argparse.ArgumentParser) -> None:
    _data_arguments(parser)
    parser.set_defaults(cohort="paper", labels="paper3")


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--recipe", default="quick")
    _data_arguments(parser)
    parser.add_argument("--split", choices=("image", "patient"))
    parser.add_argument("--seed", type=int, help="of weights, batches and split")
    parser.add_argument("--weights", help="imagenet, none, or a file")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--limit", type=int, help="only this many images, for a rehearsal")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE",
        help="any other field of config.json, for example head.units=64",
    )  # fmt: skip


def _runs_arguments(parser: argparse.ArgumentParser) -> None:
    for name in ("show", "stop", "delete"):
        parser.add_argument(f"--{name}", metavar="RUN")


def _predict_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", dest="run_id", required=True, metavar="RUN")
    parser.add_argument("image")
    parser.add_argument("--explain", help="gradcam")
    parser.add_argument("--of", metavar="CLASS", help="class to explain; default: the predicted")
    parser.add_argument("--out", metavar="FILE", help="where to save the map, as .png or .jpg")


def _fetch_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("collection", choices=("kermany", "cohen"))
    parser.add_argument("--to", default="data", metavar="FOLDER")


def _execute_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id")


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
        ("catalog", _catalog_arguments, show_catalog),
        ("train", _train_arguments, train),
        ("runs", _runs_arguments, list_all),
        ("predict", _predict_arguments, predict_image),
        ("fetch", _fetch_arguments, fetch_collection),
        ("worker", lambda parser: None, work_queue),
        ("execute", _execute_arguments, execute_run),
    )
)
