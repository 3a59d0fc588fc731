"""Questions: the paper's four questions, answered from the reader's own runs or not at all."""

from core.evaluation import attained, outperform, screening, tracking
from pages.components.frame import page
from pages.components.question import (
    answered,
    at_a_glance,
    evidence_of,
    reader,
    show_answer,
)
from pages.components.run_choice import finished_runs
from pages.components.run_filter import choose_runs

LEAD = (
    "The paper asked four questions. Here your own runs answer them, each with its figure and its "
    "doubt. **Cannot be answered** is an answer too: it says what is missing, and which run to "
    "make."
)

QUESTIONS = (outperform, screening, attained, tracking)

with page("Questions", LEAD) as settings:
    chosen, _ = choose_runs(finished_runs(settings))
    evidence = evidence_of(chosen, settings)
    setup = reader(evidence)
    answers = [
        answered(question, evidence, setup if question in (screening, tracking) else None)
        for question in QUESTIONS
    ]
    at_a_glance(answers)
    for answer in answers:
        show_answer(answer, evidence)
