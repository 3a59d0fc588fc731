"""What the split does: which runs belong together, and the change against hand-worked cases."""

import numpy as np
import pandas as pd
import pytest
from covid_images import make_covid_environment
from run_folders import change_run, make_finished_run
from scipy.stats import binom
from sklearn.metrics import balanced_accuracy_score
from statsmodels.stats.proportion import proportion_confint

from core.data.catalog import load_catalog
from core.evaluation.cases import run_cases, with_catalog
from core.evaluation.split_effect import CHANGE_COLUMNS, PAIR_COLUMNS, split_effect
from core.evaluation.split_setups import SIDES, split_setups
from core.evaluation.split_words import MEASURES
from core.evaluation.statistics import difference_of_scores, mean_of_proportions


@pytest.fixture
def settings(tmp_path, monkeypatch):
    return make_covid_environment(tmp_path, monkeypatch)


def both(settings, seeds=(0, 1), mistakes=(0, 0), **choices):
    """A run of each split for each seed; the first or second number of mistakes goes to each."""
    return [
        make_finished_run(settings, wrong, seed=seed, split={"by": by, "seed": seed}, **choices)
        for seed in seeds
        for by, wrong in zip(("image", "patient"), mistakes, strict=True)
    ]


def cases_of(settings, runs):
    catalog = load_catalog(settings)
    return {run.id: with_catalog(run_cases(run), catalog) for run in runs}


def ids(setups):
    return [[[run.id for run in side] for side in setup] for setup in setups]


def test_runs_that_differ_in_more_than_the_split_stay_apart(settings):
    made = both(settings, study="A")
    other = make_finished_run(settings, split={"by": "image"}, backbone="VGG16", recipe="quick")
    lonely = make_finished_run(settings, seed=7, split={"by": "patient", "seed": 7})
    a, b, c, d = (run.id for run in made)
    assert ids(split_setups([*made, other, lonely])) == [[[a, c], [b, d]]]
    assert split_setups(made[::2]) == [] and split_setups([change_run(other, split=None)]) == []


def test_without_a_common_seed_all_runs_of_both_sides_are_taken(settings):
    made = both(settings, (0,))[:1] + both(settings, (1,))[1:]
    ((image, patient),) = split_setups(made)
    effect = split_effect(image, patient, cases_of(settings, made), resamples=50)
    assert not effect.matched and effect.pairs.empty and len(effect.changes) == 2


def test_the_change_by_hand(settings):
    made = both(settings)
    cases = cases_of(settings, made)
    ((by_image, by_patient),) = split_setups(made)
    # By patient, COVID-19 is missed in every image of every third patient, and so is a normal one.
    for run in by_patient:
        table = cases[run.id]
        covid19 = table["finding"] == "covid19"
        third = table["patient"].str.rpartition(":")[2].map(lambda n: n.isdecimal() and int(n) % 3)
        missed = covid19 & (third == 0) | (table.index == table.index[~covid19][0])
        table.loc[missed, "predicted"] = "bacteria"
        table["wrong"] = table["label"] != table["predicted"]
    effect = split_effect(by_image, by_patient, cases)
    assert effect.matched and tuple(effect.changes.columns) == CHANGE_COLUMNS
    changes = effect.changes.set_index("measure")

    rows = pd.concat([cases[run.id] for run in by_patient])
    covid19 = rows[rows["finding"] == "covid19"]
    recall, patients = 1 - covid19["wrong"].mean(), covid19["patient"].nunique()
    bounds = proportion_confint(recall * patients, patients, method="wilson")
    row = changes.loc["covid19"]
    assert row["image"] == 1 and row["patient"] == pytest.approx(recall) and recall < 1
    assert (row["patient_n"], row["patient_patients"]) == (len(covid19), patients)
    assert [row["patient_low"], row["patient_high"]] == pytest.approx(bounds)
    image = proportion_confint(*[row["image_patients"]] * 2, method="wilson")
    assert [row["low"], row["high"]] == pytest.approx(
        difference_of_scores(recall, bounds, 1.0, image)
    )

    row = changes.loc["balanced_accuracy"]
    score = balanced_accuracy_score(rows["label"], rows["predicted"])
    assert row["patient"] == pytest.approx(score) and row["image"] == 1
    assert row["difference"] == pytest.approx(score - 1)
    assert row["low"] <= row["difference"] <= row["high"] < 0
    assert "Balanced accuracy falls once patients are kept apart" in effect.sentence
    assert "recognises the collection recognises COVID-19" in effect.caution
    for table in cases.values():
        table.loc[table.index[table["finding"] == "normal"][0], "source"] = "cohen"
    assert split_effect(by_image, by_patient, cases, resamples=50).caution == ""


