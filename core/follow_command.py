"""The command `follow`: one patient's dated X-rays through a run, or through a study's runs.

Holds what the command does and answers; what it takes stands in ``core.arguments``, what is
computed in ``core.inference.follow``.
"""

import argparse
import math
from pathlib import Path

from core import runs
from core.answers import Answer, finite
from core.errors import UserError
from core.settings import read_settings
from core.studies import find_study
from core.terminal import ProgressLine
from core.words import NOT_FOR_DIAGNOSIS


def follow_patient(chosen: argparse.Namespace) -> Answer:
    """Follow a patient's dated X-rays through runs, or list the patients who can be followed."""
    from core.data.catalog import load_catalog
    from core.data.patient_series import images_of_patient, outcomes_of

    settings = read_settings()
    with ProgressLine() as progress:
        catalog = load_catalog(settings, progress)
    if not chosen.patient:
        return _list(catalog, chosen)

    from core.evaluation.cases import run_cases, run_sides
    from core.inference import follow
    from core.inference.predictor import predict

    images = images_of_patient(catalog, chosen.patient)
    if chosen.study:
        asked_for = find_study(chosen.study, runs.list_runs(settings.runs))
    elif chosen.run_id:
        asked_for = [runs.read_run(settings.runs, chosen.run_id)]
    else:
        raise UserError("Say whom to ask: --run RUN, or --study NAME for all its runs.")
    finished, classes = follow.follow_together(asked_for)

    def ask(run: runs.Run, path: Path) -> dict[str, float]:
        return predict(run, path, settings).probabilities

    with ProgressLine() as progress:
        answers = follow.patient_answers(
            images,
            finished,
            {run.id: run_cases(run) for run in finished},
            {run.id: run_sides(run) for run in finished},
            ask,
            progress,
        )
    learnt = follow.runs_that_learnt(answers)
    averaged = answers[answers["run"].isin(follow.averaged_runs(learnt, chosen.all_runs))]
    means = {
        name: follow.mean_answers(images, averaged, classes, name) for name in follow.INTERVALS
    }
    answer = {
        "patient": chosen.patient,
        "study": chosen.study,
        "classes": list(classes),
        "synthetic": bool(images["synthetic"].any()),
        "outcome": outcomes_of(images),
        "runs": learnt.to_dict("records"),
        "averaged_runs": list(dict.fromkeys(averaged["run"])),
        "images": [_image(row, answers, means, classes) for row in images.to_dict("records")],
        "intervals": {name: words for name, (words, _) in follow.INTERVALS.items()},
        "notes": [follow.NOT_SEVERITY, follow.IDENTITY],
        "warning": NOT_FOR_DIAGNOSIS,
    }
    if not chosen.json:
        _print(answer)
    return answer, 0


def _list(catalog, chosen: argparse.Namespace) -> Answer:
    from core.data.patient_series import patients_over_time

    patients = patients_over_time(catalog)
    if not chosen.json:
        for row in patients.itertuples():
            print(
                f"{row.patient:<16} {row.images:3d} images {row.span_days:5g} days {row.findings}"
            )
        if patients.empty:
            print("No patient of the catalog has two dated frontal X-rays.")
    return {"patients": patients.to_dict("records")}, 0


def _image(row: dict, answers, means: dict, classes: tuple[str, ...]) -> dict:
    from core.data.rows import OUTCOME_COLUMNS

    own = answers[answers["id"] == row["id"]]
    of_image = {name: table[table["id"] == row["id"]] for name, table in means.items()}
    columns = [f"p_{name}" for name in classes]
    return {
        "id": row["id"],
        "day": finite(row["offset_days"]),
        "view": row["view"],
        "finding": row["source_finding"],
        "noted": {name: row[name] for name in OUTCOME_COLUMNS if row[name]},
        "probabilities": {
            name: _mean(of_image["range"].iloc[place])
            | {kind: _interval(table.iloc[place]) for kind, table in of_image.items()}
            for place, name in enumerate(classes)
        },
        "by_run": [
            {
                "run": answered["run"],
                "part": answered["part"],
                "copy_learnt": bool(answered["copy_learnt"]),
                "stored": bool(answered["stored"]),
                "probabilities": {
                    name: answered[column] for name, column in zip(classes, columns, strict=True)
                },
            }
            for answered in own.to_dict("records")
        ],
    }


def _mean(row) -> dict:
    return {"mean": float(row["mean"]), "n": int(row["n"])}


def _interval(row) -> list[float] | None:
    return None if math.isnan(row["low"]) else [float(row["low"]), float(row["high"])]


def _print(answer: dict) -> None:
    for run in answer["runs"]:
        learnt = run["trained_on"]
        print(
            f"{run['run']}: "
            + (
                f"LEARNT FROM {learnt} of the patient's {run['images']} images: memory, not skill"
                if learnt
                else "images.csv cannot be read: what it learnt from is not known"
                if run["unknown"]
                else "learnt from none of the patient's images"
            )
        )
    for image in answer["images"]:
        day = "undated" if image["day"] is None else f"day {image['day']:g}"
        shown = [
            f"{name} {value['mean']:.1%}"
            + (f" ({value['range'][0]:.1%} to {value['range'][1]:.1%})" if value["range"] else "")
            for name, value in image["probabilities"].items()
        ]
        print(f"{day:<9} {image['view']:<10} {'  '.join(shown)}")
    n = len(answer["averaged_runs"])
    print(
        f"Mean of {n} runs ({answer['intervals']['range']})." if n > 1 else "One run: no interval."
    )
    print("\n".join([*answer["notes"], answer["warning"]]))
