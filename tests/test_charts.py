"""Charts: what they draw, that every axis says its unit, and that nothing global changes."""

import json

import numpy as np
import pandas as pd
import plotly.io as pio
import pytest

from core.charts.calibration import confidence_histogram, reliability_chart
from core.charts.colours import CLASS_COLOURS
from core.charts.comparison import comparison_chart, score_against_time
from core.charts.confusion import confusion_heatmap
from core.charts.cover import covered_bars
from core.charts.curves import overlaid_curves, thin
from core.charts.dataset import age_histogram, class_counts, intensity_histogram
from core.charts.lung_heat import lung_heat_chart
from core.charts.one_image import probabilities_by_run
from core.charts.patient import probabilities_over_days
from core.charts.prediction import probability_bars
from core.charts.questions import MOST_PATIENTS, onset_chart, progression_chart
from core.charts.range_test import loss_against_rate
from core.charts.split_effect import split_chart
from core.charts.spread import spread_chart
from core.charts.theme import TEMPLATE_NAME
from core.charts.thresholds import people_chart, precision_recall_chart, roc_chart

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


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_dressed_and_says_what_its_axes_are(name, recwarn):
    figure = FIGURES[name]()
    assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text
    assert figure.layout.template.layout.paper_bgcolor == "#0e1116"
    assert figure.layout.height > 150 and figure.layout.width is None
    json.loads(figure.to_json())
    assert not recwarn.list


def test_the_default_template_stays():
    assert TEMPLATE_NAME in pio.templates
    assert pio.templates.default != TEMPLATE_NAME


def test_long_histories_are_thinned_to_means():
    points, together = thin(pd.DataFrame({"x": range(10)}), most=4)
    assert together == 3 and points["x"].tolist() == [1, 4, 7, 9]


def test_a_range_test_marks_both_rates_and_keeps_its_fall_in_sight():
    figure = loss_against_rate(range_curve(), 1e-5, 1e-4)
    assert [line.x0 for line in figure.layout.shapes] == [1e-5, 1e-4]
    assert [label.x for label in figure.layout.annotations] == [-5, -4]
    assert figure.layout.xaxis.type == "log"
    # The loss goes up to 3 after its fall; the axis ends where the fall is still seen.
    assert 1.2 < figure.layout.yaxis.range[1] < 2
    assert len(loss_against_rate(range_curve()).layout.shapes) == 0


def test_overlaid_runs_differ_in_colour_and_dash():
    epochs = history().query("kind == 'epoch'")
    table = pd.concat([epochs.assign(name=f"run {i}") for i in range(7)])
    figure = overlaid_curves(table)
    assert len({(t.line.color, t.line.dash) for t in figure.data}) == 7
    assert figure.layout.height > overlaid_curves(epochs.assign(name="a")).layout.height


def test_confusion_cells_show_counts_and_shares():
    matrix, classes = [[30, 10], [0, 0]], ("normal", "pneumonia")
    counts = [a.text for a in confusion_heatmap(matrix, classes).layout.annotations]
    assert "<b>30</b>" in counts[0] and "75.0%" in counts[0] and "–" in counts[2]
    shares = confusion_heatmap(matrix, classes, True, {"normal": "healthy"})
    assert "<b>75.0%</b>" in shares.layout.annotations[0].text
    assert list(shares.data[0].y) == ["healthy", "pneumonia"]
    assert shares.layout.yaxis.autorange == "reversed"
    named = confusion_heatmap(matrix, ("not_covid19", "covid19"))
    assert list(named.data[0].y) == ["not COVID-19", "COVID-19"]
    assert list(shares.data[1].customdata[1]) == ["normal", "pneumonia", "10", "25.0%"]


