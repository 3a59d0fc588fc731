"""What the cheat test comes to: differences image by image, older tests, and their words."""

import json

import numpy as np
import pandas as pd
import pytest
from run_folders import change_run, make_finished_run, open_page, text_of

from core.charts.cheat_test import cheat_chart
from core.evaluation.cheat_differences import (
    DIFFERENCES,
    PARTS,
    difference_table,
    difference_words,
    needs_lungs,
    paired_differences,
)
from core.evaluation.cheat_results import CHEAT_SCORES, SEEN, cheat_table
from core.evaluation.limitations import limitations
from core.evaluation.metrics import evaluate
from core.evaluation.pairs import BETTER, CHANCE, UNCLEAR, UNDEFINED, mcnemar
from core.evaluation.report_facts import gather
from core.files import write_json

CLASSES = ("normal", "bacteria", "coronavirus")
EACH = 60


def answers(right, patients=None, classes=CLASSES):
    """Predictions on as many images of each class as ``right`` has entries for it."""
    labels = [name for name, hits in zip(classes, right, strict=True) for _ in hits]
    index = np.array([classes.index(name) for name in labels])
    wrong = ~np.concatenate([np.asarray(hits, bool) for hits in right])
    predicted = np.where(wrong, (index + 1) % len(classes), index)
    probabilities = np.eye(len(classes))[predicted]
    ids = [f"i{number}" for number in range(len(labels))]
    table = pd.DataFrame({"id": ids, "sha256": ids, "label": labels})
    return table.assign(
        patient=ids if patients is None else patients,
        predicted=np.array(classes)[predicted],
        **{f"p_{name}": probabilities[:, i] for i, name in enumerate(classes)},
    )


def hits(wrong, n=EACH):
    return [place >= wrong for place in range(n)]


def make_tested(settings, full, part, classes=CLASSES, paired=True):
    """A run whose cheat test has these answers, the same for both parts."""
    scores = {name: evaluate(table, classes) for name, table in (("full", full), ("part", part))}
    kept = {
        name: {"n": s["n"], "ci95": {m: s["ci95"][m] for m in CHEAT_SCORES}}
        | {m: s[m] for m in CHEAT_SCORES}
        for name, s in scores.items()
    }
    more = {DIFFERENCES: paired_differences(full, part, classes)} if paired else {}
    parts = dict.fromkeys(PARTS, kept["part"] | more)
    run = make_finished_run(settings)
    content = {"full": kept["full"], **parts, "n_annotated": 0, "n_images": 500}
    # What is kept must be plain JSON.
    json.dumps(content, allow_nan=False)
    write_json(run.folder / "cheat_test.json", content)
    return run


