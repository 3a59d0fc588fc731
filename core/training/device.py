"""Names the device that Keras computes on.

Holds ``device_name`` alone; it asks Keras, so it works with every backend.
"""

import platform
from pathlib import Path

import keras


def device_name() -> str:
    """The first accelerator Keras sees, or the processor with its number of cores."""
    accelerators = [d for d in keras.distribution.list_devices() if not d.startswith("cpu")]
    if accelerators:
        return f"{accelerators[0]} ({keras.backend.backend()})"
    return f"{_processor()} ({keras.backend.backend()}, no GPU)"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        return f"{names[0]}, {len(names)} cores"
    except (OSError, IndexError):
        return platform.processor() or platform.machine()
