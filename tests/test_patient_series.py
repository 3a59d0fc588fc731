"""Patients over time: who has several dated X-rays, in which order they stand, how they fared."""

import pytest
from collections_on_disk import make_settings
from dated_patients import LONG, OPEN, SHORT, make_dated

from core.data.catalog import load_catalog
from core.data.patient_series import (
    images_of_patient,
    outcome_words,
    outcomes_of,
    patients_over_time,
)
from core.data.rows import OUTCOME_COLUMNS
from core.errors import UserError


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patients")
    root = make_dated(folder / "data" / "covid-chestxray-dataset").parent
    return load_catalog(make_settings(folder, root))


def test_patients_with_two_dated_images_are_listed_the_best_described_first(catalog):
    first, second = patients_over_time(catalog).to_dict("records")
    assert first == {
        "patient": LONG,
        "images": 4,
        "dated": 3,
        "days": 2,
        "span_days": 7.0,
        "findings": "COVID-19",
        "named": True,
        "noted": True,
        "synthetic": False,
    }
    assert (second["patient"], second["span_days"], second["findings"]) == (
        *(OPEN, 90.0),
        "not yet named by the collection",
    )
    assert not second["named"] and not second["noted"]


# LONG has more images; what is told of LONG, then of OPEN: finding and notes.
@pytest.mark.parametrize(
    ("long", "open_", "first"),
    [
        (("SARS", "Cough"), ("SARS", "Cough"), LONG),
        (("todo", ""), ("", ""), LONG),
        (("SARS", ""), ("todo", "Cough"), LONG),
        (("SARS", ""), ("SARS", "Cough"), OPEN),
        (("todo", "Cough"), ("SARS", ""), OPEN),
    ],
)
def test_those_with_a_finding_then_those_with_notes_come_first(catalog, long, open_, first):
    is_long = catalog["patient"] == LONG
    columns = zip(("source_finding", "clinical_notes"), long, open_, strict=True)
    told = {name: is_long.map({True: own, False: other}) for name, own, other in columns}
    assert patients_over_time(catalog.assign(**told))["patient"].iloc[0] == first


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("oxygen_saturation", "105", "105 (as given; impossible)"),
        ("oxygen_saturation", "100", "100"),
        ("oxygen_saturation", "low", "low"),
        ("temperature", "95", "95 (as given; impossible)"),
        ("temperature", "38.5", "38.5"),
        ("temperature", "", ""),
        ("survival", "Y", "yes"),
        ("date", "2020", "2020"),
    ],
)
def test_figures_that_no_patient_can_have_are_called_so(name, value, words):
    assert outcome_words(name, value) == words


def test_images_stand_oldest_first_and_undated_ones_last(catalog):
    images = images_of_patient(catalog, LONG)
    assert [path.rpartition("/")[2] for path in images["path"]] == [
        "a.png",
        "c.png",
        "d.png",
        "e.png",
    ]
    assert images["offset_days"].tolist()[:3] == [0, 7, 7]


def test_what_became_of_a_patient_is_told_in_words(catalog):
    images = images_of_patient(catalog, LONG)
    assert outcomes_of(images) == {"survived": "no", "was in intensive care at some time": "yes"}
    torn = images.assign(survival=["Y", "N", "", ""])
    assert outcomes_of(torn)["survived"] == "yes / no"
    assert images["in_icu"].tolist() == ["N"] * 4 and images["temperature"].iloc[0] == "38.5"
    # "?" is how the collection writes that it does not know.
    assert (images_of_patient(catalog, OPEN)[list(OUTCOME_COLUMNS)] == "").all(axis=None)
    assert outcomes_of(images_of_patient(catalog, OPEN)) == {}


@pytest.mark.parametrize(
    ("patient", "words"),
    [(SHORT, "has 1 dated.*without --patient"), ("x", "No patient 'x'.*without --patient lists")],
)
def test_who_cannot_be_followed_is_a_sentence(catalog, patient, words):
    with pytest.raises(UserError, match=words):
        images_of_patient(catalog, patient)


def test_nobody_can_be_followed_in_an_empty_catalog(catalog):
    assert patients_over_time(catalog.iloc[:0]).empty
