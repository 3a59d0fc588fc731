"""Learning rates against values written out from their published formulas."""

import math

import pytest
from pydantic import ValidationError

from core.training.schedule import SCHEDULES, CyclicalLearningRate

MODES = ("triangular", "triangular2", "exp_range")


def smith(step, mode, base=1e-5, high=1e-3, size=2000, gamma=0.99994):
    """Smith (2017), section 3, by another way than ours: walk the triangle."""
    half, inside = divmod(step, size)
    share = inside / size if half % 2 == 0 else 1 - inside / size
    height = {"triangular": 1, "triangular2": 1 / 2 ** (half // 2), "exp_range": gamma**step}
    return base + (high - base) * share * height[mode]


@pytest.mark.parametrize("mode", MODES)
def test_the_first_ten_thousand_rates_equal_smiths_formula(mode):
    rate = SCHEDULES["cyclical"](1.0, 10_000, CyclicalLearningRate(mode=mode))
    for step in range(10_000):
        assert rate(step) == pytest.approx(smith(step, mode), abs=1e-12)


@pytest.mark.parametrize(
    "mode, expected",
    [
        # Worked out by hand at the foot, halfway up, at the top of cycles 1 and 2, and between.
        ("triangular", {0: 1e-5, 1000: 5.05e-4, 2000: 1e-3, 4000: 1e-5, 6000: 1e-3}),
        ("triangular2", {0: 1e-5, 1000: 5.05e-4, 2000: 1e-3, 4000: 1e-5, 6000: 5.05e-4}),
        (
            "exp_range",
            {0: 1e-5, 2000: 8.880480712e-4, 4000: 1e-5, 6000: 7.006921030e-4, 8000: 1e-5},
        ),
    ],
)
def test_rates_at_the_corners_of_the_cycles(mode, expected):
    rate = SCHEDULES["cyclical"](1.0, 10_000, CyclicalLearningRate(mode=mode))
    for step, value in expected.items():
        assert rate(step) == pytest.approx(value, abs=1e-9)


def test_cosine_warms_up_and_ends_near_zero():
    rate = SCHEDULES["cosine"](1.0, 100, CyclicalLearningRate())
    assert rate(0) == pytest.approx(0.1)
    assert rate(10) == pytest.approx(1.0)
    assert rate(55) == pytest.approx((1 + math.cos(math.pi / 2)) / 2)
    assert rate(100) == pytest.approx(0.0, abs=1e-12)


def test_constant_is_the_same_at_every_step():
    rate = SCHEDULES["constant"](0.3, 10, CyclicalLearningRate())
    assert {rate(step) for step in range(10)} == {0.3}


def test_a_cycle_upside_down_is_refused():
    with pytest.raises(ValidationError, match="max_lr"):
        CyclicalLearningRate(base_lr=1e-3, max_lr=1e-4)
