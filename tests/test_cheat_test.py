"""The cheat test: what is blacked out, and that a head can learn only from what is left."""

import json

import numpy as np
import pytest
from run_folders import open_page, text_of
from tiny_study import environment, finish, queue, tiny_config, tiny_study

from core import runs
from core.__main__ import main
from core.charts.cheat_test import cheat_chart
from core.data.lungs import CENTRE
from core.errors import UserError
from core.evaluation.cheat_differences import (
    DIFFERENCES,
    PARTS,
    difference_table,
    difference_words,
)
from core.evaluation.cheat_results import CHEAT_COLUMNS, CHEAT_SCORES, SEEN, cheat_table
from core.evaluation.cheat_test import Blackened, cheat_test
from core.files import write_json
from core.training.progress import StopRun


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return tiny_study(tmp_path_factory.mktemp("cheat"))


@pytest.fixture
def call(settings, monkeypatch, capsys):
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)

    def call(run):
        code = main(["cheat-test", "--run", run.id, "--json"])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


@pytest.fixture(scope="module")
def trained(settings):
    # What is held back from the run is held back from the heads that are trained for the test.
    split = {"by": "patient", "calibration_share": 0.25}
    return finish(tiny_config("quick", views=2, split=split), settings)


@pytest.fixture(scope="module")
def tested(trained, settings):
    """What the cheat test of ``trained`` gives."""
    return cheat_test(trained, settings, lambda *report: None)


@pytest.mark.parametrize("inside", [True, False])
def test_either_the_rectangle_is_black_or_all_but_it(inside):
    pixels = np.full((2, 8, 8), 9, np.uint8)
    boxes = np.array([[0.25, 0.5, 0.75, 1], [0, 0, 1, 1]])
    images = Blackened(pixels, np.array([1, 0]), boxes, inside).take([0, 1])
    lungs = np.zeros((2, 8, 8), bool)
    lungs[0, 4:8, 2:6] = lungs[1] = True
    assert np.array_equal(images == 0, lungs if inside else ~lungs)
    assert (pixels == 9).all()


def test_the_command_keeps_three_scores_with_intervals_and_leaves_the_run_as_it_was(
    call, trained, tested, settings
):
    before = trained.status, trained.metrics()
    code, answer = call(trained)
    assert code == 0
    for seen in SEEN:
        low, high = answer[seen]["ci95"]["accuracy"]
        assert low <= answer[seen]["accuracy"] <= high
        assert answer[seen]["n"] == trained.metrics()["n_validation"]
    for seen in PARTS:
        kept = answer[seen][DIFFERENCES]
        gap = answer["full"]["accuracy"] - answer[seen]["accuracy"]
        assert kept["accuracy"]["difference"] == pytest.approx(gap)
        assert kept["n"] == answer["full"]["n"]
        assert kept["only_full"] - kept["only_this"] == round(gap * kept["n"])
    assert answer["full"]["accuracy"] == trained.metrics()["accuracy"]
    assert (answer["n_annotated"], answer["n_images"]) == (0, 42)
    assert answer["centre"] == list(CENTRE)
    kept = json.loads((trained.folder / "cheat_test.json").read_text())
    assert kept == answer
    again = runs.read_run(settings.runs, trained.id)
    assert (again.status, again.metrics()) == before
    # The same images, boxes and network: the features are there, and the head is the same.
    assert answer == tested


def test_the_page_shows_the_three_scores_or_how_to_get_them(call, trained, tested):
    write_json(trained.folder / "cheat_test.json", tested)
    page = open_page("comparison")
    assert not page.exception
    said = text_of(page)
    assert "without the lungs, where the whole image gives" in said
    for row in difference_table([trained], "balanced_accuracy").to_dict("records"):
        assert difference_words(row) in said
    (trained.folder / "cheat_test.json").write_text('{"full": {"accuracy": "x"}}')
    page = open_page("comparison")
    assert not page.exception
    assert "Make the cheat test" in [button.label for button in page.button]


def test_the_command_prints_the_paired_differences(call, trained, tested, capsys):
    assert main(["cheat-test", "--run", trained.id]) == 0
    printed = capsys.readouterr().out
    for measure in CHEAT_SCORES:
        for row in difference_table([trained], measure).to_dict("records"):
            assert row["paired"] and difference_words(row) in printed


def test_a_run_that_cannot_be_tested_is_told_why(call, trained, settings):
    fresh = queue(tiny_config("quick"), settings)
    code, answer = call(fresh)
    assert code == 2 and "finished" in answer["error"]
    whole = queue(tiny_config(epochs=1), settings)
    runs.write_status(whole, state=runs.FINISHED)
    code, answer = call(whole)
    assert code == 2 and "frozen" in answer["error"]
    images = trained.folder / "images.csv"
    text = images.read_text()
    images.write_text(text + "\n")
    with pytest.raises(UserError, match="changed"):
        cheat_test(trained, settings, lambda *report: None)
    images.write_text(text)


def test_it_can_be_stopped_while_a_head_is_trained(trained, settings):
    def stop(phase, done, total):
        if phase.startswith("Training a head") and done > 1:
            raise StopRun

    with pytest.raises(StopRun):
        cheat_test(trained, settings, stop)


@pytest.mark.parametrize(
    "change",
    [
        {"full": None},
        {"lungs_only": {"n": "many", "accuracy": 0.5}},
        {"n_images": None},
        {"without_lungs": {"n": 9, "accuracy": True}},
    ],
)
def test_a_damaged_test_counts_as_none(trained, tested, change):
    write_json(trained.folder / "cheat_test.json", tested | change)
    assert cheat_table([trained], "accuracy").empty


def test_rows_and_chart_of_what_was_tested(trained, tested):
    write_json(trained.folder / "cheat_test.json", tested)
    table = cheat_table([trained], "accuracy")
    assert tuple(table.columns) == CHEAT_COLUMNS and list(table["seen"]) == list(SEEN)
    figure = cheat_chart(table, "accuracy", SEEN)
    assert [bar.name for bar in figure.data] == list(SEEN.values())
    assert [bar.x[0] for bar in figure.data] == table["score"].tolist()
    odd = tested["full"] | {"ci95": {"accuracy": ["low", "high"]}}
    write_json(trained.folder / "cheat_test.json", tested | {"full": odd})
    assert np.isnan(cheat_table([trained], "accuracy")["low"].iloc[0])
