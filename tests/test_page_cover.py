"""Covering a part of the image on the Prediction page: boxes, undo, fills, and what it says.

Drawing needs a browser: see test_browser.
"""

import pytest
from dated_patients import make_environment, make_runs
from run_folders import button, open_page, text_of

from core.imaging.regions import MOST_REGIONS, Region
from pages.components.cover_canvas import DRAWN


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        yield make_runs(make_environment(tmp_path_factory.mktemp("page-cover"), patch))[0]


def fine(page):
    assert not page.exception and not page.error, [error.value for error in page.error]
    return page


def charts(page):
    return [chart for chart in page.get("plotly_chart") if "cover-bars" in chart.proto.id]


def test_a_box_moves_the_bars_and_undo_takes_it_back(run):
    page = fine(open_page("prediction", run=run.id))
    assert "Draw on the picture" in text_of(page) and not charts(page)
    assert len(page.get("bidi_component")) == 1
    page = fine(button(page, "Cover this box").click().run())
    words = text_of(page)
    assert "of the image moves **" in words and "At 8 random places" in words
    assert "points**" in words and len(charts(page)) == 1
    page.slider(key="cover-across").set_value((0, 100)).run()
    page.slider(key="cover-down").set_value((0, 100)).run()
    page = fine(button(page, "Cover this box").click().run())
    assert "Covering 100.0 %" in text_of(page) and "no room for these shapes" in text_of(page)
    page = fine(button(page, "Undo").click().run())
    assert "At 8 random places" in text_of(page)
    page = fine(button(page, "Clear").click().run())
    assert "Draw on the picture" in text_of(page)
    assert button(page, "Undo").disabled and button(page, "Clear").disabled


def test_another_fill_is_another_picture_and_says_why(run):
    page = fine(open_page("prediction", run=run.id))
    page = fine(button(page, "Cover this box").click().run())
    assert "least striking" in text_of(page)
    page = fine(page.selectbox(key="cover-fill").select("black").run())
    assert "may answer to the patch" in text_of(page)


def test_regions_belong_to_their_image(run):
    page = fine(open_page("prediction", run=run.id))
    page = fine(button(page, "Cover this box").click().run())
    page.selectbox(key=f"class/{run.id}").select("bacteria").run()
    page.selectbox(key=f"class/{run.id}").select("normal").run()
    assert "Draw on the picture" in text_of(fine(page))


def test_no_box_and_too_many_regions_are_sentences(run):
    page = fine(open_page("prediction", run=run.id))
    page.slider(key="cover-across").set_value((30, 30)).run()
    page = fine(button(page, "Cover this box").click().run())
    assert "needs some width" in text_of(page) and "Draw on the picture" in text_of(page)
    drawn = page.session_state[DRAWN]
    drawn["regions"] = [Region("box", ((0.1, 0.1), (0.2, 0.2)))] * MOST_REGIONS
    page.slider(key="cover-across").set_value((30, 60)).run()
    page = fine(button(page, "Cover this box").click().run())
    assert "regions are enough" in text_of(page)
