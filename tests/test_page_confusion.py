"""The Confusion matrices page: a matrix, its words, the class table and the published one."""

import shutil

import numpy as np
import pytest
from run_folders import change_run, make_finished_run, open_page, shown_cells, text_of

from core import runs
from core.evaluation.published import FOOTNOTES, PER_CLASS, PER_CLASS_DERIVED
from pages.components.matrix_words import read_matrix

# Page -> its widget for the run.
OPENING_ON_ONE_RUN = {
    "confusion": "matrix-run",
    "thresholds": "threshold-run",
    "prediction": "prediction-run",
}


def test_without_a_finished_run_the_page_says_what_to_do(settings):
    page = open_page("confusion")
    assert not page.exception and not page.error
    assert "No finished run yet" in text_of(page) and "press Start" in text_of(page)


def test_a_run_is_read_in_words_and_numbers(settings):
    run = make_finished_run(settings, mistakes=2)
    page = open_page("confusion")
    words = text_of(page)
    assert not page.exception and not page.error
    assert run.id in words
    matrix = run.metrics()["confusion_matrix"]
    row = matrix[0]
    assert f"Of **{sum(row)}** images of **normal**, **{row[0]}** were recognised" in words
    table = page.dataframe[0].value
    assert list(table["class"]) == ["normal", "bacteria", "coronavirus"]
    assert list(table["n"]) == [sum(row) for row in matrix]
    assert table["sensitivity"].iloc[0] == pytest.approx(row[0] / sum(row))
    # TinyCNN is no network of the paper.
    assert len(page.dataframe) == 1


def test_the_page_opens_on_a_run_that_is_no_rehearsal(settings):
    result = make_finished_run(settings)
    rehearsal = make_finished_run(settings, limit=24)
    page = open_page("confusion")
    assert page.selectbox(key="matrix-run").value == result.id
    assert "A rehearsal, no result" not in text_of(page)
    page = open_page("confusion", run=rehearsal.id)
    assert page.selectbox(key="matrix-run").value == rehearsal.id
    assert "A rehearsal, no result" in text_of(page)


@pytest.mark.parametrize(("name", "key"), OPENING_ON_ONE_RUN.items())
def test_a_page_opens_on_the_best_run_of_the_newest_study_and_keeps_a_choice(settings, name, key):
    make_finished_run(settings, study="Older")
    best = make_finished_run(settings, mistakes=2, study="Newer")
    newest = make_finished_run(settings, mistakes=6, study="Newer")
    page = open_page(name)
    assert page.selectbox(key=key).value == best.id
    page.selectbox(key=key).select(newest.id).run()
    make_finished_run(settings, study="Newer")
    assert page.run().selectbox(key=key).value == newest.id


@pytest.mark.parametrize(("name", "key"), OPENING_ON_ONE_RUN.items())
def test_a_run_deleted_while_it_is_chosen_is_said_and_no_other_answers(settings, name, key):
    kept, gone = (make_finished_run(settings, seed=seed) for seed in (0, 1))
    page = open_page(name, run=gone.id)
    assert page.selectbox(key=key).value == gone.id
    shutil.rmtree(gone.folder)
    for _ in range(2):
        page.run()
        assert not page.exception and not page.error
        (warning,) = page.warning
        assert f"(`{gone.id}`) was deleted; choose another." in warning.value
        assert page.selectbox(key=key).value is None
        assert not page.get("plotly_chart") and not page.dataframe and not page.image
    page.selectbox(key=key).select(kept.id).run()
    assert "was deleted" not in text_of(page) and len(page.selectbox) > 1


