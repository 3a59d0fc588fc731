"""Runs set against the published networks, with intervals worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from core.errors import UserError
from core.evaluation.published_differences import against_published, class_differences
from core.evaluation.statistics import difference_of_scores, wilson


def test_runs_stand_against_the_published_accuracy_of_their_backbone():
    columns = ["name", "backbone", "balanced_accuracy"]
    columns += ["balanced_accuracy_low", "balanced_accuracy_high"]
    rows = [
        ("far below", "InceptionResNetV2", 0.80, 0.78, 0.82),
        ("no partner", "TinyCNN", 0.80, 0.78, 0.82),
        ("about the same", "VGG16", 0.75, 0.72, 0.78),
        ("no interval", "VGG19", 0.75, np.nan, np.nan),
    ]
    table = against_published(pd.DataFrame(rows, columns=columns))
    below, same, without = table.to_dict("records")
    assert below["difference"] == pytest.approx(0.80 - 0.9218) and below["high"] < 0
    # Hypotenuses of 0.03 and what Wilson's interval of 1,226 of 1,638 reaches to either side.
    assert same["published"] == pytest.approx(0.7484) and same["low"] < 0 < same["high"]
    assert same["high"] - same["low"] == pytest.approx(2 * np.hypot(0.03, 0.021), abs=0.001)
    assert without["difference"] == pytest.approx(0.75 - 0.7252) and np.isnan(without["low"])
    assert against_published(pd.DataFrame(columns=columns)).empty


def test_classes_stand_against_the_published_ones_with_their_interval():
    metrics = {
        "per_class": {"normal": {"sensitivity": 0.8}, "bacteria": {"sensitivity": None}},
        "ci95": {"per_class": {"normal": {"sensitivity": [0.75, 0.85]}}},
    }
    table = class_differences(metrics, "ResNet50").set_index("class")
    normal = table.loc["normal"]
    interval = wilson(0.9327 * 535, 535)
    assert normal["difference"] == pytest.approx(0.8 - 0.9327)
    assert [normal["low"], normal["high"]] == pytest.approx(
        difference_of_scores(0.8, [0.75, 0.85], 0.9327, interval)
    )
    assert table.loc[["bacteria", "coronavirus"], ["difference", "low"]].isna().all(axis=None)
    with pytest.raises(UserError, match="TinyCNN"):
        class_differences(metrics, "TinyCNN")
