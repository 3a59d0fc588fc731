"""The published figures: tables 2 to 10 of the study that ChestBench rebuilds.

El Asnaoui K, Chawki Y. Using X-ray images and deep learning for automated detection of coronavirus
disease. J Biomol Struct Dyn, 2020. doi:10.1080/07391102.2020.1767212

Holds the tables in percent as printed (None: not legible in the source text), what can be worked
out from them, and the footnotes that belong beside them. The functions give fractions 0..1, as our
own metrics do. Placing them beside runs is left to ``core.evaluation.compare``, the differences to
``core.evaluation.published_differences``.
"""

from functools import cache

import numpy as np
import pandas as pd

from core.errors import UserError
from core.evaluation.metrics import MEASURES
from core.evaluation.possible_matrices import possible_matrices, widest_intervals
from core.evaluation.statistics import mean_of_proportions, wilson

CITATION = (
    "El Asnaoui K, Chawki Y. Using X-ray images and deep learning for automated detection of "
    "coronavirus disease. J Biomol Struct Dyn, 2020. doi:10.1080/07391102.2020.1767212"
)
CLASSES = ("normal", "bacteria", "coronavirus")

# Tables 2 to 8, percent: precision, sensitivity, specificity, accuracy.
PER_CLASS_COLUMNS = ("precision", "sensitivity", "specificity", "accuracy")
PER_CLASS = {
    "DenseNet201": {
        "normal": (92.59, 95.88, 96.28, 31.31),
        "bacteria": (82.62, 92.95, 89.62, 32.23),
        "coronavirus": (90.33, 75.14, 96.10, 24.54),
    },
    "InceptionResNetV2": {
        "normal": (94.40, 97.75, 97.18, 31.92),
        "bacteria": (88.88, 95.77, 93.64, 33.21),
        "coronavirus": (93.85, 82.80, 97.37, 27.04),
    },
    "InceptionV3": {
        "normal": (93.76, 95.51, 96.91, 31.19),
        "bacteria": (83.06, 92.42, 90.00, 32.05),
        "coronavirus": (88.06, 75.88, 95.01, 24.78),
    },
    "MobileNetV2": {
        "normal": (92.41, 95.70, 96.19, 31.25),
        "bacteria": (84.79, 81.51, 92.24, 28.26),
        "coronavirus": (78.99, 79.43, 89.75, 25.94),
    },
    "ResNet50": {
        "normal": (95.22, 93.27, 97.73, 30.46),
        "bacteria": (85.18, 89.08, 91.77, 30.89),
        "coronavirus": (82.50, 80.18, 91.74, 26.19),
    },
    "VGG16": {
        "normal": (77.01, 92.71, 86.58, 30.28),
        "bacteria": (71.11, 78.87, 82.99, 27.35),
        "coronavirus": (77.47, 52.71, 92.56, 17.21),
    },
    "VGG19": {
        "normal": (80.99, 85.23, 90.29, 27.83),
        "bacteria": (63.58, 83.62, 74.57, 28.99),
        "coronavirus": (78.35, 48.03, 93.56, 15.68),
    },
}
# Columns of ``per_class_table`` that tables 2 to 8 do not have.
PER_CLASS_DERIVED = ("n", "f1")
TABLE_NUMBER = {backbone: number for number, backbone in enumerate(PER_CLASS, start=2)}

# Table 9, percent: accuracy, sensitivity, specificity, precision, F1.
SUMMARY_COLUMNS = ("accuracy", *MEASURES)
SUMMARY = {
    "InceptionResNetV2": (92.18, 92.11, 96.06, 92.38, 92.07),
    "DenseNet201": (88.09, 87.99, 94.00, 88.52, 87.91),
    "InceptionV3": (88.03, 87.94, 93.97, 88.30, 87.88),
    "ResNet50": (87.54, 87.51, 93.75, 87.63, 87.55),
    "MobileNetV2": (85.47, 85.55, 92.73, 85.40, 85.45),
    "VGG16": (74.84, 74.76, 87.37, None, None),
    "VGG19": (72.52, None, None, None, None),
}

# Table 10, seconds: training, testing.
SECONDS = dict.fromkeys(SUMMARY, (None, None)) | {"InceptionResNetV2": (79184.28, 262.0)}

# Not printed: the counts from which every one of the 84 cells of tables 2 to 8 follows, cut to two
# decimals. No other counts below 1,000 images a class give the printed sensitivities.
VALIDATION_IMAGES = {"normal": 535, "bacteria": 568, "coronavirus": 535}

