"""The Keras callback that ends a phase early and goes back to its best epoch.

Holds ``BestEpoch``. Keras's own EarlyStopping forgets what it has seen between two calls of ``fit``
and cannot be put back to where it was, so that a run that goes on would choose otherwise.
"""

import keras
import numpy as np


class BestEpoch(keras.callbacks.Callback):
    """Follows the validation loss over the epochs of one phase.

    ``patience`` epochs without a lower one end the phase (0: never). With ``keep_best``, ``finish``
    puts the weights of the epoch with the lowest one back; without, it does nothing.
    """

    def __init__(self, patience: int, keep_best: bool):
        super().__init__()
        self.patience, self.keep_best = patience, keep_best
        self.lowest = float("inf")
        self.waited = 0
        self.weights: list[np.ndarray] = []

    @property
    def ended(self) -> bool:
        """Whether patience is at its end."""
        return bool(self.patience) and self.waited >= self.patience

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        loss = float((logs or {})["val_loss"])
        if loss < self.lowest:
            self.lowest, self.waited = loss, 0
            if self.keep_best:
                # Under JAX the present values are with the training loop while an epoch runs.
                if sync := getattr(self.model, "jax_state_sync", None):
                    sync()
                self.weights = self.model.get_weights()
        else:
            self.waited += 1
        self.model.stop_training = self.ended

    def finish(self, model: keras.Model) -> None:
        """End the phase: the best epoch's weights where they are to be kept."""
        if self.weights:
            model.set_weights(self.weights)

    def state(self) -> dict:
        """What a checkpoint keeps beside ``weights``."""
        return {"lowest": self.lowest, "waited": self.waited}

    def restore(self, state: dict, weights: list[np.ndarray]) -> None:
        """Go on from what ``state`` gave."""
        self.lowest, self.waited, self.weights = state["lowest"], state["waited"], weights
