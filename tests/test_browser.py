"""The main job in a real browser: start a run, watch it learn, lose page and server, draw."""

import re
from pathlib import Path

import numpy as np
import pytest
from dashboard_in_browser import server, until, visit, within
from tiny_study import tiny_config, tiny_study

from core import run_requests, runs
from core.settings import PROJECT
from core.studies import studies
from core.training.jobs import submit, wait
from core.training.variations import VARIATIONS

pytestmark = pytest.mark.browser
PATIENCE = 30  # seconds until somebody clicks again


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = tiny_study(tmp_path_factory.mktemp("browser"))
    yield settings
    # A test that failed in the middle leaves no run at work behind it.
    for run in active(settings):
        run_requests.request_stop(run)
    until(lambda: not active(settings))


def curves(page):
    """The live charts as they are painted now."""
    return page.evaluate(
        "[...document.querySelectorAll('[data-testid=stVegaLiteChart] svg')]"
        ".map(picture => picture.innerHTML).join()"
    )


def choose(page, label, option):
    """Choose ``option`` in the selection box called ``label``; both are patterns."""
    box = page.get_by_role("combobox", name=re.compile(label))
    box.click()
    box.fill(option)
    page.get_by_role("option", name=re.compile(option)).first.click()


def train_tiny_cnn(page, epochs):
    """Choose TinyCNN and so many epochs on the form for a run or a study."""
    choose(page, "backbone", "TinyCNN")
    page.get_by_text(re.compile("Four plain convolutions")).wait_for()
    page.get_by_text("All settings").click()
    field = page.get_by_role("spinbutton", name="Epochs", exact=True)
    field.fill(str(epochs))
    field.press("Enter")


def click_the_fullest_cell(page, run):
    """Click near the edge of a cell of the matrix on the page, open its first image, come back."""
    matrix = np.array(run.metrics()["confusion_matrix"])
    truth, answer = np.unravel_index(matrix.argmax(), matrix.shape)
    plot = page.locator(".js-plotly-plot .nsewdrag").first
    plot.wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    box = plot.bounding_box()
    position = {
        "x": box["width"] * (answer + 0.1) / len(matrix),
        "y": box["height"] * (truth + 0.9) / len(matrix),
    }
    cards = page.locator("[class*=st-key-press-case-cell]")

    def click():
        # A click takes the cell that the pointer was last seen over, as a person's always is.
        plot.hover(position=position)
        page.locator(".hoverlayer .hovertext").first.wait_for()
        plot.click(position=position)
        # On a loaded machine a matrix is drawn anew under the pointer, and the click is lost.
        return within(PATIENCE, lambda: cards.count() == matrix.max())

    until(click)
    page.locator("[data-test-script-state=notRunning]").wait_for()
    cards.first.get_by_role("button").click()
    page.get_by_text(re.compile("What \\d+ runs? with these classes")).wait_for()
    page.get_by_role("button", name="Back to the images").click()
    until(lambda: cards.count() == matrix.max())


def active(settings):
    return [run for run in runs.list_runs(settings.runs) if run.state in runs.ACTIVE]


def test_a_run_is_watched_and_outlives_page_and_server(browser, settings):
    with server(settings) as (address, process):
        page = visit(browser, f"{address}/training")
        train_tiny_cnn(page, 900)
        page.get_by_role("button", name="Start", exact=True).click()
        page.get_by_text(re.compile("Training the network: ")).first.wait_for()
        first = until(lambda: curves(page))
        # Nobody touches the page meanwhile.
        second = until(lambda: {curves(page)} - {first}).pop()
        until(lambda: {curves(page)} - {first, second})
        page.close()

        (run,) = active(settings)
        maps = Path(f"/proc/{process.pid}/maps")
        if maps.exists():
            assert "libtensorflow" not in maps.read_text(), "the server must not load TensorFlow"
    # The server and its whole session are dead; a new one starts.
    steps = len(runs.read_run(settings.runs, run.id).history())
    with server(settings) as (address, _):
        page = visit(browser, f"{address}/training")
        page.get_by_text(re.compile("Training the network: ")).first.wait_for()
        again = runs.read_run(settings.runs, run.id)
        assert again.state == runs.RUNNING
        until(lambda: len(runs.read_run(settings.runs, run.id).history()) > steps)
        page.get_by_role("button", name="Stop", exact=True).click()
        until(lambda: runs.read_run(settings.runs, run.id).state == runs.STOPPED)
        page.get_by_text("Nothing is training.").wait_for()
        page.close()


