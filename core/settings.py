"""Where data and artifacts lie, and the limits of this installation, read from the environment.

Holds the table of environment variables and the ``Settings`` made from them. A visitor of the
dashboard cannot change any of these: they belong to whoever starts the server. What a training run
is made of stands elsewhere, in ``core.training.config``.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.errors import UserError

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Variable:
    """One environment variable: its name, its default as text, and a sentence for the README."""

    name: str
    default: str
    sentence: str


VARIABLES = (
    Variable(
        "CHESTBENCH_DATA",
        "",
        "Folders with the image collections, separated by the system's path separator (: or ;). "
        "Empty: the synthetic demonstration set is used.",
    ),
    Variable(
        "CHESTBENCH_ARTIFACTS",
        str(PROJECT / "artifacts"),
        "Folder for everything the program makes: runs, caches, the demonstration set.",
    ),
    Variable(
        "CHESTBENCH_WEIGHTS",
        "",
        "Folder looked in first for ImageNet weights, as <backbone>_imagenet_notop.weights.h5.",
    ),
    Variable(
        "CHESTBENCH_MAX_MEGAPIXELS",
        "100",
        "Images larger than this many million pixels are refused before they are decoded.",
    ),
    Variable(
        "CHESTBENCH_THREADS",
        str(os.cpu_count() or 1),
        "Threads that decode, prepare and augment images.",
    ),
    Variable(
        "CHESTBENCH_MODEL_MEMORY",
        f"{psutil.virtual_memory().total / 4 / 1e9:.1f}",
        "Gigabytes that the networks kept ready to predict may take; beyond it the one that was "
        "asked longest ago leaves. Default: a quarter of the computer's memory.",
    ),
)


@dataclass(frozen=True)
class Settings:
    """The installation's settings: existing or future folders as absolute paths, and limits.

    ``data_roots`` is empty when the demonstration set is to be used; ``weights`` is None when no
    folder was named; ``max_pixels`` counts pixels, ``threads`` is at least 1; ``model_memory``
    counts bytes.
    """

    data_roots: tuple[Path, ...]
    artifacts: Path
    weights: Path | None
    max_pixels: int
    threads: int
    model_memory: int

    @property
    def runs(self) -> Path:
        """Folder of the run folders."""
        return self.artifacts / "runs"

    @property
    def range_tests(self) -> Path:
        """Folder of the learning-rate range tests, which are folders like those of runs."""
        return self.artifacts / "range-tests"

    @property
    def measurements(self) -> Path:
        """Folder of what was asked to be measured of finished runs, in folders like those of runs.

        What is found goes into the folder of the run.
        """
        return self.artifacts / "measurements"

    @property
    def queues(self) -> tuple[Path, ...]:
        """The folders whose queued runs a worker takes."""
        return self.runs, self.range_tests, self.measurements

    @property
    def demonstration(self) -> bool:
        """Whether the synthetic demonstration set stands in for real data."""
        return not self.data_roots


def read_settings(environment: dict[str, str] | None = None) -> Settings:
    """Read the settings from ``environment`` (default: this process's own).

    Raises UserError when a variable's value does not fit, naming the variable.
    """
    environment = os.environ if environment is None else environment
    value = {v.name: environment.get(v.name, "").strip() or v.default for v in VARIABLES}
    roots = tuple(
        Path(part).expanduser().resolve()
        for part in value["CHESTBENCH_DATA"].split(os.pathsep)
        if part.strip()
    )
    weights = value["CHESTBENCH_WEIGHTS"]
    return Settings(
        data_roots=roots,
        artifacts=Path(value["CHESTBENCH_ARTIFACTS"]).expanduser().resolve(),
        weights=Path(weights).expanduser().resolve() if weights else None,
        max_pixels=int(_positive(value, "CHESTBENCH_MAX_MEGAPIXELS") * 1_000_000),
        threads=max(1, int(_positive(value, "CHESTBENCH_THREADS"))),
        model_memory=int(_positive(value, "CHESTBENCH_MODEL_MEMORY") * 1e9),
    )


def _positive(value: dict[str, str], name: str) -> float:
    try:
        number = float(value[name])
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise UserError(f"{name} is '{value[name]}'; set it to a number above zero.")
    return number
