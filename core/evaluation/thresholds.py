"""What one threshold comes to: the rule "call it <class> when its probability is at least t".

Holds the rule on a run's validation images, its predictive values for people of another prevalence,
and its errors per 1,000 of them. Everything undefined says why. The curves over all thresholds
stand in ``core.evaluation.class_curves``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.errors import UserError
from core.evaluation.statistics import Estimate
from core.words import class_title

# The class that a rule is about, the first of these that a label scheme has.
POSITIVE = ("coronavirus", "covid19", "pneumonia")
PEOPLE = 1000


@dataclass(frozen=True)
class Rule:
    """What "call it ``name`` when its probability is at least ``threshold``" comes to.

    Counts of validation images: ``found`` and ``missed`` of the class, ``false_alarms`` and
    ``left_alone`` of the others. ``missed_per_1000`` and ``false_alarms_per_1000`` are people of
    1,000 of whom the share ``prevalence`` has it, as the predictive values are.
    """

    name: str
    threshold: float
    prevalence: float
    found: int
    missed: int
    false_alarms: int
    left_alone: int
    sensitivity: Estimate
    specificity: Estimate
    positive_predictive_value: Estimate
    negative_predictive_value: Estimate
    missed_per_1000: Estimate
    false_alarms_per_1000: Estimate


def positive_class(classes: Sequence[str]) -> str:
    """The class a rule is about at first: the one of POSITIVE, else the last."""
    return next((name for name in POSITIVE if name in classes), classes[-1])


def threshold_rule(cases: pd.DataFrame, name: str, threshold: float, prevalence: float) -> Rule:
    """The rule for class ``name`` on rows of ``run_cases``, for people of another ``prevalence``.

    Sensitivity and specificity have Wilson's interval, images taken as independent. Predictive
    values follow from them by Bayes' theorem, and the bounds of their intervals from the bounds of
    both at once, which is wider than 95 % asks for. Raises UserError when ``prevalence`` is not
    between 0 and 1.
    """
    if not 0 <= prevalence <= 1:
        raise UserError(f"prevalence: {prevalence} is no share; set it between 0 and 1.")
    title = class_title(name)
    positive = (cases["label"] == name).to_numpy()
    called = cases[f"p_{name}"].to_numpy(dtype=float) >= threshold
    found, missed = int((called & positive).sum()), int((~called & positive).sum())
    alarms, left_alone = int((called & ~positive).sum()), int((~called & ~positive).sum())
    sensitivity = Estimate.proportion(
        found, found + missed, f"No validation image is {title}, so none can be found or missed."
    )
    specificity = Estimate.proportion(
        left_alone,
        alarms + left_alone,
        f"Every validation image is {title}, so there can be no false alarm.",
    )
    # Among the validation images it may well call some.
    whom = {0: "nobody", 1: "everybody"}.get(prevalence)
    rule = f"Among people of whom {whom} has {title} the rule" if whom else "The rule"
    return Rule(
        name,
        threshold,
        prevalence,
        *(found, missed, alarms, left_alone),
        sensitivity,
        specificity,
        _predictive(sensitivity, specificity, prevalence, f"{rule} calls nobody {title}"),
        _predictive(specificity, sensitivity, 1 - prevalence, f"{rule} calls everybody {title}"),
        _errors(sensitivity, PEOPLE * prevalence),
        _errors(specificity, PEOPLE * (1 - prevalence)),
    )


def people(rule: Rule) -> dict[str, int] | None:
    """1,000 people under ``rule``: found, missed, false_alarms, left_alone; None if undefined.

    Whole people, rounded so that they are 1,000 (largest remainders) and as many have it as the
    prevalence says.
    """
    if rule.sensitivity.value is None or rule.specificity.value is None:
        return None
    ill = round(PEOPLE * rule.prevalence)
    found = round(ill * rule.sensitivity.value)
    left_alone = round((PEOPLE - ill) * rule.specificity.value)
    return {
        "found": found,
        "missed": ill - found,
        "false_alarms": PEOPLE - ill - left_alone,
        "left_alone": left_alone,
    }


def _predictive(right: Estimate, other: Estimate, share: float, nobody: str) -> Estimate:
    """Of those the rule puts on one side, the share that is right to be there.

    ``right`` is how many of that side it recognises, ``other`` how many of the other side.
    """
    if right.value is None or other.value is None:
        return Estimate(None, reason=right.reason or other.reason)
    value = _bayes(right.value, other.value, share)
    if value is None:
        return Estimate(None, reason=f"{nobody}: nobody is left to be right about.")
    low, high = (_bayes(getattr(right, end), getattr(other, end), share) for end in ("low", "high"))
    return Estimate(value, value if low is None else low, value if high is None else high)


def _bayes(right: float, other: float, share: float) -> float | None:
    truly, wrongly = right * share, (1 - other) * (1 - share)
    return truly / (truly + wrongly) if truly + wrongly > 0 else None


def _errors(rate: Estimate, of_people: float) -> Estimate:
    if rate.value is None:
        return rate
    return Estimate(*(of_people * (1 - share) for share in (rate.value, rate.high, rate.low)))
