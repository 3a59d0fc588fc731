"""Heat inside the lungs: measured on annotated validation images, kept, charted, on the page."""

import json

import numpy as np
import pytest
from collections_on_disk import cohen_row, make_cohen
from run_folders import add_model, button, make_environment, make_finished_run, open_page, text_of

from core.__main__ import main
from core.charts.lung_heat import lung_heat_chart
from core.data.lungs import ANNOTATIONS
from core.errors import UserError
from core.evaluation.lung_heat_results import LUNG_HEAT, LUNG_HEAT_COLUMNS, lung_heat_table
from core.files import write_json
from core.inference.lung_heat import lung_heat

PATIENTS = 20
AREA = 0.8 * 0.5  # of the box that ``annotate`` leaves


def annotate(folder):
    names = [f"{patient}.png" for patient in range(PATIENTS)]
    images = [{"id": i, "file_name": n, "width": 40, "height": 40} for i, n in enumerate(names)]
    boxes = [
        {"image_id": i, "bbox": box}
        for i in range(PATIENTS)
        for box in ([4, 10, 12, 20], [24, 10, 12, 20])
    ]
    path = folder / ANNOTATIONS
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"images": images, "annotations": boxes}))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("lung-heat")
        settings = make_environment(folder, patch)
        rows = [cohen_row(patientid=str(p), filename=f"{p}.png") for p in range(PATIENTS)]
        annotate(make_cohen(folder / "data" / "covid-chestxray-dataset", rows))
        run = make_finished_run(settings, split={"by": "patient"})
        add_model(settings, run)
        yield settings, run


@pytest.fixture(scope="module")
def measured(place):
    return lung_heat(place[1], place[0])


def test_the_measure_counts_annotated_validation_images_alone(place, measured):
    _, run = place
    answers = run.predictions()
    annotated = answers["source"].eq("cohen").sum()
    assert 2 <= annotated < len(answers)
    assert measured["n"] + measured["n_empty"] == annotated
    assert measured["area"] == pytest.approx(AREA)
    assert 0 < measured["share"] < 1
    assert measured["difference"] == pytest.approx(measured["share"] - AREA)
    low, high = measured["ci95"]["difference"]
    assert low <= measured["difference"] <= high
    # Every box is as large: nothing varied, so there is no interval.
    assert measured["ci95"]["area"] is None


def test_the_command_keeps_what_it_answers(place, measured, capsys):
    _, run = place
    before = run.metrics(), run.status
    assert main(["lung-heat", "--run", run.id]) == 0
    said = capsys.readouterr().out.splitlines()[0].split()
    assert said[:5] == ["heat", "inside", "the", "lungs'", "box"]
    assert said[5] == f"{measured['share']:.3f}"
    assert json.loads((run.folder / LUNG_HEAT).read_text()) == measured
    assert (run.metrics(), run.status) == before


def test_the_page_offers_to_measure_or_shows_what_was(place, measured):
    _, run = place
    (run.folder / LUNG_HEAT).unlink(missing_ok=True)
    page = open_page("comparison")
    assert not page.exception and not page.error
    assert "Heat inside the lungs" in [header.value for header in page.subheader]
    assert not button(page, "Measure heat inside the lungs").disabled
    write_json(run.folder / LUNG_HEAT, measured)
    page = open_page("comparison")
    assert "where chance has 40.0 %" in text_of(page)
    assert not [b for b in page.button if b.label.startswith("Measure heat")]


@pytest.mark.parametrize(
    "change", [{"share": "x"}, {"n": None}, {"n": 2.5}, {"area": True}, {"difference": [1]}]
)
def test_a_damaged_result_counts_as_none(place, measured, change):
    _, run = place
    write_json(run.folder / LUNG_HEAT, measured | change)
    assert lung_heat_table([run]).empty


def test_rows_and_chart_of_what_was_measured(place, measured):
    _, run = place
    write_json(run.folder / LUNG_HEAT, measured)
    table = lung_heat_table([run])
    assert tuple(table.columns) == LUNG_HEAT_COLUMNS and len(table) == 1
    chance, share = lung_heat_chart(table).data
    assert chance.x[0] == pytest.approx(AREA) and share.x[0] == measured["share"]
    write_json(run.folder / LUNG_HEAT, measured | {"ci95": "none"})
    assert np.isnan(lung_heat_table([run])["share_low"].iloc[0])


def test_a_run_without_annotated_images_is_told_what_is_missing(tmp_path, monkeypatch):
    settings = make_environment(tmp_path, monkeypatch)
    with pytest.raises(UserError, match="annotated lung boxes"):
        lung_heat(make_finished_run(settings), settings)
