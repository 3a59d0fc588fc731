"""Home: counts, the next step, and the study's progress, as they stand on disk."""

import json
import re

import pytest
from small_collection import IMAGES_IN_ALL, make_collection
from streamlit.testing.v1 import AppTest

from core import run_requests, runs
from core.demonstration import demonstration_study
from core.settings import PROJECT, read_settings
from core.standing import NO_GPU, Standing, duration, latest_study, next_step, progress_of
from core.training import jobs
from pages.components.tour import PAGES


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("CHESTBENCH_DATA", str(make_collection(tmp_path / "data")))
    monkeypatch.setenv("CHESTBENCH_ARTIFACTS", str(tmp_path / "artifacts"))
    monkeypatch.delenv("CHESTBENCH_WEIGHTS", raising=False)
    return read_settings()


def open_home():
    page = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).run()
    assert not page.exception and not page.error
    return page


def words(page):
    return "\n".join(e.value for e in (*page.markdown, *page.caption))


def queue_study(settings):
    for config in demonstration_study():
        runs.create_run(settings.runs, config.model_dump(mode="json"), config.backbone)
    return runs.list_runs(settings.runs)


def finish(run, score):
    metrics = {"balanced_accuracy": score, "n_validation": 6}
    (run.folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    runs.write_status(run, state=runs.FINISHED, device="Some CPU (tensorflow, no GPU)")


def figures(page):
    """The figures of the cards by their names, in the order of the page."""
    cards = "".join(block.proto.body for block in page.get("html"))
    return dict(re.findall(r'<p class="figure"><span>(.*?)</span> <b>(.*?)</b>', cards))


def test_says_what_is_there_and_offers_the_study(settings):
    page = open_home()
    values = figures(page)
    assert values["Real X-rays"] == str(IMAGES_IN_ALL)
    assert values["Runs finished"] == "0"
    assert page.button(key="start-study").label == "Run the demonstration study"
    assert "SYNTHETIC" not in words(page)
    assert "coronavirus <b>6</b>" in "".join(block.proto.body for block in page.get("html"))


def test_the_demonstration_set_is_marked(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("CHESTBENCH_DATA", "")
    from core.data import phantom

    monkeypatch.setattr(phantom, "PERSONS", {"normal": 1, "bacteria": 1, "virus": 1, "covid19": 1})
    page = open_home()
    assert "SYNTHETIC" in words(page)
    assert next(iter(figures(page))) == "Synthetic images"


def test_the_button_queues_the_study_and_its_progress_can_be_stopped(settings, monkeypatch):
    # The worker itself is tested elsewhere; here it would only train.
    monkeypatch.setattr(jobs, "start_worker", lambda settings: None)
    page = open_home()
    page.button(key="start-study").click().run()
    queued = runs.list_runs(settings.runs)
    assert [run.state for run in queued] == [runs.QUEUED] * len(demonstration_study())
    assert "A run is at work" in words(page)
    page.button(key="stop-study").click().run()
    assert all(run_requests.stop_requested(run) for run in queued)


def test_a_finished_study_leads_to_the_comparison(settings):
    for number, run in enumerate(queue_study(settings)):
        finish(run, 0.9 + number / 100)
    page = open_home()
    assert "runs to compare" in words(page)
    assert any("comparison" in link.page for link in page.get("page_link"))
    assert figures(page)["Computer"] == "No GPU used"
    assert page.button(key="start-study").label == "Run the study again"


def test_a_missing_data_folder_is_one_sentence(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("CHESTBENCH_DATA", str(tmp_path / "nowhere"))
    page = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).run()
    assert not page.exception
    assert "does not exist" in page.error[0].value


STANDING = {
    "images": 1,
    "placeable": 1,
    "synthetic": False,
    "by_class": {"normal": 1},
    "finished": 0,
    "active": 0,
    "interrupted": 0,
    "unfinished": 0,
    "weights": (),
    "wanted": 7,
    "device": NO_GPU,
}


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({}, ""),
        ({"active": 1}, "training"),
        ({"finished": 1}, "training"),
        ({"finished": 2}, "comparison"),
        ({"unfinished": 1}, "training"),
        ({"interrupted": 1, "unfinished": 1, "finished": 2}, "training"),
    ],
)
def test_next_step(changes, target):
    step = next_step(Standing(**(STANDING | changes)))
    assert step.page == target and step.sentence.endswith(".")
    assert ("Resume" in step.link) == bool(changes.get("interrupted"))


def test_progress_in_words(settings):
    run = queue_study(settings)[0]
    assert progress_of(run) == (0.0, "waiting its turn")
    runs.write_status(
        run, state=runs.RUNNING, phase="Training", step=30, steps=120, seconds_left=65
    )
    share, said = progress_of(runs.read_run(settings.runs, run.id))
    assert share == 0.25 and said == "Training, 30 of 120, 1 min 05 s left"
    finish(run, 0.9)
    share, said = progress_of(runs.read_run(settings.runs, run.id))
    assert share == 1.0 and "90.0\N{NO-BREAK SPACE}%" in said and "n = 6" in said


# Field of config.json, status.json or metrics.json -> values that nobody but a hand can leave.
EDITED = {
    "config": {
        "split": ["patient", 3, None, {"by": ["image"]}, {"by": "neither"}, {}],
        "backbone": [None, ["VGG16"], 5],
    },
    "status": {
        "step": ["3", [3], -1, 1e300],
        "steps": ["x", 0, None, True],
        "seconds_left": ["soon", -5, {}],
        "phase": [7, ["Training"]],
        "device": [["a"], 3],
    },
    "metrics": {
        "balanced_accuracy": ["high", 7, True],
        "ci95": ["none", {"balanced_accuracy": 0.9}, {"balanced_accuracy": ["a", None]}],
        "n_validation": ["many", [6], -1],
    },
}


def test_runs_edited_by_hand_do_not_break_home(settings):
    running, finished, _ = queue_study(settings)
    finish(finished, 0.9)
    metrics = {**finished.metrics(), "ci95": {"balanced_accuracy": [0.8, 0.95]}}
    good = {"step": 3, "steps": 8, "seconds_left": 60.0}
    contents = {"config": running.config, "status": good, "metrics": metrics}
    for kind, fields in EDITED.items():
        for field, values in fields.items():
            for value in values:
                edited = contents[kind] | {field: value}
                if kind == "status":
                    runs.write_status(running, state=runs.RUNNING, **edited)
                else:
                    run = running if kind == "config" else finished
                    (run.folder / f"{kind}.json").write_text(json.dumps(edited), encoding="utf-8")
                for run in latest_study(runs.list_runs(settings.runs)):
                    share, said = progress_of(run)
                    assert 0 <= share <= 1 and said and "nan" not in said
    # The last of each are still there, and the page shows them all.
    (running.folder / "config.json").write_text(
        json.dumps(running.config | {"split": "patient", "backbone": None}), encoding="utf-8"
    )
    page = open_home()
    shown = [progress.text for progress in page.get("progress")]
    assert any(running.id in said and "split not known" in said for said in shown)
    assert len(shown) == 3


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (61, "1 min 01 s"), (7800, "2 h 10 min")]
)
def test_duration(seconds, said):
    assert duration(seconds) == said


def test_home_leads_to_every_page(settings):
    pages = {file.stem for file in (PROJECT / "pages").glob("*.py")}
    assert {name for name, *_ in PAGES} == pages
    assert pages - {"home"} <= {link.page for link in open_home().get("page_link")}
