"""Evidence written down by hand: what runs answered, without a run folder or an image."""

import numpy as np
import pandas as pd

from core.data.labels import LABEL_SCHEMES
from core.evaluation.compare import RUN, comparison_rows
from core.evaluation.evidence import Evidence

CLASSES = LABEL_SCHEMES["paper3"].classes
IMAGE = {
    "label": "coronavirus",
    "predicted": "coronavirus",
    "source": "cohen",
    "finding": "covid19",
    "patient": "",
    "offset_days": np.nan,
    "survival": "",
    "went_icu": "",
    "sha256": "known",
    "probability": 0.9,
}


def images(rows, **same):
    """Cases as ``with_catalog`` gives them: each row changes IMAGE."""
    table = pd.DataFrame(
        [{"id": f"image {i}", **IMAGE, **same, **row} for i, row in enumerate(rows)]
    )
    table["wrong"] = table["label"] != table["predicted"]
    rest = (1 - table["probability"]) / 2
    return table.assign(p_normal=rest, p_bacteria=rest, p_coronavirus=table["probability"])


def evidence(cases, baselines=None, **changed):
    """Evidence of one run per table in ``cases``, seeds 0, 1, ... of one setup.

    ``changed`` replaces columns of the comparison table, a value or a list per run.
    """
    rows = []
    for seed, (run, table) in enumerate(cases.items()):
        about = {"kind": RUN, "run": run, "name": f"ResNet50, {run}", "setup": "the same"}
        about |= {"division": f"division of {run}", "created": pd.Timestamp("2020-01-01")}
        config = {"backbone": "ResNet50", "recipe": "quick", "labels": "paper3", "cohort": "paper"}
        config |= {"seed": seed, "head_epochs": 8, "split": {"by": "patient", "seed": seed}}
        metrics = {"n": len(table), "n_training": 1000 - len(table), "classes": list(CLASSES)}
        metrics |= {"accuracy": 0.8, "balanced_accuracy": 0.8}
        metrics |= {"ci95": {"accuracy": [0.7, 0.9], "balanced_accuracy": [0.7, 0.9]}}
        rows.append((about, config, metrics))
    table = comparison_rows(rows).assign(**changed)
    none = comparison_rows([])
    return Evidence((), table, cases, none if baselines is None else baselines)