# Wrong images of each class with the whole image; then without, where the first ones are wrong.
CASES = {
    "the lungs add": ((6, 6, 6), (14, 14, 14), True, BETTER),
    "overlap, taken as independent": ((6, 6, 6), (11, 10, 9), False, CHANCE),
    "overlap, paired": ((6, 6, 6), (11, 10, 9), True, BETTER),
    "chance": ((6, 6, 6), (7, 6, 6), True, CHANCE),
    "less with lungs": ((14, 14, 14), (4, 4, 4), True, BETTER),
    "the same": ((6, 6, 6), (6, 6, 6), True, CHANCE),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_difference_comes_to(settings, name):
    whole, without, paired, finding = CASES[name]
    full, part = (answers([hits(n) for n in wrong]) for wrong in (whole, without))
    run = make_tested(settings, full, part, paired=paired)
    for measure in CHEAT_SCORES:
        rows = difference_table([run], measure).to_dict("records")
        assert [row["seen"] for row in rows] == list(PARTS)
        gap = (sum(without) - sum(whole)) / (3 * EACH)
        for row in rows:
            said = difference_words(row)
            assert row["difference"] == pytest.approx(gap) and row["finding"] == finding
            assert row["paired"] == paired and ("independent" in said) != paired
            assert ("beyond chance" in said) == (finding == CHANCE)
            assert needs_lungs(row) == (finding == BETTER and gap > 0)
            if finding == BETTER:
                assert row["low"] <= abs(gap) or row["high"] < 0
                assert f"{100 * abs(gap):.1f} points" in said and "+" not in said
                assert ("add" in said) == (gap > 0)


def test_the_test_is_that_of_two_runs_and_the_interval_draws_patients():
    full, part = answers([hits(6)] * 3), answers([hits(16)] * 3)
    found = paired_differences(full, part, CLASSES)
    assert (found["only_full"], found["only_this"], found["n"]) == (30, 0, 3 * EACH)
    assert found["p_mcnemar"] == mcnemar(30, 0)[0] and not found["exact"]
    # Ten images of each patient: fewer independent cases, a wider interval.
    patients = [f"p{number // 10}" for number in range(3 * EACH)]
    full, part = answers([hits(6)] * 3, patients), answers([hits(16)] * 3, patients)
    wide = paired_differences(full, part, CLASSES)
    widths = [np.diff(each["balanced_accuracy"]["ci95"])[0] for each in (found, wide)]
    assert widths[1] > 1.2 * widths[0]


def test_where_interval_and_test_disagree_it_is_not_settled(settings):
    # One of few images of a class moves balanced accuracy much, and McNemar's test hardly.
    full = answers([hits(6, 90), hits(6, 90), hits(0, 8)])
    part = answers([hits(6, 90), hits(6, 90), hits(4, 8)])
    (row, _) = difference_table([make_tested(settings, full, part)], "balanced_accuracy").to_dict(
        "records"
    )
    assert row["low"] > 0 and row["p_mcnemar"] > 0.05 and row["finding"] == UNCLEAR
    assert "not settled" in difference_words(row) and not needs_lungs(row)


@pytest.mark.parametrize("old", [False, True])
def test_where_a_class_is_missing_the_balanced_difference_is_undefined(settings, old):
    full, part = (answers([hits(n), hits(n), []]) for n in (6, 20))
    run = change_run(make_tested(settings, full, part, paired=not old), evaluate(full, CLASSES))
    if old:  # as written when the mean went over the classes that are there
        content = json.loads((run.folder / "cheat_test.json").read_text())
        for name in SEEN:
            content[name] |= {"balanced_accuracy": 0.8}
            content[name]["ci95"]["balanced_accuracy"] = [0.7, 0.9]
        write_json(run.folder / "cheat_test.json", content)
    table = cheat_table([run], "balanced_accuracy")
    assert len(table) == 3 and table[["score", "low", "high"]].isna().all(axis=None)
    texts = [a.text for a in cheat_chart(table, "balanced_accuracy", SEEN).layout.annotations]
    assert texts.count("undefined") == 3
    for row in difference_table([run], "balanced_accuracy").to_dict("records"):
        assert row["finding"] == UNDEFINED
        assert "No validation image is 'coronavirus'" in difference_words(row)
    rows = difference_table([run], "accuracy")
    assert (rows["finding"] == BETTER).all()


@pytest.mark.parametrize("kept", [None, 3, {}, {"balanced_accuracy": 0.1}, {"accuracy": {}}])
def test_an_edited_difference_is_taken_from_the_scores(settings, kept):
    run = make_tested(settings, answers([hits(6)] * 3), answers([hits(20)] * 3))
    content = json.loads((run.folder / "cheat_test.json").read_text())
    content["without_lungs"][DIFFERENCES] = kept
    write_json(run.folder / "cheat_test.json", content)
    table = difference_table([run], "balanced_accuracy")
    assert table["paired"].tolist() == [False, True]
    assert table["difference"].tolist() == pytest.approx([14 / 60] * 2)


def test_page_and_report_say_it_in_red_only_without_a_difference(settings):
    run = make_tested(settings, answers([hits(6)] * 3), answers([hits(14)] * 3))
    said = text_of(open_page("comparison"))
    assert "the lungs add 13.3 points (" in said and ":red[**" not in said
    assert not any(
        "lungs blacked out" in sentence for sentence in limitations(gather([run], settings))
    )
    run = make_tested(settings, answers([hits(6)] * 3), answers([hits(7)] * 3))
    assert ":red[**" in text_of(open_page("comparison"))
    said = limitations(gather([run], settings))
    assert sum("no difference beyond chance is shown" in sentence for sentence in said) == 1
