"""The sections of a report, in their order: sentences, tables and charts made from its facts.

Holds ``Section``, the table SECTIONS, and the sections that say what was done; those that show what
came out stand in ``core.evaluation.report_results`` and ``report_probabilities``. How they look is
the template's business.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.data.labels import COHORTS, LABEL_SCHEMES
from core.evaluation import claim
from core.evaluation import report_probabilities as probabilities
from core.evaluation import report_results as results
from core.evaluation import report_tables as tables
from core.evaluation.limitations import limitations
from core.evaluation.provenance import git_commit, versions
from core.evaluation.report_facts import Facts
from core.evaluation.report_results import MEASURE, Block
from core.evaluation.verdict import verdict
from core.words import class_title, class_words, percent


@dataclass(frozen=True)
class Section:
    """One section: its name in addresses, its heading, and what stands in it, from above."""

    name: str
    title: str
    blocks: tuple[Block, ...]


def sections(facts: Facts) -> list[Section]:
    """All sections that have something to say, in the order of SECTIONS."""
    made = [Section(name, title, tuple(make(facts))) for name, title, make in SECTIONS]
    return [section for section in made if section.blocks]


def _question(facts: Facts) -> Iterator[Block]:
    asked = f"the study {facts.study}" if facts.study else "these runs"
    differ = ", ".join(facts.differing)
    yield (
        f"Asked for: {asked}, {_runs(len(facts.runs))}, {len(facts.scored)} of them with figures. "
        + (f"They differ in {differ}." if differ else "Their settings do not differ.")
    )
    for name in facts.settings_of("cohort"):
        if name in COHORTS:
            yield f"Images (cohort {name}): {COHORTS[name].sentence}"
    for name in facts.labels:
        if name in LABEL_SCHEMES:
            yield f"Classes (label scheme {name}): {LABEL_SCHEMES[name].sentence}"
    best = facts.scores.dropna(subset=[MEASURE]).sort_values(MEASURE, ascending=False)
    if len(best):
        row = best.iloc[0]
        score = percent(row[MEASURE], row[f"{MEASURE}_low"], row[f"{MEASURE}_high"])
        yield (
            f"Highest balanced accuracy: {row['name']}, {score} on {row['n']:,} validation images. "
            "The highest of several is flattered by having been picked; see the pairs below."
        )
    yield from verdict(facts.pairs) if len(facts.pairs) else ()
    yield from (f"Missing: {sentence}" for sentence in facts.missing)


def _data(facts: Facts) -> Iterator[Block]:
    for name in dict.fromkeys(c for classes in facts.scores["classes"] for c in classes):
        yield f"{class_title(name)}: {class_words(name)}."
    if facts.images:
        images = next(iter(facts.images.values()))
        yield from tables.count_tables(images)
        if len({frozenset(table["sha256"]) for table in facts.images.values()}) > 1:
            yield "The runs took different images; counted here are those of the first of them."
        elif len(facts.images) > 1:
            yield (
                f"The same images were divided in {len(facts.images)} ways; the sides counted "
                "here are those of the first run."
            )
    if facts.summary:
        yield tables.exclusion_table(facts)
        yield (
            "Exclusions are those of the image collections as they are now; "
            f"{facts.summary['images']:,} images of them can take part with this cohort."
        )


def _split(facts: Facts) -> Iterator[Block]:
    yield tables.split_table(facts)
    yield (
        "Shared patients stand on both sides of a split: what a network knows of them it need not "
        "have read from the lungs."
    )


def _recipe(facts: Facts) -> Iterator[Block]:
    yield tables.recipe_table(facts)


def _limitations(facts: Facts) -> Iterator[Block]:
    yield from limitations(facts)


def _provenance(facts: Facts) -> Iterator[Block]:
    commit = git_commit()
    yield f"ChestBench: commit {commit}." if commit else "ChestBench: no commit known (no git)."
    yield (
        "Versions of the installation that wrote this report; what a run was trained with is only "
        "known as far as the table of files says it."
    )
    rows = [[name, number] for name, number in versions().items()]
    yield tables.Table("Software", ("Package", "Version"), rows, (0, 1))
    yield tables.files_table(facts)


def _claim(facts: Facts) -> Iterator[Block]:
    yield claim.CITATION
    yield tables.claim_table(facts)


SECTIONS: tuple[tuple[str, str, Callable[[Facts], Iterator[Block]]], ...] = (
    ("question", "What was asked", _question),
    ("data", "Data", _data),
    ("split", "Split and seeds", _split),
    ("recipe", "Recipe", _recipe),
    ("scores", "Scores", results.scores),
    ("pairs", "Is the difference real?", results.pairs),
    ("repeats", "Mean and spread of repeated runs", results.repeated_runs),
    ("classes", "Class by class", results.class_by_class),
    ("thresholds", "Curves over all thresholds", probabilities.threshold_curves),
    ("calibration", "Calibration", probabilities.calibration),
    ("curves", "Learning curves", results.learning_curves),
    ("baselines", "Against trivial baselines", results.trivial_baselines),
    ("cheat-test", "Without the lungs (cheat test)", results.without_lungs),
    ("times", "Times", results.times),
    ("limitations", "Limitations", _limitations),
    ("provenance", "Versions and files", _provenance),
    ("claim", "CLAIM checklist", _claim),
)


def _runs(number: int) -> str:
    return f"{number} run{'s' * (number != 1)}"
