"""The command `questions`, its refusals, and the columns of the catalog that it reads."""

import json

import pytest
from covid_images import DAYS, PATIENTS, make_covid_environment
from run_folders import change_run, make_finished_run

from core import runs
from core.__main__ import main
from core.data.catalog import load_catalog
from core.evaluation.questions import QUESTIONS


@pytest.fixture
def settings(tmp_path, monkeypatch):
    return make_covid_environment(tmp_path, monkeypatch)


@pytest.fixture
def call(settings, capsys):
    """Call `questions`; give its exit code and its JSON."""

    def call(*arguments):
        code = main(["questions", *arguments, "--json"])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


def by_key(answer):
    return {one["key"]: one for one in answer["questions"]}


def test_the_four_questions_of_a_study(call, settings):
    made = [
        make_finished_run(settings, wrong, study="Two", backbone=name, recipe="quick")
        for name, wrong in (("ResNet50", 0), ("VGG16", 12))
    ]
    code, answer = call("--study", "Two")
    assert code == 0 and answer["runs"] == [run.id for run in made] and not answer["synthetic"]
    answers = by_key(answer)
    assert list(answers) == list(QUESTIONS)
    assert answers["RQ1"]["verdict"] == "yes"
    assert answers["RQ1"]["numbers"]["leader"] == made[0].id
    bands = answers["RQ2"]["numbers"]["bands"]
    dated = sum(band["n"] for band in bands)
    assert dated == answers["RQ2"]["numbers"]["n"] == bands[0]["n"] * len(DAYS)
    assert bands[2]["sensitivity"] is None and bands[0]["high"] == 1
    assert answers["RQ3"]["numbers"]["run"] == made[0].id
    assert "python -m core baselines" in answers["RQ3"]["commands"][0]
    assert answers["RQ4"]["numbers"]["patients"] == bands[0]["n"]
    for one in answers.values():
        assert one["sentence"] and one["asked"].endswith(("?", ")")) and one["would_change"]


def test_without_json_everything_is_said(settings, capsys):
    run = make_finished_run(settings)
    assert main(["questions", "--runs", run.id]) == 0
    said = capsys.readouterr().out
    assert "RQ1  Does one technique" in said and "CANNOT BE ANSWERED: Only TinyCNN" in said
    assert "python -m core study --backbones all" in said and "nan" not in said


def test_refusals_are_one_sentence(call, settings):
    made = make_finished_run(settings), make_finished_run(settings, labels="pneumonia2")
    code, answer = call("--runs", ",".join(run.id for run in made))
    assert code == 2 and "label schemes paper3 and pneumonia2" in answer["error"]
    assert call("--study", "Nowhere")[0] == 2
    runs.write_status(made[0], state=runs.STOPPED, message="")
    code, answer = call("--runs", made[0].id)
    assert code == 2 and "has not finished" in answer["error"]


def test_damaged_runs_are_left_out_and_drawn_ones_answer_nothing(call, settings):
    good, bad = make_finished_run(settings), make_finished_run(settings)
    (bad.folder / "metrics.json").unlink()
    change_run(good, {"synthetic": True})
    code, answer = call("--runs", f"{good.id},{bad.id}")
    assert code == 0 and bad.id in answer["left_out"] and answer["synthetic"]
    assert {one["verdict"] for one in answer["questions"]} == {"cannot be answered"}


def test_a_run_without_predictions_answers_what_it_can(call, settings):
    run = make_finished_run(settings)
    (run.folder / "predictions.csv").unlink()
    code, answer = call("--runs", run.id)
    assert code == 0
    answers = by_key(answer)
    for key in ("RQ2", "RQ4"):
        assert answers[key]["verdict"] == "cannot be answered"
        assert "no predictions.csv that can be read" in answers[key]["sentence"]
    assert answers["RQ3"]["numbers"]["run"] == run.id


def test_the_catalog_has_the_outcome(settings):
    catalog = load_catalog(settings)
    cohen = catalog[catalog["source"] == "cohen"]
    assert cohen["survival"].value_counts().to_dict() == dict.fromkeys("YN", PATIENTS * 3 // 2)
    assert (cohen["went_icu"] == "").all() and (catalog["survival"] != "").sum() == len(cohen)
