"""The Keras callback that sets the learning rate before every batch.

Holds ``LearningRate``. Which rates it sets stands in ``core.training.schedule``. A schedule inside
Keras's optimiser would compute in single precision, where 0.99994 to the power of 10,000 is off by
three in ten thousand; and under JAX its present value cannot be read while training.
"""

import keras

from core.training.schedule import Rate


class LearningRate(keras.callbacks.Callback):
    """Sets the optimiser's learning rate to ``rate(step)`` before each batch.

    ``first_step`` is the number of the first batch that ``fit`` is given, counted from 0 over the
    phase: a run that goes on in the middle goes on in the middle of its schedule.

    >>> model.fit(batches, callbacks=[LearningRate(lambda step: 1e-3 * 0.99**step)])
    """

    def __init__(self, rate: Rate, first_step: int = 0):
        super().__init__()
        self.rate, self.step = rate, first_step

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        # Under JAX the optimiser's variables are elsewhere while an epoch runs, and what is
        # assigned to them counts only when they have been brought home first.
        if sync := getattr(self.model, "jax_state_sync", None):
            sync()
        self.model.optimizer.learning_rate = self.rate(self.step)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.step += 1
