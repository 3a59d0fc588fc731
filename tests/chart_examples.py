"""Small tables that charts are drawn of in tests, and every chart drawn of them by name."""

import numpy as np
import pandas as pd

from core.charts.calibration import confidence_histogram, reliability_chart
from core.charts.comparison import score_against_time
from core.charts.confusion import confusion_heatmap
from core.charts.cover import covered_bars
from core.charts.curves import overlaid_curves
from core.charts.dataset import age_histogram, class_counts, intensity_histogram
from core.charts.lung_heat import lung_heat_chart
from core.charts.patient import probabilities_over_days
from core.charts.prediction import probability_bars
from core.charts.questions import onset_chart, progression_chart
from core.charts.range_test import loss_against_rate
from core.charts.split_effect import split_chart
from core.charts.thresholds import curves_by_class, people_chart, precision_recall_chart, roc_chart

CLASSES = ("normal", "bacteria", "coronavirus")


def history(epochs=4, batches=5, phases=("head", "fine-tuning")):
    rows = []
    for epoch in range(1, epochs + 1):
        phase = phases[(epoch - 1) * len(phases) // epochs]
        common = {"phase": phase, "epoch": epoch, "learning_rate": 1e-3, "loss": 1 / epoch}
        common["accuracy"] = 1 - common["loss"] / 2
        for batch in range(batches):
            step = (epoch - 1) * batches + batch + 1
            rows.append({"kind": "batch", "step": step, "seconds": step / 10, **common})
        rows.append({**rows[-1], "kind": "epoch", "val_loss": 1.1, "val_accuracy": 0.5})
    return pd.DataFrame(rows)


def comparison(count=3):
    rows = [
        {
            "kind": "run",
            "name": f"Net{i}, quick, {i}",
            "backbone": f"Net{i}",
            "accuracy": 0.7 + i / 50,
        }
        for i in range(count)
    ]
    rows += [{"kind": "published", "name": "Net0, published", "backbone": "Net0", "accuracy": 0.9}]
    rows += [{"kind": "published", "name": "Old, published", "backbone": "Old", "accuracy": 0.6}]
    rows += [{"kind": "baseline", "name": "thumbnail", "backbone": "", "accuracy": 0.5}]
    table = pd.DataFrame(rows).assign(training_seconds=60.0)
    return table.assign(accuracy_low=table.accuracy - 0.02, accuracy_high=table.accuracy + 0.02)


def repeated():
    runs = pd.DataFrame(
        {
            "group": ["a", "a", "b", "b"],
            "name": [f"run {i}" for i in range(4)],
            "accuracy": [0.8, 0.9, 0.6, 0.6],
            "f1": [0.5, 0.6, 0.4, np.nan],
        }
    )
    return runs, pd.DataFrame(
        {
            "group": ["a", "b"],
            "accuracy_mean": [0.85, 0.6],
            "accuracy_sd": [0.07, 0.0],
            "f1_mean": [0.55, np.nan],
            "f1_sd": [0.07, np.nan],
        }
    )


def patients():
    return pd.DataFrame(
        {
            "label": ["normal", "bacteria", "bacteria", "coronavirus"],
            "source": ["kermany", "kermany", "cohen", "cohen"],
            "age": [np.nan, 3.0, 30.0, 71.0],
        }
    )


def opinions():
    """A right and a wrong answer, one whose truth is not known, and one still to come."""
    shares = {f"p_{name}": [0.2, 0.3, 0.2, np.nan] for name in CLASSES}
    return pd.DataFrame({"name": list("abcd"), "wrong": [False, True, None, None]} | shares)


def lung_shares():
    bounds = {"share_low": [0.5, np.nan], "share_high": [0.7, np.nan]}
    shares = {"name": ["a", "b"], "n": [57, 3], "share": [0.6, 0.4], "area": [0.5, 0.5]}
    return pd.DataFrame(shares | bounds)


def image(kind=np.uint8):
    return np.random.default_rng(0).integers(0, np.iinfo(kind).max, (20, 30)).astype(kind)


def range_curve():
    rates = 10.0 ** np.arange(-7, 0)
    losses = [1.1, 1.2, 1.0, 0.7, 0.4, 3.0, np.nan]
    return pd.DataFrame(
        {"step": range(1, 8), "learning_rate": rates, "loss": losses, "smoothed": losses}
    )


def class_curve(name="one"):
    points = pd.DataFrame({"x": [0, 0.5, 1], "y": [0.2, 0.8, 1], "threshold": [1, 0.5, 0.1]})
    band = pd.DataFrame({"x": [0, 1], "low": [0.1, 0.9], "high": [0.3, 1]})
    return name, points, band


def without_points():
    name, points, band = class_curve()
    return name, points.iloc[:0], band.iloc[:0]


def reliability(counts=(0, 10, 40)):
    share = [n and 0.8 for n in counts]
    table = pd.DataFrame({"low": [0, 1 / 3, 2 / 3], "high": [1 / 3, 2 / 3, 1], "n": counts})
    table = table.assign(confidence=[0.2, 0.5, 0.9], right=[n // 2 for n in counts], share=share)
    return table.assign(share_low=table.share - 0.1, share_high=table.share + 0.1)


PEOPLE_COUNTED = {"found": 7, "missed": 3, "false_alarms": 110, "left_alone": 880}


def bands(first=40):
    rows = [("up to day 2", first, 20), ("days 3 to 5", 5, 4), ("not given", 0, 0)]
    table = pd.DataFrame(rows, columns=["band", "n", "patients"])
    table["sensitivity"] = [0.9 if n else np.nan for n in table["n"]]
    return table.assign(low=table["sensitivity"] - 0.1, high=table["sensitivity"] + 0.05)


def followed(count=2):
    names, words = [f"p{i}" for i in range(count)], "survived or needed none"
    table = pd.DataFrame(
        {"patient": names, "outcome": [words, *["outcome not given"] * count][:count]}
    )
    points = pd.DataFrame({"patient": names * 2, "day": [0.0] * count + [3.0] * count})
    return table, points.assign(probability=0.8)


def divided(value=0.9):
    pairs = pd.DataFrame({"pair": ["seed 0"], "covid19_image": [0.95], "covid19_patient": [value]})
    ends = {f"{s}{e}": value + d for s in ("image", "patient") for e, d in ENDS.items()}
    return pairs, pd.Series(ends)


ENDS = {"": 0, "_low": -0.1, "_high": 0.05}


def course(days=(0.0, 3.0, 3.0, np.nan)):
    rows = [
        {"id": f"i{place}", "day": day, "class": name, "mean": share, "learnt": place == 1}
        for place, day in enumerate(days)
        for name, share in zip(CLASSES, (0.1, 0.2, 0.7), strict=True)
    ]
    columns = ["id", "day", "class", "mean", "learnt"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(low=table["mean"] - 0.05, high=table["mean"] + 0.1)


ANSWER = {"normal": 0.1, "bacteria": 0.9}

FIGURES = {
    "roc": lambda: roc_chart([class_curve()], "coronavirus", [(0.1, 0.4)]),
    "two rocs": lambda: roc_chart([class_curve(), class_curve("two")], "covid19"),
    "no roc": lambda: roc_chart([without_points()], "coronavirus"),
    "precision": lambda: precision_recall_chart([class_curve()], "normal", 0.3, [(0.1, 0.4)]),
    "no precision": lambda: precision_recall_chart([without_points()], "normal", 0.0),
    "rocs by class": lambda: curves_by_class({n: class_curve(n) for n in CLASSES}),
    "recall by class": lambda: curves_by_class({n: class_curve(n) for n in CLASSES}, recall=True),
    "no curves by class": lambda: curves_by_class({"coronavirus": without_points()}),
    "people": lambda: people_chart(PEOPLE_COUNTED, "coronavirus"),
    "no people": lambda: people_chart(None, "coronavirus"),
    "reliability": lambda: reliability_chart({"a": reliability(), "b": reliability()}, 30),
    "no reliability": lambda: reliability_chart({"a": reliability((0, 0, 0))}, 30),
    "sure": lambda: confidence_histogram({"a": reliability()}),
    "none sure": lambda: confidence_histogram({"a": reliability((0, 0, 0))}),
    "onset": lambda: onset_chart(bands(), 30),
    "no onset": lambda: onset_chart(bands().assign(n=0), 30),
    "progression": lambda: progression_chart(*followed(), "coronavirus"),
    "no progression": lambda: progression_chart(*followed(0), "coronavirus"),
    "split": lambda: split_chart(*divided(), "covid19", "COVID-19 recall"),
    "no split": lambda: split_chart(*divided(np.nan), "covid19", "COVID-19 recall"),
    "overlaid": lambda: overlaid_curves(history().query("kind == 'epoch'").assign(name="a")),
    "rates": lambda: overlaid_curves(
        history().query("kind == 'epoch'").assign(name="a"), "learning_rate"
    ),
    "range test": lambda: loss_against_rate(range_curve(), 1e-5, 1e-4),
    "range test without rates": lambda: loss_against_rate(range_curve()),
    "no steps": lambda: loss_against_rate(range_curve().iloc[:0]),
    "no runs": lambda: overlaid_curves(history().iloc[:0].assign(name="")),
    "confusion": lambda: confusion_heatmap([[5, 1, 0], [0, 0, 0], [2, 2, 9]], CLASSES),
    "shares": lambda: confusion_heatmap([[5, 1], [2, 2]], ("normal", "pneumonia"), True),
    "time": lambda: score_against_time(comparison(), "accuracy"),
    "many times": lambda: score_against_time(comparison(40), "accuracy"),
    "no times": lambda: score_against_time(comparison().iloc[:0], "accuracy"),
    "front": lambda: score_against_time(comparison(), "accuracy", front=comparison()[:2]),
    "chosen cell": lambda: confusion_heatmap([[5, 1], [2, 2]], ("a", "b"), chosen=("a", "b")),
    "mean matrix": lambda: confusion_heatmap([[5.5, 1.5], [2, 2]], ("normal", "pneumonia")),
    "counts": lambda: class_counts(patients(), {"normal": "No pneumonia seen"}),
    "no images": lambda: class_counts(patients().iloc[:0]),
    "ages": lambda: age_histogram(patients()),
    "no ages": lambda: age_histogram(patients().assign(age=np.nan)),
    "grey values": lambda: intensity_histogram({"raw": image(), "deep": image(np.uint16)}),
    "no image": lambda: intensity_histogram({}),
    "answer": lambda: probability_bars({"normal": 0.1, "bacteria": 0.9}, truth="normal"),
    "course": lambda: probabilities_over_days(course(), CLASSES, 3, "lowest to highest"),
    "course of one run": lambda: probabilities_over_days(
        course((2.0, 2.0)).assign(low=np.nan, high=np.nan), CLASSES, 1, ""
    ),
    "stretched course": lambda: probabilities_over_days(course(), CLASSES, 3, "", stretched=True),
    "undated course": lambda: probabilities_over_days(course((np.nan,)), CLASSES, 3, "range"),
    "covered": lambda: covered_bars(ANSWER, {"normal": 0.8, "bacteria": 0.2}, [ANSWER] * 8),
    "covered without elsewhere": lambda: covered_bars(ANSWER, ANSWER, []),
    "not covered": lambda: covered_bars({}, {}, []),
    "lung heat": lambda: lung_heat_chart(lung_shares()),
    "no lung heat": lambda: lung_heat_chart(lung_shares().iloc[:0]),
    "no answer": lambda: probability_bars({}),
}
