"""Several devices at one batch: how many can share it, and the same result as with one."""

import importlib.util
import json
import math
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from tiny_study import environment, tiny_study

from core.settings import PROJECT
from core.training.devices_together import EvenBatches, device_count, devices_together, shared_out

# A run of both phases, whose last batches divide by two and not by four.
PROGRAM = """
import json, sys
sys.path.insert(0, "tests")
from tiny_study import queue, tiny_config
from core import runs
from core.engine import execute
from core.settings import read_settings
settings = read_settings()
run = queue(tiny_config(head_epochs=1, epochs=1, class_weighting="balanced"), settings)
assert execute(run, settings)
run = runs.read_run(settings.runs, run.id)
history = run.history().query("kind == 'epoch'")
columns = [name for name in run.predictions().columns if name.startswith("p_")]
print(json.dumps([history["val_loss"].tolist(), run.predictions()[columns].values.tolist()]))
"""


class Numbered(keras.utils.PyDataset):
    """Seven images of three numbers each, three to a batch, the last batch one."""

    x = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
    y = np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2, 2]]

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return self.x[3 * index : 3 * index + 3], self.y[3 * index : 3 * index + 3]


@pytest.mark.parametrize(
    ("available", "batch_size", "count"),
    [(0, 32, 1), (1, 32, 1), (2, 32, 2), (3, 32, 2), (8, 32, 8), (8, 12, 4), (8, 7, 1), (2, 1, 1)],
)
def test_every_whole_batch_divides_evenly(available, batch_size, count):
    assert device_count(available, batch_size) == count


def test_one_device_changes_nothing():
    with devices_together(32) as count:
        assert count == 1
        batches = Numbered()
        assert shared_out(batches) is batches


def test_a_last_batch_is_filled_up_and_its_loss_stays():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, activation="softmax")])
    model.compile(loss="categorical_crossentropy")
    whole = EvenBatches(Numbered(), 2)
    assert [len(whole[i][0]) for i in range(len(whole))] == [4, 4, 2]
    for i in range(len(whole)):
        x, y = Numbered()[i]
        assert model.test_on_batch(*whole[i]) == pytest.approx(model.test_on_batch(x, y), rel=1e-5)


def test_class_weights_go_into_the_weights():
    counts = {0: 1.0, 1: 2.0, 2: 3.0}
    assert shared_out(Numbered(), counts)[0][2].tolist() == [1, 2, 3]
    weights = EvenBatches(Numbered(), 2, counts)[0][2]
    assert weights.tolist() == pytest.approx([4 / 3, 8 / 3, 4, 0])


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_two_devices_of_jax_give_the_result_of_one(tmp_path):
    answers = []
    for count in (1, 2):
        settings = tiny_study(tmp_path / str(count))
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=PROJECT,
            env=environment(settings)
            | {
                "KERAS_BACKEND": "jax",
                "XLA_FLAGS": f"--xla_force_host_platform_device_count={count}",
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
            capture_output=True,
            text=True,
            check=True,
        )
        answers.append(json.loads(run.stdout.splitlines()[-1]))
    (one_loss, one), (two_loss, two) = answers
    assert two_loss == pytest.approx(one_loss, rel=1e-4)
    assert np.allclose(two, one, atol=1e-4)
    assert all(map(math.isfinite, one_loss))
