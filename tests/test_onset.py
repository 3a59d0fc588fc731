"""COVID-19 by days since onset, against statsmodels and hand-worked cases."""

import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import statsmodels.api as sm
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
    names = ["up to day 2", "days 3 to 5", "days 6 to 9", "from day 10", "not given"]
    assert list(bands.index) == names and bands["n"].tolist() == [3, 2, 1, 2, 1]
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
        (range(40), range(20, 40), "without overlap"),
        # On the day that parts them there are both: still no slope is the most likely one.
        ([*range(20), 19, *range(20, 40)], range(20), "without overlap"),
        ([*range(20), *range(19, 39)], range(20), "without overlap"),
    ],
)
def test_no_slope_is_claimed_where_there_is_none(days, missed, reason, recwarn):
    table = right(dated(list(days), missed))
    trend = onset.onset_trend(table, onset.onset_table(table))
    assert np.isnan(trend.odds_ratio) and reason in trend.reason
    assert "nan" not in onset.trend_sentence(trend) and not recwarn.list


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("patients", [25, 80])
def test_a_slope_is_that_of_statsmodels(shares, patients):
    random = np.random.default_rng(patients)
    days = random.integers(0, 15, 80).astype(float)
    share = random.random(80) < 1 / (1 + np.exp(-(days - 7) / 5))
    table = right(dated(days)).assign(
        patient=[f"cohen:{i % patients}" for i in range(80)],
        right=np.where(share, 1.0, 0.5 if shares else 0.0),
    )
    trend = onset.onset_trend(table, onset.onset_table(table))
    fit = sm.GLM(table["right"], sm.add_constant(days), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": np.arange(80) % patients}
    )
    low, high = fit.conf_int().iloc[1]
    assert [trend.odds_ratio, trend.odds_low, trend.odds_high] == pytest.approx(
        np.exp([fit.params.iloc[1], low, high])
    )


def test_one_answer_in_the_midst_of_the_others_is_enough_for_a_slope(recwarn):
    # Wrong up to day 19, right from day 20 on, but for one: statsmodels finds a slope too.
    days, missed = [*range(40), 10], range(20)
    table = right(dated(days, missed))
    trend = onset.onset_trend(table, onset.onset_table(table))
    fit = sm.Logit(table["right"], sm.add_constant(np.array(days, float))).fit(disp=False)
    assert trend.odds_ratio == pytest.approx(np.exp(fit.params.iloc[1]), rel=1e-5)
    assert trend.odds_low < trend.odds_ratio < trend.odds_high and not recwarn.list


def test_a_share_of_right_answers_counts_on_both_sides():
    table = right(dated(range(40), range(20)))
    parted = table.assign(right=table["right"].mask(table["offset_days"].between(19, 19), 0.5))
    overlapping = table.assign(right=table["right"].mask(table["offset_days"] == 5, 0.5))
    first, second = (onset.onset_trend(t, onset.onset_table(t)) for t in (parted, overlapping))
    assert "without overlap" in first.reason and np.isfinite(second.odds_ratio)


def test_one_patient_has_no_slope_of_many():
    table = right(dated([0, 2, 4, 6] * 10, range(0, 40, 3))).assign(patient="cohen:1")
    trend = onset.onset_trend(table, onset.onset_table(table))
    assert np.isnan(trend.odds_ratio) and trend.reason == "All dated images are of one patient."


def test_warnings_of_other_threads_stay_warnings():
    table = right(dated(np.tile([0, 2, 4, 6, 8], 20), range(0, 100, 3)))
    bands = onset.onset_table(table)
    with warnings.catch_warnings(record=True) as heard, ThreadPoolExecutor(1) as server:
        warnings.simplefilter("always")
        at_work = server.submit(lambda: [onset.onset_trend(table, bands) for _ in range(30)])
        said = 0
        while not at_work.done():
            warnings.warn("of another visitor", stacklevel=1)
            said += 1
            time.sleep(0.001)
        assert np.isfinite(at_work.result()[0].odds_ratio)
        assert said == len(heard) > 0


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
    collection = "the collection Cohen, and 0 images of the 100 other ones"
    assert (collection in answer.sentence) == (beside[0].get("source") == "kermany")
    assert "covid19" not in f"{answer.sentence} {answer.doubts}"
    assert (f"fewer than {FEW}" in " ".join(answer.doubts)) == (early < FEW)


@pytest.mark.parametrize(
    ("missed", "taken", "figure"),
    [
        # Nothing but praise until the other images of the collection are looked at.
        (0, 95, "95.0 % (88.8 to 97.8) of the collection's other images taken for coronavirus"),
        (50, 0, "50.0 % (40.4 to 59.6) recognised up to day 2, n = 100"),
        (50, 95, "n = 100; 95.0 % (88.8 to 97.8) of the collection's"),
        (0, 5, "n = 100; 5.0 % (2.2 to 11.2) of the collection's"),
    ],
)
def test_the_figure_that_decides_stands_in_the_answer_and_on_the_card(missed, taken, figure):
    rows = [{"offset_days": 1, **(MISSED if i < missed else {})} for i in range(100)]
    beside = [*others(taken, predicted="coronavirus"), *others(100 - taken)]
    answer = screening.answer(evidence({"a": images([*rows, *beside])}))
    sentence, card = (text.replace("\xa0", " ") for text in (answer.sentence, answer.figure))
    assert figure in card and ("recognised" in card) == (missed > 0 or taken == 5)
    alarms = "Of 100 images of other classes from the same collection (Cohen)"
    assert f"{alarms} {taken}.0 % (" in sentence and "were taken for coronavirus too" in sentence
    assert sentence.startswith(alarms) == ("this alone makes the answer no" in sentence)
    assert sentence.startswith(alarms) == (taken == 95)
    assert not any("false alarms" in doubt for doubt in answer.doubts)


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
