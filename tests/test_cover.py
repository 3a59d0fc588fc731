"""A covered image through a run: the answers are those of the very picture that is shown."""

import numpy as np
import pytest
from dated_patients import make_environment, make_runs

from core.errors import UserError
from core.imaging.regions import FILLS, Region, covered, elsewhere
from core.inference.cover import PLACES, Covered, moved_as_far, predict_covered
from core.inference.loaded_models import load_classifier

BOX = Region("box", ((0.1, 0.1), (0.4, 0.5)))
EVERYTHING = Region("box", ((0, 0), (1, 1)))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        return make_runs(make_environment(tmp_path_factory.mktemp("cover"), patch))[0]


@pytest.fixture(scope="module")
def pixels(run):
    size = load_classifier(run).input_shape[1]
    return np.random.default_rng(0).integers(0, 256, (size, size), np.uint8)


def asked(run, picture):
    answer = load_classifier(run).predict(picture[None, ..., None], verbose=0)[0]
    return dict(zip(("normal", "bacteria", "coronavirus"), map(float, answer), strict=True))


@pytest.mark.parametrize("fill", FILLS)
def test_every_answer_is_that_of_the_picture_it_is_given_for(run, pixels, fill):
    result = predict_covered(run, pixels, [BOX], fill)
    assert result.before == pytest.approx(asked(run, pixels), abs=1e-5)
    assert result.after == pytest.approx(asked(run, result.pixels), abs=1e-5)
    assert result.before != pytest.approx(result.after, abs=1e-5)
    assert result.share == pytest.approx(0.12, abs=0.02)
    masks = elsewhere([BOX], len(pixels), PLACES)
    assert len(result.elsewhere) == len(masks) == PLACES
    for mask, answer in zip(masks, result.elsewhere, strict=True):
        assert answer == pytest.approx(asked(run, covered(pixels, mask, fill)), abs=1e-5)


def test_a_region_without_room_elsewhere_has_no_reference(run, pixels):
    result = predict_covered(run, pixels, [EVERYTHING], "black")
    assert not result.pixels.any() and result.share == 1 and result.elsewhere == ()
    assert moved_as_far(result, "normal") == (0, 0)


def test_how_many_places_move_a_class_as_far_counts_both_directions():
    answers = [{"a": share, "b": 1 - share} for share in (0.5, 0.75, 0.2, 0.4)]
    before, after = {"a": 0.5, "b": 0.5}, {"a": 0.75, "b": 0.25}
    result = Covered(np.zeros((2, 2), np.uint8), 0.25, before, after, tuple(answers))
    assert result.change("a") == 0.25 and result.change("b") == -0.25
    assert result.changes_elsewhere("a") == pytest.approx([0, 0.25, -0.3, -0.1])
    assert moved_as_far(result, "a") == (2, 4)


def test_what_cannot_be_asked_is_a_sentence(run, pixels):
    for regions, fill, words in (([], "grey", "Nothing is covered"), ([BOX], "pink", "'pink'")):
        with pytest.raises(UserError, match=words):
            predict_covered(run, pixels, regions, fill)
