"""The import rule of the architecture: data flows one way, and the server stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
STAGES = ("data", "imaging", "models", "training", "evaluation", "inference")
# What serves every stage and knows none of them.
SERVANTS = (
    "runs", "run_files", "run_requests", "settings", "charts", "errors", "files", "stored_rows",
    "terminal", "undefined_scores",
)  # fmt: skip
MODULES = sorted((PROJECT / "core").rglob("*.py"))


def imported(path):
    """Names of all modules that the file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; write the whole name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(path):
    return path.relative_to(PROJECT / "core").with_suffix("").parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PROJECT)))
def test_core_imports_to_the_left_only(path):
    part = part_of(path)
    for name in imported(path):
        top, *rest = name.split(".")
        assert top not in ("streamlit", "app", "pages"), f"{path.name} imports {name}"
        if top == "tensorflow":
            assert path.name == "explain.py", f"{path.name} imports {name}"
        if top != "core" or not rest:
            continue
        if part in STAGES and rest[0] in STAGES:
            assert STAGES.index(rest[0]) <= STAGES.index(part), f"{path.name} imports {name}"
        if part in SERVANTS:
            assert rest[0] in SERVANTS, f"{path.name} serves all stages but imports {name}"


def test_pages_have_no_keras():
    for path in [PROJECT / "app.py", *(PROJECT / "pages").rglob("*.py")]:
        for name in imported(path):
            assert name.split(".")[0] not in ("keras", "tensorflow", "tf_explain"), path.name


def test_what_the_server_imports_loads_no_keras():
    modules = sorted(
        {n for p in (PROJECT / "pages").rglob("*.py") for n in imported(p) if n.startswith("core")}
    )
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}:\n"
        "    try: importlib.import_module(name)\n"
        "    except ModuleNotFoundError: importlib.import_module(name.rpartition('.')[0])\n"
        "heavy = ('keras', 'tensorflow', 'jax', 'torch', 'pydicom', 'gdcm')\n"
        "print([n for n in heavy if n in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True
    )
    assert run.stdout.strip() == "[]"
