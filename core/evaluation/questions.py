"""The paper's four questions, all of them answered from one choice of runs.

Holds the list alone: ``QUESTIONS`` by key, and ``answer_questions``. Each question stands in a
module of its own; what they are answered from, in ``core.evaluation.evidence``.
"""

from collections.abc import Callable

from core.evaluation import attained, outperform, screening, tracking
from core.evaluation.evidence import Evidence, QuestionAnswer

QUESTIONS: dict[str, Callable[[Evidence], QuestionAnswer]] = {
    module.KEY: module.answer for module in (outperform, screening, attained, tracking)
}


def answer_questions(evidence: Evidence) -> list[QuestionAnswer]:
    """All four answers, in the paper's order."""
    return [answer(evidence) for answer in QUESTIONS.values()]
