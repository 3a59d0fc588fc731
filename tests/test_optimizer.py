"""Every optimiser and loss of the tables can be built, and carries its settings."""

import keras
import pytest

from core.training.optimizer import LOSSES, OPTIMIZERS, OptimizerConfig, build_loss, build_optimizer


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_carries_its_settings(name):
    built = build_optimizer(OptimizerConfig(name=name, beta_1=0.7, beta_2=0.8), 0.01)
    settings = built.get_config()
    assert type(built) is getattr(keras.optimizers, name)
    assert settings["weight_decay"] == 0.01
    for keras_name, ours in OPTIMIZERS[name].items():
        assert settings[keras_name] == {"beta_1": 0.7, "beta_2": 0.8}[ours]


def test_weight_decay_is_decoupled_from_the_gradients():
    variable = keras.Variable([2.0])
    optimiser = build_optimizer(OptimizerConfig(), 0.1)
    optimiser.learning_rate = 0.5
    optimiser.build([variable])
    optimiser.apply([keras.ops.zeros(1)])
    # Without a gradient Adam stands still; the weight shrinks by decay times rate alone.
    assert float(variable[0]) == pytest.approx(2.0 * (1 - 0.1 * 0.5))


def test_no_weight_decay_leaves_weights_alone():
    assert build_optimizer(OptimizerConfig(), 0.0).weight_decay is None


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_falls_when_the_answer_is_right(name):
    loss = build_loss(name, 0.0)
    assert float(loss([[1.0, 0.0]], [[0.9, 0.1]])) < float(loss([[1.0, 0.0]], [[0.2, 0.8]]))