def test_published_values_stand_beside_the_run_of_their_backbone():
    figure = comparison_chart(comparison(), "accuracy", {"chance": 1 / 3})
    names = [a.text for a in figure.layout.annotations]
    assert "Old, published" in names and "Net0, published" not in names
    assert any("chance" in name for name in names)
    traces = {t.name: t for t in figure.data}
    assert {t.marker.symbol for t in traces.values()} == {"circle", "diamond", "square"}
    assert len(traces["published"].x) == 2 and len(traces["my runs"].x) == 3
    assert list(traces["my runs"].error_x.array) == pytest.approx([0.02] * 3)
    # Net0 is the worst of three runs: row 2, its published partner just below.
    assert sorted(traces["published"].y) == pytest.approx([2.2, 3])
    low, high = figure.layout.xaxis.range
    assert low < 1 / 3 and high > 0.92


def test_comparison_without_intervals_or_rows():
    bare = comparison()[["kind", "name", "backbone", "accuracy"]]
    assert len(comparison_chart(bare, "accuracy").data) == 3
    assert not comparison_chart(bare.iloc[:0], "accuracy").data
    holes = comparison().assign(accuracy_low=np.nan, accuracy_high=np.nan)
    assert list(comparison_chart(holes, "accuracy").data[0].error_x.array) == [0] * 3


def test_the_front_joins_its_rows_by_numbered_steps():
    table = comparison().assign(training_seconds=[10.0, 20.0, 40.0, 9000.0, np.nan, 5.0])
    front = table.iloc[[0, 2]]
    figure = score_against_time(table, "accuracy", front=front)
    line = next(trace for trace in figure.data if trace.mode == "lines+text")
    # To the right edge: the best score holds for whoever has more time still.
    assert list(line.x[:2]) == [10, 40] and np.log10(line.x[2]) == figure.layout.xaxis.range[1]
    assert list(line.y) == pytest.approx([0.7, 0.74, 0.74])
    assert line.line.shape == "hv" and list(line.text) == ["<b>1</b>", "<b>2</b>"]
    published = next(trace for trace in figure.data if trace.name == "Net0, published")
    assert published.marker.symbol == "diamond" and "published" in published.text
    without = score_against_time(table, "accuracy", front=table.iloc[:0])
    assert len(without.data) == len(figure.data) - 1


def test_the_front_is_drawn_over_many_runs_too():
    table = comparison(40)
    figure = score_against_time(table, "accuracy", front=table.iloc[[39]])
    assert [trace.name for trace in figure.data][1:] == [
        "my runs",
        "published",
        "trivial baselines",
    ]
    assert figure.data[0].mode == "lines+text"


def test_repeats_are_dots_about_their_mean():
    runs, spread = repeated()
    figure = spread_chart(runs, spread, "accuracy")
    dots, mean = figure.data[1], figure.data[2]
    assert list(dots.y) == [0, 0, 1, 1] and list(dots.x) == [0.8, 0.9, 0.6, 0.6]
    assert list(mean.x) == [0.85, 0.6] and list(mean.y) == [0, 1]
    assert list(figure.data[0].base) == pytest.approx([0.78, 0.6])
    assert [a.text for a in figure.layout.annotations] == ["a", "b"]
    low, high = figure.layout.xaxis.range
    assert low < 0.6 and high > 0.92
    # An undefined mean leaves the dots that there are.
    undefined = spread_chart(runs, spread, "f1")
    assert len(undefined.data[1].x) == 3 and list(undefined.data[2].x) == [0.55]
    assert "percentage points" in mean.hovertemplate
    assert list(mean.customdata) == pytest.approx([7, 0])
    assert figure.layout.xaxis.title.text == "Accuracy (%, each dot one run)"
    empty = spread_chart(runs.iloc[:0], spread.iloc[:0], "accuracy")
    assert not empty.data and "No group" in empty.layout.annotations[0].text


def test_a_matrix_of_means_has_one_decimal_everywhere():
    cells = confusion_heatmap([[5.5, 1.5], [2, 2]], ("normal", "pneumonia")).layout.annotations
    assert "<b>5.5</b>" in cells[0].text and "<b>2.0</b>" in cells[2].text


