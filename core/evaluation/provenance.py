"""What made these results: versions of the software, and digests of the files of runs.

Holds facts alone, read from this installation and from run folders; nothing in the folders is
trusted. Where they are shown is left to ``core.evaluation.report``.
"""

import hashlib
import json
import platform
import re
import subprocess
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.runs import Run
from core.settings import PROJECT

PACKAGES = (
    "tensorflow",
    "keras",
    "numpy",
    "pandas",
    "scipy",
    "statsmodels",
    "scikit-learn",
    "opencv-python-headless",
    "pillow",
    "pydicom",
    "tf-explain",
    "plotly",
    "streamlit",
)
# The files of a run that decide its figures, and what each of them is.
FILES = {
    "config.json": "every setting of the run",
    "images.csv": "every image with its own SHA-256, class, patient and side of the split",
    "predictions.csv": "what the network answered for each validation image",
    "metrics.json": "the figures",
    "model.keras": "the trained network",
}
_MOST_METADATA = 100_000  # bytes; Keras writes about a hundred


def versions() -> dict[str, str]:
    """Version of Python and of each of PACKAGES that is installed here, by its name."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_commit() -> str:
    """The commit of ChestBench's own code, with a word when files differ from it; "" without git.

    ``PROJECT`` itself must be the repository: one that merely lies around it says nothing of it.
    """
    if not (PROJECT / ".git").exists():
        return ""
    commit = _git("rev-parse", "HEAD")
    if not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        return ""
    return f"{commit} (with changed files)" if _git("status", "--porcelain", "-uno") else commit


def digests(run: Run) -> dict[str, str]:
    """SHA-256 of each of FILES, hexadecimal; empty for one that is missing or cannot be read."""
    return {name: _digest(run.folder / name) for name in FILES}


def saved_by(run: Run) -> str:
    """The Keras version that saved the run's model.keras, as the file says; "" when it does not."""
    try:
        with zipfile.ZipFile(run.model_path) as archive:
            if archive.getinfo("metadata.json").file_size > _MOST_METADATA:
                return ""
            content = json.loads(archive.read("metadata.json"))
    # zipfile raises several kinds for a file that is no archive, or a damaged one.
    except Exception:
        return ""
    found = content.get("keras_version") if isinstance(content, dict) else None
    return found if isinstance(found, str) and re.fullmatch(r"[\w.+-]{1,40}", found) else ""


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(PROJECT), *arguments], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
