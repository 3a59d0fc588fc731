"""The learning rate as an optimiser really has it, noted after every batch."""

import keras


class RatesMet(keras.callbacks.Callback):
    """Put last among the callbacks; ``rates`` has one number per batch."""

    def __init__(self):
        super().__init__()
        self.rates = []

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))
