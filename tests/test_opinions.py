"""Opinions of several networks: who is asked, what counts, and how far they agree."""

import hashlib
import shutil

import numpy as np
import pandas as pd
import pytest
from run_folders import change_run, make_finished_run
from scipy import stats

from core import runs
from core.errors import UserError
from core.evaluation.cases import run_cases, run_sides
from core.evaluation.confused_with import confused_with
from core.evaluation.statistics import wilson
from core.inference.agreement import agreement
from core.inference.opinions import (
    MOST_NETWORKS,
    Opinion,
    doubts,
    networks_to_ask,
    opinion_rows,
    opinions,
)
from core.inference.predictor import Prediction

CLASSES = ("normal", "bacteria", "coronavirus")


def says(*shares, doubt="", problem=""):
    """One opinion with these probabilities."""
    probabilities = dict(zip(CLASSES, shares, strict=True)) if shares else {}
    predicted = CLASSES[int(np.argmax(shares))] if shares else ""
    return Opinion("run", "Net", doubt, predicted, probabilities, problem)


BACTERIA, NORMAL, CORONA = (0.2, 0.7, 0.1), (0.6, 0.3, 0.1), (0.0, 0.1, 0.9)

SENTENCES = {
    "Six of seven networks say bacteria.": [says(*BACTERIA)] * 6 + [says(*NORMAL)],
    "All three networks say bacteria.": [says(*BACTERIA)] * 3,
    "Both networks say normal.": [says(*NORMAL)] * 2,
    "The one network says normal.": [says(*NORMAL)],
    "The two networks do not agree: one says normal, one says bacteria.": [
        says(*NORMAL),
        says(*BACTERIA),
    ],
    "Two of three networks that count say coronavirus.": [
        says(*CORONA),
        says(*CORONA),
        says(*NORMAL),
        says(*BACTERIA, doubt="it learnt from this very image"),
    ],
    "The one network that counts says normal.": [
        says(*NORMAL),
        says(*BACTERIA, doubt="it learnt from this very image"),
    ],
    "No network's answer counts here.": [says(problem="It failed.")],
    "10 of 12 networks say bacteria.": [says(*BACTERIA)] * 10 + [says(*NORMAL)] * 2,
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_vote_in_plain_words(sentence, recwarn):
    assert agreement(SENTENCES[sentence], CLASSES).sentence == (sentence)
    assert not recwarn.list


def test_the_mean_its_interval_and_its_range_against_scipy():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet([1, 4, 2], 6)
    given = [says(*row) for row in shares]
    given += [says(1, 0, 0, doubt="it learnt from this very image"), says(problem="It failed.")]
    together = agreement(given, CLASSES)
    assert together.n == 6
    for i, row in enumerate(together.table.to_dict("records")):
        low, high = stats.t.interval(0.95, 5, shares[:, i].mean(), stats.sem(shares[:, i]))
        assert row["mean"] == pytest.approx(shares[:, i].mean())
        assert (row["low"], row["high"]) == pytest.approx((max(low, 0), min(high, 1)))
        assert (row["lowest"], row["highest"]) == (shares[:, i].min(), shares[:, i].max())
        assert row["votes"] == (shares.argmax(axis=1) == i).sum()
    assert together.table["mean"].sum() == pytest.approx(1)
    assert together.share == together.table["votes"].max() / 6
    assert together.likeliest == CLASSES[shares.mean(axis=0).argmax()]


def test_one_network_has_no_interval_and_none_has_no_mean(recwarn):
    one = agreement([says(*BACTERIA)], CLASSES)
    assert one.table["low"].isna().all() and one.table["mean"].notna().all()
    none = agreement([], CLASSES)
    assert none.n == 0 and none.answer == none.likeliest == ""
    assert none.table["mean"].isna().all() and np.isnan(none.share)
    assert not recwarn.list


def test_a_tied_vote_has_no_answer_but_a_likeliest_class():
    together = agreement([says(*NORMAL), says(*CORONA)], CLASSES)
    assert together.answer == "" and together.share == 0.5
    assert together.likeliest == "coronavirus"


def test_only_finished_runs_with_the_same_classes_are_asked(settings):
    first, second = make_finished_run(settings), make_finished_run(settings)
    other = make_finished_run(settings, labels="pneumonia2")
    waiting = make_finished_run(settings)
    runs.write_status(waiting, state=runs.STOPPED)
    broken = make_finished_run(settings)
    (broken.folder / "status.json").write_text("{")
    listed = [
        runs.read_run(settings.runs, each.id) for each in (waiting, first, other, second, broken)
    ]
    asked, left_out = networks_to_ask(listed)
    assert [run.id for run in asked] == [first.id, second.id]
    assert "stopped" in left_out[waiting.id] and "other classes" in left_out[other.id]
    assert "status.json" in left_out[broken.id] and len(left_out) == 3
    assert networks_to_ask(listed, ("normal", "pneumonia"))[0] == [listed[2]]


def test_there_is_a_limit_to_how_many_are_asked(settings):
    run = make_finished_run(settings)
    asked, left_out = networks_to_ask([run] * (MOST_NETWORKS + 2))
    assert len(asked) == MOST_NETWORKS and str(MOST_NETWORKS) in left_out[run.id]


def test_runs_that_learnt_from_the_very_image_are_known(settings):
    members = [make_finished_run(settings, split={"seed": seed}) for seed in range(3)]
    unknown = make_finished_run(settings)
    for name in ("images.csv", "predictions.csv"):
        (unknown.folder / name).unlink()
    asked = [*members, unknown]
    case = run_cases(members[0]).iloc[0]
    path = settings.data_roots[0] / case["path"]
    known = doubts(path, asked)
    for run in members:
        side = run_sides(run).set_index("id")["side"][case["id"]]
        assert known[run.id] == ("it learnt from this very image" if side == "training" else "")
    assert known[members[0].id] == "" and any(known[run.id] for run in members)
    assert known[unknown.id] == "what it learnt from is not known"
    # An upload is recognised by its content, under any name.
    assert doubts(path.read_bytes(), asked) == known
    assert not any(doubts(b"another picture", members).values())


def test_an_exact_copy_that_was_a_training_image_counts_as_learnt(settings):
    run = make_finished_run(settings)
    case = run_cases(run).iloc[0]
    path = settings.data_roots[0] / case["path"]
    images = pd.read_csv(run.folder / "images.csv")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    copied = images.index[images["side"] == "training"][0]
    images.loc[copied, "sha256"] = digest
    images.to_csv(run.folder / "images.csv", index=False)
    assert doubts(path, [run])[run.id] == "it learnt from this very image"


def test_a_file_that_is_gone_is_one_sentence(settings, tmp_path):
    with pytest.raises(UserError, match=r"gone\.png"):
        doubts(tmp_path / "gone.png", [make_finished_run(settings)])


def test_one_that_fails_says_why_and_the_others_go_on(settings):
    members = [make_finished_run(settings) for _ in range(3)]
    asked = []

    def answer(run):
        asked.append(run.id)
        if run == members[1]:
            raise UserError("model.keras is damaged.")
        return Prediction(
            run.id, "bacteria", dict(zip(CLASSES, BACTERIA, strict=True)), np.zeros(1)
        )

    coming = opinions(members, dict.fromkeys([run.id for run in members], ""), answer)
    first = next(coming)
    assert asked == [members[0].id] and first.counts and first.predicted == "bacteria"
    given = [first, *coming]
    assert given[1].problem == "model.keras is damaged." and not given[1].counts
    table = opinion_rows(given, CLASSES, "normal")
    assert table["run"].tolist() == [members[0].id, members[2].id]
    assert table["wrong"].tolist() == [True, True]
    assert opinion_rows(given, CLASSES)["wrong"].isna().all()
    assert opinion_rows([], CLASSES).empty


def test_what_an_answer_is_mistaken_for_most(settings):
    labels = ["bacteria"] * 6 + ["coronavirus"] * 3 + ["normal"]
    cases = pd.DataFrame({"label": labels, "predicted": "bacteria"})
    found = confused_with(cases, "bacteria")
    assert (found.n, found.wrong, found.other, found.count) == (10, 4, "coronavirus", 3)
    assert found.interval == wilson(3, 10)
    assert (
        "really coronavirus in 3 of 10 validation images (30.0 %, 95 % interval 10.8 to 60.3 %)"
        in (found.sentence)
    )
    always_right = confused_with(cases[:6], "bacteria")
    assert (
        always_right.wrong == 0 and "right in all of 6 validation images" in always_right.sentence
    )
    never = confused_with(cases, "normal")
    assert never.interval is None and "undefined" in never.sentence
    assert "covid" not in confused_with(cases.assign(predicted="covid19"), "covid19").sentence


def test_a_runs_own_cases_are_counted(settings):
    run = make_finished_run(settings, mistakes=2)
    cases = run_cases(run)
    for answer in CLASSES:
        given = cases[cases["predicted"] == answer]
        found = confused_with(cases, answer)
        assert (found.n, found.wrong) == (len(given), int(given["wrong"].sum()))


def test_a_study_without_config_or_folder_breaks_nothing(settings):
    run = change_run(make_finished_run(settings), labels="forgotten")
    asked, left_out = networks_to_ask([run])
    assert not asked and "unknown" in left_out[run.id]
    shutil.rmtree(run.folder)
    assert doubts(b"picture", [run]) == {run.id: "what it learnt from is not known"}
