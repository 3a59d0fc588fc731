"""What tests share: a quiet TensorFlow, no settings from outside, a browser, calls of commands."""

import json
import os
import random
import secrets

import pytest
from dashboard_in_browser import ARGUMENTS, CHROMIUM
from run_folders import make_environment, no_worker
from streamlit.runtime.scriptrunner import script_runner
from tiny_study import environment

from core import QUIET_READERS, runs
from core.__main__ import main
from core.settings import VARIABLES
from core.training import mlflow_tracking
from pages.components import take_away

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_configure(config):
    """pytest sets filters of its own around every test, and those of the program are gone."""
    for reader in QUIET_READERS:
        config.addinivalue_line("filterwarnings", f"ignore:::{reader}")


@pytest.fixture(autouse=True, scope="session")
def no_settings_from_outside():
    """Whoever runs the tests may have real data set up; the tests use their own."""
    with pytest.MonkeyPatch.context() as environment:
        for variable in VARIABLES:
            environment.delenv(variable.name, raising=False)
        environment.delenv(mlflow_tracking.VARIABLE, raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def keras_is_left_alone():
    """Streamlit clears Keras after every script run once it is loaded, which takes seconds.

    The dashboard's server never loads it; a process that runs tests of networks as well has.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        yield


@pytest.fixture(autouse=True)
def images_are_drawn_alike(monkeypatch):
    """The Prediction page draws an image by chance, and one in fifty of noise may be refused."""
    monkeypatch.setattr(secrets, "randbelow", random.Random(0).randrange)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """A small collection and an empty artifacts folder; who needs more has settings of its own."""
    return make_environment(tmp_path, monkeypatch)


@pytest.fixture
def queue_stands_still(settings, tmp_path, monkeypatch):
    """What a page queues stays queued, and no weights lie where Keras keeps them."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with no_worker(settings):
        yield


@pytest.fixture
def offered(monkeypatch):
    """What the buttons of a page would give: (name, exact table, words) by key."""
    shown = {}
    buttons = take_away._buttons

    def record(name, key, exact, words):
        buttons(name, key, exact, words)
        shown[key] = name, exact, words

    monkeypatch.setattr(take_away, "_buttons", record)
    return shown


@pytest.fixture(scope="module")
def browser():
    """Chromium, driven by Playwright; without either the test is skipped."""
    playwright_api = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed; `make test` installs it."
    )
    if not CHROMIUM.exists():
        pytest.skip(f"There is no browser at {CHROMIUM}; install chromium.")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


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


@pytest.fixture
def refused(call, settings):
    """Call a command and see that it refuses in one sentence with ``word``, and leaves no run."""

    def refused(arguments, word):
        before = len(runs.list_runs(settings.runs))
        code, answer, told = call(*arguments)
        assert code == 2
        assert word in answer["error"] and answer["error"] in told
        assert "\n" not in answer["error"] and "Traceback" not in told
        assert len(runs.list_runs(settings.runs)) == before, "a refused run must leave no folder"

    return refused
