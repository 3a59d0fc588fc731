"""One image through a finished run, here and in the process beside the server."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr
from tiny_study import environment, finish, queue, tiny_config, tiny_settings

from core import runs
from core.errors import UserError
from core.inference import loaded_models
from core.inference.methods import EXPLANATIONS
from core.inference.predictor import make_ready, predict
from core.inference.sanity import SanityCheck, alike, check_map
from core.settings import PROJECT

settings = tiny_settings


@pytest.fixture(scope="module")
def run(settings):
    return finish(tiny_config(epochs=1), settings)


@pytest.fixture(scope="module")
def image(run):
    return Path(run.predictions()["path"][0])


def test_a_path_and_its_bytes_give_the_same_answer(run, image, settings):
    one = predict(run, image, settings)
    other = predict(run, image.read_bytes(), settings, "upload.jpeg")
    assert one.probabilities == other.probabilities
    assert sum(one.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert one.predicted == max(one.probabilities, key=one.probabilities.get)
    assert one.pixels.shape == (32, 32) and one.pixels.dtype == np.uint8
    assert one.heat is None


def test_a_network_made_ready_is_loaded(run, settings):
    loaded_models._loaded.clear()
    make_ready(run, settings)
    assert list(loaded_models._loaded) == [run.model_path]


@pytest.mark.parametrize("method", EXPLANATIONS)
@pytest.mark.parametrize("name", ["", "normal", "bacteria", "coronavirus"])
def test_any_class_can_be_explained_by_any_method(run, image, settings, name, method):
    prediction = predict(run, image, settings, explain=method, explained_class=name)
    assert prediction.explanation == method
    assert prediction.explained_class == (name or prediction.predicted)
    assert prediction.heat.shape == (32, 32)
    assert prediction.heat.min() >= 0 and prediction.heat.max() <= 1


def test_a_map_is_checked_against_shuffled_heads(run, image, settings):
    check = check_map(run, image, settings, "", "gradcam", "normal")
    map_of_run = predict(run, image, settings, explain="gradcam", explained_class="normal")
    np.testing.assert_array_equal(check.heat, map_of_run.heat)
    assert len(check.shuffled) == EXPLANATIONS["gradcam"].shuffles == len(check.correlations)
    assert -1 <= check.correlation <= 1 and 0 <= check.overlap <= 1
    limit = EXPLANATIONS["gradcam"].same_above
    assert check.looks_the_same == (not check.note and check.correlation > limit)
    again = check_map(run, image, settings, "", "gradcam", "normal")
    assert again.correlations == check.correlations


@pytest.mark.parametrize("method", EXPLANATIONS)
def test_each_method_has_its_own_limit_for_the_same_map(method):
    """One limit for all would let SmoothGrad pass whatever it shows."""
    limit, heat = EXPLANATIONS[method].same_above, np.ones((4, 4), np.float32)

    def check(correlations, note=""):
        overlaps = tuple(0.5 for _ in correlations)
        return SanityCheck(method, "normal", heat, (heat,), correlations, overlaps, note)

    assert 0 < limit < 1
    assert check((limit + 0.02, limit)).looks_the_same
    assert not check((limit - 0.02, limit)).looks_the_same
    assert not check((1.0, 1.0), "The map is empty.").looks_the_same


def test_maps_are_alike_in_ranks_and_in_their_hottest_fifth():
    heat = np.random.default_rng(0).random((20, 20)).astype(np.float32)
    assert alike(heat, heat**3) == (pytest.approx(1), 1)
    correlation, overlap = alike(heat, 1 - heat)
    assert correlation == pytest.approx(-1) and overlap == 0
    other = np.random.default_rng(1).random((20, 20))
    assert alike(heat, other)[0] == pytest.approx(spearmanr(heat, other, axis=None)[0])


def test_what_cannot_be_predicted_is_one_sentence(run, image, settings):
    with pytest.raises(UserError, match=r"upload\.txt"):
        predict(run, b"no image", settings, "upload.txt")
    with pytest.raises(UserError, match="gradcam"):
        predict(run, image, settings, explain="magic")
    with pytest.raises(UserError, match="no class"):
        predict(run, image, settings, explain="gradcam", explained_class="cat")
    with pytest.raises(UserError, match="no trained model"):
        predict(queue(tiny_config(), settings), image, settings)


def test_a_broken_model_file_is_one_sentence(run, image, settings):
    copy = queue(tiny_config(), settings)
    runs.write_status(copy, state=runs.FINISHED)
    copy.model_path.write_bytes(b"broken")
    with pytest.raises(UserError, match="cannot be loaded"):
        predict(runs.read_run(settings.runs, copy.id), image, settings)


PROGRAM = """
import os, signal, sys
from pathlib import Path
import psutil
from core import runs
from core.errors import UserError
from core.inference.predictor import predict
from core.inference.process import ask
from core.settings import read_settings
settings = read_settings()
run = runs.read_run(settings.runs, sys.argv[1])
image = Path(sys.argv[2])
first = ask(predict, run, image, settings, explain="gradcam")
assert first.heat is not None
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
try:
    ask(predict, run, b"no image", settings, "upload.txt")
    raise AssertionError("no sentence")
except UserError as error:
    assert "upload.txt" in str(error)
for child in psutil.Process().children():
    child.kill()
again = ask(predict, run, image, settings)
print(first.probabilities == again.probabilities, first.probabilities)
"""


def test_the_server_predicts_without_loading_tensorflow_and_survives_a_lost_process(
    run, image, settings
):
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, run.id, str(image)],
        cwd=PROJECT, env=environment(settings), capture_output=True, text=True,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    same, _, probabilities = process.stdout.strip().splitlines()[-1].partition(" ")
    assert same == "True"
    here = predict(run, image, settings).probabilities
    for name, probability in eval(probabilities).items():
        assert probability == pytest.approx(here[name], abs=1e-5)
