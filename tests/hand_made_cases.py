"""Rows of ``core.evaluation.cases.run_cases`` from truths and probabilities, without a run."""

import numpy as np
import pandas as pd

CLASSES = ("normal", "bacteria", "coronavirus")


def cases_of(truth, probabilities, classes=CLASSES, patients=None):
    """``truth`` are class indices (n,), ``probabilities`` (n, k); every image has its patient."""
    truth, probabilities = np.asarray(truth, dtype=int), np.asarray(probabilities, dtype=float)
    probabilities = probabilities.reshape(len(truth), len(classes))
    answer, row = probabilities.argmax(axis=1), np.arange(len(truth))
    return pd.DataFrame(
        {
            "id": [f"image {i}" for i in row],
            "path": "",
            "patient": [f"patient {i}" for i in row] if patients is None else patients,
            "label": np.array(classes)[truth],
            "predicted": np.array(classes)[answer],
            "confidence": probabilities[row, answer],
            "true_probability": probabilities[row, truth],
            "wrong": answer != truth,
            **{f"p_{name}": probabilities[:, i] for i, name in enumerate(classes)},
        }
    ).astype(dict.fromkeys(("id", "path", "patient", "label", "predicted"), "str"))


def random_cases(seed, n=150, classes=CLASSES, decimals=None, skill=1.5, per_patient=1):
    """Answers that know something of the truth; with ``decimals`` many of them are tied."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(classes), n)
    logits = rng.normal(0, 1, (n, len(classes)))
    logits[np.arange(n), truth] += skill
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    if decimals is not None:
        probabilities = np.round(probabilities, decimals)
    patients = [f"patient {i // per_patient}" for i in range(n)]
    return cases_of(truth, probabilities, classes, patients)


# What a run may leave that is little or lopsided.
ODD = {
    "three images": random_cases(0, 3),
    "one image": random_cases(1, 1),
    "a class missing": random_cases(2).query("label != 'coronavirus'").reset_index(drop=True),
    "one class alone": random_cases(3).query("label == 'coronavirus'").reset_index(drop=True),
    "all ties": cases_of(np.arange(60) % 3, np.full((60, 3), 1 / 3)),
    "one answer": cases_of(np.arange(60) % 3, np.tile([0.0, 0.0, 1.0], (60, 1))),
    "all right and sure": cases_of(np.arange(60) % 3, np.eye(3)[np.arange(60) % 3]),
    "all wrong and sure": cases_of(np.arange(60) % 3, np.eye(3)[(np.arange(60) + 1) % 3]),
    "no image": random_cases(4).iloc[:0],
}
