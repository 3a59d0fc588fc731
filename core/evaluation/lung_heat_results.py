"""Heat inside the lungs, as far as it was measured, as rows for a chart: one per run.

Reads lung_heat.json of run folders and trusts nothing in it. How it is measured stands in
``core.inference.lung_heat``, which loads Keras; this module does not.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from core import runs
from core.errors import UserError
from core.evaluation.compare import run_name
from core.run_files import interval, number, read_object, whole

LUNG_HEAT = "lung_heat.json"
LUNG_HEAT_COLUMNS = (
    "run",
    "name",
    "n",  # validation images with annotated lungs and a map that is not empty
    "n_patients",
    "n_empty",
    "share",  # mean share of a map's heat inside the lungs' box, 0..1
    "share_low",
    "share_high",
    "area",  # mean share of the image that the box takes, 0..1
    "difference",  # share - area, with its own interval: both are of the same images
    "difference_low",
    "difference_high",
)


def lung_heat_table(measured: Iterable[runs.Run]) -> pd.DataFrame:
    """A row for each run that was measured, in their order: LUNG_HEAT_COLUMNS.

    Bounds are those of 95 % intervals, NaN where there is none.
    """
    rows = []
    for run in measured:
        content, problem = read_object(run.folder / LUNG_HEAT)
        figures = {name: number(content.get(name)) for name in ("share", "area", "difference")}
        counts = {name: whole(content.get(name)) for name in ("n", "n_patients", "n_empty")}
        if problem or not np.isfinite([*figures.values(), *counts.values()]).all():
            continue
        bounds = content.get("ci95")
        for name in ("share", "difference"):
            low, high = interval(bounds.get(name) if isinstance(bounds, dict) else None)
            figures |= {f"{name}_low": low, f"{name}_high": high}
        counts = {name: int(count) for name, count in counts.items()}
        rows.append({"run": run.id, "name": run_name(run), **counts, **figures})
    return pd.DataFrame(rows, columns=list(LUNG_HEAT_COLUMNS))


def check_measurable(run: runs.Run) -> None:
    """Raise UserError unless ``run`` is finished and says which images it answered.

    Whether any of them has annotated lungs is seen when they are measured.
    """
    if run.state != runs.FINISHED or "id" not in run.predictions():
        raise UserError(f"{run.id} is {run.state}; heat inside the lungs needs a finished run.")
