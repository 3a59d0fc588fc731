"""Slices of the validation images: which there are, their scores, and what is undefined."""

import warnings

import numpy as np
import pandas as pd
import pytest

from core.charts.slices import slices_chart
from core.data.labels import FINDINGS
from core.errors import UserError
from core.evaluation.metrics import evaluate
from core.evaluation.slices import ALL, FEW, NOT_GIVEN, SLICINGS, slice_table
from core.evaluation.statistics import wilson

CLASSES = ("normal", "bacteria", "coronavirus")


def make_rows(n: int = 240, seed: int = 0) -> pd.DataFrame:
    """Cases with the catalog's columns; every third answer is wrong."""
    rng = np.random.default_rng(seed)
    finding = np.resize(["normal", "bacteria", "virus", "covid19"], n)
    label = pd.Series(finding).replace({"virus": "coronavirus", "covid19": "coronavirus"})
    predicted = label.where(np.arange(n) % 3 > 0, "bacteria")
    return pd.DataFrame(
        {
            "label": label,
            "predicted": predicted,
            **{f"p_{name}": 1 / 3 for name in CLASSES},
            "patient": [f"p{i // 2}" for i in range(n)],
            "source": np.where(finding == "covid19", "cohen", "kermany"),
            "finding": finding,
            "view": rng.choice(["PA", "AP", "AP Supine", ""], n),
            "sex": rng.choice(["M", "F", ""], n),
            "age": rng.choice([3, 17.9, 18, 39, 40, 79, 80, 94, np.nan], n),
            "width": rng.choice([0, 200, 224, 300, 700, 2000], n),
            "height": 3000,
        }
    )


@pytest.mark.parametrize("name", SLICINGS)
def test_every_slicing_parts_all_images_and_scores_each_slice(name):
    rows = make_rows()
    table = slice_table(rows, CLASSES, SLICINGS[name])
    assert table["slice"].iloc[0] == ALL and table["n"].iloc[0] == len(rows)
    assert table["n"].iloc[1:].sum() == len(rows) and table["slice"].is_unique
    assert (table["few"] == (table["n"] < FEW)).all()
    values = SLICINGS[name].values(rows)
    for row in table.iloc[1:].to_dict("records"):
        part = rows[values == row["slice"]]
        metrics = evaluate(part, CLASSES)
        assert row["accuracy"] == pytest.approx((part["label"] == part["predicted"]).mean())
        assert [row["accuracy_low"], row["accuracy_high"]] == metrics["ci95"]["accuracy"]
        for c in CLASSES:
            own = part[part["label"] == c]
            assert row[f"n_{c}"] == len(own)
            if len(own):
                hits = int((own["predicted"] == c).sum())
                bounds = [row[f"sensitivity_{c}_low"], row[f"sensitivity_{c}_high"]]
                assert row[f"sensitivity_{c}"] == pytest.approx(hits / len(own))
                assert bounds == pytest.approx(wilson(hits, len(own)))
            else:
                assert np.isnan(row[f"sensitivity_{c}"]) and c in row["undefined"]
        if row["undefined"]:
            assert np.isnan(row["balanced_accuracy"])
        else:
            assert row["balanced_accuracy"] == pytest.approx(metrics["balanced_accuracy"])
            assert row["balanced_accuracy_low"] <= row["balanced_accuracy"]
    assert slices_chart(table, CLASSES, FEW).data


@pytest.mark.parametrize(
    ("name", "slices"),
    [
        ("source", ["Kermany", "Cohen"]),
        ("finding", [*FINDINGS.values()]),
        ("view", ["PA", "AP", "AP Supine", NOT_GIVEN]),
        ("sex", ["female", "male", NOT_GIVEN]),
        (
            "age",
            [
                "under 18 years", "18 to 39 years", "40 to 59 years", "60 to 79 years",
                "80 years and older", NOT_GIVEN,
            ],
        ),
        (
            "size",
            [
                "under 224 pixels", "224 pixels", "225 to 499 pixels", "500 to 999 pixels",
                "1,000 pixels and more", NOT_GIVEN,
            ],
        ),
    ],
)  # fmt: skip
def test_slices_stand_in_order_and_what_is_not_given_comes_last(name, slices):
    assert slice_table(make_rows(), CLASSES, SLICINGS[name])["slice"].tolist() == [ALL, *slices]


def test_bands_take_their_lower_bound():
    rows = pd.DataFrame({"age": [17.9, 18, 39, 40, 80], "width": [1, 223, 224, 225, 1000]})
    rows["height"] = 5000
    assert SLICINGS["age"].values(rows).tolist() == [
        "under 18 years", "18 to 39 years", "18 to 39 years", "40 to 59 years",
        "80 years and older",
    ]  # fmt: skip
    assert SLICINGS["size"].values(rows).tolist() == [
        "under 224 pixels", "under 224 pixels", "224 pixels", "225 to 499 pixels",
        "1,000 pixels and more",
    ]  # fmt: skip


def test_viral_and_covid19_inside_coronavirus_are_told_apart():
    rows = make_rows()
    rows["predicted"] = rows["label"].where(rows["finding"] != "virus", "bacteria")
    table = slice_table(rows, CLASSES, SLICINGS["finding"]).set_index("slice")
    assert table.loc[FINDINGS["virus"], "sensitivity_coronavirus"] == 0
    assert table.loc[FINDINGS["covid19"], "sensitivity_coronavirus"] == 1
    assert table.loc[ALL, "sensitivity_coronavirus"] == 0.5


@pytest.mark.parametrize("name", SLICINGS)
@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.head(3),
        lambda rows: rows.head(1),
        lambda rows: rows.assign(predicted="normal"),
        lambda rows: rows[rows["label"] != "normal"],
        lambda rows: rows.assign(patient=""),
        lambda rows: rows.assign(
            source="", view="", sex="", finding="", age=np.nan, width=0, height=0
        ),
    ],
)
def test_little_or_lopsided_data_gives_no_warning_and_a_chart(name, change):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        table = slice_table(change(make_rows()), CLASSES, SLICINGS[name])
    assert table["accuracy"].between(0, 1).all() and table["accuracy_low"].notna().all()
    assert (table["undefined"] == "").equals(table["balanced_accuracy"].notna())
    text = slices_chart(table, CLASSES, FEW).to_json()
    assert "nan" not in text.lower()


def test_no_images_are_refused():
    with pytest.raises(UserError, match="no validation images"):
        slice_table(make_rows().iloc[:0], CLASSES, SLICINGS["view"])
