"""Where somebody stands with this installation: data, runs, weights, computer, the next step.

Holds what the Home page says, without the page. It looks and never loads: no image is decoded,
nothing is downloaded and Keras stays out. It trusts no file of a run.
"""

from dataclasses import dataclass

from core import run_requests, runs
from core.demonstration import DEMONSTRATION
from core.models.backbones import BACKBONES
from core.models.weights import local_imagenet
from core.run_files import interval, number, whole
from core.settings import Settings
from core.training.gpus import find_gpus, names
from core.undefined_scores import why_undefined
from core.words import percent

STUDY = "Demonstration"


@dataclass(frozen=True)
class Device:
    """What runs compute on: ``kind`` in a word or two, and a sentence on what to expect."""

    kind: str
    sentence: str


NO_GPU = Device(
    "No GPU found",
    "TinyCNN, a small network for teaching, and the quick recipe, which trains the last layers "
    "alone, suit this computer; fine-tuning a large network takes hours, the paper's recipe days.",
)
WITH_GPU = "The paper's recipe is a matter of hours with it, not of days."
ADD_GPU = "`pip install -r requirements-gpu.txt` lets runs use it."


@dataclass(frozen=True)
class Standing:
    """Counts and sentences for the Home page; ``by_class`` in the order of the paper's classes.

    ``images`` take part in the paper's cohort, ``placeable`` in the cohort of all.
    ``weights`` names the backbones whose ImageNet weights lie on this computer, of ``wanted`` that
    have any.
    """

    images: int
    placeable: int
    synthetic: bool
    by_class: dict[str, int]
    finished: int
    active: int
    interrupted: int
    unfinished: int
    weights: tuple[str, ...]
    wanted: int
    device: Device


@dataclass(frozen=True)
class Step:
    """What to do next: a sentence, and the page that does it, with the words of the link.

    ``page`` is empty when the study button on the same page is the step.
    """

    sentence: str
    page: str = ""
    link: str = ""


def take_stock(
    counts: dict, placeable: int, all_runs: list[runs.Run], settings: Settings
) -> Standing:
    """Say what is there. ``counts`` as ``catalog.summarise`` gives them, for the paper's cohort.

    ``placeable`` is the number of images in the cohort of all; ``all_runs`` come newest first, as
    ``runs.list_runs`` gives them.
    """
    with_weights = [row for row in BACKBONES.values() if row.weights_url]
    return Standing(
        images=counts["images"],
        placeable=placeable,
        synthetic=counts["synthetic"],
        by_class=counts["by_class"],
        finished=sum(run.state == runs.FINISHED for run in all_runs),
        active=sum(run.state in runs.ACTIVE for run in all_runs),
        interrupted=sum(run.state == runs.INTERRUPTED and not run.problem for run in all_runs),
        unfinished=sum(run.state in (runs.FAILED, runs.INTERRUPTED) for run in all_runs),
        weights=tuple(row.name for row in with_weights if local_imagenet(row, settings)),
        wanted=len(with_weights),
        device=find_device(all_runs),
    )


def next_step(standing: Standing) -> Step:
    """The one thing to do now."""
    if standing.active:
        return Step("A run is at work. Watch it learn.", "training", "Open Training")
    if standing.interrupted:
        runs_were = (
            "A run was" if standing.interrupted == 1 else f"{standing.interrupted} runs were"
        )
        return Step(
            f"{runs_were} interrupted. Resume where the last checkpoint stands.",
            "training",
            "Resume on Training",
        )
    if standing.finished > 1:
        return Step(
            "You have runs to compare. See which network reads best, and how sure that is.",
            "comparison",
            "Open Comparison",
        )
    if standing.finished:
        return Step(
            "One run is finished. A comparison needs a second one that differs in one thing.",
            "training",
            "Open Training",
        )
    if standing.unfinished:
        return Step("The last run did not finish. Its page says why.", "training", "Open Training")
    return Step("Run the demonstration study: three short runs, and a comparison to read.")


def latest_study(all_runs: list[runs.Run]) -> list[runs.Run]:
    """Runs of the demonstration study that was started last, in the order they are trained."""
    own = [run for run in all_runs if run.config.get("study") == STUDY]
    return own[: len(DEMONSTRATION)][::-1]


def find_device(all_runs: list[runs.Run]) -> Device:
    """What runs compute on: what the newest run met, else what this computer says it has."""
    gpus = find_gpus()
    for run in all_runs:
        if used := str(run.status.get("device") or ""):
            met = f"The newest run used {used}."
            if "no GPU" not in used:
                return Device("GPU in use", f"{met} {WITH_GPU}")
            if gpus:
                return Device("GPU not used", f"{met} This computer has {names(gpus)}. {ADD_GPU}")
            return Device("No GPU used", f"{met} {NO_GPU.sentence}")
    if gpus:
        found = f"{names(gpus)}. The first run tells whether Keras can use it."
        return Device("GPU found", f"{found} {WITH_GPU}")
    return NO_GPU


def progress_of(run: runs.Run) -> tuple[float, str]:
    """How far a run has come: a share 0..1 of its present phase, and a sentence without an end."""
    status = run.status
    if run.state == runs.QUEUED:
        return 0.0, "stopping" if run_requests.stop_requested(run) else "waiting its turn"
    if run.state == runs.FINISHED:
        return 1.0, _result(run)
    if run.state != runs.RUNNING:
        return 0.0, f"{run.state}. {status.get('message', '')}".strip()
    done, total = whole(status.get("step") or 0), whole(status.get("steps"))
    words = str(status.get("phase") or "Starting")
    if run_requests.stop_requested(run):
        words = "Stopping at the next batch"
    elif done >= 0 and total > 1:
        words += f", {int(done):,} of {int(total):,}"
        if (left := number(status.get("seconds_left"))) >= 0:
            words += f", {duration(left)} left"
    return (min(done / total, 1.0) if done >= 0 and total > 0 else 0.0), words


def duration(seconds: float) -> str:
    """Seconds in words: 42 s, 3 min 05 s, 2 h 10 min."""
    seconds = round(max(0.0, seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


def _result(run: runs.Run) -> str:
    metrics = run.metrics()
    score = number(metrics.get("balanced_accuracy"))
    if not 0 <= score <= 1:
        reasons = why_undefined(metrics, "balanced_accuracy")
        why = f": balanced accuracy undefined. {' '.join(reasons)}" if reasons else ""
        return f"finished{why}"
    words = f"finished: balanced accuracy {percent(score)}"
    intervals = metrics.get("ci95") if isinstance(metrics.get("ci95"), dict) else {}
    low, high = interval(intervals.get("balanced_accuracy"))
    if low <= high:
        words += f" (95 % interval {100 * low:.1f} to {100 * high:.1f})"
    n = whole(metrics.get("n_validation"))
    return f"{words}, n = {f'{n:,.0f}' if n >= 0 else 'not known'}"
