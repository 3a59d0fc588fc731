"""Repeats of a run on the Comparison page: their mean, their spread, and what it says."""

import numpy as np
import pytest
from run_folders import (
    cells_of,
    change_run,
    make_finished_run,
    open_page,
    text_of,
)


def test_seeds_that_move_the_split_too_are_not_said_to_check_the_same_images(settings):
    for seed in (0, 1):
        make_finished_run(settings, seed=seed, split={"seed": seed})
    words = text_of(open_page("comparison"))
    assert "the luck of both draws" in words and "checked on the same images" not in words
    assert "Each point of a validation curve is known to about ±" in words


def test_repeats_show_their_mean_and_spread(settings):
    made = [make_finished_run(settings, 2 * i, study="Seeds", seed=i) for i in range(3)]
    make_finished_run(settings, study="Alone")
    page = open_page("comparison")
    assert not page.exception and not page.error
    table = next(t.value for t in page.dataframe if "group" in t.value.columns)
    assert list(table["runs"]) == [3] and list(table["repeated"]) == ["seeds 0, 1, 2"]
    scores = [run.metrics()["accuracy"] for run in made]
    assert table["accuracy"].iloc[0] == pytest.approx(np.mean(scores))
    low, high = 100 * min(scores), 100 * max(scores)
    expected = f"{100 * np.mean(scores):.1f} % ± {100 * np.std(scores, ddof=1):.1f} ("
    assert cells_of(page, "accuracy", "group") == [f"{expected}{low:.1f} to {high:.1f})"]
    words = text_of(page)
    assert "luck of the draw" in words and "**Folds**" not in words
    assert "which each seed draws anew" not in words
    page.selectbox(key="filter-study").select("Alone").run()
    assert "Mean and spread" not in "".join(s.value for s in page.subheader)


def test_a_limit_is_part_of_the_spread_over_seeds(settings):
    for seed in (0, 1):
        make_finished_run(settings, seed=seed, limit=30)
    assert "which each seed draws anew" in text_of(open_page("comparison"))


def test_folds_say_what_their_spread_is_not(settings):
    for number in range(3):
        run = make_finished_run(settings, number, study="Folds")
        change_run(run, split=run.config["split"] | {"fold": number})
    words = text_of(open_page("comparison"))
    assert "which patients are held back" in words and "It is no margin of error" in words
    assert "luck of the draw" not in words
