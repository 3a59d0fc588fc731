"""Findings, and how they become classes: every medical decision of ChestBench stands here.

Holds the findings an image can have, the table that places what a collection writes among them,
the label schemes that group findings into classes, and the cohorts that say which images take
part. Which file has which finding is for the readers to say (``kermany``, ``cohen``, ``phantom``).
"""

import re
from dataclasses import dataclass

FINDINGS: dict[str, str] = {
    "normal": "No pneumonia",
    "bacteria": "Bacterial pneumonia",
    "virus": "Viral pneumonia other than COVID-19",
    "covid19": "COVID-19 pneumonia",
}

_NO_CAUSE = "the source names a pneumonia but not its cause"
_CONDITION = "a condition that several diseases lead to; the source does not name its cause"
_FUNGAL = "a fungus, neither bacteria nor virus"
_NOT_INFECTED = "not caused by an infection"
_NOT_READ = "the source has not entered a finding"

COLLECTION_FINDINGS: dict[str, tuple[str, str]] = {
    # What Cohen's collection writes -> (finding, ""), or ("", why no finding fits).
    # Later versions write paths such as Pneumonia/Viral/COVID-19; place_finding reads both.
    "COVID-19": ("covid19", ""),
    "SARS": ("virus", ""),
    "MERS-CoV": ("virus", ""),
    "Influenza": ("virus", ""),
    "H1N1": ("virus", ""),
    "RSV": ("virus", ""),
    "Herpes": ("virus", ""),
    "Varicella": ("virus", ""),
    "Viral": ("virus", ""),
    "Streptococcus": ("bacteria", ""),
    "Staphylococcus": ("bacteria", ""),
    "MRSA": ("bacteria", ""),
    "Klebsiella": ("bacteria", ""),
    "Mycoplasma": ("bacteria", ""),
    "Mycoplasma Bacterial Pneumonia": ("bacteria", ""),
    "E.Coli": ("bacteria", ""),
    "Legionella": ("bacteria", ""),
    "Chlamydophila": ("bacteria", ""),
    "Nocardia": ("bacteria", ""),
    "Bacterial": ("bacteria", ""),
    "No Finding": ("normal", ""),
    # Bacteria, but a slow disease with a picture of its own (cavities, upper lobes), which neither
    # the paper nor the Kermany collection means by bacterial pneumonia.
    "Tuberculosis": ("", "a chronic disease with a picture of its own, not an acute pneumonia"),
    "Pneumocystis": ("", _FUNGAL),
    "Aspergillosis": ("", _FUNGAL),
    "Fungal": ("", _FUNGAL),
    "Lipoid": ("", _NOT_INFECTED),
    "Aspiration": ("", _NOT_INFECTED),
    "ARDS": ("", _CONDITION),
    "Pneumonia": ("", _NO_CAUSE),
    "Unknown": ("", _NO_CAUSE),
    "todo": ("", _NOT_READ),
    "": ("", _NOT_READ),
}

NOT_NAMED = "not yet named by the collection"

_PLACES = {text.casefold(): place for text, place in COLLECTION_FINDINGS.items()}
# Words that name the severity or the kind of disease and leave its cause open: beside a cause, as
# in "COVID-19, ARDS", they contradict nothing.
_OPEN_WORDS = {"ards", "pneumonia"}


def place_finding(text: str) -> tuple[str, str]:
    """Place a collection's finding text: (finding, "") or ("", reason why none fits).

    ``text`` is one entry of COLLECTION_FINDINGS in any case, several of them between commas, or a
    path with slashes, whose last known part counts. Several different causes fit no finding.
    """
    parts = [_place_path(part) for part in text.split(",")]
    causes = {finding for _, finding, _ in parts if finding}
    open_parts = [part for part in parts if not part[1]]
    if len(causes) == 1 and all(word in _OPEN_WORDS for word, _, _ in open_parts):
        return causes.pop(), ""
    if causes and len(parts) > 1:
        return "", "several causes in one image"
    return "", open_parts[0][2]


def finding_words(text: str) -> str:
    """A collection's finding text to be read: as it stands, or that it has not named any yet."""
    return NOT_NAMED if place_finding(text)[1] == _NOT_READ else text


def _place_path(path: str) -> tuple[str, str, str]:
    words = [re.sub(r"\s+", " ", word).strip().casefold() for word in path.split("/")]
    for word in reversed(words):
        if word in _PLACES:
            return word, *_PLACES[word]
    return words[-1], "", "a finding that ChestBench does not know"


@dataclass(frozen=True)
class LabelScheme:
    """How findings become classes; ``classes`` in the order of the classifier's outputs.

    ``class_of`` maps every finding of FINDINGS to one of ``classes``.
    """

    name: str
    title: str
    sentence: str
    classes: tuple[str, ...]
    class_of: dict[str, str]


LABEL_SCHEMES: dict[str, LabelScheme] = {
    scheme.name: scheme
    for scheme in (
        LabelScheme(
            "paper3",
            "Three classes, as in the paper",
            "Normal, bacterial pneumonia, and coronavirus, in which the paper puts every viral "
            "pneumonia together with COVID-19.",
            ("normal", "bacteria", "coronavirus"),
            {
                "normal": "normal",
                "bacteria": "bacteria",
                "virus": "coronavirus",
                "covid19": "coronavirus",
            },
        ),
        LabelScheme(
            "four",
            "Four classes",
            "Normal, bacterial, viral and COVID-19 pneumonia, each on its own.",
            ("normal", "bacteria", "virus", "covid19"),
            {name: name for name in ("normal", "bacteria", "virus", "covid19")},
        ),
        LabelScheme(
            "pneumonia2",
            "Pneumonia or not",
            "Normal against pneumonia of any cause.",
            ("normal", "pneumonia"),
            {
                "normal": "normal",
                "bacteria": "pneumonia",
                "virus": "pneumonia",
                "covid19": "pneumonia",
            },
        ),
        LabelScheme(
            "covid2",
            "COVID-19 or not",
            "COVID-19 against everything else, normal images included.",
            ("not_covid19", "covid19"),
            {
                "normal": "not_covid19",
                "bacteria": "not_covid19",
                "virus": "not_covid19",
                "covid19": "covid19",
            },
        ),
    )
}

CLASS_WORDS: dict[str, str] = {
    "normal": "No pneumonia",
    "bacteria": "Pneumonia caused by bacteria",
    "virus": "Pneumonia caused by a virus other than COVID-19",
    "covid19": "Pneumonia in COVID-19",
    "coronavirus": "Pneumonia caused by a virus, COVID-19 included",
    "pneumonia": "Pneumonia of any cause",
    "not_covid19": "No COVID-19: no pneumonia, or one of another cause",
}


@dataclass(frozen=True)
class Cohort:
    """Which images take part; the rule itself is applied by ``catalog.select_rows``."""

    name: str
    title: str
    sentence: str


# The paper's count of COVID-19 images, taken as the first of the collection's metadata.
PAPER_COVID19_IMAGES = 231

COHORTS: dict[str, Cohort] = {
    cohort.name: cohort
    for cohort in (
        Cohort(
            "paper",
            "As in the paper",
            "Every readable image of the Kermany collection and the first "
            f"{PAPER_COVID19_IMAGES} COVID-19 X-rays of Cohen's metadata whose image is there.",
        ),
        Cohort(
            "all",
            "Everything that can be placed",
            "Every readable frontal X-ray, of every collection, whose finding fits a class.",
        ),
    )
}
