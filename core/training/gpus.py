"""The NVIDIA GPUs of this computer, as their driver names them, and how programs share them.

Holds what can be known without loading a library that computes, so that the server may ask. What
Keras makes of a GPU stands in ``core.training.device`` and ``core.training.precision``.
"""

import csv
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

ANSWER_SECONDS = 5
# Each library otherwise takes nearly all memory of a GPU at its first use, and whoever trains or
# predicts beside it finds none.
GROWTH = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


@dataclass(frozen=True)
class Gpu:
    """One GPU: its name, and its CUDA compute capability (0 when the driver does not say)."""

    name: str
    compute_capability: float


@lru_cache(maxsize=1)
def find_gpus() -> tuple[Gpu, ...]:
    """GPUs that a program started from here may use, in the driver's order.

    Empty without NVIDIA's driver, and when it does not answer within ANSWER_SECONDS.
    """
    program = shutil.which("nvidia-smi")
    if not program:
        return ()
    # Both take positions or identifiers with commas between them.
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    command = [program, "--query-gpu=name,compute_cap", "--format=csv,noheader"]
    try:
        answer = subprocess.run(
            command if chosen is None else [*command, f"--id={chosen}"],
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    rows = csv.reader(answer.stdout.splitlines(), skipinitialspace=True)
    return tuple(Gpu(row[0], _number(row[1])) for row in rows if len(row) == 2)


def names(gpus: Sequence[Gpu]) -> str:
    """The GPUs in words, equal ones counted: ``2 x NVIDIA H100 80GB HBM3``."""
    counts = Counter(gpu.name for gpu in gpus)
    return " + ".join(f"{n} x {name}" if n > 1 else name for name, n in counts.items())


def memory_growth() -> dict[str, str]:
    """Environment in which TensorFlow and JAX take GPU memory as they need it.

    What this process's environment says already is kept.
    """
    return {name: os.environ.get(name, value) for name, value in GROWTH.items()}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
