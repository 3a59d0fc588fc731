"""The Prediction page with several networks: opinions, their mean, what is left out of it."""

import shutil
from pathlib import Path

import pytest
import streamlit as st
from run_folders import (
    add_model,
    button,
    make_environment,
    make_finished_run,
    open_page,
    taken_away,
    text_of,
)
from streamlit.testing.v1 import AppTest

from core import run_requests
from core.evaluation.cases import run_cases
from core.evaluation.confused_with import confused_with
from core.inference.sheet import sheet_pdf
from pages.components import opinions_sheet, waiting


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A study of three runs with one untrained classifier between them, and a run without."""
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("opinions"), patch)
        members = [make_finished_run(settings, 1, study="three") for _ in range(3)]
        alone = make_finished_run(settings)
        add_model(settings, *members, alone)
        yield settings, members, alone


@pytest.fixture(autouse=True)
def nothing_remembered():
    st.cache_data.clear()


def ask(page, way):
    (box,) = [box for box in page.radio if box.label == "Ask"]
    page = box.set_value(way).run()
    assert not page.exception and not page.error
    return page


def test_all_networks_of_a_study_answer_side_by_side(place):
    _, members, alone = place
    page = open_page("prediction", run=members[0].id)
    assert not page.exception and not page.error
    assert page.radio[0].options == ["this network", "its study (3)", "all networks (4)"]
    assert len(page.get("plotly_chart")) == 1
    words = text_of(ask(page, "its study"))
    assert "All three networks say" in words and "Mean probability over 3 networks" in words
    assert "95 % interval" in words and "does not prove them right" in words
    assert len(page.get("plotly_chart")) == 2
    table = page.dataframe[0].value
    assert len(table) == 3 and alone.id[-4:] not in "".join(table["name"])
    words = text_of(ask(page, "all networks"))
    assert "All four networks say" in words and len(page.dataframe[0].value) == 4


def test_opinions_can_be_taken_away_with_what_each_answer_was_mistaken_for(place, offered):
    _, members, _ = place
    ask(open_page("prediction", run=members[0].id), "its study")
    table, latex, markdown = taken_away(offered, "opinions")
    assert table["run"].tolist() == [run.id for run in members]
    assert table.filter(like="p_").sum(axis=1).tolist() == pytest.approx([1] * 3, abs=1e-5)
    for row, run in zip(table.itertuples(), members, strict=True):
        mistake = confused_with(run_cases(run), row.predicted)
        assert (row.answers_like_it, row.mistaken_images) == (mistake.n, mistake.count)
        assert (row.mistaken_share_low, row.mistaken_share_high) == pytest.approx(mistake.interval)
        assert run.id[-4:] in latex and run.id[-4:] in markdown
    assert "This answer was really" in markdown


def test_the_networks_stand_on_one_page_of_pdf_made_when_asked_for(place, monkeypatch):
    _, members, _ = place
    sheets = []
    monkeypatch.setattr(
        opinions_sheet, "sheet_pdf", lambda sheet: sheets.append(sheet) or sheet_pdf(sheet)
    )
    page = ask(open_page("prediction", run=members[0].id), "its study")
    assert not sheets and "These 3 networks as PDF" in [each.label for each in page.button]
    page = button(page, "These 3 networks as PDF").click().run()
    assert not page.exception and not page.error
    (sheet,) = sheets
    assert sheet.answer in text_of(page)
    assert sheet.more.replace("\N{NO-BREAK SPACE}", " ") in text_of(page)
    assert len(sheet.maps) == 3 and [row.below for row in sheet.opinions[1:]] == [
        run.id for run in members
    ]
    content = page.session_state["opinions-sheet-made"][1]
    assert content.startswith(b"%PDF-") and content.count(b"/Type /Page\n") == 1
    assert "Save these 3 networks (PDF)" in [
        each.proto.label for each in page.get("download_button")
    ]
    # It is offered as long as the page shows what stands on it.
    page = page.run()
    assert len(sheets) == 1 and not [each for each in page.button if "PDF" in each.label]
    page.slider(key="opacity").set_value(30).run()
    assert len(sheets) == 1 and button(page, "These 3 networks as PDF")


def test_one_network_says_what_its_answer_was_mistaken_for(place):
    _, members, _ = place
    page = open_page("prediction", run=members[0].id)
    words = text_of(page)
    cases = run_cases(members[0])
    assert any(
        confused_with(cases, name).sentence in words
        for name in ("normal", "bacteria", "coronavirus")
    )


def test_a_training_image_is_left_out_of_the_mean(place):
    _, members, _ = place
    page = open_page("prediction", run=members[0].id)
    page.selectbox(key=f"side/{members[0].id}").select("training").run()
    words = text_of(ask(page, "its study"))
    assert "No network's answer counts here." in words
    assert "Not in the mean, because **it learnt from this very image**" in words
    assert "nan" not in words.lower()


def test_a_network_that_fails_is_a_sentence_beside_the_others(place):
    _, members, _ = place
    whole = members[1].model_path.read_bytes()
    members[1].model_path.write_bytes(whole[:1000])
    try:
        words = text_of(ask(open_page("prediction", run=members[0].id), "its study"))
    finally:
        members[1].model_path.write_bytes(whole)
    assert f"model.keras of {members[1].id} cannot be loaded" in words
    assert "Both networks say" in words


def test_a_run_deleted_while_it_is_selected_is_one_sentence(place):
    settings, members, _ = place
    lost = make_finished_run(settings)
    shutil.copyfile(members[0].model_path, lost.model_path)
    page = open_page("prediction", run=lost.id)
    assert not page.error
    run_requests.delete_run(lost)
    page.run()
    assert not page.exception
    assert page.selectbox(key="prediction-run").value != lost.id


def test_without_a_second_network_the_page_says_what_to_do(tmp_path, monkeypatch, place):
    settings = make_environment(tmp_path, monkeypatch)
    run = make_finished_run(settings)
    shutil.copyfile(place[1][0].model_path, run.model_path)
    page = open_page("prediction")
    assert not page.exception and not page.error and not page.radio
    assert "Train a second network with these classes" in text_of(page)


SCRIPT = """
import streamlit as st
from pages.components.waiting import asking

@st.cache_data(show_spinner=False)
def answer(value):
    return asking(divmod, value, 3)

st.write(f"answered {answer(7)}")
st.button("again")
"""


def test_asking_works_inside_a_cached_function():
    page = AppTest.from_string(SCRIPT, default_timeout=60).run()
    for _ in range(2):
        assert not page.exception and page.markdown[0].value == "answered (2, 1)"
        page.button[0].click().run()


def test_the_place_in_the_line_is_said():
    assert "the network" in waiting._words(0)
    assert "1 other is before you" in waiting._words(1)
    assert "2 others are before you" in waiting._words(2)


def test_pages_ask_through_the_line():
    """Whoever asks past ``asking`` leaves its visitor without a place, and its work behind."""
    pages = Path(waiting.__file__).parent.parent
    for path in pages.rglob("*.py"):
        assert "inference.process import ask\n" not in path.read_text(encoding="utf-8"), path.name