def test_dataset_charts_count_every_image():
    counts = class_counts(patients())
    assert sum(sum(trace.x) for trace in counts.data) == 4
    ages = age_histogram(patients())
    assert sum(sum(trace.y) for trace in ages.data) == 3
    assert "1 of 4" in ages.layout.xaxis.title.text
    grey = intensity_histogram({"raw": image(), "deep": image(np.uint16)})
    assert [sum(trace.y) for trace in grey.data] == pytest.approx([1, 1])


def test_the_answer_is_full_and_the_truth_is_marked():
    bars = probability_bars({"normal": 0.1, "bacteria": 0.9}, truth="normal").data[0]
    assert "true class" in bars.y[0] and bars.y[1] == "<b>bacteria</b>"
    assert bars.marker.color[1].endswith(",1.0)") and list(bars.text) == ["10.0%", "90.0%"]


def test_every_class_has_a_colour_of_its_own():
    labels = pytest.importorskip("core.data.labels", reason="label schemes are not built yet")
    for scheme in labels.LABEL_SCHEMES.values():
        colours = [CLASS_COLOURS[name] for name in scheme.classes]
        assert len(set(colours)) == len(colours)


def test_a_bar_for_each_run_adds_up_and_says_whether_it_was_right():
    shares = {"normal": [0.9, 0.05], "bacteria": [0.06, 0.5], "coronavirus": [0.04, 0.45]}
    table = pd.DataFrame({f"p_{name}": values for name, values in shares.items()})
    table = table.assign(name=["one", "two"], wrong=[False, True])
    figure = probabilities_by_run(table, list(shares))
    assert np.sum([bar.x for bar in figure.data], axis=0).tolist() == pytest.approx([1, 1])
    assert [a.text for a in figure.layout.annotations] == ["✓ one", "✗ two"]
    # A share too narrow for its figure has none.
    assert list(figure.data[1].text) == ["", "50"] and figure.layout.barmode == "stack"


def test_curves_have_bands_a_dash_each_and_the_chosen_threshold():
    figure = roc_chart([class_curve(), class_curve("two")], "coronavirus", [(0.1, 0.4), (0.2, 0.5)])
    lines = [trace for trace in figure.data if trace.name in ("one", "two")]
    assert [line.line.dash for line in lines] == ["solid", "dash"]
    assert {line.line.color for line in lines} == {CLASS_COLOURS["coronavirus"]}
    assert sum(trace.fill == "toself" for trace in figure.data) == 2
    (mark,) = [trace for trace in figure.data if trace.name == "the chosen threshold"]
    assert list(mark.x) == [0.1, 0.2] and list(mark.y) == [0.4, 0.5]
    # From one recall to the next, precision is that of the threshold which reaches the next.
    line = precision_recall_chart([class_curve()], "normal").data[1]
    assert line.line.shape == "vh"


def test_a_thousand_people_are_a_thousand_marks():
    figure = people_chart(PEOPLE_COUNTED, "coronavirus")
    assert [len(trace.x) for trace in figure.data] == list(PEOPLE_COUNTED.values())
    places = {place for trace in figure.data for place in zip(trace.x, trace.y, strict=True)}
    assert len(places) == 1000
    assert [trace.marker.symbol for trace in figure.data] == ["circle", "x", "x", "circle"]
    assert figure.data[1].name == "3 missed" and "without" in figure.data[2].hovertemplate


def test_reliability_leaves_empty_bins_out_and_opens_few():
    figure = reliability_chart({"before": reliability(), "after": reliability()}, 30)
    before, after, line = figure.data
    assert list(before.x) == [0.5, 0.9]
    assert list(before.marker.symbol) == ["circle-open", "circle"]
    assert list(after.marker.symbol) == ["diamond-open", "diamond"]
    assert before.error_y.array == pytest.approx([0.1, 0.1]) and line.name == "as said"
    assert list(confidence_histogram({"a": reliability()}).data[0].y) == [0, 10, 40]


def test_bands_with_few_images_are_open_and_every_band_says_its_n():
    figure = onset_chart(bands(), 30)
    assert list(figure.data[0].marker.symbol) == ["circle", "circle-open"]
    assert list(figure.data[0].x) == [0, 1] and list(figure.data[0].error_y.arrayminus)
    assert list(figure.layout.xaxis.ticktext) == [
        "up to<br>day 2<br>n = 40",
        "days 3<br>to 5<br>n = 5",
        "not<br>given<br>n = 0",
    ]


