"""A collection in which some patients have several dated X-rays, and runs that can be asked of it.

The runs' networks are untrained, but whole: what they say is asked, not made up.
"""

import csv
import shutil
from pathlib import Path

from collections_on_disk import COHEN_COLUMNS, cohen_row, make_cohen
from run_folders import make_collection, make_finished_run

from core import runs
from core.data.cohen import OUTCOMES
from core.models.classifier import build_classifier
from core.settings import Settings, read_settings
from core.training.config import read_config

LONG, OPEN, SHORT = "cohen:long", "cohen:open", "cohen:short"
NOTES = "Fever & <script>alert(1)</script> cough"
ROWS = [
    {"patientid": "long", "offset": "7", "filename": "c.png", "view": "AP Supine"},
    {"patientid": "long", "offset": "0", "filename": "a.png", "clinical_notes": NOTES},
    {"patientid": "long", "offset": "7", "filename": "d.png", "clinical_notes": NOTES},
    {"patientid": "long", "offset": "", "filename": "e.png"},
    {"patientid": "long", "offset": "9", "filename": "l.png", "view": "L"},
    # Nobody has entered a finding: no run can have learnt from it.
    {"patientid": "open", "offset": "-90", "filename": "g.png", "finding": "todo"},
    {"patientid": "open", "offset": "0", "filename": "h.png", "finding": "todo"},
    {"patientid": "short", "offset": "1", "filename": "s.png"},
    {"patientid": "", "offset": "1", "filename": "n.png"},
    {"patientid": "", "offset": "2", "filename": "o.png"},
]
OUTCOME = {"survival": "N", "went_icu": "Y", "in_icu": "N", "temperature": "38.5", "date": "2020"}
OUTCOME |= {"po2_saturation": "105"}


def make_dated(folder: Path) -> Path:
    """Write the Cohen collection of ROWS below ``folder``; the patient LONG has an OUTCOME."""
    rows = [cohen_row(**changes) for changes in ROWS]
    make_cohen(folder, rows)
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*COHEN_COLUMNS, *OUTCOMES.values()], restval="?")
        writer.writeheader()
        for row in rows:
            writer.writerow(row | (OUTCOME if row["patientid"] == "long" else {}))
    return folder


def make_environment(tmp_path: Path, monkeypatch) -> Settings:
    """Point the settings at the dated patients and the small collection of ``run_folders``."""
    make_dated(make_collection(tmp_path / "data") / "covid-chestxray-dataset")
    monkeypatch.setenv("CHESTBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CHESTBENCH_ARTIFACTS", str(tmp_path / "artifacts"))
    monkeypatch.setenv("CHESTBENCH_WEIGHTS", "")
    return read_settings()


def make_runs(settings: Settings, **choices: object) -> list[runs.Run]:
    """Finished runs that differ in their split, each with the same untrained TinyCNN.

    LONG validates the first two, split by patient; the third, split by image, learnt from some of
    LONG's images.
    """
    splits = ({"seed": 0}, {"seed": 1}, {"seed": 0, "by": "image"})
    made = [make_finished_run(settings, cohort="all", split=split, **choices) for split in splits]
    config = read_config(made[0].config)
    model = build_classifier("TinyCNN", config.classes, config.head, "none", settings)
    model.save(made[0].model_path)
    for other in made[1:]:
        shutil.copy(made[0].model_path, other.model_path)
    return made
