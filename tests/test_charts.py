"""Charts: what they draw, that every axis says its unit, and that nothing global changes."""

import json

import numpy as np
import pandas as pd
import plotly.io as pio
import pytest
from chart_examples import (
    FIGURES,
    comparison,
    history,
    image,
    patients,
    range_curve,
    repeated,
)

from core.charts.colours import CLASS_COLOURS
from core.charts.comparison import comparison_chart, score_against_time
from core.charts.confusion import confusion_heatmap
from core.charts.curves import overlaid_curves, thin
from core.charts.dataset import age_histogram, class_counts, intensity_histogram
from core.charts.prediction import probability_bars
from core.charts.range_test import loss_against_rate
from core.charts.spread import spread_chart
from core.charts.theme import TEMPLATE_NAME


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


def test_a_run_has_one_colour_in_its_curve_and_in_what_its_score_costs():
    table = comparison(8).query("kind == 'run'")
    epochs = history().query("kind == 'epoch'")
    curves = pd.concat([epochs.assign(name=name) for name in table["name"]])
    colours = [
        {trace.name: trace[part].color for trace in figure.data}
        for figure, part in (
            (overlaid_curves(curves), "line"),
            (score_against_time(table, "accuracy"), "marker"),
        )
    ]
    assert colours[0] == colours[1]


@pytest.mark.parametrize(
    "figure",
    [
        lambda: overlaid_curves(history().query("kind == 'epoch'").assign(name="a")),
        lambda: score_against_time(comparison(), "accuracy"),
        lambda: intensity_histogram({"raw": image()}),
    ],
)
def test_ticks_of_a_narrow_share_axis_are_told_apart(figure):
    # Half a percent apart, ".0%" would write two ticks alike.
    assert figure().layout.yaxis.tickformat == ".1~%"


@pytest.mark.parametrize("decades", [1.1, 4])
def test_ticks_of_a_logarithmic_axis_are_whole_numbers(decades):
    table = comparison(2).query("kind == 'run'")
    axis = score_against_time(
        table.assign(training_seconds=[8, 8 * 10 ** (decades - 1)]), "accuracy"
    ).layout.xaxis
    written = dict(zip(axis.tickvals, axis.ticktext, strict=True))
    assert all(float(text.replace(",", "")) == value for value, text in written.items())
    seen = [
        text for value, text in written.items() if axis.range[0] <= np.log10(value) <= axis.range[1]
    ]
    assert seen == (["5", "10", "20"] if decades < 2 else ["10", "100", "1,000", "10,000"])


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


def test_an_undefined_score_keeps_its_row_and_says_so():
    table = comparison()
    table.loc[[1, 4], ["accuracy", "accuracy_low", "accuracy_high"]] = np.nan
    figure = comparison_chart(table, "accuracy")
    named = {a.text: a.y for a in figure.layout.annotations}
    # Below all others; what is not legible of a published network has no row.
    assert named["undefined"] == max(y for y in named.values())
    assert named["Net1, quick, 1"] == pytest.approx(named["undefined"] - 0.32)
    assert "Old, published" not in named
    low, high = figure.layout.xaxis.range
    assert low < 0.5 < 0.9 < high
    nothing = comparison_chart(table.iloc[[1]], "accuracy", {"guessing": 1 / 3})
    assert "undefined" in [a.text for a in nothing.layout.annotations]


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
