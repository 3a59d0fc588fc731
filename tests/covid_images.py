"""The small collection of ``run_folders``, and dated COVID-19 images of Cohen's beside it."""

from pathlib import Path

from collections_on_disk import COHEN_COLUMNS, cohen_row, make_cohen, write_metadata
from run_folders import make_environment

from core.settings import Settings

# Patients, and the days on which each has an image.
PATIENTS, DAYS = 30, ("0", "4", "11")


def make_covid_environment(tmp_path: Path, monkeypatch) -> Settings:
    """Point the settings at both; every second patient died, the others lived."""
    settings = make_environment(tmp_path, monkeypatch)
    rows = [
        cohen_row(
            patientid=str(patient),
            offset=day,
            filename=f"{patient}-{day}.png",
            survival="N" if patient % 2 else "Y",
        )
        for patient in range(PATIENTS)
        for day in DAYS
    ]
    folder = settings.data_roots[0] / "covid-chestxray-dataset"
    make_cohen(folder, rows)
    write_metadata(folder, rows, (*COHEN_COLUMNS, "survival"))
    return settings
