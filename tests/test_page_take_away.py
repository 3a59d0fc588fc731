"""What pages give away: tables, the report and the sheet, each made only when asked for."""

import dated_patients
import pytest
from run_folders import make_finished_run, open_page, taken_away

from core.table_files import FORMATS
from pages.components import report_button

COMPARED = {"scores", "against-the-paper", "pairs", "repeats", "times"}


def files(page):
    return [button.proto for button in page.get("download_button")]


def test_every_table_of_the_comparison_can_be_taken_away(settings, offered):
    for seed in (0, 1):
        make_finished_run(
            settings, mistakes=seed, backbone="ResNet50", recipe="quick", seed=seed, study="Two"
        )
    page = open_page("comparison", study="Two")
    assert not page.exception and not page.error
    assert {name for name, _, _ in offered.values()} >= COMPARED
    ids = [proto.id for proto in files(page)]
    assert len(ids) == len(set(ids)) == len(FORMATS) * len(offered) + 1
    assert "Report of these runs (HTML)" in [proto.label for proto in files(page)]


def test_a_csv_has_every_number_with_its_interval_and_words_are_as_shown(settings, offered):
    run = make_finished_run(settings, mistakes=2)
    open_page("comparison")
    table, latex, markdown = taken_away(offered, "scores")
    table = table.set_index("run")
    metrics = run.metrics()
    assert table.loc[run.id, "accuracy"] == metrics["accuracy"]
    low, high = metrics["ci95"]["balanced_accuracy"]
    assert table.loc[run.id, "balanced_accuracy_low"] == low
    assert table.loc[run.id, "balanced_accuracy_high"] == high
    shown = f"{100 * metrics['accuracy']:.1f}"
    assert f"{shown}~\\%" in latex and shown in markdown
    assert "Balanced accuracy" in latex and "†" in markdown


def test_tables_of_one_name_have_keys_of_their_own(settings, offered):
    first, second = (make_finished_run(settings, mistakes=1) for _ in range(2))
    page = open_page("confusion", run=first.id)
    page.selectbox(key="matrix-second").select(second.id).run()
    assert not page.exception and not page.error
    assert {"take-classes-1", "take-classes-2"} <= set(offered)
    ids = [proto.id for proto in files(page)]
    assert len(ids) == len(set(ids))


def test_a_confusion_matrix_has_its_images_and_their_shares(settings, offered):
    run = make_finished_run(settings, mistakes=2)
    open_page("confusion")
    table, latex, markdown = taken_away(offered, "confusion-matrix")
    matrix, classes = run.metrics()["confusion_matrix"], run.metrics()["classes"]
    assert table["truth"].tolist() == classes and table[classes].to_numpy().tolist() == matrix
    share = f"{100 * matrix[0][0] / sum(matrix[0]):.1f}"
    assert f"{matrix[0][0]} ({share}~\\%)" in latex
    assert "| Truly" in markdown and "Taken for coronavirus" in markdown


def test_every_table_of_a_patient_can_be_taken_away(offered, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        settings = dated_patients.make_environment(tmp_path, patch)
        made = dated_patients.make_runs(settings, study="splits")
        page = open_page("follow", patient=dated_patients.LONG)
        assert not page.exception and not page.error
    course, latex, _ = taken_away(offered, "course")
    assert course["id"].nunique() == len(course) == 4 and course["runs"].tolist() == [2] * 4
    assert (course["p_normal_low"] <= course["p_normal"]).all()
    assert course["interval"].tolist() == ["lowest to highest"] * 4
    assert f"{100 * course['p_normal'][0]:.1f}" in latex and "day 7" in latex
    answers, _, markdown = taken_away(offered, "answers-of-the-runs")
    assert {*answers["run"]} == {run.id for run in made} and len(answers) == 4 * len(made)
    assert "trained on" in markdown and "Image 4" in markdown
    notes, latex, _ = taken_away(offered, "notes")
    assert notes["id"].tolist() == course["id"].tolist() and "38.5" in latex


def test_without_figures_there_is_no_report(settings):
    run = make_finished_run(settings)
    (run.folder / "metrics.json").unlink()
    page = open_page("comparison")
    assert "Report of these runs (HTML)" not in [proto.label for proto in files(page)]


def test_a_run_deleted_meanwhile_is_one_sentence_in_the_report(settings):
    run = make_finished_run(settings)
    (run.folder / "metrics.json").unlink()
    content = report_button._report([run], settings, "").decode()
    assert "None of these runs has finished with figures" in content and run.id in content


def test_a_report_bears_a_study_s_name_only_where_the_study_is_whole(settings, monkeypatch):
    asked = []
    monkeypatch.setattr(report_button, "_report", lambda chosen, settings, study: b"")
    monkeypatch.setattr(report_button, "partial", lambda function, *given: asked.append(given[2]))
    for seed in (0, 1):
        make_finished_run(settings, seed=seed, study="Two")
    page = open_page("comparison", study="Two")
    page.multiselect[0].unselect(page.multiselect[0].value[0]).run()
    assert asked == ["Two", ""]