def test_shared_patients_are_those_of_the_split_by_image(settings):
    made = both(settings, (0,))
    ((by_image, by_patient),) = split_setups(made)
    effect = split_effect(by_image, by_patient, cases_of(settings, made), resamples=50)
    assert tuple(effect.pairs.columns) == PAIR_COLUMNS
    (pair,) = effect.pairs.to_dict("records")
    for score in (f"{measure}_{side}" for measure in MEASURES for side in SIDES):
        assert pair[f"{score}_low"] <= pair[score] <= pair[f"{score}_high"]
        assert pair[f"{score}_low"] < pair[f"{score}_high"]
    assert pair["shared_patients"] == by_image[0].metrics()["overlap_patients"] > 0
    sides = pd.read_csv(by_image[0].folder / "images.csv")
    covid19 = sides[sides["finding"] == "covid19"]
    checked = set(covid19.loc[covid19["side"] == "validation", "patient"])
    learnt = set(covid19.loc[covid19["side"] == "training", "patient"])
    assert pair["covid19_patients"] == len(checked)
    assert pair["shared_covid19"] == len(checked & learnt)
    assert effect.seen["n"].sum() == (covid19["side"] == "validation").sum()
    assert f"image: {pair['shared_patients']}" in effect.sentence
    met = f"Of {len(checked)} COVID-19 patients checked by image {len(checked & learnt)} had images"
    assert f"{met} in the training of the run that checked them" in effect.sentence
    assert pair["balanced_accuracy_image"] == pytest.approx(1) and pair["pair"] == "seed 0"


@pytest.mark.parametrize("many", ["seeds", "folds"])
def test_a_patient_checked_by_several_runs_counts_once(settings, many):
    made = folds(settings) if many == "folds" else both(settings, (0, 1, 2))
    ((by_image, by_patient),) = split_setups(made)
    effect = split_effect(by_image, by_patient, cases_of(settings, made), resamples=50)
    checked, met = set(), set()
    for run in by_image:
        rows = pd.read_csv(run.folder / "images.csv").query("finding == 'covid19'")
        here, learnt = (
            set(rows.loc[rows["side"] == side, "patient"]) for side in ("validation", "training")
        )
        checked, met = checked | here, met | here & learnt
    assert effect.pairs["covid19_patients"].sum() > len(checked)
    assert f"Of {len(checked)} COVID-19 patients checked by image {len(met)} had" in effect.sentence
    assert "in each run; by patient: 0" in effect.sentence


def test_where_a_bootstrap_shows_no_doubt_the_classes_intervals_are_combined(settings):
    made = both(settings, (0,))
    ((by_image, by_patient),) = split_setups(made)
    cases = cases_of(settings, made)
    row = (
        split_effect(by_image, by_patient, cases)
        .changes.set_index("measure")
        .loc["balanced_accuracy"]
    )
    ends = []
    for side, run in zip(("image", "patient"), made, strict=True):
        units = cases[run.id].groupby("label", sort=False)["patient"].nunique()
        ends.append(mean_of_proportions([1] * 3, list(units)))
        assert [row[f"{side}_low"], row[f"{side}_high"]] == pytest.approx(ends[-1])
    assert [row["low"], row["high"]] == pytest.approx(difference_of_scores(1, ends[1], 1, ends[0]))


