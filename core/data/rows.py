"""What every reader gives for one image, before anybody has opened the file.

Holds the columns of a reader's table with their defaults, so that a collection only states what it
knows, and words for those about a patient's outcome. What reading the file adds (width, height,
SHA-256) belongs to ``catalog``.
"""

from collections.abc import Mapping

import pandas as pd

# What became of the patient, and how the patient was on the day of the image: in the source's own
# words ("Y", "N", a figure, a sentence), empty when it does not tell.
OUTCOME_COLUMNS = {
    "date": "date of the image",
    "survival": "survived",
    "went_icu": "was in intensive care at some time",
    "in_icu": "in intensive care at the time of the image",
    "intubated": "was intubated at some time",
    "intubation_present": "intubated at the time of the image",
    "extubated": "was extubated again",
    "oxygen_needed": "needed supplemental oxygen",
    "temperature": "temperature (°C)",
    "oxygen_saturation": "oxygen saturation (%)",
}

# Of the figures among them, what a living patient can have: the coldest and the hottest bodies that
# survived were at 13.7 and 46.5 °C, and haemoglobin holds no more oxygen than all it can.
POSSIBLE_FIGURES = {"temperature": (13.0, 47.0), "oxygen_saturation": (0.0, 100.0)}

ROW_COLUMNS: dict[str, object] = {
    "id": "",  # unique and stable when the collection moves: source:path inside the collection
    "path": "",  # absolute
    "source": "",
    "synthetic": False,
    "patient": "",  # source:series and number; empty when the source does not tell
    "finding": "",  # one of labels.FINDINGS, or empty when none fits
    "source_finding": "",  # in the source's own words
    "view": "",  # in the source's own words; empty when it does not tell
    "modality": "",
    "sex": "",  # "M", "F" or empty
    "age": float("nan"),  # years
    "offset_days": float("nan"),  # since the first symptoms or the admission
    "license": "",
    "clinical_notes": "",
    **dict.fromkeys(OUTCOME_COLUMNS, ""),
    "excluded": "",  # empty, or why the image cannot take part
    "collection_order": 0,
}


def make_rows(columns: Mapping[str, object], count: int) -> pd.DataFrame:
    """Make a reader's table of ``count`` rows with ROW_COLUMNS from the columns it knows.

    Text, whole numbers, floats and truth values keep one dtype whatever the content, so that
    tables of several readers can be joined and stored.
    """
    table = pd.DataFrame(
        {name: columns.get(name, default) for name, default in ROW_COLUMNS.items()},
        index=pd.RangeIndex(count),
    )
    kinds = {str: "str", bool: "bool", int: "int64", float: "float64"}
    table = table.astype({name: kinds[type(value)] for name, value in ROW_COLUMNS.items()})
    texts = [name for name, value in ROW_COLUMNS.items() if isinstance(value, str)]
    return table.fillna(dict.fromkeys(texts, ""))
