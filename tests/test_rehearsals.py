"""What makes a run a rehearsal, and how a page says so."""

import pytest

from core.evaluation.rehearsals import rehearsal_sentence

FULL = {"weights": "imagenet", "epochs": 0, "limit": None}
RANDOM = {"weights": "none", "epochs": 0, "limit": None}
FROM_NOTHING = {"weights": "none", "epochs": 20, "limit": None}
SMALL = {"weights": "imagenet", "epochs": 0, "limit": 400}


@pytest.mark.parametrize(
    ("configs", "expected"),
    [
        ([], ""),
        ([FULL], ""),
        ([FROM_NOTHING, FULL], ""),
        ([{}], ""),
        ([SMALL], "A rehearsal, no result: only 400 images took part."),
        (
            [RANDOM | {"limit": 400}],
            "A rehearsal, no result: the network keeps random weights, and only its last layers "
            "were trained; only 400 images took part.",
        ),
        (
            [RANDOM, FULL, FULL],
            "Rehearsals, no result: the network keeps random weights, and only its last layers "
            "were trained (1 of these 3 runs).",
        ),
        (
            [SMALL, SMALL | {"limit": 1200}],
            "Rehearsals, no result: only 400 to 1,200 images took part (all of these runs).",
        ),
    ],
)
def test_a_rehearsal_says_what_it_lacks(configs, expected):
    assert rehearsal_sentence(configs) == expected
