"""What a disease adds to a drawn picture, and on which side."""

import numpy as np
import pytest

from core.data.phantom import draw_phantom
from core.data.phantom_anatomy import draw_anatomy
from core.data.phantom_film import draw_disease


def what_disease_changes(finding, seed):
    """Grey levels, (256, 256), that the disease adds to a picture of the same healthy person."""
    rng = np.random.default_rng(seed)
    anatomy, disease = draw_anatomy(rng, "F"), draw_disease(finding, rng)
    pictures = [
        draw_phantom(shown, np.random.default_rng(seed), "PA", anatomy, disease).astype(int)
        for shown in (finding, "normal")
    ]
    return pictures[0] - pictures[1], disease


@pytest.mark.parametrize("seed", range(12))
def test_bacteria_cloud_one_lung_where_it_is_seen(seed):
    added, disease = what_disease_changes("bacteria", seed)
    halves = [(half > 12).sum() for half in np.hsplit(added, 2)]
    assert halves[disease.side] > 900
    assert halves[disease.side] > 5 * halves[1 - disease.side]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("finding", ["virus", "covid19"])
def test_coronavirus_clouds_both_lungs(finding, seed):
    added, _ = what_disease_changes(finding, seed)
    left, right = ((np.abs(half) > 6).sum() for half in np.hsplit(added, 2))
    assert min(left, right) > 900
    assert max(left, right) < 3 * min(left, right)
