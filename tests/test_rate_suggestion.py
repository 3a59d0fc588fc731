"""Two rates read off made-up curves whose truth is known, and the sentence where there are none."""

import numpy as np
import pytest

from core.training.rate_suggestion import smooth, suggest

STEPS = 100
RATES = 1e-7 * 1e7 ** (np.arange(STEPS) / (STEPS - 1))
LOG = np.log10(RATES)


def falling_then_rising(begin, end, top=1.1, bottom=0.4):
    """Flat up to the rate ``begin``, falling to ``end``, rising ever more steeply after it."""
    share = np.clip((LOG - np.log10(begin)) / np.log10(end / begin), 0, 1)
    return top - (top - bottom) * share + 8 * np.maximum(LOG - np.log10(end), 0) ** 1.5


def noise(seed, deviation=0.1):
    return np.random.default_rng(seed).normal(0, deviation, STEPS)


@pytest.mark.parametrize(
    ("begin", "end"), [(1e-5, 3e-2), (1e-4, 1e-2), (1e-6, 1e-3), (3e-3, 1e-2), (1e-5, 1.0)]
)
def test_bounds_lie_where_the_loss_falls(begin, end):
    found = suggest(RATES, falling_then_rising(begin, end))
    assert found.max_lr == pytest.approx(end / 10, rel=0.5)
    assert begin / 10 < found.base_lr <= found.max_lr / 4 * 1.05
    assert "fall" in found.reason and found.reason.endswith(".")


def test_a_narrow_fall_gets_a_quarter_of_the_upper_bound():
    found = suggest(RATES, falling_then_rising(5e-3, 1e-2))
    assert found.base_lr == pytest.approx(found.max_lr / 4, rel=0.05)
    assert "a quarter of the upper" in found.reason


def test_a_curve_that_still_falls_at_its_end_says_so():
    assert "still falling" in suggest(RATES, falling_then_rising(1e-5, 10.0)).reason


@pytest.mark.parametrize("seed", range(20))
def test_noise_moves_the_bounds_little(seed):
    found = suggest(RATES, falling_then_rising(1e-5, 3e-2) + noise(seed))
    assert 1e-3 < found.max_lr < 6e-3
    assert 0 < found.base_lr < found.max_lr


@pytest.mark.parametrize("deviation", [0.0, 0.02, 0.1, 0.3])
def test_noise_alone_gives_no_bounds(deviation):
    found = [suggest(RATES, 1.1 + noise(seed, deviation)) for seed in range(100)]
    assert sum(one.max_lr is not None for one in found) <= 3
    assert "did not fall" in found[0].reason


@pytest.mark.parametrize(
    ("losses", "word"),
    [
        (1.1 + 0.5 * np.arange(STEPS) / STEPS + noise(0, 0.02), "only rose"),
        (np.exp(np.arange(STEPS) / 10), "only rose"),
        (np.full(STEPS, np.nan), "after 0 batches"),
        (np.r_[1.1, 1.2, np.full(STEPS - 2, np.inf)], "after 2 batches"),
        ([np.nan], "after 0 batches"),
    ],
)
def test_a_curve_without_a_fall_gives_a_sentence_and_no_bounds(losses, word):
    found = suggest(RATES[: len(losses)], losses)
    assert (found.base_lr, found.max_lr) == (None, None)
    assert word in found.reason


def test_a_loss_that_is_no_number_at_the_end_ends_the_curve():
    losses = falling_then_rising(1e-5, 3e-2)
    broken = np.where(np.arange(STEPS) > 85, np.nan, losses)
    assert suggest(RATES, broken) == suggest(RATES, losses)


def test_smoothing_begins_unbiased_and_forgets_over_half_a_decade():
    assert smooth([3.0, 3.0, 3.0], 10) == pytest.approx([3, 3, 3])
    assert smooth([2.0, 5.0], 10)[0] == 2
    step = smooth(np.repeat([1.0, 0.0], 500), 100)
    assert step[499 + 50] == pytest.approx(np.exp(-1), rel=0.01)
