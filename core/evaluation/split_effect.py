"""What the split does: the same training checked on images dealt out, and on patients kept apart.

Holds how balanced accuracy and the recall of COVID-19 change from the one to the other. Which runs
differ in their split alone is found by ``core.evaluation.split_setups``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.texts import occurs_in
from core.evaluation.cases import TRAINING, VALIDATION, run_classes
from core.evaluation.compare import comparison_table
from core.evaluation.covid19_recall import change_of_recall, recalled
from core.evaluation.evidence import COVID19, unit_of
from core.evaluation.metrics import rates
from core.evaluation.resampling import (
    RESAMPLES,
    percentile_interval,
    resample_counts,
    units_per_class,
)
from core.evaluation.split_setups import SIDES, seeds_of
from core.evaluation.split_words import MEASURES, caution, sentence
from core.evaluation.statistics import difference_of_scores, mean_of_proportions
from core.run_files import read_table
from core.runs import Run

ENDS = ("", "_low", "_high")
# What is read of each answer.
ANSWER_COLUMNS = ["id", "patient", "source", "finding", "label", "predicted", "wrong"]
PAIR_COLUMNS = (
    "pair",  # what the two runs share: "seed 0", "seed 0, fold 1"
    "image_run",
    "patient_run",
    # Fractions with their 95 % intervals, NaN: undefined.
    *(f"{measure}_{side}{end}" for measure in MEASURES for side in SIDES for end in ENDS),
    "shared_patients",  # patients on both sides of the run split by image
    "shared_covid19",  # of these, those with an image of COVID-19 in validation
    "covid19_patients",  # patients with one in validation of the run split by image
)
CHANGE_COLUMNS = (
    "measure",  # of MEASURES
    *(f"{side}{end}" for side in SIDES for end in (*ENDS, "_n", "_patients")),
    "difference",  # patient less image, fraction -1..1
    "low",
    "high",
    "paired",  # whether the interval is of differences image by image; else sides are independent
    # Images right more often on this side, of those that both sides answered. NaN: not the same
    # images, or no measure that looks at single ones.
    *(f"better_{side}" for side in SIDES),
)


@dataclass(frozen=True)
class SplitEffect:
    """One setup with runs of both splits: ``pairs`` of equal seeds, and the ``changes``.

    ``pairs`` has PAIR_COLUMNS, ``changes`` CHANGE_COLUMNS with a row per measure. ``matched`` is
    whether the seeds agree; where none do, all runs of both sides are used and ``pairs`` is empty.
    ``seen`` is the recall of COVID-19 by image split: part ("met in training", "new"), n,
    patients, recall, low, high. ``caution`` is a sentence where COVID-19 can be told by its
    collection alone, or empty.
    """

    name: str
    matched: bool
    pairs: pd.DataFrame
    changes: pd.DataFrame
    seen: pd.DataFrame
    sentence: str
    caution: str


def split_effect(
    by_image: Sequence[Run],
    by_patient: Sequence[Run],
    cases: Mapping[str, pd.DataFrame],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> SplitEffect:
    """What one setup of ``split_setups`` gains by its split; ``cases`` as in ``Evidence``.

    The answers of all runs of a side are taken together. Balanced accuracy and its change have a
    bootstrap that draws whole patients, the same for both sides and for all runs; where it cannot
    be had, Wilson's intervals of each class over its patients are combined. Recall of COVID-19 has
    Wilson's interval with each patient as one case. Where both sides answered the same COVID-19
    images, each equally often, its change is paired: a bootstrap of the differences image by image
    that draws whole patients. Elsewhere, and where resampling shows no doubt, it comes from both
    intervals (Zou & Donner, Stat Med 27 (2008) 1693-1702), which takes the sides as independent.
    """
    answers = pd.concat(
        [
            cases[run.id][ANSWER_COLUMNS].assign(side=side)
            for side, runs in zip(SIDES, (by_image, by_patient), strict=True)
            for run in runs
        ],
        ignore_index=True,
    )
    classes = run_classes(by_image[0])
    changes = pd.DataFrame(
        [_balanced(answers, classes, resamples, seed), change_of_recall(answers)],
        columns=list(CHANGE_COLUMNS),
    )
    matched = [seeds_of(run) for run in by_image] == [seeds_of(run) for run in by_patient]
    shared, covid19 = _shared(by_image, cases)
    met = covid19["met"]
    parts = {"met in training": covid19[met], "new": covid19[~met]}
    seen = pd.DataFrame([{"part": name, **recalled(part)} for name, part in parts.items()])
    pairs = _pairs(by_image, by_patient, cases, shared) if matched else []
    pairs = pd.DataFrame(pairs, columns=list(PAIR_COLUMNS))
    config = by_image[0].config
    return SplitEffect(
        f"{config.get('backbone')}, {config.get('recipe')}",
        matched,
        pairs,
        changes,
        seen,
        sentence(
            changes.set_index("measure"),
            shared["shared_patients"],
            unit_of(covid19[met]).nunique(),
            unit_of(covid19).nunique(),
        ),
        caution(answers),
    )


def _balanced(answers: pd.DataFrame, classes: Sequence[str], resamples: int, seed: int) -> tuple:
    index = {name: i for i, name in enumerate(classes)}
    truth, given = (answers[c].map(index).to_numpy(int) for c in ("label", "predicted"))
    k, place = len(classes), np.arange(len(answers))
    side = answers["side"].map(SIDES.index).to_numpy(int)
    counts = np.zeros((len(answers), 2, k, k), dtype=np.int64)
    counts[place, side, truth, given] = 1
    score = _mean_sensitivity(counts.sum(axis=0))
    drawn = resample_counts(
        counts.reshape(len(answers), -1), truth, k, unit_of(answers), resamples, seed
    )
    bounds = [None] * 3
    if drawn is not None:
        scores = _mean_sensitivity(drawn.reshape(resamples, 2, k, k))
        values = (*scores.T, scores[:, 1] - scores[:, 0])
        bounds = [percentile_interval(np.round(v, 12)) for v in values]
    if None in bounds and np.isfinite(score).all():
        # Nothing varied, or a few patients are so few that a class is often not drawn.
        units = unit_of(answers).to_numpy()
        ends = [
            mean_of_proportions(
                rates(counts.sum(axis=0)[number])["sensitivity"],
                units_per_class(truth[side == number], k, units[side == number]),
            )
            for number in range(2)
        ]
        bounds = [*ends, difference_of_scores(score[1], ends[1], score[0], ends[0])]
    bounds = [interval or (np.nan, np.nan) for interval in bounds]
    sides = []
    for number, name in enumerate(SIDES):
        own = answers[answers["side"] == name]
        sides += [score[number], *bounds[number], len(own), unit_of(own).nunique()]
    change = (score[1] - score[0], *bounds[2])
    return ("balanced_accuracy", *sides, *change, False, np.nan, np.nan)


def _mean_sensitivity(confusions: np.ndarray) -> np.ndarray:
    """Mean over the classes, (...,), of confusion matrices (..., k, k); NaN if one has no image."""
    return rates(confusions)["sensitivity"].mean(axis=-1)


def _shared(
    by_image: Sequence[Run], cases: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Patients on both sides of each run split by image, and all answers on COVID-19 with ``met``.

    The counts are the last three of PAIR_COLUMNS, by run; ``met`` says whether the run that gave
    the answer had other images of the patient in training.
    """
    counts, covid19 = {}, []
    for run in by_image:
        used = read_table(run.folder / "images.csv", ("patient", "side"))
        learnt, checked = (
            used.loc[used["side"] == side, "patient"].dropna().drop_duplicates()
            for side in (TRAINING, VALIDATION)
        )
        rows = cases[run.id][cases[run.id]["finding"] == COVID19]
        met = occurs_in(rows["patient"], learnt)
        counts[run.id] = {
            "shared_patients": int(occurs_in(checked, learnt).sum()),
            "shared_covid19": rows.loc[met, "patient"].nunique(),
            "covid19_patients": unit_of(rows).nunique(),
        }
        covid19.append(rows.assign(met=met))
    return pd.DataFrame.from_dict(counts, orient="index"), pd.concat(covid19, ignore_index=True)


def _pairs(
    by_image: Sequence[Run],
    by_patient: Sequence[Run],
    cases: Mapping[str, pd.DataFrame],
    shared: pd.DataFrame,
) -> list[dict]:
    scores = comparison_table([*by_image, *by_patient]).set_index("run")
    rows = []
    for first, second in zip(by_image, by_patient, strict=True):
        seed, _, fold = seeds_of(first)
        row = {"pair": f"seed {seed}" + (f", fold {fold}" if fold is not None else "")}
        for side, run in zip(SIDES, (first, second), strict=True):
            row[f"{side}_run"] = run.id
            own = recalled(cases[run.id])
            for end in ENDS:
                column = f"balanced_accuracy{end}"
                row[f"balanced_accuracy_{side}{end}"] = scores[column].get(run.id, np.nan)
                row[f"covid19_{side}{end}"] = own[end.lstrip("_") or "recall"]
        rows.append(row | shared.loc[first.id].to_dict())
    return rows
