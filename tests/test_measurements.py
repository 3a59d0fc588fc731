"""Measurements of finished runs: queued once, executed like runs, kept in the folder of the run."""

import json
from dataclasses import replace

import pytest
from run_folders import button, make_finished_run, make_run, open_page, text_of

from core import engine, measurements, run_requests, runs
from core.commands import COMMANDS
from core.engine import execute, execute_in_turn
from core.errors import UserError
from core.files import write_json
from core.measurements import MEASUREMENTS, newest, submit
from core.training import jobs
from core.training.jobs import delete, next_run

pytestmark = pytest.mark.usefixtures("queue_stands_still")
NAMES = pytest.mark.parametrize("name", MEASUREMENTS)


@pytest.fixture
def run(settings):
    return make_finished_run(settings, recipe="quick", weights="none", split={"by": "patient"})


@pytest.fixture
def measured_by(monkeypatch):
    """Let a function stand in for the network in every measurement, or in one."""

    def measured_by(make):
        for name, row in MEASUREMENTS.items():
            monkeypatch.setitem(measurements.MEASUREMENTS, name, replace(row, make=make))

    return measured_by


def now(job):
    return runs.read_run(job.folder.parent, job.id)


@NAMES
def test_every_measurement_is_a_command_and_a_file_of_the_run(name):
    assert name in [command.name for command in COMMANDS]
    assert f"    {MEASUREMENTS[name].result} " in runs.__doc__


@NAMES
def test_one_is_queued_once_and_one_that_ended_gives_way(name, settings, run):
    row = MEASUREMENTS[name]
    (job,) = submit(row, [run], settings)
    assert job.state == runs.QUEUED and job.config == {"measurement": name, "run": run.id}
    assert job.status["environment"]["CHESTBENCH_ARTIFACTS"] == str(settings.artifacts)
    assert submit(row, [run], settings) == [job]
    assert next_run(settings).id == job.id
    run_requests.request_stop(job)
    (again,) = submit(row, [run], settings)
    assert again.id != job.id and not job.folder.exists()
    assert newest(row, settings) == {run.id: again}
    others = [other for other in MEASUREMENTS.values() if other is not row]
    assert not any(newest(other, settings) for other in others)


@NAMES
def test_an_interrupted_one_is_left_to_the_next_worker(name, settings, run):
    (job,) = submit(MEASUREMENTS[name], [run], settings)
    runs.write_status(job, state=runs.RUNNING)
    status = json.loads((job.folder / "status.json").read_text()) | {"pid": 2**22 + 1}
    write_json(job.folder / "status.json", status)
    assert now(job).state == runs.INTERRUPTED
    assert [found.id for found in submit(MEASUREMENTS[name], [run], settings)] == [job.id]
    assert next_run(settings).id == job.id


@NAMES
def test_with_one_run_that_cannot_be_measured_nothing_is_queued(name, settings, run):
    with pytest.raises(UserError, match="finished"):
        submit(MEASUREMENTS[name], [run, make_run(settings)], settings)
    assert not newest(MEASUREMENTS[name], settings)


def test_the_cheat_test_is_refused_to_a_run_that_trained_its_backbone(settings):
    whole = make_finished_run(settings)
    with pytest.raises(UserError, match="frozen"):
        submit(MEASUREMENTS["cheat-test"], [whole], settings)


@NAMES
def test_what_is_measured_lies_in_the_folder_of_the_run(
    name, settings, run, measured_by, monkeypatch
):
    measured_by(lambda run, settings, progress: {"of": run.id})
    # Nor does it go where experiments are collected.
    monkeypatch.setattr(engine, "tracked", None)
    (job,) = submit(MEASUREMENTS[name], [run], settings)
    assert execute(job, settings), now(job).status
    assert now(job).state == runs.FINISHED and now(job).metrics() == {"of": run.id}
    kept = json.loads((run.folder / MEASUREMENTS[name].result).read_text())
    assert kept == {"of": run.id}
    # It is no run, so nothing compares it with one.
    assert [found.id for found in runs.list_runs(settings.runs)] == [run.id]


def test_one_that_is_stopped_keeps_nothing(settings, run, measured_by):
    def make(run, settings, progress):
        progress("Measuring", 1, 9)
        run_requests.request_stop(job)
        progress("Measuring", 2, 9)

    measured_by(make)
    (job,) = submit(MEASUREMENTS["lung-heat"], [run], settings)
    assert not execute(job, settings)
    assert now(job).state == runs.STOPPED and now(job).status["message"] == "Stopped on request."
    assert not (run.folder / MEASUREMENTS["lung-heat"].result).exists()


def test_a_run_deleted_meanwhile_is_not_made_anew(settings, run, measured_by):
    measured_by(lambda run, settings, progress: run_requests.delete_run(run) or {})
    (job,) = submit(MEASUREMENTS["lung-heat"], [run], settings)
    assert not execute(job, settings)
    assert "deleted" in now(job).status["message"] and not run.folder.exists()


