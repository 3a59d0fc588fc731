"""Single images of runs: those of a cell, those most runs miss, one across runs."""

import numpy as np
import pandas as pd
import pytest
from run_folders import change_run, make_finished_run

from core import runs
from core.data.catalog import load_catalog
from core.evaluation.cases import (
    CALIBRATION,
    HARDEST_COLUMNS,
    NO_PART,
    TRAINING,
    UNKNOWN,
    VALIDATION,
    cell_images,
    hardest_images,
    image_across_runs,
    run_cases,
    run_classes,
    run_sides,
    with_catalog,
)

CLASSES = ("normal", "bacteria", "coronavirus")


def cases(answers: dict[str, tuple[str, str, float]]) -> pd.DataFrame:
    """Cases from image -> (true class, answer, probability of the answer)."""
    rows = [
        {
            "id": name,
            "path": f"/{name}",
            "label": truth,
            "predicted": answer,
            "confidence": confidence,
            "true_probability": confidence if truth == answer else 1 - confidence,
            "wrong": truth != answer,
        }
        for name, (truth, answer, confidence) in answers.items()
    ]
    return pd.DataFrame(rows)


def test_every_cell_holds_as_many_images_as_the_matrix_says(settings):
    run = make_finished_run(settings, mistakes=3)
    table = run_cases(run)
    matrix = run.metrics()["confusion_matrix"]
    for i, truth in enumerate(CLASSES):
        for j, answer in enumerate(CLASSES):
            assert len(cell_images(table, truth, answer)) == matrix[i][j]
    assert table["wrong"].sum() == 3
    assert table["confidence"].tolist() == pytest.approx([0.8] * len(table))


def test_a_cell_is_sorted_by_the_probability_of_the_answer():
    table = cases(
        {
            "a": ("normal", "bacteria", 0.5),
            "b": ("normal", "bacteria", 0.9),
            "c": ("normal", "normal", 0.99),
            "d": ("bacteria", "bacteria", 0.99),
        }
    )
    assert cell_images(table, "normal", "bacteria")["id"].tolist() == ["b", "a"]
    assert cell_images(table, "bacteria", "normal").empty


def test_hardest_images_are_counted_by_hand():
    first = cases({"a": ("normal", "bacteria", 0.6), "b": ("normal", "normal", 0.9)})
    second = cases({"a": ("normal", "bacteria", 0.8), "b": ("normal", "coronavirus", 0.7)})
    third = cases({"a": ("normal", "coronavirus", 0.9), "c": ("bacteria", "normal", 0.6)})
    empty = first.iloc[:0]
    table = hardest_images([first, second, empty, third])
    assert tuple(table.columns) == HARDEST_COLUMNS
    # a: 3 of 3; c: 1 of 1; b: 1 of 2.
    assert table["id"].tolist() == ["a", "c", "b"]
    assert table["missed"].tolist() == [3, 1, 1] and table["runs"].tolist() == [3, 1, 2]
    assert table["share"].tolist() == [1, 1, 0.5]
    assert table["answer"].tolist() == ["bacteria", "normal", "coronavirus"]
    assert table["true_probability"].iloc[0] == pytest.approx((0.4 + 0.2 + 0.1) / 3)


def test_no_run_or_no_mistake_leaves_no_hard_image():
    right = cases({"a": ("normal", "normal", 0.9)})
    for tables in ([], [right], [right.iloc[:0]]):
        table = hardest_images(tables)
        assert table.empty and tuple(table.columns) == HARDEST_COLUMNS


