"""The CLAIM checklist for reports on artificial intelligence in medical imaging, as one table.

Holds its 42 items, each with what ChestBench can say to it from the facts of the runs, if anything.
An answer is never a verdict: it is marked as filled by ChestBench and left for the author to check,
and every other item is marked as the author's.

Source: Mongan J, Moy L, Kahn CE Jr. Checklist for Artificial Intelligence in Medical Imaging
(CLAIM): a guide for authors and reviewers. Radiol Artif Intell 2 (2020) e200029,
doi:10.1148/ryai.2020200029. The items are paraphrased.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.evaluation import claim_answers as known
from core.evaluation.report_facts import Facts

CITATION = (
    "Mongan J, Moy L, Kahn CE Jr. Checklist for Artificial Intelligence in Medical Imaging "
    "(CLAIM): a guide for authors and reviewers. Radiol Artif Intell 2 (2020) e200029. "
    "doi:10.1148/ryai.2020200029"
)
FILLED = "filled by ChestBench, to be checked by the author"
FOR_THE_AUTHOR = "for the author"


@dataclass(frozen=True)
class Item:
    """One item: its number, its section, what it asks for, and what ChestBench knows of it.

    ``fill`` gives a sentence, or "" where these facts say nothing; None: it never can.
    """

    number: int
    section: str
    asks: str
    fill: Callable[[Facts], str] | None = None


@dataclass(frozen=True)
class Answer:
    """An item as a report shows it: ``words`` is empty where ``state`` is FOR_THE_AUTHOR."""

    item: Item
    state: str
    words: str


def checklist(facts: Facts) -> list[Answer]:
    """All 42 items in their order, each answered from ``facts`` or left to the author."""
    answers = []
    for item in CLAIM:
        words = item.fill(facts) if item.fill else ""
        answers.append(Answer(item, FILLED if words else FOR_THE_AUTHOR, words))
    return answers


_TITLE, _INTRODUCTION = "Title and abstract", "Introduction"
_DESIGN, _DATA, _TRUTH = "Methods: study design", "Methods: data", "Methods: ground truth"
_PARTS, _MODEL, _TRAINING = "Methods: partitions", "Methods: model", "Methods: training"
_EVALUATION, _RESULTS_DATA = "Methods: evaluation", "Results: data"
_RESULTS, _DISCUSSION, _OTHER = "Results: performance", "Discussion", "Other information"

CLAIM = tuple(
    Item(number, *row)
    for number, row in enumerate(
        (
            (_TITLE, "The title or abstract names the study as one of AI, and the kind of AI."),
            (_TITLE, "A structured summary of design, methods, results and conclusions."),
            (_INTRODUCTION, "Scientific and clinical background; what the AI is meant for."),
            (_INTRODUCTION, "Aims and hypotheses."),
            (_DESIGN, "Whether the study looks ahead (prospective) or back (retrospective)."),
            (_DESIGN, "The goal: making a model, exploring, feasibility, non-inferiority, ..."),
            (_DATA, "Where the data come from.", known.data_sources),
            (
                _DATA,
                "Who and what was eligible: how, where and when it was found.",
                known.eligibility,
            ),
            (_DATA, "Steps of preprocessing.", known.preprocessing),
            (_DATA, "How parts of the data were selected, if they were.", known.subsets),
            (
                _DATA,
                "What each data element means, with common data elements.",
                known.elements,
            ),
            (_DATA, "How data were freed of what identifies a person."),
            (_DATA, "What was done about missing data."),
            (_TRUTH, "The reference standard, defined so that it can be repeated."),
            (_TRUTH, "Why this reference standard, where there are others."),
            (_TRUTH, "Who annotated, with which qualification and preparation."),
            (_TRUTH, "Tools for annotation."),
            (_TRUTH, "How far annotators differ, and how differences were settled."),
            (_PARTS, "The intended sample size and how it was found."),
            (
                _PARTS,
                "How data were dealt to the partitions, with proportions.",
                known.partitions,
            ),
            (
                _PARTS,
                "On which level partitions share nothing (image, patient, ...).",
                known.disjoint,
            ),
            (
                _MODEL,
                "The model in full: inputs, outputs, layers between, connections.",
                known.model,
            ),
            (_MODEL, "Software libraries, frameworks and packages.", known.software),
            (
                _MODEL,
                "How parameters begin: random, or from another training.",
                known.initialisation,
            ),
            (
                _TRAINING,
                "Training: augmentation, hyperparameters, number of models.",
                known.training,
            ),
            (_TRAINING, "How the final model was chosen.", known.selection),
            (_TRAINING, "How models were put together to an ensemble, if they were."),
            (_EVALUATION, "Measures of performance.", known.metrics),
            (_EVALUATION, "Measures of significance and uncertainty.", known.uncertainty),
            (_EVALUATION, "Analyses of robustness or sensitivity.", known.robustness),
            (_EVALUATION, "Methods of explanation (saliency maps, ...) and how they were checked."),
            (_EVALUATION, "Validation or testing on external data."),
            (
                _RESULTS_DATA,
                "The flow of participants or cases, with a diagram.",
                known.flow,
            ),
            (_RESULTS_DATA, "Who the cases of each partition are: demography, disease."),
            (
                _RESULTS,
                "Performance of the best model on every partition.",
                known.all_partitions,
            ),
            (
                _RESULTS,
                "Estimates of diagnostic accuracy and their precision.",
                known.accuracy,
            ),
            (_RESULTS, "Analysis of the cases that were misclassified.", known.failures),
            (
                _DISCUSSION,
                "Limitations: bias, uncertainty, how far results carry.",
                known.limits,
            ),
            (_DISCUSSION, "What follows for practice: intended use, clinical role."),
            (_OTHER, "Registration number and registry."),
            (_OTHER, "Where the full protocol can be read."),
            (_OTHER, "Funding and other support; what the funders did."),
        ),
        start=1,
    )
)
