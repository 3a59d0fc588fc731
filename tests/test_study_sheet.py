"""A sheet of several networks: their votes, mean, maps and scores, and what is left out of it."""

from dataclasses import replace

import numpy as np
import pytest
from run_folders import change_run, make_environment, make_finished_run
from test_sheet import content, lowest, pages, pictures

from core.errors import UserError
from core.evaluation.compare import run_name
from core.inference.agreement import NOT_PROOF, agreement, mean_words
from core.inference.judgement import Judgement
from core.inference.opinions import Opinion
from core.inference.predictor import Prediction
from core.inference.sheet import REFUSED, sheet_pdf
from core.inference.sheet_facts import SheetImage
from core.inference.sheet_table import ROOMY
from core.inference.study_sheet import network_maps, study_sheet

CLASSES = ("normal", "bacteria", "coronavirus")
SHARES = [(0.7, 0.2, 0.1), (0.3, 0.6, 0.1), (0.5, 0.3, 0.2)]
BACKBONES = (
    "VGG16", "VGG19", "DenseNet201", "InceptionResNetV2", "InceptionV3", "ResNet50", "MobileNetV2",
)  # fmt: skip


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        settings = make_environment(tmp_path_factory.mktemp("study-sheet"), patch)
        yield [make_finished_run(settings, 1, backbone=name, study="seven") for name in BACKBONES]


def says(run, number=0, doubt="", problem=""):
    shares = {} if problem else dict(zip(CLASSES, SHARES[number % 3], strict=True))
    predicted = max(shares, key=shares.get) if shares else ""
    return Opinion(run.id, run_name(run), doubt, predicted, shares, problem)


def looked(run, number=0, note=""):
    """Of networks whose inputs differ in size, as those of Keras do."""
    side = 8 + number
    pixels = np.arange(side * side, dtype=np.uint8).reshape(side, side)
    shares = dict(zip(CLASSES, SHARES[number % 3], strict=True))
    return Prediction(
        run.id, max(shares, key=shares.get), shares, pixels,
        "gradcam", "bacteria", heat=np.ones((side, side), np.float32), note=note,
    )  # fmt: skip


def everything(asked, image=None, study="seven", **more):
    given = [says(run, number, **more) for number, run in enumerate(asked)]
    maps = {run.id: looked(run, number) for number, run in enumerate(asked)}
    return given, study_sheet(asked, given, maps, image or SheetImage("a.png"), study)


def test_seven_networks_stand_on_one_page_with_the_words_of_the_prediction_page(seven):
    given, sheet = everything(seven, SheetImage("a.png", truth="normal"))
    together = agreement(given, CLASSES)
    pdf = sheet_pdf(sheet)
    page, said = content(pdf)
    assert pages(pdf) == 1 and len(pictures(page)) == 8
    assert sheet.answer == together.sentence == "Five of seven networks say normal."
    assert sheet.more == mean_words(together) and together.sentence in said
    assert NOT_PROOF in sheet.limits and "not for diagnosis" in said
    for run, backbone in zip(seven, BACKBONES, strict=True):
        assert run.id in said and backbone in said
    assert dict(sheet.facts)["The source says"] == "No pneumonia (normal)"
    assert dict(sheet.facts)["Networks"] == "7 of the study seven"
    assert "What speaks for bacteria \\(Grad-CAM\\)" in said


def test_rehearsals_among_the_networks_are_counted(seven):
    small = [change_run(run, limit=400) for run in seven[:2]]
    limits = everything([*small, *seven[2:]])[1].limits
    assert limits[0] == ("Rehearsals, no result: only 400 images took part (2 of these 7 runs).")
    for run in seven[:2]:
        change_run(run, limit=None)
    assert "Rehearsals" not in everything(seven)[1].limits[0]


