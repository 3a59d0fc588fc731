"""Commands that answers suggest: our own parser takes them, and they make the runs asked about."""

import shlex

import pytest
from evidence_by_hand import evidence, images

from core.__main__ import build_parser
from core.chosen_configs import chosen_config, chosen_images, chosen_study
from core.data.labels import COHORTS, LABEL_SCHEMES
from core.evaluation import attained, outperform, screening, tracking
from core.evaluation.compare import comparison_table
from core.evaluation.evidence import Evidence
from core.evaluation.further_runs import (
    PAPERS,
    baselines_command,
    seeds_command,
    split_command,
    study_command,
)
from core.evaluation.questions import answer_questions
from core.runs import FINISHED, Run
from core.training.config import configure, read_config
from core.training.run_data import ImageChoice

CONFIGS = {
    "as published": configure("ResNet50"),
    "other images and classes": configure("VGG16", cohort="all", labels="four"),
    "rehearsal": configure("VGG19", weights="none", limit=400, image_size=64, head_epochs=1),
    "settings": configure(
        "ResNet50",
        "finetune",
        head={"units": 64, "pooling": "flatten"},
        preprocess={"clahe": False},
        split={"validation_fraction": 0.5, "calibration_share": 0.1},
        class_weighting="balanced",
        keep="best",
    ),
    "two seeds": configure("MobileNetV2", "paper", seed=3, split={"seed": 5}),
    "weights of a file": configure("ResNet50", weights="/data/my weights.h5"),
    "of random weights": configure("TinyCNN", "finetune"),
}


def made(command):
    """The configs of the runs that a command makes, read as a person's shell and we read it."""
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "core"]
    chosen = build_parser().parse_args(words[3:])
    if chosen.command == "baselines":
        return [chosen_images(chosen)]
    configs = [chosen_config(chosen)] if chosen.command == "train" else chosen_study(chosen, [])
    return [config.model_copy(update={"study": ""}) for config in configs]


def with_seed(config, seed):
    split = config.split.model_copy(update={"seed": seed})
    return config.model_copy(update={"seed": seed, "split": split})


def with_split(config, **changes):
    return config.model_copy(update={"split": config.split.model_copy(update=changes)})


@pytest.mark.parametrize("like", CONFIGS.values(), ids=CONFIGS)
def test_a_study_has_every_setting_of_the_run_it_is_like(like):
    assert made(study_command(like)) == [like]
    assert made(study_command(like, seeds=(1, 7))) == [with_seed(like, 1), with_seed(like, 7)]
    every = range(like.split.folds)
    assert made(study_command(like, folds=every)) == [with_split(like, fold=f) for f in every]
    assert made(study_command(like, folds=(1,))) == [with_split(like, fold=1)]
    both = [with_split(like, by=by, fold=fold) for by in ("image", "patient") for fold in every]
    assert sorted(made(split_command([{}, like.model_dump(mode="json")])), key=str) == sorted(
        both, key=str
    )


@pytest.mark.parametrize("like", CONFIGS.values(), ids=CONFIGS)
def test_all_seven_share_what_is_not_of_one_network(like):
    command = study_command(like, PAPERS)
    assert "--backbones all" in command
    seven = made(command)
    assert [config.backbone for config in seven] == list(PAPERS)
    for config in seven:
        assert (config.cohort, config.labels, config.limit) == (
            like.cohort,
            like.labels,
            like.limit,
        )
        assert (config.split, config.seed, config.head) == (like.split, like.seed, like.head)
    if like.backbone in PAPERS and not like.weights.endswith(".h5"):
        assert like in seven


@pytest.mark.parametrize("like", CONFIGS.values(), ids=CONFIGS)
def test_baselines_are_of_the_run_s_images_or_not_suggested(like):
    wanted = read_config(like.model_dump(mode="json"), ImageChoice)
    command = baselines_command(like)
    if not command:
        assert like == CONFIGS["settings"]
        return
    (choice,) = made(command)
    assert (choice.cohort, choice.labels, choice.limit) == (
        wanted.cohort,
        wanted.labels,
        wanted.limit,
    )
    assert choice.split == wanted.split


def gathered(configs, tmp_path, score=0.8, **changed):
    """Evidence of finished runs with these configs, each with some images with COVID-19."""
    cases = {
        f"20200101-00000{i}-run{i}": images([{}] * 9).assign(p_covid19=0.5)
        for i in range(len(configs))
    }
    table = evidence(cases).table.assign(
        backbone=[c.backbone for c in configs],
        recipe=[c.recipe for c in configs],
        cohort=[c.cohort for c in configs],
        labels=[c.labels for c in configs],
        limit=[c.limit for c in configs],
        seed=[c.seed for c in configs],
        split=[c.split.by for c in configs],
        split_seed=[c.split.seed for c in configs],
        fold=[c.split.fold for c in configs],
        setup=[f"{c.backbone}{c.split.by}" for c in configs],
        balanced_accuracy=score,
        **changed,
    )
    columns = ("limit", "seed", "split_seed", "fold")
    table = table.astype(dict.fromkeys(columns, "Int64"))
    runs = tuple(
        Run(run, tmp_path / run, config.model_dump(mode="json"), {"state": FINISHED})
        for run, config in zip(cases, configs, strict=True)
    )
    return Evidence(runs, table, cases, comparison_table([]))


