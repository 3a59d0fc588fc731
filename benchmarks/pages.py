"""Seconds to the pages that read runs or images, with 1,217 validation images and with 20,000.

Beside them stand 6,085 and 100,000 images in the catalog, two studies of ten and seven runs, and a
TinyCNN to ask. Each page has a server's process of its own and is visited in it as a browser would,
without one (``streamlit.testing``), since what a browser draws does not grow with the images:

    first     the first visit to a new server: libraries are loaded, files read, intervals computed
    again     another visitor comes
    change    somebody moves something: the words beside say what

Medians of REPEATS, but for the first visit. Only what a server does again and again has a target.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.settings import PROJECT, read_settings

VALIDATION, SHARE = (1217, 20_000), 5
CELLS = ("normal", "virus", "bacteria")
REPEATS, TARGET_SECONDS, PATIENCE = 3, 1.0, 300


@dataclass(frozen=True)
class Visit:
    """A page, the study its address asks for, and what is changed: in words, and in a test."""

    page: str
    study: str
    words: str
    change: Callable


def _by_label(widgets, label: str):
    return next(widget for widget in widgets if widget.label.startswith(label))


def _patient(test, number: int):
    box = _by_label(test.selectbox, "Patient")
    return box.set_value(box.options[number].partition(": ")[0])


VISITS = {
    "home": Visit("home", "", "nothing", lambda test, number: test),
    "dataset": Visit(
        "dataset", "", "another filter", lambda test, number: test.multiselect(
            key="dataset-filter-finding"
        ).set_value([("normal", "virus", "covid19", "bacteria")[number]]),
    ),
    "training": Visit(
        "training", "", "another network", lambda test, number: _by_label(
            test.selectbox, "Network"
        ).select_index(number + 1),
    ),
    "comparison": Visit(
        "comparison", "seven", "another score", lambda test, number: _by_label(
            test.selectbox, "Score"
        ).select_index(number + 1),
    ),
    "comparison, splits": Visit(
        "comparison", "splits", "another score", lambda test, number: _by_label(
            test.selectbox, "Score"
        ).select_index(number + 1),
    ),
    "confusion": Visit(
        "confusion", "", "another cell", lambda test, number: (
            test.selectbox(key="cell-truth").set_value("normal"),
            test.selectbox(key="cell-answer").set_value(CELLS[number % 3]),
        )[1],
    ),
    "thresholds": Visit(
        "thresholds", "", "the threshold", lambda test, number: test.slider(
            key="threshold"
        ).set_value(60.0 + number),
    ),
    "questions": Visit(
        "questions", "splits", "who reads", lambda test, number: _by_label(
            test.selectbox, "Questions 2 and 4"
        ).set_value(1 - number % 2),
    ),
    "prediction": Visit(
        "prediction", "", "another image", lambda test, number: _by_label(
            test.button, "Another image"
        ).click(),
    ),
    "follow": Visit("follow", "seven", "another patient", _patient),
}  # fmt: skip


def main() -> bool:
    """Measure, print, and say whether the target was met."""
    with tempfile.TemporaryDirectory() as folder:
        environments = [_lay_out(Path(folder) / str(n), n) for n in VALIDATION]
        titles = " ".join(f"{f'{n:,} images':>26}" for n in VALIDATION)
        print(f"{'':38}{titles}\n{'':38}{(' ' * 3 + 'first   again  change') * 2}")
        met = True
        for name, visit in VISITS.items():
            found = [_in_a_process_of_its_own(name, environment) for environment in environments]
            figures = "   ".join(" ".join(f"{seconds:7.2f}" for seconds in row) for row in found)
            slow = any(max(row[1:]) >= TARGET_SECONDS for row in found)
            print(f"{name:20} {visit.words:16} {figures}  {'MISSED' if slow else ''}", flush=True)
            met &= not slow
    words = "met" if met else "MISSED"
    print(f"target: again and change under {TARGET_SECONDS:g} s with either: {words}")
    return met


def _lay_out(folder: Path, validation: int) -> dict[str, str]:
    """Make collections and runs; gives the environment in which a server finds them."""
    from benchmarks.many_images import make_collections, make_studies

    environment = os.environ | {
        "CHESTBENCH_DATA": str(folder / "data"),
        "CHESTBENCH_ARTIFACTS": str(folder / "artifacts"),
        "CHESTBENCH_WEIGHTS": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    began = time.perf_counter()
    make_collections(folder / "data", SHARE * validation)
    make_studies(read_settings(environment))
    print(f"laid out {SHARE * validation:,} images in {time.perf_counter() - began:.0f} s")
    return environment


def _in_a_process_of_its_own(name: str, environment: dict[str, str]) -> list[float]:
    """Seconds of the first visit, of another one, and of a change."""
    # To files, not pipes: the process that it asks its networks in would keep a pipe open.
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.pages", name],
            cwd=PROJECT, env=environment, stdout=said, stderr=complained, check=False,
        )  # fmt: skip
        said.seek(0), complained.seek(0)
        if done.returncode:
            raise RuntimeError(f"{name}: {complained.read()[-2000:]}")
        return json.loads(said.read().splitlines()[-1])


def _measure(visit: Visit) -> list[float]:
    from streamlit.testing.v1 import AppTest

    def come():
        test = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=PATIENCE)
        test.switch_page(f"pages/{visit.page}.py")
        if visit.study:
            test.query_params["study"] = visit.study
        return test

    def timed(test) -> float:
        began = time.perf_counter()
        test.run()
        return time.perf_counter() - began

    test = come()
    first = timed(test)
    if errors := [error.value for error in (*test.error, *test.exception)]:
        raise RuntimeError(errors[0])
    again = [timed(come()) for _ in range(REPEATS)]
    # The first change of all may load what the page had not needed yet.
    change = [timed(visit.change(test, number)) for number in range(REPEATS + 1)][1:]
    return [first, statistics.median(again), statistics.median(change)]


if __name__ == "__main__":
    print(json.dumps(_measure(VISITS[sys.argv[1]])), flush=True)
    # The prediction process and its threads end with this one.
    os._exit(0)
