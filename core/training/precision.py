"""The number format a run computes in, and how it is set for that run alone.

Holds the choice between float32 and mixed bfloat16, as Keras dtype policies. The head computes in
float32 under both (``core.models.head``), and weights are kept in float32.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from core.training.device import accelerators
from core.training.gpus import find_gpus

FLOAT32, MIXED = "float32", "mixed_bfloat16"
# NVIDIA's first GPUs that multiply bfloat16 matrices (Ampere, 2020).
BFLOAT16_CAPABILITY = 8.0
# How far a probability may differ between two computations of the same thing: a bfloat16 number
# has 8 significant bits, and libraries round at different places when they join layers.
AGREEMENT = {FLOAT32: 1e-3, MIXED: 5e-2}


def choose_precision(asked: str) -> str:
    """The Keras dtype policy for ``asked``: "auto", "float32" or "mixed_bfloat16".

    Auto is mixed bfloat16 where Keras sees an accelerator and every GPU here computes in bfloat16
    natively, and float32 otherwise, also where that cannot be found out.
    """
    if asked != "auto":
        return asked
    capabilities = [gpu.compute_capability for gpu in find_gpus()]
    native = bool(capabilities) and min(capabilities) >= BFLOAT16_CAPABILITY
    return MIXED if native and accelerators() else FLOAT32


@contextmanager
def computing_in(asked: str) -> Iterator[str]:
    """Build and train networks in the precision chosen for ``asked``, which is given back.

    The policy is Keras's own, for the whole process; it is what it was afterwards.
    """
    before, precision = keras.config.dtype_policy(), choose_precision(asked)
    keras.config.set_dtype_policy(precision)
    try:
        yield precision
    finally:
        keras.config.set_dtype_policy(before)


def agreement() -> float:
    """How far equal probabilities may differ in the precision that is set now."""
    return AGREEMENT.get(keras.config.dtype_policy().name, AGREEMENT[FLOAT32])
