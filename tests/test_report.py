"""The report: complete, self-contained, escaped, and never broken by a damaged run."""

import hashlib
import json
import shutil

import pytest
from html_page import HtmlPage
from run_folders import change_run, make_environment, make_finished_run

from core import runs
from core.errors import UserError
from core.evaluation import report_probabilities
from core.evaluation.calibration import calibration_of
from core.evaluation.cases import run_cases, run_classes
from core.evaluation.claim import CLAIM, FILLED, FOR_THE_AUTHOR, checklist
from core.evaluation.class_curves import class_curves
from core.evaluation.report import write_report
from core.evaluation.report_facts import gather
from core.evaluation.report_results import Chart
from core.evaluation.report_sections import SECTIONS
from core.files import write_json
from core.words import percent

STUDY = 'Three <script>alert(1)</script> & "more"'
OPTIONAL = {"repeats"}  # left out of a report of few runs with nothing beside them


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Three runs of one study and the report of them, made once."""
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("report"), patch)
        made = [
            make_finished_run(settings, mistakes, study=STUDY, backbone=backbone, recipe="quick")
            for mistakes, backbone in ((0, "ResNet50"), (1, "VGG16"), (9, "VGG19"))
        ]
        facts = gather(made, settings, STUDY)
        yield settings, made, facts, write_report(facts)


def words(text):
    return " ".join(" ".join(HtmlPage(text).words).replace("\xa0", " ").split())


def test_all_sections_stand_there(place):
    page = HtmlPage(place[3])
    names = [attributes["id"] for attributes in page.of("section")]
    assert names == [name for name, _, _ in SECTIONS if name not in OPTIONAL]
    headings = [a["href"] for a in page.of("a")]
    assert headings == [f"#{name}" for name in names]


def test_nothing_is_loaded_from_anywhere(place):
    page = HtmlPage(place[3])
    assert not page.of("link") and not page.of("iframe") and not page.of("object")
    for tag, attributes in page.elements:
        for name in ("src", "srcset", "data", "action", "poster"):
            assert name not in attributes, f"<{tag} {name}>"
        assert attributes.get("href", "#").startswith("#")
    (policy,) = [a["content"] for a in page.of("meta") if "http-equiv" in a]
    assert "default-src 'none'" in policy and "http" not in policy
    style = place[3].partition("<style>")[2].partition("</style>")[0]
    assert "@import" not in style and "url(" not in style
    assert len(place[3].encode()) < 15e6


def test_only_scripts_with_the_page_s_own_mark_run(place):
    page = HtmlPage(place[3])
    (policy,) = [a["content"] for a in page.of("meta") if "http-equiv" in a]
    for attributes, content in page.scripts:
        if attributes.get("type") == "application/json":
            json.loads(content)
        else:
            assert f"'nonce-{attributes['nonce']}'" in policy
    figures = [a for a, _ in page.scripts if a.get("id", "").startswith("figure-")]
    charts = [a["data-figure"] for a in page.of("figure")]
    assert charts == [a["id"] for a in figures]
    # Scores, pairs, best, three matrices, two curves, times; of each run ROC, precision-recall and
    # reliability.
    assert len(charts) == 9 + 3 * 3


def test_each_run_has_its_curves_and_its_calibration(place):
    _, made, facts, text = place
    page, said = HtmlPage(text), words(text)
    drawn = {a["data-name"]: a["data-figure"] for a in page.of("figure")}
    figures = {a.get("id"): json.loads(c) for a, c in page.scripts if "id" in a}
    for run in made:
        name, cases, classes = facts.names[run.id], run_cases(run), run_classes(run)
        for kind, area in (("ROC", "AUC"), ("precision-recall", "AP")):
            lines = figures[drawn[f"{name}: {kind}"]]["data"]
            named = [line["name"] for line in lines if line.get("name", "guessing") != "guessing"]
            assert [each.split(",")[0] for each in named] == list(classes)
            assert all(area in each for each in named)
        found = calibration_of(cases, classes)
        curves = class_curves(cases, classes, classes[0])
        marks = figures[drawn[f"{name}: reliability"]]["data"][0]
        assert len(marks["marker"]["symbol"]) == (found.bins["n"] > 0).sum()
        for value, low, high in (
            (found.error.value, found.error.low, found.error.high),
            (curves.roc.area.value, curves.roc.area.low, curves.roc.area.high),
        ):
            assert percent(value, low, high).replace("\xa0", " ") in said
        assert f"{found.brier.value:.3f}" in said


def test_of_many_runs_the_best_alone_have_curves(place, monkeypatch):
    monkeypatch.setattr(report_probabilities, "MOST_DRAWN", 2)
    blocks = list(report_probabilities.threshold_curves(place[2]))
    drawn = {block.title.split(":")[0] for block in blocks if isinstance(block, Chart)}
    assert len(drawn) == 2 and "VGG19" not in drawn
    assert any("More than 2 runs" in block for block in blocks if isinstance(block, str))


def test_names_from_run_folders_are_text(place):
    assert "<script>alert" not in place[3]
    assert 'Three <script>alert(1)</script> & "more"' in words(place[3])


def test_figures_have_their_interval_and_n(place):
    _, made, _, text = place
    said = words(text)
    for run in made:
        metrics = run.metrics()
        low, high = metrics["ci95"]["balanced_accuracy"]
        score = f"{100 * metrics['balanced_accuracy']:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
        assert score.replace(" (", " ").split(" ")[0] in said
        assert f"({100 * low:.1f} to {100 * high:.1f})" in said
    assert f"on {made[0].metrics()['n_validation']} validation images" in said
    assert "Published: El Asnaoui" in said and "fair partner" in said
    assert "not for diagnosis" in said


def test_every_field_of_the_recipe_stands_there_and_differences_are_marked(place):
    _, made, _, text = place
    page = HtmlPage(text)
    for name in ("head.dropout", "preprocess.clip_limit", "schedule", "optimizer.beta_2", "keep"):
        assert name in page.cells
    recipe = text.partition('<table class="recipe')[2].partition("</table>")[0]
    marked = [row for row in recipe.split("<tr")[1:] if row.startswith(' class="marked"')]
    assert len(marked) == 1 and "<td>backbone</td>" in marked[0]
    assert all(run.config["backbone"] in marked[0] for run in made)


def test_digests_are_those_of_the_files(place):
    _, made, _, text = place
    for name in ("config.json", "images.csv", "metrics.json"):
        assert hashlib.sha256((made[0].folder / name).read_bytes()).hexdigest() in text
    assert text.count("missing, or cannot be read") == len(made)  # there is no model.keras


def test_counts_and_exclusions(place):
    _, _, facts, text = place
    said = words(text)
    images = next(iter(facts.images.values()))
    assert facts.summary["images"] == len(images)
    assert f"{images['patient'].nunique():,}" in said
    assert "Images by class" in said and "Excluded, by reason" in said


def test_claim_has_42_items_and_passes_none(place):
    assert [item.number for item in CLAIM] == list(range(1, 43))
    answers = checklist(place[2])
    assert {answer.state for answer in answers} == {FILLED, FOR_THE_AUTHOR}
    for answer in answers:
        assert bool(answer.words) == (answer.state == FILLED)
        assert answer.item.fill or answer.state == FOR_THE_AUTHOR
    # Ethics, annotators, funding and external data are nothing that software knows.
    author = {a.item.number for a in answers if a.state == FOR_THE_AUTHOR}
    assert {1, 2, 3, 4, 12, 16, 32, 34, 39, 40, 41, 42} <= author
    table = place[3].partition('<table class="claim')[2].partition("</table>")[0]
    assert table.count("<tr") == 43
    assert table.count("for the author<") == len(author)


def test_runs_without_predictions_or_half_deleted_are_said(settings):
    made = [make_finished_run(settings, mistakes) for mistakes in (0, 1, 2, 3)]
    for run, name in zip(made, ("predictions.csv", "images.csv", "metrics.json"), strict=False):
        (run.folder / name).unlink()
    (made[3].folder / "history.csv").write_text("torn")
    facts = gather([runs.read_run(settings.runs, run.id) for run in made], settings)
    said = words(write_report(facts))
    assert "predictions.csv of" in said and "images.csv of" in said
    assert "1 run left no predictions.csv that can be used" in said
    assert f"metrics.json of {made[2].id} is missing" in said
    assert "1 of the 4 runs asked for have no figures" in said


NONSENSE = {
    "matrix": {"confusion_matrix": [[1, "x"], None]},
    "classes": {"classes": "normal", "per_class": [1, 2]},
    "intervals": {"ci95": {"balanced_accuracy": "wide", "per_class": 3}},
    "counts": {"n_training": "many", "overlap_patients": -5, "training_seconds": None},
    "numbers": {"balanced_accuracy": None, "macro": [], "device": ["<b>"]},
}


@pytest.mark.parametrize("name", NONSENSE)
def test_edited_metrics_break_no_report(settings, name):
    made = [change_run(make_finished_run(settings), NONSENSE[name]), make_finished_run(settings)]
    said = words(write_report(gather(made, settings)))
    assert "nan" not in said.lower().split() and "CLAIM checklist" in said


def test_an_edited_config_breaks_no_report(settings):
    run = make_finished_run(settings)
    edited = {"split": [1], "seed": {"a": 1}, "cohort": ["x"], "limit": "few", "new": {"deep": {}}}
    run = change_run(run, **edited, weights=None, keep=[1], head=5)
    assert "Limitations" in words(write_report(gather([run], settings)))


def test_runs_of_other_classes_are_not_compared(settings):
    made = [make_finished_run(settings), make_finished_run(settings, labels="pneumonia2")]
    said = words(write_report(gather(made, settings)))
    assert "name different classes" in said and "Is the difference real?" not in said


def test_repeats_get_their_mean(settings):
    made = [make_finished_run(settings, seed, seed=seed) for seed in (0, 1)]
    text = write_report(gather(made, settings))
    assert "repeats" in [a["id"] for a in HtmlPage(text).of("section")]
    assert "One seed each" not in words(text)


def test_the_cheat_test_is_shown_where_it_was_made(settings):
    run = make_finished_run(settings)
    part = {"n": 12, "accuracy": 0.8, "balanced_accuracy": 0.8}
    part |= {"ci95": {"accuracy": [0.7, 0.9], "balanced_accuracy": [0.7, 0.9]}}
    seen = dict.fromkeys(("full", "without_lungs", "lungs_only"), part)
    write_json(run.folder / "cheat_test.json", {"n_annotated": 0, "n_images": 60, **seen})
    said = words(write_report(gather([run], settings)))
    assert "lungs blacked out 80.0 % (70.0 to 90.0)" in said
    assert "no difference beyond chance is shown: +0.0" in said
    assert "both scores taken as independent" in said


def test_without_figures_there_is_one_sentence(settings):
    run = make_finished_run(settings)
    (run.folder / "metrics.json").unlink()
    with pytest.raises(UserError, match=f"None of these runs .* metrics.json of {run.id}"):
        gather([run], settings)


def test_a_copied_run_makes_the_same_report(place, tmp_path):
    settings, made, facts, _ = place
    copy = tmp_path / made[0].id
    shutil.copytree(made[0].folder, copy)
    again = gather([runs.read_run(tmp_path, made[0].id)], settings)
    assert again.scores["balanced_accuracy"][0] == facts.scores["balanced_accuracy"][0]
