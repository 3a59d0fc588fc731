"""How far runs differ from the published networks, over all classes and class by class.

Holds differences with their intervals. The published figures stand in
``core.evaluation.published``, both beside each other in ``core.evaluation.compare``.
"""

import numpy as np
import pandas as pd

from core.evaluation.published import per_class_table, summary_table
from core.evaluation.statistics import difference_of_scores, wilson


def against_published(table: pd.DataFrame) -> pd.DataFrame:
    """Runs of ``table`` set against the published network with their backbone, in their order.

    ``table`` has name, backbone and balanced_accuracy with _low and _high. Columns: name, mine (the
    balanced accuracy, fair partner of the published accuracy), published, both with _low and _high,
    difference with low and high (95 % intervals, NaN where the run has none), all fractions. The
    two are taken as independent samples, though part of the images may be the same.
    """
    known = summary_table().set_index("backbone")
    rows = []
    for run in table[table["backbone"].isin(known.index)].to_dict("records"):
        mine, theirs = run["balanced_accuracy"], known.loc[run["backbone"]]
        low, high = difference_of_scores(
            mine,
            (run["balanced_accuracy_low"], run["balanced_accuracy_high"]),
            theirs["accuracy"],
            (theirs["accuracy_low"], theirs["accuracy_high"]),
        )
        row = {"name": run["name"], "mine": mine, "published": theirs["accuracy"]}
        for end in ("low", "high"):
            row[f"mine_{end}"] = run[f"balanced_accuracy_{end}"]
            row[f"published_{end}"] = theirs[f"accuracy_{end}"]
        rows.append(row | {"difference": mine - theirs["accuracy"], "low": low, "high": high})
    scores = [f"{whose}{end}" for whose in ("mine", "published") for end in ("", "_low", "_high")]
    columns = ["name", *scores, "difference", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], float))


def class_differences(metrics: dict, backbone: str) -> pd.DataFrame:
    """Sensitivity of each class, that of a run less that of the published network ``backbone``.

    ``metrics`` as ``metrics.evaluate`` gives them. Columns: class, mine, published, difference with
    low and high (95 % interval, NaN where the run has none), fractions. Taken as independent
    samples. Raises UserError when the paper has no such backbone.
    """
    rows = []
    for theirs in per_class_table(backbone).itertuples():
        mine = (metrics.get("per_class") or {}).get(theirs[1], {}).get("sensitivity")
        own = (metrics.get("ci95") or {}).get("per_class", {}).get(theirs[1], {})
        bounds = own.get("sensitivity")
        low, high = np.nan, np.nan
        if mine is not None and bounds:
            interval = wilson(theirs.sensitivity * theirs.n, theirs.n)
            low, high = difference_of_scores(mine, bounds, theirs.sensitivity, interval)
        mine = np.nan if mine is None else mine
        rows.append((theirs[1], mine, theirs.sensitivity, mine - theirs.sensitivity, low, high))
    columns = ["class", "mine", "published", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=columns)