def test_probabilities_mean_and_scores_are_those_of_the_runs(seven):
    given, sheet = everything(seven)
    mean, *rows = sheet.opinions
    table = agreement(given, CLASSES).table.set_index("class")
    assert mean.mean and mean.probabilities == pytest.approx(table["mean"].to_dict())
    assert mean.intervals["normal"] == (table.loc["normal", "low"], table.loc["normal", "high"])
    for number, (row, run) in enumerate(zip(rows, seven, strict=True)):
        assert row.probabilities == dict(zip(CLASSES, SHARES[number % 3], strict=True))
        metrics, (score, sure) = run.metrics(), row.score
        assert f"{100 * metrics['balanced_accuracy']:.1f}" in score
        assert score.endswith(f"n = {metrics['n_validation']}") and " to " in score
        assert sure.startswith("as sure: ")
    shares = ["20.0", "60.0", "30.0"]
    for number, each in enumerate(sheet.maps):
        assert BACKBONES[number] in each.caption and shares[number % 3] in each.caption


def test_what_a_network_was_right_about_when_as_sure(seven):
    run = seven[0]
    asked = [
        Opinion(run.id, "", "", "normal", {"normal": 0.8, "bacteria": 0.1, "coronavirus": 0.1})
    ]
    sheet = study_sheet([run], asked, {run.id: looked(run)}, SheetImage("a.png"))
    n = run.metrics()["n_validation"]
    assert sheet.opinions[1].score[1].startswith(f"as sure: right {n - 1} of {n} (")
    assert sheet.opinions[0].intervals == {} and "no interval" in sheet.opinions[0].below


def test_a_refused_image_is_refused_on_the_page(seven):
    judgement = Judgement(seven[2].id, False, ("It is blank.",), "", None, 1.4)
    sheet = everything(seven, SheetImage("a.png", judgement=judgement))[1]
    said = content(sheet_pdf(sheet))[1]
    assert REFUSED in said and "It is blank." in said
    assert dict(sheet.facts)["Check of the image"].startswith(f"REFUSED by {run_name(seven[2])}")


def test_an_accepted_image_says_by_whom_and_one_not_judged_says_why(seven):
    judgement = Judgement(seven[0].id, True, (), "", 0.914, 1.4)
    sheet = everything(seven, SheetImage("a.png", judgement=judgement))[1]
    assert "distance 0.91, at most 1.40" in dict(sheet.facts)["Check of the image"]
    assert not sheet.refused and REFUSED not in content(sheet_pdf(sheet))[1]
    sheet = everything(seven, SheetImage("a.png", unjudged="its images are gone"))[1]
    assert dict(sheet.facts)["Check of the image"] == "not done: its images are gone"


def test_answers_that_prove_nothing_and_networks_that_fail_are_said(seven):
    asked = seven[:4]
    given = [
        says(asked[0], 0), says(asked[1], 1, doubt="it learnt from this very image"),
        says(asked[2], problem="model.keras is damaged."), says(asked[3], 0),
    ]  # fmt: skip
    maps = {asked[0].id: looked(asked[0], note="Nothing."), asked[1].id: "It cannot be drawn."}
    maps[asked[3].id] = looked(asked[3])
    sheet = study_sheet(asked, given, maps, SheetImage("a.png"), "seven")
    assert sheet.answer == "Both networks that count say normal."
    assert sheet.limits[0].startswith(
        "Not in the mean, because it learnt from this very image: VGG19."
    )
    assert sheet.limits[1] == "No map of VGG19: It cannot be drawn."
    assert sheet.limits[2] == "An empty map: Nothing."
    assert sheet.opinions[2].name == "VGG19 \N{MIDDLE DOT} not in the mean"
    assert sheet.opinions[3].problem == "model.keras is damaged."
    assert len(sheet.maps) == 2 and sheet.maps[0].caption.endswith("(empty map)")
    said = content(sheet_pdf(sheet))[1]
    assert "model.keras is damaged." in said and "Mean of 2 networks" in said


def test_when_no_answer_counts_there_is_no_mean(seven, recwarn):
    sheet = everything(seven, doubt="it learnt from this very image")[1]
    said = content(sheet_pdf(sheet))[1]
    assert "No network's answer counts here." in said and "undefined" in said
    assert "nan" not in said.lower() and not recwarn.list
    assert "The answer means" not in dict(sheet.facts)


