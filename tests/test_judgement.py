"""A run's reference and what follows from it: made once, kept, remade, and missing."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from files_in_memory import png
from tiny_study import finish, tiny_config, tiny_settings

from core.imaging.decode import read_image
from core.imaging.turns import TURNS, turn, turned_back_file
from core.inference import familiarity
from core.inference.familiarity import NoReference, allowed_oddness, make_in_parts, make_part
from core.inference.judgement import SAME_FILE_WORDS, SAME_PICTURE_WORDS, judge
from core.inference.reference import FAMILIARITY, NEAREST, is_current, read_reference

settings = tiny_settings


@pytest.fixture(scope="module")
def run(settings):
    """A run on a frozen backbone, whose features are stored."""
    return finish(tiny_config("quick"), settings)


@pytest.fixture(scope="module")
def reference(run, settings):
    make_in_parts(run, settings, lambda *step: None)
    return read_reference(run)


@pytest.fixture(scope="module")
def learnt(reference):
    return Path(reference.images["path"][0])


def test_a_reference_holds_all_images_of_a_small_run(run, reference):
    metrics = run.metrics()
    assert len(reference.images) == len(reference.features) == metrics["n_training"]
    assert len(reference.checked) == metrics["n_validation"] == reference.false_refusals["n"]
    assert not set(reference.images["patient"]) & set(reference.checked["patient"])
    assert set(reference.limits) == {*allowed_oddness(), "distance"}
    for name, limit in reference.limits.items():
        assert (reference.checked[name] <= limit).all()  # too few for one false refusal in fifty
    assert np.linalg.norm(reference.features, axis=1) == pytest.approx(1, abs=2e-3)


def test_a_training_image_is_its_own_nearest(run, reference, learnt, settings):
    judgement = judge(run, learnt, settings)
    assert judgement.accepted and judgement.reasons == () and judgement.turn == ""
    first, second, *_ = judgement.nearest
    assert (first.path, first.copy) == (str(learnt), SAME_FILE_WORDS)
    assert first.distance < 0.1 * second.distance
    assert len(judgement.nearest) == NEAREST and judgement.reference == len(reference.images)
    assert 0 < judgement.distance <= judgement.limit
    # Saved anew, the bytes differ and the picture does not.
    again = judge(run, png(read_image(learnt, settings.max_pixels)), settings, "again.png")
    assert again.nearest[0].copy == SAME_PICTURE_WORDS
    assert judge(run, Path(reference.checked["path"][0]), settings).nearest[0].copy == ""


@pytest.mark.parametrize("name", ["left", "right", "negative", "negative_left"])
def test_a_turned_x_ray_is_named_and_turned_right(run, learnt, settings, name):
    pixels = read_image(learnt, settings.max_pixels)
    turned = turn(pixels, name)
    judgement = judge(run, png(turned), settings, "turned.png")
    # The bars of these images look the same upside down.
    same = {name, name.replace("left", "right"), name.replace("right", "left")}
    assert not judgement.accepted and judgement.turn in same
    assert TURNS[judgement.turn].words in judgement.reasons[0]
    back = judge(run, turned_back_file(turned, judgement.turn), settings, "back.png")
    assert back.accepted


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.full((64, 64), 130, np.uint8), "blank"),
        (np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), "colour"),
        (np.random.default_rng(0).integers(0, 256, (64, 200), np.uint8), "strip"),
        (np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8), "unlike"),
    ],
)
def test_what_is_no_x_ray_is_refused_with_its_reason(
    run, reference, settings, monkeypatch, pixels, words
):
    asked = []
    before = familiarity.pooled_features
    monkeypatch.setattr(
        "core.inference.judgement.pooled_features",
        lambda *arguments: asked.append(1) or before(*arguments),
    )
    judgement = judge(run, png(pixels), settings, "odd.png")
    assert not judgement.accepted and any(words in reason for reason in judgement.reasons)
    # The network is asked only where the pixels tell nothing.
    assert bool(asked) == (judgement.distance is not None) == (words == "unlike")


def test_a_kept_reference_is_read_and_a_stale_or_torn_one_made_anew(
    run, reference, learnt, settings
):
    path = run.folder / FAMILIARITY
    first = judge(run, learnt, settings)
    written = path.stat().st_mtime_ns
    assert judge(run, learnt, settings) == first and path.stat().st_mtime_ns == written
    os.utime(run.model_path, ns=(written + 10, written + 10))
    assert not is_current(run) and read_reference(run) is None
    # The same images and network give the same reference.
    assert judge(run, learnt, settings).distance == pytest.approx(first.distance, abs=1e-4)
    assert is_current(run)
    path.write_bytes(path.read_bytes()[:5000])
    assert judge(run, learnt, settings).distance == pytest.approx(first.distance, abs=1e-4)


def test_parts_are_short_and_go_on_where_they_stopped(run, reference, settings, monkeypatch):
    (run.folder / FAMILIARITY).unlink()
    before = set((settings.artifacts / "features").iterdir())
    monkeypatch.setattr(familiarity, "SECONDS_OF_A_PART", 0.0)
    monkeypatch.setattr("core.training.features.EXTRACTION_BATCH", 8)
    # As after a training of the backbone: nothing that was stored is of use.
    monkeypatch.setattr(familiarity, "_weights", lambda *about: "of its own")
    steps = []
    while step := make_part(run, settings):
        steps.append(step)
    done = [step[1] for step in steps]
    assert len(steps) > 2 and done == sorted(set(done)) and steps[0][2] == 42
    assert is_current(run)
    assert set((settings.artifacts / "features").iterdir()) == before
    assert make_part(run, settings) is None


def test_a_run_that_trained_its_network_is_read_through_that_network(settings, learnt):
    run = finish(tiny_config(epochs=1, head={"pooling": "flatten"}), settings)
    before = set((settings.artifacts / "features").iterdir())
    judgement = judge(run, learnt, settings)
    assert judgement.nearest[0].copy == SAME_FILE_WORDS
    # What only this run could use is gone, and no map is kept position by position.
    assert set((settings.artifacts / "features").iterdir()) == before
    assert read_reference(run).features.shape[1] < 1000


def test_without_its_images_a_run_cannot_tell_and_says_so(run, reference, learnt, settings, call):
    (run.folder / FAMILIARITY).unlink(missing_ok=True)
    elsewhere = replace(settings, data_roots=(settings.artifacts / "nowhere",))
    with pytest.raises(NoReference, match=r"cannot tell whether an image is a chest X-ray: .*now"):
        judge(run, learnt, elsewhere)
    images = run.folder / "images.csv"
    text = images.read_text()
    images.write_text("".join(line.replace(",", ",0", 1) for line in text.splitlines(True)[:30]))
    code, answer, told = call("predict", "--run", run.id, learnt)
    assert code == 0 and "cannot tell" in told and answer["judgement"]["accepted"] is None
    assert answer["probabilities"]
    images.unlink()
    with pytest.raises(NoReference, match=r"images\.csv"):
        judge(run, learnt, settings)
    images.write_text(text)


def test_the_command_prints_the_judgement(run, reference, learnt, settings, call, tmp_path):
    code, answer, told = call("predict", "--run", run.id, learnt)
    assert code == 0 and answer["judgement"]["accepted"] and "should not" not in told
    assert answer["judgement"]["nearest"][0]["copy"] == SAME_FILE_WORDS
    odd = tmp_path / "blank.png"
    odd.write_bytes(png(np.full((64, 64), 130, np.uint8)))
    code, answer, told = call("predict", "--run", run.id, odd)
    assert code == 0 and not answer["judgement"]["accepted"]
    assert "blank.png should not be diagnosed" in told and answer["judgement"]["reasons"][0] in told
