"""What tests share: a quiet TensorFlow, no settings from the outside, and calls of commands."""

import json
import os

import pytest
from tiny_study import environment

from core.__main__ import main
from core.settings import VARIABLES
from core.training import mlflow_tracking

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(autouse=True, scope="session")
def no_settings_from_outside():
    """Whoever runs the tests may have real data set up; the tests use their own."""
    with pytest.MonkeyPatch.context() as environment:
        for variable in VARIABLES:
            environment.delenv(variable.name, raising=False)
        environment.delenv(mlflow_tracking.VARIABLE, raising=False)
        yield


@pytest.fixture
def call(settings, monkeypatch, capsys):
    """Call a command in this process; give its exit code, its JSON and what it told people."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)

    def call(*arguments):
        code = main([*map(str, arguments), "--json"])
        out, told = capsys.readouterr()
        return code, json.loads(out.splitlines()[-1]), told

    return call