def test_without_any_map_there_is_no_page(seven):
    with pytest.raises(UserError, match=r"no heat map.*It cannot be drawn"):
        study_sheet(
            seven[:1], [says(seven[0])], {seven[0].id: "It cannot be drawn."}, SheetImage("a.png")
        )


def test_what_the_runs_differ_in_is_listed(seven):
    settings_of = [(300, {"by": "patient"}, 0), (320, {"by": "image"}, 1), (320, None, 1)]
    asked = [
        change_run(run, {"n_training": n, "overlap_patients": shared}, split=split, seed=seed)
        for run, (n, split, seed), shared in zip(seven, settings_of, (0, 5, 7), strict=False)
    ]
    sheet = everything(asked, study="")[1]
    learnt = dict(sheet.facts)["Learnt from"]
    assert learnt.startswith("300 to 320 images") and "patient, image or not known" in learnt
    assert "seed 0 or 1" in learnt
    assert "2 of these 3 runs (5 to 7)" in sheet.limits[-1]
    assert dict(sheet.facts)["Networks"] == "3 of several studies"
    assert content(sheet_pdf(sheet))[1]


def test_many_networks_are_numbered_and_their_identifiers_stand_at_the_foot(seven):
    asked = [make_like(seven[number % 2], number) for number in range(2 * ROOMY)]
    sheet = everything(asked)[1]
    names = [row.name for row in sheet.opinions[1:]]
    assert names[:3] == [
        "1. VGG16, finetune, seed 0", "2. VGG19, finetune, seed 1", "3. VGG16, finetune, seed 2",
    ]  # fmt: skip
    assert sheet.maps[11].caption.startswith("12: ")
    assert "numbered; the identifiers" in dict(sheet.facts)["Networks"]
    page, said = content(sheet_pdf(sheet))
    assert len(pictures(page)) == 1 + 2 * ROOMY and lowest(page) > 15
    for number, (run, name) in enumerate(zip(asked, names, strict=True), 1):
        assert f"{number}. {run.id}" in said and name in said
    assert "seed 0, 1, 2, 3 or one of 12 others" in said


def test_of_many_networks_those_outside_the_mean_are_marked_and_told_by_number(seven):
    asked = [make_like(seven[0], number) for number in range(ROOMY + 4)]
    given = [
        says(run, doubt="it learnt from it" if n in (1, 6) else "") for n, run in enumerate(asked)
    ]
    maps = {run.id: looked(run) for run in asked[:-2]} | {
        run.id: "It cannot be drawn." for run in asked[-2:]
    }
    sheet = study_sheet(asked, given, maps, SheetImage("a.png"), "seven")
    marked = [row.name.partition(" ")[0] for row in sheet.opinions[1:] if "*" in row.name]
    assert marked == ["2.*", "7.*"]
    assert sheet.limits[0].startswith("Not in the mean (*), because it learnt from it: 2 and 7.")
    assert sheet.limits[1] == "No map of 11 and 12: It cannot be drawn."


def make_like(run, number):
    """The same run under another identifier and with another seed."""
    config = run.config | {"seed": number}
    return replace(run, id=f"{run.id[:-4]}{number:04x}", config=config)


def test_maps_are_asked_of_those_that_answered_and_a_failure_is_a_sentence(seven):
    asked, told = seven[:3], []

    def answer(run):
        told.append(run.id)
        if run == asked[2]:
            raise UserError("It cannot be drawn.")
        return looked(run)

    given = [says(asked[0]), says(asked[1], problem="It failed."), says(asked[2])]
    drawn = network_maps(asked, given, answer)
    assert next(drawn)[0] == asked[0].id and told == [asked[0].id]
    assert list(drawn) == [(asked[2].id, "It cannot be drawn.")]
    assert told == [asked[0].id, asked[2].id]
