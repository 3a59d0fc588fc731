"""Scores over all classes that have no meaning: which, why, and as such wherever they are read.

A mean over the classes is undefined where a class has no validation image: a mean over the others
could not be set against one over all. Holds the sentences that say so and ``only_defined``, through
which metrics are read, so that those written before this was held count alike. How scores are
computed stands in ``core.evaluation.metrics``.
"""

from __future__ import annotations

OVER_CLASSES = ("sensitivity", "specificity", "precision", "f1")
MEANS = ("balanced_accuracy", *OVER_CLASSES)


def missing_class(name: str) -> str:
    """Why no score over all classes is defined: no image of the class ``name``."""
    return (
        f"No validation image is '{name}': balanced accuracy and the means over the classes are "
        "undefined, for a mean over the other classes could not be compared."
    )


def never_answered(name: str) -> str:
    """Why the mean precision is undefined: no answer is the class ``name``."""
    return f"The answer is never '{name}': its precision is undefined, and so is the mean."


def why_undefined(metrics: dict, score: str) -> list[str]:
    """Sentences on why ``score`` has no value in ``metrics`` (as metrics.json); none if it has.

    ``score`` is "accuracy" or one of MEANS. Trusts nothing in ``metrics``.
    """
    if score not in MEANS:
        return []
    classes = _per_class(metrics)
    reasons = [missing_class(name) for name in _missing(metrics)]
    if score == "precision" and not reasons:
        reasons = [
            never_answered(name)
            for name, values in classes.items()
            if "precision" in values and values["precision"] is None
        ]
    return reasons


def only_defined(metrics: dict) -> dict:
    """``metrics`` (as metrics.json) without values and intervals of scores that have no meaning.

    The same object where a class is not missing, or nothing is said of classes.
    """
    missing = _missing(metrics)
    if not missing:
        return metrics
    found = dict(metrics)
    if "balanced_accuracy" in found:
        found["balanced_accuracy"] = None
    for name, scores in (("macro", OVER_CLASSES), ("ci95", MEANS)):
        if isinstance(found.get(name), dict):
            found[name] = found[name] | {key: None for key in scores if key in found[name]}
    said = found.get("undefined")
    # The older sentence said that the class was left out of the means.
    others = [
        sentence
        for sentence in (said if isinstance(said, list) else [])
        if not str(sentence).startswith("No validation image is ")
    ]
    return found | {"undefined": [*map(missing_class, missing), *others]}


def _missing(metrics: dict) -> list[str]:
    """Classes without a validation image, from their counts or from the confusion matrix."""
    counts = {name: values.get("n") for name, values in _per_class(metrics).items()}
    matrix, classes = metrics.get("confusion_matrix"), metrics.get("classes")
    if not counts and isinstance(matrix, list) and isinstance(classes, list):
        counts = {
            str(name): sum(row)
            for name, row in zip(classes, matrix, strict=False)
            if isinstance(row, list) and all(isinstance(n, int) for n in row)
        }
    return [name for name, n in counts.items() if n == 0 and not isinstance(n, bool)]


def _per_class(metrics: dict) -> dict[str, dict]:
    classes = metrics.get("per_class")
    if not isinstance(classes, dict):
        return {}
    return {str(name): values for name, values in classes.items() if isinstance(values, dict)}
