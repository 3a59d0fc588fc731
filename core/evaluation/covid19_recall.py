"""The recall of COVID-19: the share of its images that were recognised, and how a split moves it.

Holds both with their intervals, whatever class COVID-19 belongs to in the label scheme. What else a
split changes stands in ``core.evaluation.split_effect``.
"""

import numpy as np
import pandas as pd

from core.evaluation.evidence import COVID19, unit_of
from core.evaluation.resampling import mean_interval
from core.evaluation.split_setups import IMAGE, PATIENT, SIDES
from core.evaluation.statistics import difference_of_scores, wilson


def change_of_recall(answers: pd.DataFrame) -> tuple:
    """The row of ``split_effect.CHANGE_COLUMNS`` for COVID-19, from the answers of both sides.

    Where both sides answered the same images, each equally often, the interval of the change is
    paired: a bootstrap of the differences image by image that draws whole patients. Else it is of
    two independent recalls (``statistics.difference_of_scores``).
    """
    sides, found = [], {}
    for name in SIDES:
        found[name] = recalled(answers[answers["side"] == name])
        sides += [found[name][key] for key in ("recall", "low", "high", "n", "patients")]
    image, patient = found[IMAGE], found[PATIENT]
    if not (image["n"] and patient["n"]):
        return ("covid19", *sides, np.nan, np.nan, np.nan, False, np.nan, np.nan)
    bounds, better = None, (np.nan, np.nan)
    differences = _differences(answers[answers["finding"] == COVID19])
    if differences is not None:
        change = differences["difference"]
        better = int((change < 0).sum()), int((change > 0).sum())
        each = differences.loc[differences.index.repeat(differences["answers"])]
        (bounds,) = mean_interval(each[["difference"]].to_numpy(), unit_of(each))
    paired = bounds is not None
    if not paired:
        bounds = difference_of_scores(
            *(v for one in (patient, image) for v in (one["recall"], (one["low"], one["high"])))
        )
    return ("covid19", *sides, patient["recall"] - image["recall"], *bounds, paired, *better)


def _differences(rows: pd.DataFrame) -> pd.DataFrame | None:
    """How much more often each image was right by patient than by image, -1..1.

    Columns: id, patient, difference, answers (on each side). ``rows`` are answers of both sides.
    None unless both answered the same images, with the same class and each equally often.
    """
    right = rows.assign(right=~rows["wrong"].astype(bool))
    images = right.groupby(["id", "label", "side"])["right"].agg(["mean", "size"]).unstack()
    if not (images["size", IMAGE] == images["size", PATIENT]).all():
        return None
    change = (images["mean", PATIENT] - images["mean", IMAGE]).rename("difference").to_frame()
    change = change.assign(answers=images["size", IMAGE].astype(int)).reset_index()
    return rows.drop_duplicates("id")[["id", "patient"]].merge(change, on="id")


def recalled(answers: pd.DataFrame) -> dict:
    """Recall of the rows of COVID-19: n (answers), patients, recall, low, high."""
    rows = answers[answers["finding"] == COVID19]
    patients = unit_of(rows).nunique()
    if not patients:
        return {"n": 0, "patients": 0, "recall": np.nan, "low": np.nan, "high": np.nan}
    rate = float((~rows["wrong"].astype(bool)).mean())
    low, high = wilson(rate * patients, patients)
    return {"n": len(rows), "patients": patients, "recall": rate, "low": low, "high": high}
