"""Charts of single answers, thresholds, patients and questions: what they draw."""

import re

import numpy as np
import pandas as pd
import pytest
from chart_examples import (
    ANSWER,
    CLASSES,
    PEOPLE_COUNTED,
    bands,
    class_curve,
    course,
    divided,
    followed,
    opinions,
    reliability,
    without_points,
)

from core.charts.calibration import confidence_histogram, reliability_chart
from core.charts.colours import CLASS_COLOURS
from core.charts.cover import covered_bars
from core.charts.one_image import probabilities_by_run
from core.charts.patient import probabilities_over_days
from core.charts.questions import MOST_PATIENTS, onset_chart, progression_chart
from core.charts.split_effect import split_chart
from core.charts.thresholds import people_chart, precision_recall_chart, roc_chart


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


def test_a_thousand_people_are_a_thousand_marks_in_four_shapes():
    figure = people_chart(PEOPLE_COUNTED, "coronavirus")
    starts = [re.findall(r"M([-\d.]+),([-\d.]+)", shape.path) for shape in figure.layout.shapes]
    # A cross is two strokes.
    assert [len(found) for found in starts] == [7, 2 * 3, 2 * 110, 880]
    assert len({start for found in starts for start in found}) == 1000 + 3 + 110
    symbols = [trace.marker.symbol for trace in figure.data]
    assert symbols == ["square", "x-thin", "x-thin", "square"]
    assert figure.data[1].name == "3 missed"
    colours = [shape.fillcolor or shape.line.color for shape in figure.layout.shapes]
    assert colours == [trace.marker.color for trace in figure.data]
    assert colours[0] == colours[1] == CLASS_COLOURS["coronavirus"] != colours[2]
    nobody_wrong = people_chart(PEOPLE_COUNTED | {"missed": 0, "false_alarms": 0}, "normal")
    assert len(nobody_wrong.layout.shapes) == 2


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


def test_no_line_strikes_through_the_words_of_an_empty_curve():
    for chart in (
        roc_chart([without_points()], "coronavirus"),
        precision_recall_chart([without_points()], "coronavirus", 0.0),
    ):
        assert not chart.data and "No curve for coronavirus" in chart.layout.annotations[0].text