@pytest.mark.parametrize(("name", "key"), OPENING_ON_ONE_RUN.items())
def test_an_address_with_a_run_that_there_is_not_is_said_and_no_other_answers(settings, name, key):
    kept, stopped = make_finished_run(settings), make_finished_run(settings, seed=1)
    runs.write_status(stopped, state=runs.STOPPED)
    for asked, words in (
        ("20200101-000000-000000-x", "There is no run `20200101-000000-000000-x` (any more)"),
        ("../`x`", "There is no run `../x` (any more); choose another."),
        (stopped.id, f"Run `{stopped.id}` has not finished (it is stopped); choose another."),
    ):
        page = open_page(name, run=asked)
        assert not page.exception and not page.error and words in page.warning[0].value
        assert page.selectbox(key=key).value is None and not page.get("plotly_chart")
    page.selectbox(key=key).select(kept.id).run()
    assert "has not finished" not in text_of(page) and len(page.selectbox) > 1


def test_a_second_run_that_is_deleted_is_said_and_the_first_stays(settings):
    first, second = (make_finished_run(settings, seed=seed) for seed in (0, 1))
    page = open_page("confusion", run=first.id)
    page.selectbox(key="matrix-second").select(second.id).run()
    shutil.rmtree(second.folder)
    page.run()
    assert not page.exception and f"(`{second.id}`) was deleted" in page.warning[0].value
    assert first.id in text_of(page) and len(page.dataframe) == 1


def test_the_published_table_of_the_same_network_stands_below(settings):
    make_finished_run(settings, backbone="ResNet50", recipe="quick")
    page = open_page("confusion")
    published = page.dataframe[1].value.set_index("class")
    for name, (_, sensitivity, *_) in PER_CLASS["ResNet50"].items():
        assert published.loc[name, "sensitivity"] == pytest.approx(sensitivity / 100)
    words = text_of(page)
    assert "table 6 of the paper" in words and "Sensitivity, mine less published" in words
    assert FOOTNOTES["per-class accuracy"] in words and FOOTNOTES["conclusion"] not in words


def test_what_the_published_table_does_not_print_is_marked(settings):
    make_finished_run(settings, backbone="ResNet50", recipe="quick")
    page = open_page("confusion")
    for place, table in enumerate(page.dataframe):
        for column in ("n", "f1", "sensitivity", "precision", "specificity", "accuracy"):
            cells = shown_cells(table, column)
            derived = place == 1 and column in PER_CLASS_DERIVED
            assert [cell.endswith(" †") for cell in cells] == [derived] * 3
    assert f"† {FOOTNOTES['derived by class']}" in text_of(page)


def test_two_runs_of_one_network_share_its_published_table(settings):
    runs = [make_finished_run(settings, n, backbone="ResNet50", recipe="quick") for n in (0, 2)]
    page = open_page("confusion", run=runs[0].id)
    page.selectbox(key="matrix-second").select(runs[1].id).run()
    assert not page.exception
    words = text_of(page)
    assert words.count("table 6 of the paper") == 1 and len(page.dataframe) == 3
    assert words.count("sensitivity, mine less published") == 2


def test_the_swapped_accuracies_are_said_where_they_apply(settings):
    make_finished_run(settings, backbone="VGG19", recipe="quick")
    assert FOOTNOTES["conclusion"] in text_of(open_page("confusion"))


def test_an_address_with_a_run_chooses_it_and_a_second_stands_beside_it(settings):
    older = make_finished_run(settings, split={"by": "image"})
    newer = make_finished_run(settings)
    page = open_page("confusion", run=older.id)
    assert page.selectbox(key="matrix-run").value == older.id
    assert "patients have images both in training and in validation" in text_of(page)
    # Not the run itself.
    assert len(page.selectbox(key="matrix-second").options) == 1
    page.selectbox(key="matrix-second").select(newer.id).run()
    assert not page.exception
    assert newer.id in text_of(page) and older.id in text_of(page)
    assert len(page.dataframe) == 2


def test_a_run_without_its_metrics_is_one_sentence(settings):
    run = make_finished_run(settings)
    (run.folder / "metrics.json").write_text("{half")
    page = open_page("confusion")
    assert not page.exception
    assert "cannot be read" in text_of(page)


