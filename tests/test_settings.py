"""Settings come from the environment, and the README names every one of them."""

import os
from pathlib import Path

import psutil
import pytest

from core.errors import UserError
from core.settings import PROJECT, VARIABLES, read_settings
from core.training import mlflow_tracking


def test_defaults_use_the_demonstration_set():
    settings = read_settings({})
    assert settings.demonstration
    assert settings.artifacts == PROJECT / "artifacts"
    assert settings.weights is None
    assert settings.max_pixels == 100_000_000


def test_data_roots_are_a_path_list(tmp_path):
    roots = os.pathsep.join([str(tmp_path / "a"), "", str(tmp_path / "b")])
    settings = read_settings({"CHESTBENCH_DATA": roots})
    assert settings.data_roots == (tmp_path / "a", tmp_path / "b")
    assert not settings.demonstration


def test_the_memory_of_models_is_given_in_gigabytes():
    assert read_settings({"CHESTBENCH_MODEL_MEMORY": "0.5"}).model_memory == 500_000_000
    assert 0 < read_settings({}).model_memory < psutil.virtual_memory().total / 2


@pytest.mark.parametrize(
    "name", ["CHESTBENCH_MAX_MEGAPIXELS", "CHESTBENCH_THREADS", "CHESTBENCH_MODEL_MEMORY"]
)
@pytest.mark.parametrize("value", ["many", "0", "-1", "inf", "nan"])
def test_a_limit_out_of_range_names_the_variable(name, value):
    with pytest.raises(UserError, match=name):
        read_settings({name: value})


@pytest.mark.parametrize("name", [*(v.name for v in VARIABLES), mlflow_tracking.VARIABLE])
def test_every_variable_is_in_the_readme(name):
    assert f"`{name}`" in Path(PROJECT / "README.md").read_text(encoding="utf-8")
