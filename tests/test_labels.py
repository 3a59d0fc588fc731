import pytest

from core.data.labels import (
    CLASS_WORDS,
    COLLECTION_FINDINGS,
    FINDINGS,
    LABEL_SCHEMES,
    place_finding,
)


@pytest.mark.parametrize("text", COLLECTION_FINDINGS)
def test_every_entry_of_the_table_is_placed_or_has_its_reason(text):
    finding, reason = COLLECTION_FINDINGS[text]
    assert place_finding(text) == (finding, reason)
    assert place_finding(f"  {text.upper()} ") == (finding, reason)
    assert (finding in FINDINGS) != bool(reason)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("COVID-19, ARDS", "covid19"),
        ("Pneumonia/Viral/COVID-19", "covid19"),
        ("Pneumonia/Viral/Herpes ", "virus"),
        ("Pneumonia/Viral/Influenza/H1N1", "virus"),
        ("Pneumonia/Viral/Adenovirus", "virus"),
        ("Pneumonia/Bacterial", "bacteria"),
        ("Pneumonia/Bacterial/Staphylococcus/MRSA", "bacteria"),
        ("Pneumonia/Bacterial/Acinetobacter", "bacteria"),
        ("No finding", "normal"),
        ("Pneumonia/Fungal/Aspergillosis", ""),
        ("Pneumonia/Fungal/Candida", ""),
        ("Pneumonia/Lipoid", ""),
        ("Pneumonia", ""),
        ("Sarcoidosis", ""),
        ("COVID-19, Streptococcus", ""),
        ("COVID-19, Sarcoidosis", ""),
        ("", ""),
    ],
)
def test_paths_lists_and_unknown_texts(text, finding):
    placed, reason = place_finding(text)
    assert placed == finding
    assert bool(reason) == (finding == "")


@pytest.mark.parametrize("scheme", LABEL_SCHEMES.values(), ids=LABEL_SCHEMES)
def test_every_scheme_places_every_finding_in_a_class_with_plain_words(scheme):
    assert set(scheme.class_of) == set(FINDINGS)
    assert set(scheme.class_of.values()) == set(scheme.classes)
    assert set(scheme.classes) <= set(CLASS_WORDS)