def test_an_unknown_measurement_is_one_sentence(settings, run):
    (job,) = submit(MEASUREMENTS["lung-heat"], [run], settings)
    write_json(job.folder / "config.json", {"measurement": "charm", "run": run.id})
    assert not execute(now(job), settings)
    assert "names no measurement; known are cheat-test" in now(job).status["message"]


def test_a_deleted_run_takes_what_was_to_be_measured_of_it_along(settings, run):
    asked = [job for row in MEASUREMENTS.values() for job in submit(row, [run], settings)]
    delete(run, settings)
    assert not run.folder.exists() and not any(job.folder.exists() for job in asked)


def test_the_command_deletes_them_too_and_shows_and_stops_one(settings, run, call):
    (job,) = submit(MEASUREMENTS["lung-heat"], [run], settings)
    code, answer, _ = call("runs", "--delete", run.id)
    assert code == 2 and job.id in answer["error"] and run.folder.exists()
    assert call("runs", "--stop", job.id)[0] == 0
    assert call("runs", "--show", job.id)[1]["status"] == runs.STOPPED
    assert call("runs", "--delete", run.id)[0] == 0
    assert not run.folder.exists() and not job.folder.exists()


def test_the_page_offers_one_run_or_all_and_follows_them(settings, run):
    other = make_finished_run(settings, recipe="quick", weights="none", seed=1)
    page = open_page("comparison")
    (which,) = [box for box in page.selectbox if box.key == "cheat-test-of"]
    assert len(which.options) == 3 and which.options[-1] == "all 2 runs"
    button(page, "Make the cheat test").click().run()
    assert not page.exception and not page.error
    assert len(newest(MEASUREMENTS["cheat-test"], settings)) == 1
    # The other one can still be asked for.
    button(page, "Make the cheat test").click().run()
    asked = newest(MEASUREMENTS["cheat-test"], settings)
    assert {*asked} == {run.id, other.id}
    assert "Make the cheat test" not in [b.label for b in page.button]
    at_work = {"phase": "Reading images", "step": 30, "steps": 120, "seconds_left": 240.0}
    runs.write_status(asked[run.id], state=runs.RUNNING, **at_work)
    page = open_page("comparison")
    assert "1 more waits for its turn" in text_of(page)
    (bar,) = page.get("progress")
    assert bar.proto.text == "Reading images: 30 of 120, about 4 minutes left of this step"
    button(page, "Stop").click().run()
    assert all(run_requests.stop_requested(now(job)) for job in asked.values())
    assert button(page, "Stopping").disabled


@pytest.mark.parametrize(
    ("state", "said"),
    [(runs.FAILED, "The images have changed."), (runs.STOPPED, "What it had read is kept")],
)
def test_the_page_says_how_one_ended_and_offers_it_again(settings, run, state, said):
    (job,) = submit(MEASUREMENTS["cheat-test"], [run], settings)
    runs.write_status(job, state=state, started=1.0, message="The images have changed.")
    page = open_page("comparison")
    assert said in text_of(page)
    button(page, "Make the cheat test").click().run()
    assert newest(MEASUREMENTS["cheat-test"], settings)[run.id].state == runs.QUEUED


def test_what_holds_it_up_is_named(settings, run):
    make_run(settings, state=runs.RUNNING)
    submit(MEASUREMENTS["cheat-test"], [run], settings)
    assert "Waiting until this has ended: **TinyCNN, finetune" in text_of(open_page("comparison"))


def test_the_training_page_shows_what_holds_the_queue_up(settings, run):
    (job,) = submit(MEASUREMENTS["cheat-test"], [run], settings)
    runs.write_status(job, state=runs.RUNNING, phase="Reading images", step=3, steps=9)
    make_run(settings)
    page = open_page("training")
    assert not page.exception
    words = text_of(page)
    assert "**Cheat test: TinyCNN, quick, patient" in words and "next in the queue" in words
    button(page, "Stop").click().run()
    assert run_requests.stop_requested(now(job))


def test_a_queue_that_nobody_serves_is_said(settings, run, monkeypatch):
    (job,) = submit(MEASUREMENTS["cheat-test"], [run], settings)
    monkeypatch.setattr(jobs, "worker_at_work", lambda settings: False)
    assert "Start the worker again" not in [b.label for b in open_page("comparison").button]
    status = json.loads((job.folder / "status.json").read_text()) | {"heartbeat": 1.0}
    write_json(job.folder / "status.json", status)
    assert "Start the worker again" in [b.label for b in open_page("comparison").button]


def test_measurements_that_follow_each_other_share_a_process(
    settings, run, measured_by, monkeypatch
):
    monkeypatch.setattr(
        engine, "_write_to_log_of", lambda run: None
    )  # not over the log of the tests
    measured_by(lambda run, settings, progress: {"of": run.id})
    other = make_finished_run(settings, recipe="quick", weights="none", seed=1)
    queued = submit(MEASUREMENTS["lung-heat"], [run, other], settings)
    queued += submit(MEASUREMENTS["cheat-test"], [run], settings)
    assert execute_in_turn(queued[0], settings)
    assert [now(job).state for job in queued] == [runs.FINISHED] * 3
    assert len({now(job).status["pid"] for job in queued}) == 1
