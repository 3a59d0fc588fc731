"""Heat inside the lungs: which share of a run's Grad-CAM maps lies where the lungs are.

Loads Keras. Where the lungs are stands in ``core.data.lungs``; only annotated boxes count, since
the middle of an image would be asked of itself otherwise. How it is asked for and kept stands in
``core.measurements``; what is kept is read by ``core.evaluation.lung_heat_results``.
"""

from pathlib import Path

import numpy as np

from core import runs
from core.data.catalog import load_catalog
from core.data.lungs import lung_boxes
from core.data.sources import Progress
from core.data.texts import occurs_in
from core.errors import UserError
from core.evaluation.lung_heat_results import check_measurable
from core.evaluation.resampling import mean_interval
from core.inference.box_heat import box_area, share_inside
from core.inference.methods import GRADCAM
from core.settings import Settings


def lung_heat(run: runs.Run, settings: Settings, progress: Progress = None) -> dict:
    """Measure a finished run on its validation images with annotated lungs.

    Each image is explained for the class that the run gives it. Keys: n (images), n_patients,
    n_empty (left out: their maps are empty), share (mean share of a map's heat inside the lungs'
    box), area (mean share of the image that the box takes: what a map that knows nothing of lungs
    gets), difference (share less area), ci95 of all three, by bootstrap over patients; method;
    synthetic. Raises UserError when the run is not finished or has no such image.
    """
    from core.inference.predictor import predict

    check_measurable(run)
    catalog = load_catalog(settings)
    rows = catalog[occurs_in(catalog["id"], run.predictions()["id"])]
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
    return {
        "run": run.id,
        "method": GRADCAM,
        "n": len(values),
        "n_patients": len({*patients}),
        "n_empty": empty,
        **dict(zip(names, np.mean(values, axis=0).tolist(), strict=True)),
        "ci95": dict(zip(names, intervals, strict=True)),
        "synthetic": bool(rows["synthetic"].any()),
    }