def test_a_class_or_a_finding_that_is_missing_is_said(settings, recwarn):
    made = both(settings, (0,))
    cases = cases_of(settings, made)
    for run in made:
        cases[run.id] = cases[run.id].query("finding != 'covid19' and label != 'normal'")
    ((by_image, by_patient),) = split_setups(made)
    effect = split_effect(by_image, by_patient, cases, resamples=50)
    changes = effect.changes.set_index("measure")
    assert np.isnan(changes.loc["covid19", "difference"])
    assert np.isnan(changes.loc["balanced_accuracy", "difference"])
    assert "COVID-19 recall is undefined" in effect.sentence
    assert "Balanced accuracy is undefined" in effect.sentence
    assert "nan" not in effect.sentence and not recwarn.list


def folds(settings):
    """Runs of both splits over both halves of the images: every image is checked once by each."""
    return [
        make_finished_run(settings, split={"by": by, "validation_fraction": 0.5, "fold": fold})
        for fold in range(2)
        for by in SIDES
    ]


def test_the_same_images_on_both_sides_are_compared_one_by_one(settings):
    made = folds(settings)
    cases = cases_of(settings, made)
    ((by_image, by_patient),) = split_setups(made)
    effect = split_effect(by_image, by_patient, cases)
    change = effect.changes.set_index("measure").loc["covid19"]
    # Nothing differs, and resampling cannot show any doubt about that.
    assert not change["paired"] and change["difference"] == 0 and change["low"] < 0
    assert (change["better_image"], change["better_patient"]) == (0, 0)
    assert "unpaired: both sides answered the same images" in effect.sentence

    # By patient all three images of 4 of the 30 patients are missed.
    lost = ["cohen:3", "cohen:9", "cohen:17", "cohen:22"]
    for run in by_patient:
        missed = cases[run.id]["patient"].isin(lost)
        cases[run.id].loc[missed, "predicted"] = "bacteria"
        cases[run.id]["wrong"] = cases[run.id]["label"] != cases[run.id]["predicted"]
    effect = split_effect(by_image, by_patient, cases)
    change = effect.changes.set_index("measure").loc["covid19"]
    assert change["paired"] and change["difference"] == pytest.approx(-4 / 30)
    # As many patients of a resample are among the 4 as a binomial says: 1 to 8 in 95 of 100.
    assert [binom.ppf(p, 30, 4 / 30) for p in (0.025, 0.975)] == [1, 8]
    assert [change["low"], change["high"]] == pytest.approx([-8 / 30, -1 / 30])
    assert (change["better_image"], change["better_patient"]) == (12, 0)
    assert "COVID-19 recall falls once patients are kept apart" in effect.sentence
    assert "paired: both sides answered the same images" in effect.sentence
    assert "12 were right more often by image, 0 by patient" in effect.sentence
    # The unpaired interval, from the same figures, would not have told it from chance.
    sides = [[change[f"{side}_{end}"] for end in ("low", "high")] for side in SIDES]
    assert difference_of_scores(26 / 30, sides[1], 1.0, sides[0])[1] > 0


def test_other_images_or_classes_on_one_side_are_not_paired(settings):
    made = folds(settings)
    cases = cases_of(settings, made)
    ((by_image, by_patient),) = split_setups(made)
    table = cases[by_patient[0].id]
    place = table.index[table["finding"] == "covid19"][0]
    renamed = table.assign(label=table["label"].where(table.index != place, "normal"))
    for changed in (table.drop(index=place), renamed):
        effect = split_effect(by_image, by_patient, cases | {by_patient[0].id: changed})
        change = effect.changes.set_index("measure").loc["covid19"]
        assert not change["paired"] and np.isnan(change["better_image"])
        assert "unpaired: the two sides answered other images" in effect.sentence