def test_one_image_across_runs(settings):
    same_split = [make_finished_run(settings, mistakes) for mistakes in (0, 1)]
    other = make_finished_run(settings, split={"seed": 1})
    without = make_finished_run(settings, split={"seed": 1})
    (without.folder / "images.csv").unlink()
    (without.folder / "predictions.csv").unlink()
    chosen = [*same_split, other, without]
    tables = {run.id: run_cases(run) for run in chosen}
    sides = {run.id: run_sides(run) for run in chosen}
    elsewhere = set(sides[other.id].query("side == 'training'")["id"])
    identifier = next(name for name in tables[chosen[0].id]["id"] if name in elsewhere)
    table = image_across_runs(identifier, "", chosen, tables, sides)
    assert table["run"].tolist() == [run.id for run in chosen]
    assert table["part"].tolist() == [VALIDATION, VALIDATION, TRAINING, UNKNOWN]
    answered = table[table["part"] == VALIDATION]
    assert answered[[f"p_{name}" for name in CLASSES]].sum(axis=1).tolist() == pytest.approx([1, 1])
    assert table.loc[2:, "predicted"].isna().all()
    nowhere = image_across_runs("kermany:none", "", chosen[:1], tables, sides)
    assert nowhere["part"].tolist() == [NO_PART] and "p_normal" not in nowhere


def test_an_image_that_was_held_back_was_no_training_image(settings):
    run = make_finished_run(settings, split={"calibration_share": 0.25})
    sides, table = run_sides(run), run_cases(run)
    identifier, sha256 = sides.loc[sides["side"] == CALIBRATION, ["id", "sha256"]].iloc[0]
    row = image_across_runs(identifier, sha256, [run], {run.id: table}, {run.id: sides})
    assert row["part"].tolist() == [CALIBRATION] and row["copy_learnt"].tolist() == [False]


def test_an_exact_copy_among_the_training_images_is_told(settings):
    run = make_finished_run(settings)
    table, sides = run_cases(run), run_sides(run)
    identifier, sha256 = sides.loc[sides["side"] == "validation", ["id", "sha256"]].iloc[0]
    for copied in (False, True):
        row = image_across_runs(identifier, sha256, [run], {run.id: table}, {run.id: sides})
        assert row["copy_learnt"].tolist() == [copied]
        assert row["part"].tolist() == [VALIDATION]
        training = sides.index[sides["side"] == "training"][0]
        sides.loc[training, "sha256"] = sha256


@pytest.mark.parametrize(
    "break_it",
    [
        lambda path: path.unlink(),
        lambda path: path.write_text(""),
        lambda path: path.write_text("nonsense\n1\n"),
        lambda path: path.write_bytes(b"\xff\xfe\x00"),
    ],
)
def test_a_run_without_usable_files_has_no_cases(settings, break_it):
    run = make_finished_run(settings)
    break_it(run.folder / "predictions.csv")
    break_it(run.folder / "images.csv")
    assert run_cases(run).empty and run_sides(run).empty
    assert hardest_images([run_cases(run)]).empty
    assert cell_images(run_cases(run), "normal", "bacteria").empty


def test_rows_that_cannot_be_read_are_left_out(settings):
    run = make_finished_run(settings)
    path = run.folder / "predictions.csv"
    table = pd.read_csv(path)
    n = len(table)
    table["p_normal"] = table["p_normal"].astype(object)
    table.loc[0, "p_normal"] = "not a number"
    table.loc[1, "p_normal"] = np.inf
    table.loc[2, "predicted"] = "measles"
    table.loc[3, "id"] = table.loc[4, "id"]
    table.to_csv(path, index=False)
    assert len(run_cases(run)) == n - 4


def test_unknown_labels_give_no_classes(settings):
    run = change_run(make_finished_run(settings), labels={"made": "up"})
    assert run_classes(run) == () and run_cases(run).empty
    assert runs.read_run(settings.runs, run.id).id == run.id


def test_what_the_catalog_does_not_know_keeps_its_path(settings):
    table = run_cases(make_finished_run(settings))
    table.loc[0, "id"] = "kermany:gone.png"
    rows = with_catalog(table, load_catalog(settings))
    assert rows["id"].tolist() == table["id"].tolist()
    assert rows.loc[0, "path"] == table.loc[0, "path"]
    assert rows.loc[0, ["sha256", "view", "patient"]].tolist() == ["", "", ""]
    assert not rows["synthetic"].any() and (rows.loc[1:, "width"] == 48).all()
