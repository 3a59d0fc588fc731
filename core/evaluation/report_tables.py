"""The tables of a report, in words: from the facts of its runs to cells of text.

Holds ``Table`` and one function per table; which table stands where is decided in
``core.evaluation.report_sections``. Cells are plain text; the template escapes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.evaluation.claim import FILLED, checklist
from core.evaluation.provenance import FILES, digests, saved_by
from core.evaluation.report_facts import Facts
from core.studies import config_fields
from core.training.config import RunConfig
from core.words import class_title, finding_title, source_title

_MOST_NAMED = 6


@dataclass(frozen=True)
class Table:
    """A table as a report shows it: texts by row; ``texts`` are the columns that hold words.

    ``marked`` are the rows to mark, by number; ``note`` says what the mark means.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[list[str]]
    texts: tuple[int, ...] = (0,)
    marked: frozenset[int] = frozenset()
    note: str = ""


def count_tables(images: pd.DataFrame) -> list[Table]:
    """Images and patients by class, by finding and by source, from the content of images.csv."""
    words = {"label": class_title, "finding": finding_title, "source": source_title}
    titles = {"label": "Class", "finding": "Finding", "source": "Source"}
    # An image whose patient is unknown counts as one patient.
    images = images.assign(person=images["patient"].where(images["patient"] != "", images["id"]))
    tables = []
    for column, title in titles.items():
        rows = [_counts(words[column](name), rows) for name, rows in images.groupby(column)]
        rows.sort(key=lambda row: -int(row[1].replace(",", "")))
        rows.append(_counts("all", images))
        columns = (title, "Images", "Patients", "Training", "Validation")
        tables.append(Table(f"Images by {title.lower()}", columns, rows))
    return tables


def exclusion_table(facts: Facts) -> Table:
    """How many rows of the catalog take no part, by reason, most frequent first."""
    excluded = sorted(facts.summary.get("excluded", {}).items(), key=lambda item: -item[1])
    rows = [[reason, f"{count:,}"] for reason, count in excluded]
    return Table("Excluded, by reason", ("Reason", "Rows of the catalog"), rows)


def split_table(facts: Facts) -> Table:
    """How the images of each run were divided, and how many patients stand on both sides."""
    columns = ("Run", "Split by", "Split seed", "Fold", "Seed", "Training", "Validation")
    rows = [
        [
            row["name"],
            row["split"] or "not known",
            *(count_words(row[name], "–") for name in ("split_seed", "fold", "seed")),
            *(count_words(row[name]) for name in ("n_training", "n", "overlap_patients")),
        ]
        for row in facts.scores.to_dict("records")
    ]
    return Table("Split and seeds", (*columns, "Shared patients"), rows, (0, 1))


def recipe_table(facts: Facts) -> Table:
    """Every field of the runs' configs with its value; fields in which runs differ are marked."""
    configs = {run.id: dict(config_fields(run.config)) for run in facts.scored}
    fields = list(dict.fromkeys(name for config in configs.values() for name in config))
    fields.sort(key=lambda name: name not in facts.differing)
    rows, marked = [], set()
    for number, name in enumerate(fields):
        owners: dict[str, list[str]] = {}
        for identifier, config in configs.items():
            owners.setdefault(_setting(config.get(name)), []).append(facts.names[identifier])
        if len(owners) > 1:
            marked.add(number)
        rows.append([name, _values(owners), _meaning(name)])
    return Table(
        "Every setting",
        ("Field", "Value", "What it is"),
        rows,
        (0, 1, 2),
        frozenset(marked),
        "Marked: the runs differ in this field.",
    )


def files_table(facts: Facts) -> Table:
    """SHA-256 of the files that decide a run's figures."""
    rows = []
    for run in facts.scored:
        saved = saved_by(run)
        for number, (file, digest) in enumerate(digests(run).items()):
            own = f"{facts.names[run.id]} ({run.id})" if not number else ""
            kept = f"{file}, saved by Keras {saved}" if saved and file == "model.keras" else file
            rows.append([own, kept, digest or "missing, or cannot be read"])
    about = "; ".join(f"{name}: {words}" for name, words in FILES.items())
    columns = ("Run", "File", "SHA-256")
    return Table("Files", columns, rows, (0, 1, 2), note=f"{about}.")


def claim_table(facts: Facts) -> Table:
    """The CLAIM checklist: 42 rows, those that ChestBench has filled marked."""
    answers = checklist(facts)
    rows = [
        [str(a.item.number), a.item.section, a.item.asks, a.state, a.words or "–"] for a in answers
    ]
    marked = frozenset(number for number, a in enumerate(answers) if a.state == FILLED)
    columns = ("Item", "Section", "What it asks for", "State", "What ChestBench knows")
    note = "Marked: filled by ChestBench. No item counts as met before an author has checked it."
    return Table("CLAIM checklist", columns, rows, (0, 1, 2, 3, 4), marked, note)


def _counts(name: str, rows: pd.DataFrame) -> list[str]:
    sides = rows["side"].value_counts()
    counts = (len(rows), rows["person"].nunique())
    return [
        name or "not given",
        *(
            f"{count:,}"
            for count in (*counts, sides.get("training", 0), sides.get("validation", 0))
        ),
    ]


def count_words(value: object, absent: str = "not known") -> str:
    """A number of things with thousands marked, or ``absent`` where there is none."""
    return absent if pd.isna(value) else f"{int(value):,}"


def _setting(value: object) -> str:
    if value is None or value == "":
        return "not set"
    return f"{value:g}" if isinstance(value, float) else str(value)[:200]


def _values(owners: dict[str, list[str]]) -> str:
    if len(owners) == 1:
        return next(iter(owners))
    return "; ".join(
        value if names == [value] else f"{value}: {_named(names)}"
        for value, names in owners.items()
    )


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _meaning(name: str) -> str:
    """The description that the config gives a field, "" for one that it does not know."""
    kind = RunConfig
    *outer, last = name.split(".")
    for part in outer:
        known = kind.model_fields.get(part)
        kind = known.annotation if known else None
        if not hasattr(kind, "model_fields"):
            return ""
    known = kind.model_fields.get(last)
    return (known.description or "") if known else ""
