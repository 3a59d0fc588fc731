"""COVID-19 by days since onset, against statsmodels and hand-worked cases."""

import numpy as np
import pytest
from evidence_by_hand import evidence, images
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from core.evaluation import onset, screening
from core.evaluation.evidence import CANNOT, NO, NOT_SETTLED, YES, images_of, setups
from core.evaluation.slices import FEW

MISSED = {"predicted": "normal"}


def dated(days, missed=(), **same):
    """An image on each day; those whose place is in ``missed`` were not recognised."""
    rows = [{"offset_days": d, **(MISSED if i in missed else {})} for i, d in enumerate(days)]
    return images(rows, **same)


def right(table):
    return table.assign(right=(~table["wrong"]).astype(float))


def test_bands_by_hand():
    table = right(dated([-3, 0, 2, 2.5, 5, 6, 10, 40, np.nan], missed=(1, 8)))
    bands = onset.onset_table(table).set_index("band")
    assert bands["n"].to_dict() == {
        "up to day 2": 3,
        "days 3 to 5": 2,
        "days 6 to 9": 1,
        "from day 10": 2,
        "not given": 1,
    }
    assert bands["sensitivity"].tolist() == pytest.approx([2 / 3, 1, 1, 1, 0])
    low, high = proportion_confint(2, 3, method="wilson")
    assert bands.loc["up to day 2", ["low", "high"]].tolist() == pytest.approx([low, high])
    assert bands["few"].all()


def test_a_band_counts_each_patient_once_in_its_interval():
    # 40 images of 4 patients, 10 missed: the interval is that of 3 out of 4.
    rows = [{"offset_days": 1, "patient": f"cohen:{i % 4}"} for i in range(40)]
    bands = onset.onset_table(right(images(rows).assign(wrong=[i % 4 == 0 for i in range(40)])))
    first = bands.iloc[0]
    assert (first["n"], first["patients"], first["few"]) == (40, 4, False)
    assert first[["low", "high"]].tolist() == pytest.approx(
        proportion_confint(3, 4, method="wilson")
    )
    assert bands.loc[1:, "n"].sum() == 0 and bands.loc[1:, "low"].isna().all()


def test_a_slope_per_day_by_hand():
    # Day 0: 30 right, 20 missed; day 10: 40 right, 10 missed. Odds 1.5 and 4, a ratio of 8/3 in
    # ten days; the sandwich of a saturated model is Woolf's variance, n / (n - 2) for few cases.
    table = right(dated([0] * 50 + [10] * 50, missed=[*range(20), *range(50, 60)]))
    trend = onset.onset_trend(table, onset.onset_table(table))
    assert trend.odds_ratio == pytest.approx((8 / 3) ** 0.1)
    error = np.sqrt((1 / 30 + 1 / 20 + 1 / 40 + 1 / 10) * 100 / 98) / 10
    reach = norm.ppf(0.975) * error
    assert np.log([trend.odds_low, trend.odds_high]) == pytest.approx(
        [np.log(8 / 3) / 10 - reach, np.log(8 / 3) / 10 + reach], abs=1e-6
    )
    assert "more often" in onset.trend_sentence(trend)
    assert trend.difference == pytest.approx(0.2)


def test_images_of_one_patient_widen_the_slope():
    days = np.tile([0, 2, 4, 6, 8], 20)
    missed = [i for i in range(100) if (i // 5) % 3 == 0]
    alone = right(dated(days, missed))
    repeated = alone.assign(patient=[f"cohen:{i // 5}" for i in range(100)])
    first, second = (onset.onset_trend(t, onset.onset_table(t)) for t in (alone, repeated))
    assert first.odds_ratio == pytest.approx(second.odds_ratio)
    assert "No trend" in onset.trend_sentence(second)


@pytest.mark.parametrize(
    ("days", "missed", "reason"),
    [
        (range(30), (), "0 of 30 dated images were missed"),
        (range(30), (3,), "1 of 30 dated images was missed"),
        (range(30), range(29), "1 of 30 dated images was recognised"),
        ([5] * 40, range(20), "the same day"),
        (range(40), range(20), "without overlap"),
    ],
)
def test_no_slope_is_claimed_where_there_is_none(days, missed, reason, recwarn):
    table = right(dated(list(days), missed))
    trend = onset.onset_trend(table, onset.onset_table(table))
    assert np.isnan(trend.odds_ratio) and reason in trend.reason
    assert "nan" not in onset.trend_sentence(trend) and not recwarn.list


def others(n, **row):
    return [{"label": "normal", "predicted": "normal", "finding": "normal", **row}] * n


@pytest.mark.parametrize(
    ("early", "missed", "beside", "verdict"),
    [
        (100, 0, others(100), YES),
        (100, 50, others(100), NO),
        (100, 0, others(100, predicted="coronavirus"), NO),
        # The collection alone would do.
        (100, 0, others(100, source="kermany"), NOT_SETTLED),
        (8, 0, others(100), NOT_SETTLED),
    ],
)
def test_verdicts(early, missed, beside, verdict):
    rows = [{"offset_days": 1, **(MISSED if i < missed else {})} for i in range(early)]
    answer = screening.answer(evidence({"a": images([*rows, *beside])}))
    assert answer.verdict == verdict
    assert f"{early} COVID-19 images" in answer.sentence
    collection = "the collection cohen, and 0 images of the 100 other ones"
    assert (collection in " ".join(answer.doubts)) == (beside[0].get("source") == "kermany")
    assert (f"fewer than {FEW}" in " ".join(answer.doubts)) == (early < FEW)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (others(5), "Of the 5 validation images none is of COVID-19"),
        ([{}] * 4, "None of the COVID-19 images among the validation images (4)"),
        ([{"finding": "", "sha256": ""}] * 3, "is in the catalog as it is now"),
    ],
)
def test_what_is_missing_is_said_with_the_run_to_make(rows, words):
    answer = screening.answer(evidence({"a": images(rows)}))
    assert answer.verdict == CANNOT and words in answer.sentence
    assert "--folds all" in answer.commands[0] and not answer.tables


def test_no_run_and_drawn_images():
    assert screening.answer(evidence({})).verdict == CANNOT
    drawn = screening.answer(evidence({"a": dated([1] * 50)}, synthetic=True))
    assert drawn.verdict == CANNOT and "SYNTHETIC" in drawn.sentence


def test_repeats_answer_together_and_each_image_counts_once():
    one, two = dated([1, 2, 12], missed=(0,)), dated([1, 2, 12])
    known = evidence({"a": one, "b": two.iloc[:2]})
    (setup,) = setups(known.real).to_dict("records")
    assert setup["runs"] == ("a", "b")
    together = images_of(known, setup["runs"]).set_index("id")
    assert together["right"].to_dict() == {"image 0": 0.5, "image 1": 1, "image 2": 1}
    assert together["runs"].tolist() == [2, 2, 1]
    answer = screening.answer(known)
    assert "Of 3 COVID-19 images" in answer.sentence and "2 runs together" in answer.sentence


def test_patients_kept_apart_are_believed_first():
    known = evidence(
        {"a": dated([1]), "b": dated([1])}, split=["image", "patient"], setup=["x", "y"]
    )
    known.table.loc[0, "balanced_accuracy"] = 0.99
    assert setups(known.real)["runs"].tolist() == [("b",), ("a",)]
    answer = screening.answer(known, setups(known.real).iloc[1])
    assert "Split by image" in answer.doubts[-1]
