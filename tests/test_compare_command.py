"""The command `compare`, its refusals, and the section of the Comparison page beside it."""

import json
import math

import pytest
from run_folders import make_finished_run, open_page, text_of

from core import runs
from core.__main__ import main
from core.evaluation.common_images import read_answers
from core.evaluation.pairs import pairs_table
from pages.components import differences


@pytest.fixture
def call(settings, capsys):
    """Call `compare`; give its exit code and its JSON."""

    def call(*arguments):
        code = main(["compare", *arguments, "--json"])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


def rewrite(run, change):
    """Change the predictions that a run left."""
    path = run.folder / "predictions.csv"
    change(run.predictions()).to_csv(path, index=False)


def test_a_study_is_compared(call, settings):
    made = [
        make_finished_run(settings, mistakes, study="Three", backbone=backbone, recipe="quick")
        for mistakes, backbone in ((0, "ResNet50"), (1, "VGG16"), (9, "VGG19"))
    ]
    code, answer = call("--study", "Three")
    assert code == 0 and answer["study"] == "Three" and answer["left_out"] == {}
    assert [row["run"] for row in answer["runs"]] == [run.id for run in made]
    assert [row["name"] for row in answer["runs"]] == ["ResNet50", "VGG16", "VGG19"]
    for row in answer["runs"]:
        low, high = row["metrics"]["ci95"]["balanced_accuracy"]
        assert low <= row["metrics"]["balanced_accuracy"] <= high
    assert len(answer["pairs"]) == 3
    table = pairs_table(read_answers(made)[0])
    for pair, row in zip(answer["pairs"], table.itertuples(), strict=True):
        assert (pair["a"], pair["b"], pair["n"]) == (row.run_a, row.run_b, row.n_common)
        assert pair["difference"] == pytest.approx(row.difference)
        assert pair["p_mcnemar"] == pytest.approx(row.p_mcnemar)
        assert pair["p_holm"] == pytest.approx(row.p_holm)
        assert pair["ci95"] == pytest.approx([row.low, row.high])
        assert pair["mcnemar"] == "exact"
    assert sum(answer["probability_best"].values()) == pytest.approx(1)
    assert f"On these {made[0].metrics()['n_validation']} images" in answer["verdict"]
    # The order in which runs are named changes nothing.
    again = call("--runs", ",".join(run.id for run in reversed(made)))[1]
    assert again["pairs"] == answer["pairs"] and again["study"] is None


def test_what_cannot_be_compared_is_refused_in_one_sentence(call, settings):
    first, other = make_finished_run(settings), make_finished_run(settings, labels="pneumonia2")
    code, answer = call("--runs", f"{first.id},{other.id}")
    assert code == 2 and "name different classes" in answer["error"]
    assert first.id in answer["error"] and other.id in answer["error"]
    code, answer = call("--study", "Nowhere")
    assert code == 2 and "There is no study 'Nowhere'" in answer["error"]
    code, answer = call("--runs", first.id)
    assert code == 2 and "needs two finished runs" in answer["error"]
    assert call("--runs", f"{first.id},nothing")[0] == 2
    apart = make_finished_run(settings)
    rewrite(apart, lambda table: table.assign(id="elsewhere " + table["id"]))
    code, answer = call("--runs", f"{first.id},{apart.id}")
    assert code == 2 and "share no validation image" in answer["error"]
    assert first.id in answer["error"] and apart.id in answer["error"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.iloc[:0], "is missing, empty or cannot be read"),
        (lambda table: table.drop(columns="sha256"), "has no column 'sha256'"),
        (lambda table: table.assign(id="the same"), "holds an image twice"),
        (lambda table: table.assign(label="healthy"), "names a class 'healthy'"),
    ],
)
def test_predictions_that_cannot_be_used_are_left_out_with_their_reason(
    call, settings, change, reason
):
    good, bad = make_finished_run(settings), make_finished_run(settings)
    rewrite(bad, change)
    code, answer = call("--runs", f"{good.id},{bad.id}")
    assert code == 2 and reason in answer["error"] and bad.id in answer["error"]
    third = make_finished_run(settings)
    code, answer = call("--runs", f"{good.id},{bad.id},{third.id}")
    assert code == 0 and reason in answer["left_out"][bad.id] and len(answer["pairs"]) == 1


def test_a_run_that_has_not_finished_is_left_out(call, settings):
    made = [make_finished_run(settings, study="S") for _ in range(3)]
    runs.write_status(made[2], state=runs.STOPPED, message="")
    code, answer = call("--study", "S")
    assert code == 0 and "has not finished" in answer["left_out"][made[2].id]


def test_tied_runs_have_no_interval_and_no_number_that_is_none(call, settings):
    made = [make_finished_run(settings, 3) for _ in range(2)]
    code, answer = call("--runs", ",".join(run.id for run in made))
    (pair,) = answer["pairs"]
    assert code == 0 and pair["ci95"] is None and pair["p_mcnemar"] == 1
    assert list(answer["probability_best"].values()) == [0.5, 0.5]
    assert not any(isinstance(value, float) and math.isnan(value) for value in pair.values())


def headed(page):
    return "Is the difference real?" in [heading.value for heading in page.subheader]


def test_the_page_says_the_verdict_and_shows_the_numbers(settings):
    make_finished_run(settings, 0, backbone="ResNet50", recipe="quick")
    make_finished_run(settings, 9, backbone="VGG16", recipe="quick")
    page = open_page("comparison")
    assert not page.exception and not page.error and headed(page)
    words = text_of(page)
    assert "ResNet50 is better than VGG16, by" in words and "Holm's correction" in words
    table = next(t.value for t in page.dataframe if "p_holm" in t.value.columns)
    assert list(table["name_a"]) == ["ResNet50"] and list(table["name_b"]) == ["VGG16"]
    assert list(table["only_a"]) == [9]
    assert "nan" not in words


def test_the_page_with_one_run_or_too_many_says_what_to_do(settings, monkeypatch):
    make_finished_run(settings)
    page = open_page("comparison")
    assert not page.exception and "Choose two or more finished runs" in text_of(page)
    for _ in range(2):
        make_finished_run(settings)
    monkeypatch.setattr(differences, "MOST_RUNS", 2)
    page = open_page("comparison")
    assert not page.exception and "3 runs would make 3 pairs" in text_of(page)


def test_the_page_leaves_out_what_cannot_be_used_and_warns_of_mixed_splits(settings):
    make_finished_run(settings)
    bad = make_finished_run(settings)
    (bad.folder / "predictions.csv").unlink()
    page = open_page("comparison")
    assert not page.exception and not page.error
    assert f"Left out: predictions.csv of TinyCNN, {bad.id[-4:]} ({bad.id})" in text_of(page)
    make_finished_run(settings, split={"by": "image"})
    page = open_page("comparison")
    assert not page.exception and not page.error
    assert "Some of these runs are split by image" in text_of(page)


def test_the_page_draws_the_pairs_of_the_leader_alone_until_asked(settings, monkeypatch):
    for mistakes in (0, 4, 8):
        make_finished_run(settings, mistakes)
    monkeypatch.setattr(differences, "MOST_PAIRS", 2)
    page = open_page("comparison")
    (wanted,) = [toggle for toggle in page.toggle if toggle.label == "Show all 3 pairs"]
    wanted.set_value(True).run()
    assert not page.exception