def test_a_line_per_patient_and_a_legend_per_outcome():
    figure = progression_chart(*followed(20), "coronavirus")
    assert len(figure.data) == MOST_PATIENTS
    assert [line.name for line in figure.data if line.showlegend] == [
        "survived or needed none",
        "outcome not given",
    ]


def test_each_pair_of_splits_is_a_line_and_all_of_them_a_thick_one():
    pair, together = split_chart(*divided(0.8), "covid19", "COVID-19 recall").data
    assert list(pair.y) == [0.95, 0.8] and list(together.y) == [0.8, 0.8]
    assert together.line.width > pair.line.width
    assert list(together.error_y.array) == pytest.approx([0.05] * 2)
    undefined = split_chart(*divided(np.nan), "covid19", "COVID-19 recall")
    assert undefined.layout.annotations[0].text == "undefined"


def test_a_course_has_a_dot_for_each_dated_image_and_a_line_through_the_days():
    figure = probabilities_over_days(course(), CLASSES, 3, "lowest to highest")
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    dots = [trace for trace in figure.data if trace.mode == "markers" and trace.x[0] is not None]
    assert [len(line.x) for line in lines] == [2] * 3 and [len(dot.x) for dot in dots] == [3] * 3
    assert [dot.marker.color for dot in dots] == [CLASS_COLOURS[name] for name in CLASSES]
    assert list(dots[0].marker.symbol) == ["circle", "circle-open", "circle"]
    assert list(dots[2].error_y.array) == pytest.approx([0.1] * 3)
    assert list(dots[2].error_y.arrayminus) == pytest.approx([0.05] * 3)
    assert "mean of 3 runs" in figure.layout.yaxis.title.text
    assert "lowest to highest" in figure.layout.yaxis.title.text
    one = probabilities_over_days(course().assign(learnt=False), CLASSES, 1, "")
    assert "one run, no interval" in one.layout.yaxis.title.text
    assert len(one.data) == len(figure.data) - 1


def test_a_stretched_course_parts_what_is_all_but_certain():
    table = course((0.0, 3.0)).assign(mean=[0, 0.01, 0.99, 0, 0.001, 0.999], low=0.0, high=1.0)
    figure = probabilities_over_days(table, CLASSES, 3, "range", stretched=True)
    (dots,) = [trace for trace in figure.data if trace.name == "coronavirus"]
    low, high = figure.layout.yaxis.range
    assert low < dots.y[0] < dots.y[1] < high and dots.y[1] - dots.y[0] > 2
    assert np.isfinite(dots.y + dots.error_y.array).all() and "99.00 %" in dots.hovertext[0]
    assert list(figure.layout.yaxis.ticktext)[2:7] == ["1%", "10%", "50%", "90%", "99%"]
    (normal,) = [trace for trace in figure.data if trace.name == "normal"]
    assert low < normal.y[0] and "0.00 %" in normal.hovertext[0]


def test_covering_shows_both_answers_and_every_random_place():
    after = {"normal": 0.8, "bacteria": 0.2}
    figure = covered_bars(ANSWER, after, [ANSWER, after])
    before, covered, span, places = figure.data
    assert list(before.x) == [0.1, 0.9] and list(covered.x) == [0.8, 0.2]
    assert list(places.x) == [0.1, 0.8, 0.9, 0.2] and "2 random places" in places.name
    assert list(span.x) == [0.1, 0.8, None, 0.2, 0.9, None]
    names = [label.text for label in figure.layout.annotations]
    assert names == ["<b>normal</b> +70.0 points", "<b>bacteria</b> -70.0 points"]


def test_an_answer_is_marked_right_or_wrong_where_the_truth_is_known():
    names = [note.text for note in probabilities_by_run(opinions(), CLASSES).layout.annotations]
    assert names == ["✓ a", "✗ b", "c", "d"]