def test_a_study_narrows_the_choice_of_runs(settings):
    kept = make_finished_run(settings, study="Seeds")
    make_finished_run(settings)
    page = open_page("confusion")
    assert len(page.selectbox(key="matrix-run").options) == 2
    page.selectbox(key="filter-study").select("Seeds").run()
    assert not page.exception and page.selectbox(key="matrix-run").value == kept.id
    assert len(page.selectbox(key="matrix-run").options) == 1


def test_folds_together_are_added_up(settings):
    made = []
    for number in range(5):
        run = make_finished_run(settings, number, study="Folds")
        made.append(change_run(run, split=run.config["split"] | {"fold": number}))
    page = open_page("confusion", run=made[0].id)
    page.toggle(key="together-alone").set_value(True).run()
    assert not page.exception and not page.error
    total = sum(np.array(run.metrics()["confusion_matrix"]) for run in made)
    words = text_of(page)
    assert "**sum over the folds**" in words and "Every image was checked once." in words
    assert f"Of **{total[0].sum()}** images of **normal**, **{total[0, 0]}** were" in words
    table = page.dataframe[0].value
    assert list(table["n"]) == list(total.sum(axis=1))
    # With a fold missing, the page says how much is there.
    page = open_page("confusion", run=made[0].id)
    shutil.rmtree(made[4].folder)
    page.toggle(key="together-alone").set_value(True).run()
    assert "**Folds are missing:** 80 % of the images" in text_of(page)


def test_seeds_together_are_averaged(settings):
    made = [make_finished_run(settings, mistakes, seed=mistakes) for mistakes in (0, 1)]
    page = open_page("confusion", run=made[0].id)
    assert "seeds 0, 1" in page.toggle(key="together-alone").label
    page.toggle(key="together-alone").set_value(True).run()
    assert not page.exception and not page.error
    mean = np.mean([run.metrics()["confusion_matrix"] for run in made], axis=0)
    words = text_of(page)
    assert "**mean over the runs**" in words and "sum over" not in words
    assert f"**{mean[0, 0]:.1f}** were recognised on average" in words
    assert page.dataframe[0].value["sensitivity"].iloc[0] == pytest.approx(
        mean[0, 0] / mean[0].sum()
    )


def test_a_run_without_repeats_offers_none(settings):
    make_finished_run(settings)
    make_finished_run(settings, split={"by": "image"})
    page = open_page("confusion")
    assert not page.toggle


def test_repeats_with_a_broken_matrix_are_one_sentence(settings):
    made = [make_finished_run(settings, seed=seed) for seed in (0, 1)]
    change_run(made[1], {"confusion_matrix": [[1, 2], [3, 4]]})
    page = open_page("confusion", run=made[0].id)
    page.toggle(key="together-alone").set_value(True).run()
    assert not page.exception and not page.error
    assert f"metrics.json of `{made[1].id}` has no matrix like this" in text_of(page)


@pytest.mark.parametrize(
    ("matrix", "sentence"),
    [
        ([[281, 50, 14], [0, 1, 0], [0, 0, 0]], "50 were taken for b, 14 for c."),
        ([[3, 0, 0], [0, 1, 0], [0, 0, 0]], "None was taken for anything else."),
        ([[3, 1, 0], [0, 1, 0], [0, 0, 0]], "1 was taken for b."),
        ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], "No validation image is **a**."),
    ],
)
def test_a_matrix_reads_as_sentences(matrix, sentence):
    assert sentence in read_matrix(matrix, ["a", "b", "c"])[0]


def test_an_address_can_ask_for_a_study(settings):
    asked = make_finished_run(settings, study="Heads")
    make_finished_run(settings)
    page = open_page("confusion", study="Heads")
    assert not page.exception
    assert page.selectbox(key="filter-study").value == "Heads"
    assert page.selectbox(key="matrix-run").value == asked.id