LIKE = configure("ResNet50", cohort="all", labels="four", head={"units": 64})
SETS = {
    "none": [],
    "one run": [LIKE],
    "three seeds": [with_seed(LIKE, seed) for seed in range(3)],
    "both splits": [
        with_split(with_seed(LIKE, s), by=by) for s in range(3) for by in ("image", "patient")
    ],
    "by image": [with_split(LIKE, by="image")],
    "folds": [with_split(LIKE, fold=fold) for fold in range(5)],
    "some folds": [with_split(LIKE, fold=fold) for fold in (1, 2)],
    "networks": [LIKE.model_copy(update={"backbone": name}) for name in ("VGG16", "ResNet50")],
    "rehearsal": [CONFIGS["rehearsal"]],
}


@pytest.mark.parametrize("configs", SETS.values(), ids=SETS)
@pytest.mark.parametrize("score", [0.8, float("nan")])
def test_every_command_of_an_answer_is_understood_and_of_these_runs(configs, score, tmp_path):
    known = gathered(configs, tmp_path, score, division="")
    for answer in answer_questions(known):
        assert answer.commands and answer.would_change.strip()
        for command in answer.commands:
            for one in made(command):
                if not configs:
                    continue
                like = configs[0]
                assert one.labels == like.labels
                if isinstance(one, ImageChoice):
                    assert any(one.split == config.split for config in configs)
                elif answer.key in ("RQ2", "RQ4"):
                    assert (one.cohort, one.split.by, one.limit) == ("all", "patient", None)
                    assert (one.recipe, one.head, one.weights) == (
                        like.recipe,
                        like.head,
                        like.weights,
                    )
                else:
                    assert (one.cohort, one.recipe) == (like.cohort, like.recipe)
                    # A single run to train anew has the recipe's own settings.
                    assert " train " in command or one.head == like.head
                    assert " train " in command or one.limit == like.limit


def test_seven_networks_are_asked_on_the_same_division(tmp_path):
    (command,) = outperform.answer(gathered(SETS["folds"], tmp_path, division="")).commands
    assert made(command)[0] == LIKE.model_copy(update={"backbone": "VGG16"}).model_copy(
        update={"split": LIKE.split.model_copy(update={"fold": 0})}
    )
    assert len(made(command)) == 35
    (command,) = outperform.answer(gathered(SETS["both splits"], tmp_path, division="")).commands
    assert {(one.split.by, one.seed) for one in made(command)} == {("patient", 0)}


@pytest.mark.parametrize(
    ("name", "seeds", "folds"),
    [
        ("one run", [1, 2], [None]),
        ("three seeds", [3, 4], [None]),
        ("both splits", [3, 4], [None]),
        ("by image", [0, 1, 2], [None]),
        ("folds", [1, 2], list(range(5))),
        ("some folds", [1, 2], [1, 2]),
    ],
)
def test_repeats_have_seeds_that_were_not_used_yet(name, seeds, folds, tmp_path):
    *_, command = attained.answer(gathered(SETS[name], tmp_path)).commands
    runs = made(command)
    assert {one.seed for one in runs} == {one.split.seed for one in runs} == set(seeds)
    assert {one.split.fold for one in runs} == set(folds)
    assert {one.split.by for one in runs} == {"patient"}
    assert not set(runs) & set(SETS[name])


def test_a_cross_validation_that_was_made_is_not_asked_for_again(tmp_path):
    for question in (screening, tracking):
        for name, seed in (("one run", 0), ("some folds", 0), ("folds", 1)):
            answer = question.answer(gathered(SETS[name], tmp_path))
            runs = made(answer.commands[0])
            assert [one.split.fold for one in runs] == list(range(5))
            assert {one.seed for one in runs} == {seed}
            assert ("another seed" in answer.would_change) == (seed == 1)


def test_as_many_seeds_as_a_study_can_hold(tmp_path):
    fraction = LIKE.split.model_copy(update={"validation_fraction": 0.05})
    networks = [LIKE.model_copy(update={"backbone": name, "split": fraction}) for name in PAPERS]
    folds = [with_split(like, fold=fold) for like in networks for fold in range(14)]
    command = seeds_command(gathered(folds, tmp_path), folds[0], PAPERS)
    assert len(made(command)) == 98


def test_damaged_configs_still_give_commands(tmp_path):
    known = gathered([LIKE], tmp_path)
    runs = tuple(Run(run.id, run.folder, {"backbone": 7}, run.status) for run in known.runs)
    damaged = Evidence(runs, known.table, known.cases, known.baselines)
    for question in (screening, attained, tracking):
        for command in question.answer(damaged).commands:
            (one, *_) = made(command)
            assert (one.labels, one.cohort) == ("four", "all")
    assert made(split_command([{"backbone": "none such"}]))[0].backbone == "ResNet50"


def test_every_label_scheme_and_cohort_can_be_asked_for():
    for labels in LABEL_SCHEMES:
        for cohort in COHORTS:
            like = configure("VGG16", cohort=cohort, labels=labels)
            assert made(study_command(like, seeds=(1,))) == [with_seed(like, 1)]
