"""What the paper's four questions are answered from, and the shape of an answer.

Holds ``Evidence``, the chosen runs with what they answered image by image, ``QuestionAnswer``, and
what several answers have in common. The questions stand in ``outperform``, ``screening``,
``attained`` and ``tracking``, all together in ``core.evaluation.questions``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from core.data.labels import LABEL_SCHEMES
from core.errors import UserError
from core.evaluation.compare import comparison_table
from core.evaluation.split_setups import PATIENT
from core.evaluation.spread import repeats
from core.runs import FINISHED, Run
from core.words import counted, listed

YES, NO, NOT_SETTLED, CANNOT = "yes", "no", "not settled", "cannot be answered"
COVID19 = "covid19"

SYNTHETIC = (
    "These runs read drawn images (SYNTHETIC): whatever they show holds for drawings, and says "
    "nothing about real lungs."
)
FROZEN = (
    "Only the last layers were trained, and what lies before them kept the weights it began with "
    "(recipe {recipe}); the paper trained its networks whole."
)
RANDOM_WEIGHTS = (
    "Only the last layers were trained, on a network of random weights: a rehearsal, which says "
    "nothing of what a network could learn."
)
LIMITED = "Only {limit:,} images took part (a limit), a rehearsal: with all of them scores differ."


@dataclass(frozen=True)
class Evidence:
    """The chosen finished runs of one label scheme.

    ``table`` is their ``comparison_table``; ``cases`` holds, by the run's identifier, its rows of
    ``cases.with_catalog``; ``baselines`` are rows of ``baseline_results.baseline_rows`` for their
    divisions.
    """

    runs: tuple[Run, ...]
    table: pd.DataFrame
    cases: Mapping[str, pd.DataFrame]
    baselines: pd.DataFrame

    @property
    def real(self) -> pd.DataFrame:
        """Rows of the runs that read real images, or of all where none did."""
        real = self.table[~self.table["synthetic"]]
        return real if len(real) else self.table

    @property
    def synthetic(self) -> bool:
        """Whether no run read real images."""
        return bool(len(self.table)) and bool(self.table["synthetic"].all())

    @property
    def positive(self) -> str:
        """The class that images with COVID-19 belong to; empty when there is no run."""
        scheme = LABEL_SCHEMES.get(self.table["labels"].iloc[0]) if len(self.table) else None
        return scheme.class_of[COVID19] if scheme else ""


@dataclass(frozen=True)
class QuestionAnswer:
    """One question answered: ``verdict`` is YES, NO, NOT_SETTLED or CANNOT, on ``asked``.

    ``question`` is the paper's, ``asked`` what is asked of these runs so that yes and no mean
    something. ``sentence`` has the figures, or what is missing; ``doubts`` what belongs beside
    them; ``would_change`` what would change the answer, with ``commands`` that make it. ``numbers``
    holds the figures as plain values (NaN where undefined), ``tables`` what charts draw.
    ``in_short`` says the verdict where yes and no would not, ``figure`` the one that was asked for;
    both are empty where the verdict is enough.
    """

    key: str
    question: str
    asked: str
    verdict: str
    sentence: str
    doubts: tuple[str, ...] = ()
    would_change: str = ""
    commands: tuple[str, ...] = ()
    numbers: dict = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    in_short: str = ""
    figure: str = ""


def gather(
    runs: Sequence[Run],
    read: Callable[[Run], pd.DataFrame],
    baselines: Callable[[pd.DataFrame], pd.DataFrame],
) -> Evidence:
    """The evidence of the finished and usable ones of ``runs``.

    ``read`` gives what a run answered with the catalog's columns, as ``cases.with_catalog``;
    ``baselines`` the rows of trivial baselines for a comparison table. Raises UserError when the
    runs have different label schemes.
    """
    finished = [run for run in runs if run.state == FINISHED]
    table = comparison_table(finished)
    schemes = sorted(table["labels"].unique())
    if len(schemes) > 1:
        raise UserError(
            f"These runs name different classes (label schemes {listed(schemes)}) and answer "
            "different questions; choose runs of one label scheme."
        )
    usable = tuple(run for run in finished if run.id in set(table["run"]))
    cases = {run.id: read(run) for run in usable}
    return Evidence(usable, table, cases, baselines(table))


def unless_drawn(evidence: Evidence, decided: str, sentence: str) -> tuple[str, str]:
    """Verdict and sentence as they are, or CANNOT and the reason first where no image was real."""
    return (CANNOT, f"{SYNTHETIC} {sentence}") if evidence.synthetic else (decided, sentence)


def setups(table: pd.DataFrame) -> pd.DataFrame:
    """Runs of ``table`` taken together with their repeats, the most believable setup first.

    One row per setup: name, runs (tuple of identifiers), split, balanced_accuracy (mean, NaN where
    it is undefined in one of the runs). Setups
    with patients kept apart come first, then by falling balanced accuracy.
    """
    group = repeats(table).set_index("run")["group"]
    named = table.assign(group=table["run"].map(group).fillna(table["name"]))
    rows = [
        {
            "name": name,
            "runs": tuple(rows["run"]),
            "split": rows["split"].iloc[0],
            "balanced_accuracy": float(rows["balanced_accuracy"].mean(skipna=False)),
        }
        for name, rows in named.groupby("group", sort=False)
    ]
    result = pd.DataFrame(rows, columns=["name", "runs", "split", "balanced_accuracy"])
    return (
        result.assign(apart=result["split"] == PATIENT)
        .sort_values(["apart", "balanced_accuracy"], ascending=False, kind="stable")
        .drop(columns="apart")
        .reset_index(drop=True)
    )


def images_of(evidence: Evidence, run_ids: Sequence[str]) -> pd.DataFrame:
    """Validation images of these runs, each once: what the catalog knows of them, and their mean.

    ``right`` is the share 0..1 of the runs that validated the image and were right, ``runs`` how
    many these are, ``flagged`` the share that took it for the class of COVID-19, and p_<class> the
    mean probability.
    """
    rows = pd.concat([evidence.cases[run] for run in run_ids], ignore_index=True)
    probabilities = {name: "mean" for name in rows.columns if name.startswith("p_")}
    rows = rows.assign(
        right=(~rows["wrong"].astype(bool)).astype(float),
        flagged=(rows["predicted"] == evidence.positive).astype(float),
        runs=1,
    )
    images = rows.groupby("id", sort=False)
    means = images.agg({"right": "mean", "flagged": "mean", "runs": "sum", **probabilities})
    first = rows.drop_duplicates("id").set_index("id").drop(columns=list(means.columns))
    return first.join(means).reset_index()


@dataclass(frozen=True)
class ImagesRead:
    """Validation images of one setup, each once, as ``images_of`` gives them.

    ``setup`` is a row of ``setups``, None without a run. ``covid19`` are the images with COVID-19
    among ``images``; where there is none, ``missing`` says why in a sentence, else it is empty.
    """

    setup: pd.Series | None
    images: pd.DataFrame
    covid19: pd.DataFrame
    missing: str


def images_read(evidence: Evidence, setup: pd.Series | None = None) -> ImagesRead:
    """What the most believable setup among the runs read, or ``setup``, a row of ``setups``."""
    available = setups(evidence.real)
    if available.empty:
        nothing = pd.DataFrame()
        return ImagesRead(None, nothing, nothing, "There is no finished run that can be read.")
    setup = available.iloc[0] if setup is None else setup
    images = images_of(evidence, setup["runs"])
    covid19 = images[images["finding"] == COVID19]
    return ImagesRead(setup, images, covid19, _no_covid19(images) if covid19.empty else "")


def _no_covid19(images: pd.DataFrame) -> str:
    """Why ``images`` hold no COVID-19 image that could be read, in a sentence."""
    if images.empty:
        return "There is no predictions.csv that can be read of these runs; repeat them."
    unknown = int((images["sha256"] == "").sum())
    if unknown == len(images):
        return (
            "None of the validation images is in the catalog as it is now, so nothing is known of "
            "them; start with the collections that the runs were trained on (CHESTBENCH_DATA)."
        )
    return (
        f"Of the {counted(len(images), 'validation image')} none is of COVID-19; train on the "
        "collection that has such images (python -m core fetch cohen)."
    )


def who_read(setup: pd.Series) -> str:
    """The setup in words: "ResNet50, quick, patient, 3 runs together"."""
    several = len(setup["runs"])
    return setup["name"] + (f", {several} runs together" if several > 1 else "")


def unit_of(images: pd.DataFrame) -> pd.Series:
    """The independent case each image belongs to: its patient, or itself where none is known."""
    return images["patient"].where(images["patient"] != "", "\n" + images["id"])


def by_image(setup: pd.Series) -> tuple[str, ...]:
    """The warning that belongs beside figures of a split by image, if it is one."""
    if setup["split"] == PATIENT:
        return ()
    return (
        "Split by image: patients can stand on both sides, so these figures are optimistic; a run "
        "split by patient is the stricter test.",
    )
