"""The Questions page, and the section of the Comparison page on what the split does."""

import pytest
from covid_images import make_covid_environment
from run_folders import change_run, make_environment, make_finished_run, open_page, text_of

from core import runs
from core.training.config import configure


@pytest.fixture
def settings(tmp_path, monkeypatch):
    return make_covid_environment(tmp_path, monkeypatch)


def verdicts(page):
    """The four cards at the top: question number -> verdict."""
    words = [str(element.value) for element in page.markdown]
    cards = [text for text in words if text.startswith("**") and "-badge[" in text]
    return {text[2]: text.partition("-badge[")[2].rstrip("]") for text in cards}


def test_without_a_finished_run_the_page_says_what_to_do(settings):
    page = open_page("questions")
    assert not page.exception and "No finished run yet" in text_of(page)


def test_while_the_first_run_is_at_work_the_page_says_to_wait(settings):
    runs.create_run(settings.runs, configure("TinyCNN").model_dump(mode="json"), "TinyCNN")
    words = text_of(open_page("questions"))
    assert "A network is being trained" in words and "demonstration study" not in words


def test_two_networks_answer_all_four(settings):
    for name, wrong in (("ResNet50", 0), ("VGG16", 12)):
        make_finished_run(settings, wrong, backbone=name, recipe="quick")
    page = open_page("questions")
    assert not page.exception and not page.error
    found = verdicts(page)
    assert found["1"] == "YES" and set(found) == set("1234")
    words = text_of(page)
    assert "ResNet50 is better than VGG16" in words
    assert "sensitivity; ResNet50, quick, patient" in words
    assert "Fewer than 30 images (open marks)" in words
    assert "never how severe it is" in words and "class mix" not in words
    assert "nan" not in words.lower().replace("explanan", "")
    # Leader against others, which is best, bands, best run, patients.
    assert len(page.get("plotly_chart")) == 5
    (box,) = [box for box in page.selectbox if box.label == "Questions 2 and 4 are read by"]
    box.select_index(1).run()
    assert not page.exception and "sensitivity; VGG16, quick, patient" in text_of(page)


def test_the_question_for_a_figure_answers_with_the_figure_and_not_with_no(settings):
    run = make_finished_run(settings, 12, backbone="VGG16", recipe="quick")
    page = open_page("questions")
    assert verdicts(page)["3"] == "LOWER THAN PUBLISHED"
    score = 100 * run.metrics()["balanced_accuracy"]
    n = run.metrics()["n_validation"]
    (card,) = [
        c.value.replace("\xa0", " ") for c in page.caption if "balanced accuracy, n" in c.value
    ]
    assert card.startswith(f"{score:.1f} % (") and card.endswith(f"n = {n}")


def test_one_network_is_told_which_run_to_make(settings):
    make_finished_run(settings)
    page = open_page("questions")
    assert not page.exception and not page.error
    assert verdicts(page)["1"] == "CANNOT BE ANSWERED"
    assert "Only TinyCNN was trained here" in text_of(page)
    assert any("--backbones all" in code.value for code in page.code)


def test_without_covid19_images_two_questions_cannot_be_answered(tmp_path, monkeypatch):
    make_finished_run(make_environment(tmp_path, monkeypatch))
    page = open_page("questions")
    assert not page.exception and not page.error
    found = verdicts(page)
    assert found["2"] == found["4"] == "CANNOT BE ANSWERED"
    assert "none is of COVID-19" in text_of(page)


def test_drawn_images_answer_nothing_and_damaged_runs_are_left_out(settings):
    change_run(make_finished_run(settings), {"synthetic": True})
    bad = make_finished_run(settings)
    (bad.folder / "metrics.json").unlink()
    page = open_page("questions")
    assert not page.exception and not page.error
    assert set(verdicts(page).values()) == {"CANNOT BE ANSWERED"}
    assert f"Left out: metrics.json of `{bad.id}`" in text_of(page)


def test_no_chosen_run_is_no_defect(settings):
    make_finished_run(settings)
    page = open_page("questions")
    page.multiselect[0].set_value([]).run()
    assert not page.exception and not page.error
    assert "No run is chosen" in text_of(page)
    assert not verdicts(page) and "no finished run" not in text_of(page).lower()


def test_what_the_split_does_stands_on_the_comparison_page(settings):
    for by, wrong in (("image", 0), ("patient", 9)):
        make_finished_run(settings, wrong, split={"by": by})
    page = open_page("comparison")
    assert not page.exception and not page.error
    words = text_of(page)
    assert "Balanced accuracy falls once patients are kept apart" in words
    assert "Patients on both sides of a split by image" in words
    assert "COVID-19 patients checked by image" in words
    table = next(t.value for t in page.dataframe if "shared_covid19" in t.value.columns)
    assert table["pair"].tolist() == ["seed 0"]


def test_without_runs_of_both_splits_the_section_says_which_study_to_make(settings):
    make_finished_run(settings)
    page = open_page("comparison")
    assert not page.exception
    assert any("--over split=image,patient" in code.value for code in page.code)
