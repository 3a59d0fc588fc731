"""The rate that the optimiser really has at every batch, read after the step."""

import keras
import numpy as np
import pytest
from rates_met import RatesMet

from core.training.learning_rate import LearningRate
from core.training.schedule import SCHEDULES, CyclicalLearningRate


@pytest.mark.parametrize("first_step", [0, 7])
@pytest.mark.parametrize("mode", CyclicalLearningRate.model_fields["mode"].annotation.__args__)
def test_the_optimiser_has_the_schedules_rate_at_every_batch(mode, first_step):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(), "mse")
    rate = SCHEDULES["cyclical"](1.0, 40, CyclicalLearningRate(step_size=5, mode=mode))
    met = RatesMet()
    callbacks = [LearningRate(rate, first_step), met]
    data = np.ones((20, 2)), np.ones((20, 1))
    model.fit(*data, batch_size=1, epochs=2, verbose=0, callbacks=callbacks)
    assert met.rates == pytest.approx([rate(first_step + k) for k in range(40)], abs=1e-9)
