"""Names the device that Keras computes on.

Holds what Keras says of its devices; it asks Keras, so it works with every backend. What the
driver says stands in ``core.training.gpus``, which a page may ask too.
"""

import platform
from pathlib import Path

import keras

from core.training.gpus import find_gpus, names


def accelerators() -> list[str]:
    """Every GPU or TPU that Keras sees, as ``gpu:0``; empty when it computes on the processor."""
    if keras.backend.backend() == "torch":
        # Keras lists no devices of torch; where it puts a number is where it computes.
        device = str(keras.ops.zeros(()).device)
        return [] if device == "cpu" else [device]
    return [name for name in keras.distribution.list_devices() if not name.startswith("cpu")]


def devices_at_work() -> int:
    """How many devices share each batch at this moment (``core.training.devices_together``)."""
    together = keras.distribution.distribution()
    return together.device_mesh.devices.size if together else 1


def device_name() -> str:
    """What this process computes on and with which backend: GPUs by name, or the processor."""
    backend, seen = keras.backend.backend(), accelerators()
    if not seen:
        return f"{_processor()} ({backend}, no GPU)"
    used, gpus = devices_at_work(), find_gpus()
    # Where the driver counts otherwise, its names may belong to other devices.
    name = names(gpus[:used]) if len(gpus) == len(seen) else ", ".join(seen[:used])
    return f"{name} ({backend}{f', {used} of {len(seen)} GPUs' if used < len(seen) else ''})"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        return f"{models[0]}, {len(models)} cores"
    except (OSError, IndexError):
        return platform.processor() or platform.machine()
