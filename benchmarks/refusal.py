"""What a run on real X-rays refuses of pictures that are no chest X-ray, and of those that are.

The limits are set on the validation X-rays of half of the patients, at 2 % false refusals; the
other half is judged, as it came and turned. Every picture takes the whole way of an upload, as the
bytes of a PNG file. Needs a finished ResNet50 run with the recipe quick on real images, split by
patient, and is skipped without one. Lateral views and CT slices are judged where the catalog's
excluded rows have a file.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
import pandas as pd

from benchmarks import refusal_images
from core import runs
from core.data.catalog import load_catalog
from core.evaluation.refusal_limits import (
    FALSE_REFUSALS,
    beyond,
    half_of_patients,
    set_limits,
)
from core.evaluation.statistics import wilson
from core.imaging.decode import read_image
from core.imaging.turns import TURNS, UPRIGHT, turn
from core.inference.familiarity import allowed_oddness, make_in_parts
from core.inference.judgement import Judgement, judge_by
from core.inference.reference import Reference, read_reference
from core.settings import Settings, read_settings

NETWORK, RECIPE, X_RAYS, SEED = "ResNet50", "quick", 100, 0
STRANGE_TARGET, TURNED_TARGET = 0.98, 0.90
# Turned by a quarter an X-ray counts with the strange pictures: it need only be refused.
QUARTERS = ("left", "right")


@dataclass(frozen=True)
class Judge:
    """One run with limits of its own, judging pictures."""

    run: runs.Run
    reference: Reference
    settings: Settings

    def judge(self, pictures: Iterable[np.ndarray]) -> list[Judgement]:
        """Judgements of uint8 pictures, grey or RGB."""
        return [
            judge_by(self.reference, self.run, _png(picture), self.settings, "picture.png")
            for picture in pictures
        ]


def main() -> bool:
    """Measure, print, and say whether all targets were met."""
    settings = read_settings()
    run = _run(settings)
    if run is None:
        print(f"Skipped: no finished {NETWORK} run ({RECIPE}, by patient) on real images here.")
        return True
    make_in_parts(run, settings, lambda *step: None)
    reference = read_reference(run)
    rows, table = reference.checked, reference.checked[list(reference.limits)]
    half = half_of_patients(rows["patient"], SEED)
    limits = set_limits(table[half], allowed_oddness(), rows["source"][half])
    judge = Judge(run, replace(reference, limits=limits), settings)
    told = reference.false_refusals
    print(f"{run.id}: {len(reference.images):,} training images; all limits twice on halves: "
          f"{_share(told['refused'], told['n'])} refused falsely")  # fmt: skip
    met = _false_refusals(table[~half], rows[~half], limits)
    met &= _strange_pictures(judge)
    met &= _turned_x_rays(judge, rows[~half].sample(X_RAYS, random_state=SEED))
    _other_rows(judge)
    return met


def _run(settings: Settings) -> runs.Run | None:
    wanted = {"backbone": NETWORK, "recipe": RECIPE, "limit": None}
    for run in runs.list_runs(settings.runs):
        same = all(run.config.get(name) == value for name, value in wanted.items())
        by_patient = same and run.config.get("split", {}).get("by") == "patient"
        if run.state == runs.FINISHED and by_patient and not run.metrics().get("synthetic", True):
            return run
    return None


def _false_refusals(table: pd.DataFrame, rows: pd.DataFrame, limits: dict) -> bool:
    refused = beyond(table, limits)
    for source, part in pd.Series(refused).groupby(rows["source"].to_numpy()):
        print(f"  X-rays from {source}: {_share(int(part.sum()), len(part))} refused falsely")
    low, _ = wilson(int(refused.sum()), len(refused))
    return _line("X-rays of the other half, refused falsely", refused, None, low <= FALSE_REFUSALS)


def _strange_pictures(judge: Judge) -> bool:
    met = True
    kinds = ("photographs", "charts", "pages", "noise", "blanks")
    for kind in kinds:
        pictures = list(getattr(refusal_images, kind)(np.random.default_rng(SEED)))
        met &= _refused(kind, judge.judge(pictures))
        if kind in ("photographs", "charts"):
            met &= _refused(f"{kind} without colour", judge.judge(refusal_images.grey(pictures)))
    return met


def _turned_x_rays(judge: Judge, rows: pd.DataFrame) -> bool:
    x_rays = [read_image(Path(path), judge.settings.max_pixels) for path in rows["path"]]
    met = True
    for name, row in TURNS.items():
        if name == UPRIGHT:
            continue
        # Both at once is rare: fewer of them are enough.
        some = x_rays[::4] if row.negative and row.quarters else x_rays
        judged = judge.judge(turn(x_ray, name) for x_ray in some)
        if name in QUARTERS:
            met &= _refused(f"X-rays {row.words}", judged)
        refused = np.array([not one.accepted for one in judged])
        named = np.array([one.turn == name for one in judged])
        met &= _line(f"X-rays {row.words}", refused, named, named.mean() >= TURNED_TARGET)
    mirrored = judge.judge(np.fliplr(x_ray) for x_ray in x_rays)
    _line("X-rays mirrored (no target)", np.array([not one.accepted for one in mirrored]))
    return met


def _other_rows(judge: Judge) -> None:
    catalog = load_catalog(judge.settings)
    reason = catalog["excluded"].where(~catalog["excluded"].str.startswith("finding"), "frontal")
    for title, words in (
        ("lateral view", "lateral views"),
        ("CT", "CT slices"),
        ("frontal", "frontal X-rays of findings outside the study"),
    ):
        paths = [Path(path) for path in catalog.loc[reason == title, "path"] if path]
        judged = judge.judge(
            read_image(path, judge.settings.max_pixels) for path in paths if path.is_file()
        )
        if judged:
            _line(f"{words} (no target)", np.array([not one.accepted for one in judged]))
        else:
            print(f"  {words}: none of {len(paths)} files is in this copy of the collections")


def _refused(kind: str, judged: list[Judgement]) -> bool:
    refused = np.array([not one.accepted for one in judged])
    early = sum(one.distance is None for one in judged)
    words = f"{kind} ({early} by pixels alone)"
    return _line(words, refused, None, refused.mean() >= STRANGE_TARGET)


def _line(
    kind: str, refused: np.ndarray, named: np.ndarray | None = None, met: bool | None = None
) -> bool:
    words = f"{kind}: {_share(int(refused.sum()), len(refused))} refused"
    if named is not None:
        words += f", {_share(int(named.sum()), len(named))} named rightly"
    mark = "" if met is None else "   (met)" if met else "   (MISSED)"
    print(f"  {words}{mark}", flush=True)
    return met is not False


def _share(count: int, n: int) -> str:
    low, high = wilson(count, n)
    return f"{count / n:.1%} ({low:.1%} to {high:.1%}, {count} of {n})"


def _png(picture: np.ndarray) -> bytes:
    picture = np.ascontiguousarray(picture)
    stored = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", stored)[1].tobytes()
