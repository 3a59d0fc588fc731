"""The page "Follow a patient": whom to ask, whom to follow, and what it says of both."""

import shutil

import pytest
from dated_patients import LONG, NOTES, OPEN, make_environment, make_runs
from run_folders import change_run, make_finished_run, open_page, text_of
from run_folders import make_environment as make_undated

from core import runs


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("page-follow"), patch)
        yield settings, make_runs(settings, study="splits")


def html_of(page):
    return "\n".join(element.proto.body for element in page.get("html"))


def fine(page):
    assert not page.exception and not page.error, [error.value for error in page.error]
    return page


def test_a_patient_is_followed_through_the_runs_of_a_study(place):
    _, made = place
    page = fine(open_page("follow", patient=LONG))
    words = text_of(page)
    assert "not for diagnosis" in words and "not to measure how ill" in words
    assert "some patients have two" in words
    assert len(page.get("plotly_chart")) == 1
    # Three dated images and the undated one, which stands apart.
    assert len(page.image) == 4 and "Undated images of this patient" in words
    assert "**2**: day 7, AP Supine" in words
    assert "**From the first day to the last**" in words and "mean of 2 runs" in words
    means, parts = page.dataframe[0].value, page.dataframe[1].value
    assert means["day"].tolist() == ["day 0", "day 7", "day 7", "undated"]
    assert parts["Network and run"].str[-4:].tolist() == [run.id[-4:] for run in made]
    last = parts.set_index("Network and run").iloc[-1].tolist()
    assert "trained on" in last and "checked" in parts.iloc[0].tolist()
    (every,) = [toggle for toggle in page.toggle if "1 of 3 runs that learnt" in toggle.label]
    assert "mean of 3 runs" in text_of(fine(every.set_value(True).run()))
    page = fine(page.button_group(key="follow-interval").set_value("t").run())
    assert "mean of 3 runs, 95 % t interval" in text_of(page)
    fine(page.button_group(key="follow-scale").set_value("stretched at both ends").run())


def test_patients_whom_nobody_learnt_from_come_first(place):
    page = fine(open_page("follow"))
    (box,) = [box for box in page.selectbox if str(box.key).startswith("follow-patient")]
    assert [words.partition(": ")[0] for words in box.options] == [OPEN, LONG]
    named = "not yet named by the collection"
    assert f"2 X-rays, 90 days, {named}, not learnt from" in box.options[0]
    assert "4 X-rays, 7 days, COVID-19, learnt from by 1 of 3 runs" in box.options[1]
    assert "None of these runs learnt from an image of this patient." in text_of(page)


def test_notes_and_outcome_are_shown_as_text_never_as_markup(place):
    page = fine(open_page("follow", patient=LONG))
    shown = html_of(page)
    assert "Fever &amp; &lt;script&gt;alert(1)&lt;/script&gt; cough" in shown
    assert NOTES not in shown and "<b>Images 1, 3</b>" in shown
    assert "<dt>survived</dt><dd>no</dd>" in shown
    noted = page.dataframe[2].value
    assert noted["temperature (°C)"].tolist() == ["38.5"] * 4
    assert noted["oxygen saturation (%)"].tolist() == ["105 (as given; impossible)"] * 4
    page = fine(open_page("follow", patient=OPEN))
    assert "<dt>finding</dt><dd>not yet named by the collection</dd>" in html_of(page)
    assert "tells no outcome" in text_of(page) and "no clinical notes" in text_of(page)


def test_heat_maps_stand_below_the_images_on_request(place):
    page = fine(open_page("follow", patient=OPEN))
    before = len(page.image)
    page = fine(page.toggle(key="follow-heat").set_value(True).run())
    assert len(page.image) == 2 * before and "They do not outline disease" in text_of(page)
    page = fine(page.selectbox(key="follow-heat-class").select("normal").run())
    captions = [image.proto.imgs[0].caption for image in page.image]
    assert captions.count("What speaks for normal") == before


def test_one_run_has_no_interval_and_a_run_that_learnt_is_named(place):
    _, made = place
    page = fine(open_page("follow", run=made[-1].id, patient=LONG))
    words = text_of(page)
    assert "**This run learnt from this patient**" in words and "memory, not skill" in words
    assert "one run, which has no interval" in words
    page = fine(open_page("follow", run=made[0].id, patient=LONG))
    assert "The run learnt from no image of this patient." in text_of(page)


def test_runs_with_other_classes_or_without_files_are_sentences(place):
    settings, made = place
    other = make_finished_run(settings, labels="covid2", study="mixed")
    unfinished = make_finished_run(settings, study="mixed")
    paper = make_finished_run(settings, study="mixed")
    runs.write_status(unfinished, state=runs.STOPPED)
    page = open_page("follow", study="mixed", patient=OPEN)
    assert not page.exception and "covid2, paper3" in page.error[0].value
    assert "2 of its 3 runs have finished" in text_of(page)
    # Nothing is left to ask: the folder has no model.
    change_run(other, labels="paper3")
    page = open_page("follow", study="mixed", patient=OPEN)
    assert not page.exception and "model.keras" in page.error[0].value
    for run in (other, unfinished, paper):
        change_run(run, study="")
    (made[0].folder / "images.csv").rename(made[0].folder / "kept.csv")
    page = fine(open_page("follow", run=made[0].id, patient=OPEN))
    assert "nobody knows whether they learnt" in text_of(page)
    (made[0].folder / "kept.csv").rename(made[0].folder / "images.csv")


def test_a_study_or_a_run_that_is_gone_is_said_and_no_other_answers(tmp_path, monkeypatch):
    settings = make_environment(tmp_path, monkeypatch)
    kept = [make_finished_run(settings, study="kept") for _ in range(2)]
    gone = [make_finished_run(settings, study="gone") for _ in range(2)]
    page = open_page("follow", study="gone")
    assert page.selectbox(key="follow-study").value == "gone"
    shutil.rmtree(gone[0].folder)
    fine(page.run())
    assert "study `gone` has no two finished runs to ask any more" in page.warning[0].value
    assert page.selectbox(key="follow-study").value is None and not page.get("plotly_chart")
    page = fine(open_page("follow", study="never"))
    assert "study `never` has no two finished runs to ask; choose" in page.warning[0].value
    page = fine(open_page("follow", run="never"))
    assert "no run `never`" in page.warning[0].value and not page.get("plotly_chart")
    # With no study left the single run that is to answer is the visitor's to choose.
    page = open_page("follow", study="kept")
    shutil.rmtree(kept[0].folder)
    fine(page.run())
    assert "`kept` has no two finished runs" in page.warning[0].value
    assert page.selectbox(key="follow-run").value is None and not page.get("plotly_chart")


def test_without_dated_patients_or_runs_the_page_says_what_to_do(tmp_path, monkeypatch):
    settings = make_undated(tmp_path, monkeypatch)
    assert "No finished run yet" in text_of(fine(open_page("follow")))
    make_finished_run(settings)
    words = text_of(fine(open_page("follow")))
    assert "No patient can be followed" in words and "fetch cohen" in words