FOOTNOTES = {
    "class mix": (
        "The published validation set was nearly balanced (32.7 / 34.7 / 32.7 % normal, bacteria, "
        "coronavirus), while the whole collection is 26 / 46 / 28 %. The fair partner of the "
        "published accuracy is therefore balanced accuracy, the mean of the three sensitivities, "
        "not the accuracy on the natural mix."
    ),
    "per-class accuracy": (
        "Accuracy of a class, as the paper defines it, is its correctly recognised images over all "
        "validation images; the three add up to the overall accuracy."
    ),
    "macro": (
        "Sensitivity, specificity, precision and F1 of a network are plain means over the classes."
    ),
    "derived": (
        "Cells marked as derived are not legible in table 9 and were worked out from the per-class "
        "tables 7 and 8."
    ),
    "derived by class": (
        "Not in the paper's table but worked out: F1 from precision and sensitivity, n from the "
        "rates (whole numbers that give every one of them)."
    ),
    "not legible": (
        "Cells marked 'not legible', among them all of table 10 but one row, cannot be read in the "
        "source text and do not follow from other tables."
    ),
    "intervals": (
        "The paper prints no counts. Every rate of tables 2 to 8 is that of whole numbers out of "
        "535 normal, 568 bacteria and 535 coronavirus images (1,638; the smallest that fit), "
        "cut to two decimals; the intervals beside published figures are worked out from these "
        "counts and are not the paper's. The counts leave one cell of each confusion matrix free: "
        "for mean specificity, precision and F1 the interval is the widest that any matrix with "
        "them gives (bootstrap of images within each class). A fifth of its 6,087 images would be "
        "1,217."
    ),
    "split": (
        "The paper divides images at random, so that images of one patient can stand on both "
        "sides; a split by patient is the stricter test."
    ),
    "conclusion": (
        "The paper's conclusion swaps the accuracies of VGG16 and VGG19; its tables 7 and 8 add up "
        "to 74.84 % (VGG16) and 72.50 % (VGG19)."
    ),
}


def per_class_table(backbone: str) -> pd.DataFrame:
    """Published table 2 to 8 of one backbone: class, n, accuracy, MEASURES as fractions.

    ``n`` (see VALIDATION_IMAGES) and ``f1`` are derived for every row, and so are the 95 %
    intervals (Wilson) of sensitivity, specificity and precision in _low and _high; ``f1`` has none,
    for it is no proportion. Raises UserError when the paper has no such backbone.
    """
    if backbone not in PER_CLASS:
        raise UserError(f"The paper has no figures for '{backbone}'; it has {', '.join(SUMMARY)}.")
    table = pd.DataFrame.from_dict(
        PER_CLASS[backbone], orient="index", columns=list(PER_CLASS_COLUMNS)
    ).div(100)
    table["f1"] = 2 * table.precision * table.sensitivity / (table.precision + table.sensitivity)
    table.insert(0, "n", pd.Series(VALIDATION_IMAGES))
    others = table["n"].sum() - table["n"]
    hits = (table["sensitivity"] * table["n"]).round()
    rejected = (table["specificity"] * others).round()
    counts = {
        "sensitivity": (hits, table["n"]),
        "specificity": (rejected, others),
        "precision": (hits, hits + others - rejected),
    }
    for name, (successes, n) in counts.items():
        bounds = [wilson(*one) for one in zip(successes, n, strict=True)]
        table[f"{name}_low"], table[f"{name}_high"] = zip(*bounds, strict=True)
    ends = [f"{name}_{end}" for name in counts for end in ("low", "high")]
    return table.rename_axis("class").reset_index()[["class", "n", "accuracy", *MEASURES, *ends]]


def correct_counts(backbone: str) -> dict[str, int]:
    """Correctly recognised validation images of each class, worked out from its sensitivity."""
    table = per_class_table(backbone).set_index("class")
    return {name: round(row.sensitivity * row.n) for name, row in table.iterrows()}


def confusions(backbone: str) -> list[np.ndarray]:
    """Confusion matrices, int64 (3, 3) by [true class, answer], that the table of one allows."""
    table = per_class_table(backbone)
    others = table["n"].sum() - table["n"]
    alarms = others - (table["specificity"] * others).round().astype(int)
    hits = list(correct_counts(backbone).values())
    return possible_matrices(table["n"].to_numpy(), hits, alarms.to_numpy())


@cache
def _summary() -> pd.DataFrame:
    rows = []
    for backbone, printed in SUMMARY.items():
        values = dict(zip(SUMMARY_COLUMNS, printed, strict=True))
        means = per_class_table(backbone)[list(MEASURES)].mean()
        derived = tuple(name for name in MEASURES if values[name] is None)
        row = {name: v / 100 if v is not None else means[name] for name, v in values.items()}
        hits, images = list(correct_counts(backbone).values()), list(VALIDATION_IMAGES.values())
        low, high = wilson(sum(hits), sum(images))
        balanced = mean_of_proportions(np.divide(hits, images), images)
        others = widest_intervals(confusions(backbone))
        training, testing = SECONDS[backbone]
        rows.append(
            {
                "backbone": backbone,
                "n": sum(images),
                "accuracy": row.pop("accuracy"),
                "accuracy_low": low,
                "accuracy_high": high,
                "balanced_accuracy": row["sensitivity"],
                "balanced_accuracy_low": balanced[0],
                "balanced_accuracy_high": balanced[1],
                **row,
                # The mean sensitivity is the balanced accuracy under another name.
                "sensitivity_low": balanced[0],
                "sensitivity_high": balanced[1],
                **{
                    f"{name}_{end}": bound
                    for name in ("specificity", "precision", "f1")
                    for end, bound in zip(("low", "high"), others[name], strict=True)
                },
                "training_seconds": training,
                "testing_seconds": testing,
                "derived": derived,
            }
        )
    table = pd.DataFrame(rows)
    return table.astype(dict.fromkeys(("training_seconds", "testing_seconds"), float))


def summary_table() -> pd.DataFrame:
    """Published tables 9 and 10, best first: one row per backbone, fractions and seconds.

    Columns: backbone, n, accuracy, balanced_accuracy and MEASURES, each with _low and _high (95 %;
    see the footnotes), training_seconds, testing_seconds (NaN: not legible), derived (names of the
    columns that were worked out, a tuple). Balanced accuracy is the published mean sensitivity.
    """
    return _summary().copy()
