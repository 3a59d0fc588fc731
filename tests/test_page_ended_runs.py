"""Ended runs on the Training page: resumed, tried again and deleted; active ones deleted too."""

import json

import pytest
from run_folders import (
    button,
    make_finished_run,
    make_run,
    open_page,
    text_of,
)

from core import run_requests, runs
from core.training.config import configure

pytestmark = pytest.mark.usefixtures("queue_stands_still")


def make_interrupted(settings):
    """A run whose status says that it runs, written by a process that is gone."""
    run = make_run(settings, state=runs.RUNNING, epoch=4, epochs=30)
    path = run.folder / "status.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"process_started": 0.0}))
    return run


def state(settings, run):
    return runs.read_run(settings.runs, run.id).state


def keys(page):
    return {button.key for button in page.button}


def test_a_failed_run_shows_its_sentence_and_its_log(settings):
    run = make_run(settings, state=runs.FAILED, message="Out of memory at batch size 16.")
    (run.folder / "worker.log").write_text("the last line\n")
    page = open_page("training")
    assert "Out of memory at batch size 16." in page.error[-1].value
    assert page.code[0].value == "the last line"


def test_an_ended_run_is_deleted_only_when_confirmed(settings):
    run = make_finished_run(settings)
    page = open_page("training")
    assert "on 12 validation images" in text_of(page)
    assert run.folder.exists()
    page.button(key=f"really-{run.id}").click().run()
    assert not page.exception
    assert not run.folder.exists()
    assert run.id not in text_of(page)


def test_interrupted_runs_are_offered_at_the_top_and_all_resumed(settings):
    interrupted = [make_interrupted(settings) for _ in range(2)]
    page = open_page("training")
    assert not page.exception
    assert "**2 runs were interrupted**" in page.warning[0].value
    button(page, "Resume them").click().run()
    assert {state(settings, run) for run in interrupted} == {runs.QUEUED}
    assert "interrupted**" not in text_of(page)


@pytest.mark.parametrize(
    ("ended", "label"),
    [(runs.STOPPED, "Resume"), (runs.INTERRUPTED, "Resume"), (runs.FAILED, "Try again")],
)
def test_a_run_that_ended_early_goes_back_into_the_queue(settings, ended, label):
    run = (
        make_interrupted(settings)
        if ended == runs.INTERRUPTED
        else make_run(settings, state=ended, message="Why.", epoch=4, epochs=30)
    )
    assert "it would begin again" in text_of(open_page("training"))
    run.checkpoint_path.touch()
    page = open_page("training")
    assert "It would go on from its checkpoint, in epoch 4 of 30." in text_of(page)
    button(page, label).click().run()
    assert not page.exception
    assert state(settings, run) == runs.QUEUED


def test_what_somebody_else_has_resumed_meanwhile_is_one_sentence(settings):
    run = make_run(settings, state=runs.STOPPED)
    page = open_page("training")
    run_requests.requeue(run)
    button(page, "Resume").click().run()
    assert not page.exception
    assert any("is queued" in error.value for error in page.error)


def test_a_finished_run_has_nothing_to_resume(settings):
    run = make_finished_run(settings)
    assert f"resume-{run.id}" not in keys(open_page("training"))


@pytest.mark.parametrize("name", ["config.json", "status.json"])
def test_a_damaged_run_says_so_and_can_only_be_deleted(settings, name):
    run = make_run(settings, state=runs.STOPPED)
    (run.folder / name).unlink()
    page = open_page("training")
    assert any(f"{name} of {run.id} is missing" in error.value for error in page.error)
    assert f"resume-{run.id}" not in keys(page)
    page.button(key=f"really-{run.id}").click().run()
    assert not run.folder.exists()


def test_a_queued_run_is_deleted_when_confirmed(settings):
    run = make_run(settings)
    page = open_page("training")
    assert "Stop it, and delete" in text_of(page)
    page.button(key=f"really-{run.id}").click().run()
    assert not page.exception
    assert not run.folder.exists()


def test_looking_at_the_page_writes_nothing(settings):
    make_finished_run(settings)
    make_run(settings)
    make_interrupted(settings)

    def written():
        return {
            str(path): path.stat().st_mtime_ns
            for path in sorted(settings.artifacts.rglob("*"))
            if path.suffix != ".lock"
        }

    open_page("training")
    before = written()
    open_page("training")
    assert written() == before


def test_a_run_that_ends_shows_though_the_runs_of_a_study_were_looked_at(settings):
    config = configure("TinyCNN", "finetune", study="seeds").model_dump(mode="json")
    runs.write_status(runs.create_run(settings.runs, config, "member"), state=runs.STOPPED)
    page = open_page("training")
    assert "study seeds" in [box.options[0] for box in page.selectbox]
    make_run(settings, state=runs.STOPPED, message="Stopped on request.")
    assert "Stopped on request." in text_of(page.run())
