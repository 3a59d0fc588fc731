"""In a real browser: charts arrive as PNG and SVG; a report opens with no network and prints."""

import re
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from dashboard_in_browser import WAIT, server, visit
from PIL import Image
from run_folders import make_environment, make_finished_run

from core import runs
from core.evaluation.report import write_report
from core.evaluation.report_facts import gather

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("take-away"), patch)
        for mistakes, backbone in ((0, "ResNet50"), (2, "VGG16")):
            make_finished_run(settings, mistakes, backbone=backbone, recipe="quick")
        yield settings


def saved(page, button):
    """The name and the content of what a click on ``button`` downloads."""
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def check_picture(name, content, kind):
    assert re.fullmatch(rf"chestbench-[a-z0-9-]+\.{kind}", name)
    if kind == "svg":
        assert ElementTree.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"
    else:
        picture = Image.open(BytesIO(content))
        assert picture.format == "PNG" and min(picture.size) > 300


def test_a_chart_and_its_table_arrive_as_files(browser, settings):
    with server(settings) as (address, _):
        page = visit(browser, f"{address}/comparison")
        chart = page.locator(".js-plotly-plot").first
        chart.wait_for()
        page.locator("[data-test-script-state=notRunning]").wait_for()
        for kind in ("png", "svg"):
            chart.hover()
            button = chart.locator(".chart-file", has_text=kind.upper())
            check_picture(*saved(page, button), kind)
        page.get_by_text("Take away").first.click()
        name, content = saved(page, page.get_by_role("button", name="CSV", exact=True).first)
        assert name == "chestbench-scores.csv" and content.startswith(b"run,name,origin,n,accuracy")
        name, content = saved(page, page.get_by_role("button", name="Report of these runs"))
        assert name == "chestbench-report.html" and content.startswith(b"<!DOCTYPE html>")
        page.close()


def test_a_report_opens_with_no_network_draws_and_prints(browser, settings, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(write_report(gather(runs.list_runs(settings.runs), settings)), encoding="utf-8")
    context = browser.new_context(offline=True, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.locator("html[data-charts=drawn]").wait_for(state="attached")
    outside = [
        url for url in asked if not url.startswith(("data:", "blob:")) and url != path.as_uri()
    ]
    assert not outside and not complaints
    charts = page.locator("figure.chart")
    assert page.locator("figure.chart .main-svg").count() >= charts.count() > 5
    for kind in ("png", "svg"):
        check_picture(*saved(page, charts.first.get_by_role("button", name=kind.upper())), kind)
    page.set_viewport_size({"width": 400, "height": 900})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 400

    # On A4 without its margins nothing is wider than the page, and no row is cut.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1000})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 703
    rules = page.evaluate(
        "() => [...document.querySelectorAll('table')].map(table => ["
        "getComputedStyle(table.rows[1]).breakInside, getComputedStyle(table.tHead).display,"
        "table.scrollWidth <= table.parentElement.clientWidth + 1])"
    )
    assert {tuple(rule) for rule in rules} == {("avoid", "table-header-group", True)}
    assert page.locator("figure .screen").first.is_hidden()
    assert page.locator("figure .paper").first.is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")
    context.close()
