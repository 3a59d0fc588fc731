"""Confusion matrices, looked at closer: images of a cell, hardest images, one image, slices."""

import pandas as pd
import pytest
from run_folders import change_run, make_finished_run, open_page, text_of

from core.evaluation.cases import run_cases
from core.evaluation.slices import SLICINGS


def choose_cell(page, truth, answer):
    page.selectbox(key="cell-truth").select(truth).run()
    return page.selectbox(key="cell-answer").select(answer).run()


def cards(page):
    return [b for b in page.button if str(b.key).startswith("press-case")]


def show(page, view):
    page.button_group(key="closer-view").set_value(view).run()
    assert not page.exception and not page.error
    return page


def missed(run):
    table = run_cases(run)
    return table[table["wrong"]].iloc[0]


def test_a_cell_shows_its_images_and_an_image_every_run(settings):
    older = make_finished_run(settings, 2)
    run = make_finished_run(settings, 1)
    other = make_finished_run(settings, labels="pneumonia2")
    case = missed(run)
    page = open_page("confusion", run=run.id)
    assert "Click a cell of the matrix" in text_of(page)
    choose_cell(page, case["label"], case["predicted"])
    assert not page.exception and not page.error
    (card,) = cards(page)
    assert "80.0" in card.label and case["label"] in card.label
    card.click().run()
    assert not page.exception and not page.error
    words = text_of(page)
    assert "**What 2 runs with these classes say of it.** 2 of 2 wrong." in words
    names = page.dataframe[0].value["name"].tolist()
    assert len(names) == 2 and names[0].endswith(run.id[-4:]) and names[1].endswith(older.id[-4:])
    assert other.id[-4:] not in "".join(names)
    assert any(case["id"] in html.proto.body for html in page.get("html"))
    next(b for b in page.button if b.label == "Back to the images").click().run()
    assert [b.label for b in cards(page)] == [card.label]


def test_runs_that_learnt_from_the_image_are_counted_and_not_shown(settings):
    run = make_finished_run(settings, 1)
    for seed in range(1, 4):
        make_finished_run(settings, split={"seed": seed})
    page = open_page("confusion", run=run.id, image=missed(run)["id"])
    assert not page.exception and not page.error
    assert "a **training image** of" in text_of(page)


def test_hardest_images_say_how_many_runs(settings):
    for mistakes in (0, 1, 2):
        make_finished_run(settings, mistakes)
    page = show(open_page("confusion"), "hardest")
    assert [b.label.partition(" wrong")[0] for b in cards(page)] == ["2 of 3", "1 of 3"]
    (runs_box,) = [box for box in page.multiselect if box.label == "Runs"]
    runs_box.set_value([]).run()
    assert "Choose at least one run" in text_of(page)


@pytest.mark.parametrize("name", SLICINGS)
def test_slices_have_n_and_intervals(settings, name):
    make_finished_run(settings, 2)
    page = show(open_page("confusion"), "slices")
    page.selectbox(key="slicing").select(name).run()
    assert not page.exception and not page.error
    table = page.dataframe[0].value
    assert table["n"].iloc[1:].sum() == table["n"].iloc[0]
    assert "Fewer than 30 images" in text_of(page)


def test_one_address_opens_an_image_and_an_unknown_one_is_a_sentence(settings):
    run = make_finished_run(settings, 1)
    page = open_page("confusion", image=missed(run)["id"])
    assert not page.error and "What 1 run with these classes says of it" in text_of(page)
    page = open_page("confusion", image="kermany:nothing.png")
    assert not page.exception and "No finished run with these classes" in page.error[0].value
    assert any(b.label == "Back to the images" for b in page.button)


def test_a_run_without_predictions_and_a_deleted_image(settings):
    run = make_finished_run(settings, 1)
    case = missed(run)
    (settings.data_roots[0] / case["path"]).unlink()
    page = choose_cell(open_page("confusion"), case["label"], case["predicted"])
    assert not page.exception and not page.error
    assert "Not in this copy." in text_of(page)
    cards(page)[0].click().run()
    assert not page.exception and not page.error and page.info
    (run.folder / "predictions.csv").unlink()
    page = open_page("confusion")
    for view in ("cell", "hardest", "slices"):
        assert "predictions.csv" in text_of(show(page, view))


def cut(table, kind):
    if kind == "three images":
        return table.head(3)
    if kind == "one class missing":
        return table[table["label"] != "normal"]
    return table.assign(predicted="normal", p_normal=1.0, p_bacteria=0.0, p_coronavirus=0.0)


@pytest.mark.parametrize("kind", ["three images", "one class missing", "one answer"])
def test_little_or_lopsided_predictions_break_no_view(settings, kind):
    run = make_finished_run(settings, 1)
    path = run.folder / "predictions.csv"
    cut(pd.read_csv(path), kind).to_csv(path, index=False)
    page = choose_cell(open_page("confusion"), "normal", "coronavirus")
    assert "Choose another cell" in text_of(page)
    for view in ("hardest", "slices"):
        show(page, view)
        assert "nan" not in text_of(page).lower()


def test_a_run_of_unknown_classes_is_a_sentence(settings):
    change_run(make_finished_run(settings), labels="forgotten")
    page = open_page("confusion")
    assert not page.exception and not page.error
    assert "predictions.csv" in text_of(page)
