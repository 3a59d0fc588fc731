"""How the learning rate moves over a phase of training.

Holds the table of schedules. Which one a run uses, and its peak, stand in its config.
"""

import keras

WARM_UP_SHARE = 0.1


def constant(peak: float, steps: int) -> float:
    """The same learning rate at every step."""
    return peak


def cosine(peak: float, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """Linear warm-up over the first tenth of ``steps``, then half a cosine down to zero.

    Loshchilov & Hutter (2017), SGDR, without restarts.
    """
    warm_up = max(1, int(WARM_UP_SHARE * steps))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=peak / warm_up,
        decay_steps=max(1, steps - warm_up),
        warmup_target=peak,
        warmup_steps=warm_up,
    )


SCHEDULES = {"constant": constant, "cosine": cosine}
