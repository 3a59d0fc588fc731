"""One patient through several runs: who learnt from whom, answers, means and intervals."""

import numpy as np
import pandas as pd
import pytest
from dated_patients import LONG, OPEN, make_environment, make_runs
from run_folders import change_run, make_finished_run
from scipy import stats

from core import runs
from core.__main__ import main
from core.data.catalog import load_catalog
from core.data.patient_series import images_of_patient
from core.errors import UserError
from core.evaluation.cases import TRAINING, VALIDATION, run_cases, run_sides
from core.inference.follow import (
    averaged_runs,
    change_over_days,
    follow_together,
    learnt_by_patient,
    mean_answers,
    patient_answers,
    runs_that_learnt,
)
from core.inference.predictor import predict

CLASSES = ("normal", "bacteria", "coronavirus")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The settings, the catalog, and three runs of a study that other tests leave as they are."""
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("follow"), patch)
        made = make_runs(settings, study="splits")
        yield settings, load_catalog(settings), made


@pytest.fixture
def settings(place):
    return place[0]


def answers_of(place, patient, asked=None):
    _, catalog, made = place
    images = images_of_patient(catalog, patient)
    cases = {run.id: run_cases(run) for run in made}
    sides = {run.id: run_sides(run) for run in made}
    counted = []

    def ask(run, path):
        counted.append((run.id, path))
        return {"normal": 0.2, "bacteria": 0.3, "coronavirus": 0.5}

    reported = []
    answers = patient_answers(
        images, asked or made, cases, sides, ask, lambda *at: reported.append(at)
    )
    assert reported[-1][1:] == (len(answers), len(answers))
    return images, answers, counted


def test_only_what_no_run_left_an_answer_for_is_asked_run_by_run(place):
    _, _, made = place
    images, answers, counted = answers_of(place, LONG)
    assert answers["run"].tolist() == [run.id for run in made for _ in range(len(images))]
    assert answers["id"].tolist() == images["id"].tolist() * len(made)
    stored = answers[answers["stored"]]
    assert (stored["part"] == VALIDATION).all()
    assert len(counted) == len(answers) - len(stored) and 0 < len(stored) < len(answers)
    # A run is done before the next one begins.
    assert [run for run, _ in counted] == sorted([run for run, _ in counted])
    assert (stored["p_coronavirus"] == 0.8).all()
    assert (answers[~answers["stored"]]["p_coronavirus"] == 0.5).all()


def test_a_changed_file_is_asked_again(place):
    settings, catalog, made = place
    changed = catalog.assign(sha256="another")
    _, answers, counted = answers_of((settings, changed, made), LONG)
    assert not answers["stored"].any() and len(counted) == len(answers)


def test_who_learnt_from_the_patient_is_told_and_left_out_of_the_mean(place):
    _, catalog, made = place
    images, answers, _ = answers_of(place, LONG)
    learnt = runs_that_learnt(answers)
    for run, row in zip(made, learnt.itertuples(), strict=True):
        sides = run_sides(run).set_index("id")["side"].reindex(images["id"])
        assert row.run == run.id and row.images == len(images)
        assert row.trained_on == (sides == TRAINING).sum()
        assert row.validated == (sides == VALIDATION).sum()
    assert 0 < (learnt["trained_on"] > 0).sum() < len(made)
    unseen = learnt.loc[learnt["trained_on"] == 0, "run"].tolist()
    assert averaged_runs(learnt) == unseen
    assert averaged_runs(learnt, every=True) == [run.id for run in made]
    seen = learnt[learnt["trained_on"] > 0]
    assert averaged_runs(seen) == seen["run"].tolist()
    by_patient = learnt_by_patient(catalog, [run_sides(run) for run in made])
    assert by_patient[LONG] == len(seen) and by_patient[OPEN] == 0


def test_a_copy_of_a_training_image_counts_as_learnt(place):
    _, catalog, made = place
    sides = run_sides(made[0])
    training = sides.loc[sides["side"] == TRAINING, "sha256"].iloc[0]
    copied = catalog.assign(sha256=catalog["sha256"].mask(catalog["patient"] == OPEN, training))
    assert learnt_by_patient(copied, [sides])[OPEN] == 1
    _, answers, _ = answers_of((place[0], copied, made), OPEN, made[:1])
    assert answers["copy_learnt"].all() and runs_that_learnt(answers)["trained_on"].tolist() == [2]


def test_a_run_that_cannot_say_what_it_learnt_from_is_not_trusted(place):
    _, answers, _ = answers_of(place, OPEN)
    torn = answers.assign(part=answers["part"].mask(answers["run"] == place[2][0].id, "unknown"))
    assert averaged_runs(runs_that_learnt(torn)) == [run.id for run in place[2][1:]]


def drawn(days, runs_=4):
    rng = np.random.default_rng(0)
    images = pd.DataFrame({"id": [f"i{n}" for n in range(len(days))], "offset_days": days})
    rows = [
        {"run": f"r{run}", "id": name, **dict(zip(["p_a", "p_b"], [share, 1 - share], strict=True))}
        for run in range(runs_)
        for name, share in zip(images["id"], rng.uniform(0.2, 0.9, len(days)), strict=True)
    ]
    return images, pd.DataFrame(rows)


def test_means_and_intervals_over_the_runs_are_those_of_scipy():
    images, answers = drawn([0.0, 4.0, np.nan])
    for kind in ("range", "t"):
        table = mean_answers(images, answers, ("a", "b"), kind).rename(columns={"class": "label"})
        assert table["id"].tolist() == ["i0", "i0", "i1", "i1", "i2", "i2"]
        assert table["day"].isna().sum() == 2 and (table["n"] == 4).all()
        for row in table.itertuples():
            values = answers.loc[answers["id"] == row.id, f"p_{row.label}"]
            low, high = (
                (values.min(), values.max())
                if kind == "range"
                else stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
            )
            assert (row.mean, row.low, row.high) == pytest.approx(
                (values.mean(), max(low, 0), min(high, 1))
            )


def test_one_run_has_no_interval_and_equal_runs_a_narrow_one(recwarn):
    images, answers = drawn([0.0, 4.0], runs_=1)
    table = mean_answers(images, answers, ("a", "b"), "t")
    assert table[["low", "high"]].isna().all(axis=None) and (table["n"] == 1).all()
    same = pd.concat([answers.assign(run=run) for run in "xy"])
    table = mean_answers(images, same, ("a",), "t")
    assert (table["low"] == table["mean"]).all() and (table["high"] == table["mean"]).all()
    assert not recwarn.list


def test_the_change_is_that_from_the_first_day_to_the_last():
    images, answers = drawn([0.0, 0.0, 5.0, 9.0, np.nan])
    table = change_over_days(images, answers, ("a", "b"), "range")
    p = answers.pivot(index="run", columns="id", values="p_a")
    moved = p["i3"] - (p["i0"] + p["i1"]) / 2
    row = table.iloc[0]
    assert (row["mean"], row["low"], row["high"]) == pytest.approx(
        (moved.mean(), moved.min(), moved.max())
    )
    assert table["mean"].sum() == pytest.approx(0)
    assert change_over_days(*drawn([3.0, 3.0]), ("a", "b"), "range").empty


def test_runs_that_cannot_be_asked_together_are_a_sentence(place):
    settings, _, made = place
    finished, classes = follow_together(made)
    assert [run.id for run in finished] == [run.id for run in made] and classes == CLASSES
    other = make_finished_run(settings, labels="covid2")
    queued = make_finished_run(settings)
    runs.write_status(queued, state=runs.STOPPED)
    queued = runs.read_run(settings.runs, queued.id)
    assert len(follow_together([*made, queued])[0]) == len(made)
    for chosen, words in (
        ([*made, other], "covid2, paper3"),
        ([queued], "has finished"),
        ([change_run(other, labels="forgotten")], "'forgotten'"),
    ):
        with pytest.raises(UserError, match=words):
            follow_together(chosen)


def test_the_command_answers_what_the_network_says(place, call):
    settings, catalog, made = place
    code, answer, _ = call("follow", "--patient", LONG, "--study", "splits")
    assert code == 0 and "not for diagnosis" in answer["warning"]
    assert [image["day"] for image in answer["images"]] == [0, 7, 7, None]
    assert answer["outcome"]["survived"] == "no"
    assert answer["images"][0]["noted"]["temperature"] == "38.5"
    learnt = [run["run"] for run in answer["runs"] if run["trained_on"]]
    assert answer["averaged_runs"] == [run.id for run in made if run.id not in learnt]
    row = images_of_patient(catalog, LONG).iloc[0]
    for own in answer["images"][0]["by_run"]:
        if not own["stored"]:
            (run,) = [run for run in made if run.id == own["run"]]
            said = predict(run, settings.data_roots[0] / row["path"], settings).probabilities
            assert own["probabilities"] == pytest.approx(said, abs=1e-6)
    _, every, _ = call("follow", "--patient", LONG, "--study", "splits", "--all-runs")
    assert every["averaged_runs"] == [run.id for run in made]
    said = every["images"][0]["probabilities"]["normal"]
    own = [one["probabilities"]["normal"] for one in every["images"][0]["by_run"]]
    assert said["n"] == 3 and said["mean"] == pytest.approx(sum(own) / 3)
    assert said["range"] == pytest.approx([min(own), max(own)])
    _, one, _ = call("follow", "--patient", OPEN, "--run", made[0].id)
    assert one["images"][0]["probabilities"]["normal"]["t"] is None
    assert one["runs"][0]["trained_on"] == 0 and one["images"][0]["finding"] == "todo"


def test_the_command_lists_who_can_be_followed_and_refuses_in_sentences(place, call, capsys):
    code, answer, _ = call("follow")
    assert code == 0 and [row["patient"] for row in answer["patients"]] == [LONG, OPEN]
    for arguments, words in (
        (["--patient", LONG], "--study NAME"),
        (["--patient", "nobody", "--study", "splits"], "nobody"),
        (["--patient", LONG, "--study", "none"], "no study 'none'"),
    ):
        code, answer, _ = call("follow", *arguments)
        assert code == 2 and words in answer["error"]
    assert main(["follow", "--patient", OPEN, "--run", place[2][0].id]) == 0
    told = capsys.readouterr().out
    assert "learnt from none" in told and "One run: no interval." in told
    assert "day -90" in told and "not to measure how ill" in told
