"""Heat inside the lungs: which share of a run's Grad-CAM maps lies where the lungs are.

Loads Keras. Where the lungs are stands in ``core.data.lungs``; only annotated boxes count, since
the middle of an image would be asked of itself otherwise. The result is kept in the run's folder
as lung_heat.json and read by ``core.evaluation.lung_heat_results``.
"""

from pathlib import Path

import numpy as np

from core import runs
from core.data.catalog import load_catalog
from core.data.lungs import lung_boxes
from core.data.sources import Progress
from core.data.texts import occurs_in
from core.errors import UserError
from core.evaluation.lung_heat_results import LUNG_HEAT
from core.evaluation.statistics import mean_interval
from core.files import write_json
from core.inference.box_heat import box_area, share_inside
from core.inference.methods import GRADCAM
from core.settings import Settings


def lung_heat(run: runs.Run, settings: Settings, progress: Progress = None) -> dict:
    """Measure a finished run on its validation images with annotated lungs, and keep the result.

    Each image is explained for the class that the run gives it. Keys: n (images), n_patients,
    n_empty (left out: their maps are empty), share (mean share of a map's heat inside the lungs'
    box), area (mean share of the image that the box takes: what a map that knows nothing of lungs
    gets), difference (share less area), ci95 of all three, by bootstrap over patients; method;
    synthetic. Raises UserError when the run is not finished or has no such image.
    """
    from core.inference.predictor import predict

    answers = run.predictions()
    if run.state != runs.FINISHED or "id" not in answers:
        raise UserError(f"{run.id} is {run.state}; heat inside the lungs needs a finished run.")
    catalog = load_catalog(settings)
    rows = catalog[occurs_in(catalog["id"], answers["id"])]
    boxes, annotated = lung_boxes(rows)
    rows, boxes = rows[annotated].reset_index(drop=True), boxes[annotated]
    if rows.empty:
        raise UserError(
            f"None of the validation images of {run.id} has annotated lung boxes in the catalog; "
            "the collection of Cohen et al. brings them (CHESTBENCH_DATA)."
        )
    values, patients, empty = [], [], 0
    for place, row in enumerate(rows.itertuples()):
        if progress:
            progress("Where it looked", place, len(rows))
        prediction = predict(run, Path(row.path), settings, explain=GRADCAM)
        if prediction.note:
            empty += 1
            continue
        share, area = share_inside(prediction.heat, boxes[place]), box_area(boxes[place])
        values.append((share, area, share - area))
        patients.append(row.patient)
    if progress:
        progress("Where it looked", len(rows), len(rows))
    if not values:
        raise UserError(f"All maps of {run.id} are empty; there is no heat to measure.")
    names = ("share", "area", "difference")
    intervals = mean_interval(np.array(values), patients)
    result = {
        "run": run.id,
        "method": GRADCAM,
        "n": len(values),
        "n_patients": len({*patients}),
        "n_empty": empty,
        **dict(zip(names, np.mean(values, axis=0).tolist(), strict=True)),
        "ci95": dict(zip(names, intervals, strict=True)),
        "synthetic": bool(rows["synthetic"].any()),
    }
    write_json(run.folder / LUNG_HEAT, result)
    return result