def test_a_study_is_watched_stopped_resumed_and_outlives_the_server(browser, settings):
    def own():
        members = studies(runs.list_runs(settings.runs)).get("Seeds", [])
        return [run.state for run in members]

    with server(settings) as (address, _):
        page = visit(browser, f"{address}/training")
        page.get_by_text("A study:").click()
        choose(page, "What differs", "Seeds")
        page.get_by_text(VARIATIONS["seeds"].sentence).wait_for()
        train_tiny_cnn(page, 10)
        page.get_by_text("3 runs", exact=True).wait_for()
        page.get_by_role("button", name="Start the study").click()
        table = page.get_by_test_id("stTable")
        table.get_by_text("training").wait_for()
        page.get_by_role("button", name="Stop", exact=True).click()
        table.get_by_text("stopped").wait_for()
        assert own().count(runs.STOPPED) == 1
        page.get_by_role("button", name="Resume 1 run").click()
        until(lambda: runs.STOPPED not in own())
        page.close()
    # The server and its whole session are dead; a new one starts.
    with server(settings) as (address, _):
        page = visit(browser, f"{address}/training")
        page.get_by_text("3 of 3 finished").wait_for()
        assert own() == [runs.FINISHED] * 3
        page.get_by_role("link", name="Compare its runs").click()
        page.get_by_test_id("stDataFrame").first.wait_for()
        assert page.url.endswith("/comparison?study=Seeds")
        page.close()


def test_a_finished_run_stands_on_every_page_that_reads_runs(browser, settings):
    (run,) = submit([tiny_config()], settings)
    run = wait(run, settings, lambda _: None)
    assert run.state == runs.FINISHED
    with server(settings) as (address, _):
        page = visit(browser, f"{address}/comparison")
        page.get_by_test_id("stDataFrame").first.wait_for()
        assert page.get_by_test_id("stException").count() == 0
        page.goto(f"{address}/confusion")
        click_the_fullest_cell(page, run)
        page.goto(f"{address}/prediction")
        page.get_by_text("not for diagnosis").first.wait_for()
        page.get_by_test_id("stImage").first.wait_for()
        page.locator(".js-plotly-plot").first.wait_for()
        upload = next((settings.data_roots[0] / "train" / "NORMAL").glob("*.jpeg"))
        until(lambda: page.get_by_test_id("stSpinner").count() == 0)
        page.get_by_text("your own", exact=True).click()
        page.locator("input[type=file]").set_input_files(str(upload))
        page.get_by_text(upload.name).first.wait_for()
        assert page.get_by_test_id("stException").count() == 0
        page.close()


def draw(page, *places):
    """Draw over the canvas of the Prediction page, from place to place, fractions of its sides."""
    canvas = page.locator(".picture canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for step, (x, y) in enumerate(places):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
        if step == 0:
            page.mouse.down()
    page.mouse.up()


def test_drawing_on_an_image_moves_the_bars(browser, settings):
    finished = [run for run in runs.list_runs(settings.runs) if run.state == runs.FINISHED]
    if not finished:
        (run,) = submit([tiny_config()], settings)
        assert wait(run, settings, lambda _: None).state == runs.FINISHED
    with server(settings) as (address, _):
        page = visit(browser, f"{address}/prediction")
        page.set_viewport_size({"width": 400, "height": 900})
        page.get_by_text("Draw on the picture").wait_for()
        page.locator("[data-test-script-state=notRunning]").wait_for()
        said = page.get_by_test_id("stMarkdown").filter(has_text="of the image moves")
        bars = page.locator(".st-key-cover-bars .barlayer")

        def drawn(*places):
            before = said.inner_text() if said.count() else ""
            draw(page, *places)
            until(lambda: said.count() == 1 and said.inner_text() != before)
            page.locator("[data-test-script-state=notRunning]").wait_for()
            return until(lambda: bars.count() and bars.first.inner_html())

        stroke = drawn((0.2, 0.2), (0.4, 0.5), (0.3, 0.8))
        page.get_by_role("button", name="Box", exact=True).click()
        box = drawn((0.5, 0.1), (0.9, 0.4))
        page.get_by_role("button", name="Outline").click()
        outline = drawn((0.5, 0.6), (0.9, 0.6), (0.7, 0.9))
        assert len({stroke, box, outline}) == 3
        page.get_by_role("button", name="Clear").click()
        page.get_by_text("Draw on the picture").wait_for()
        assert page.get_by_test_id("stException").count() == 0
        page.close()


@pytest.mark.parametrize("width", [400, 1440])
def test_no_page_is_wider_than_the_screen_or_shows_a_trace(browser, settings, width):
    names = sorted(path.stem for path in (PROJECT / "pages").glob("*.py"))
    with server(settings) as (address, _):
        page = visit(browser, address)
        page.set_viewport_size({"width": width, "height": 900})
        for name in names:
            page.goto(f"{address}/{'' if name == 'home' else name}")
            page.get_by_role("heading", level=1).first.wait_for()
            until(lambda: page.get_by_test_id("stSkeleton").count() == 0)
            page.wait_for_timeout(500)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} is {wide} pixels wide on a screen of {width}"
            assert page.get_by_test_id("stException").count() == 0, f"{name} shows a trace"
        page.close()
