"""Limitations: every sentence follows from a fact, and is silent without it."""

import pytest
from run_folders import change_run, make_finished_run

from core.evaluation.limitations import limitations
from core.evaluation.report_facts import gather

# What a run is made with, what its metrics say -> words that then stand among the limitations.
FACTS = {
    "split by image": ({"split": {"by": "image"}}, {}, "patients stand on both sides"),
    "synthetic": ({}, {"synthetic": True}, "SYNTHETIC"),
    "best epoch kept": ({"keep": "best"}, {}, "which epoch's weights to keep"),
    "stopped early": ({"early_stopping": 5}, {}, "decided when to stop training"),
    "a part of the images": ({"limit": 30}, {}, "limit 30"),
    "random weights": (
        {"backbone": "ResNet50", "recipe": "quick", "weights": "none", "epochs": 0},
        {},
        "a network of random weights",
    ),
}
ALWAYS = (
    "no third set of images",
    "as few as 4 of class",
    "One seed each",
    "Trivial baselines were not computed",
    "was not tested",
    "The class coronavirus",
)


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_makes_its_sentence(settings, name):
    choices, metrics, words = FACTS[name]
    run = change_run(make_finished_run(settings, **choices), metrics)
    said = limitations(gather([run], settings))
    assert sum(words in sentence for sentence in said) == 1, said


def test_a_plain_run_says_what_always_holds_and_nothing_else(settings):
    said = limitations(gather([make_finished_run(settings, split={"by": "patient"})], settings))
    for words in ALWAYS:
        assert sum(words in sentence for sentence in said) == 1, (words, said)
    assert len(said) == len(ALWAYS)
    for _, _, words in FACTS.values():
        assert not any(words in sentence for sentence in said)


def test_two_seeds_are_no_one_seed_each(settings):
    runs = [make_finished_run(settings, seed=seed) for seed in (0, 1)]
    assert not any("One seed" in sentence for sentence in limitations(gather(runs, settings)))
