"""What every test shares: a quiet TensorFlow, and no settings from the outside."""

import os

import pytest

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
