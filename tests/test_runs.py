"""Run folders: made whole, read with distrust, never half deleted."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from core import run_requests, runs
from core.errors import UserError

HEADER = ",".join(runs.HISTORY_COLUMNS) + "\n"


def make(folder, name="TinyCNN-quick"):
    return runs.create_run(folder, {"backbone": "TinyCNN"}, name)


def test_a_new_run_is_queued_and_listed_newest_first(tmp_path):
    # Two made in one millisecond once came in the order of their names.
    made = [make(tmp_path, name) for name in ("z", "y", "x", "w")]
    assert [run.state for run in made] == [runs.QUEUED] * 4
    listed = runs.list_runs(tmp_path)
    assert [r.id for r in listed] == [r.id for r in reversed(made)]
    assert listed[0].config == {"backbone": "TinyCNN"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_folders_of_other_programs_are_passed_over(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "20260101-000000-file").touch()
    assert runs.list_runs(tmp_path) == []
    assert runs.list_runs(tmp_path / "absent") == []


@pytest.mark.parametrize("identifier", ["", "..", "../elsewhere", "absent"])
def test_an_unknown_run_is_a_clear_sentence(tmp_path, identifier):
    with pytest.raises(UserError, match="no run"):
        runs.read_run(tmp_path, identifier)


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("config.json", None, "config.json .* missing"),
        ("config.json", "{half", "config.json .* cannot be read"),
        ("config.json", "[1]", "not a JSON object"),
        ("status.json", None, "status.json .* missing"),
        ("status.json", '{"state": "dancing"}', "no known state"),
    ],
)
def test_a_folder_edited_by_hand_has_a_problem_and_harms_no_other(
    tmp_path, file, content, sentence
):
    broken, good = make(tmp_path), make(tmp_path)
    path = broken.folder / file
    path.unlink() if content is None else path.write_text(content)
    by_id = {run.id: run for run in runs.list_runs(tmp_path)}
    assert by_id[broken.id].state == runs.FAILED
    assert re.search(sentence, by_id[broken.id].problem)
    assert by_id[good.id].state == runs.QUEUED


def test_a_running_run_whose_process_is_gone_reads_as_interrupted(tmp_path):
    run = make(tmp_path)
    code = (
        "import sys; from pathlib import Path; from core import runs;"
        "runs.write_status(runs.read_run(Path(sys.argv[1]), sys.argv[2]), state='running')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path), run.id], check=True)
    assert json.loads((run.folder / "status.json").read_text())["state"] == runs.RUNNING
    assert runs.read_run(tmp_path, run.id).state == runs.INTERRUPTED
    runs.write_status(run, state=runs.RUNNING)
    assert runs.read_run(tmp_path, run.id).state == runs.RUNNING


def test_a_row_of_history_torn_by_a_crash_is_left_out(tmp_path):
    run = make(tmp_path)
    row = "batch,Training,1,1,0.1,0.001,0.7,0.5,,\n"
    (run.folder / "history.csv").write_text(HEADER + row + "batch,Training,1,2,0.2,0.0")
    history = run.history()
    assert len(history) == 1
    assert history["loss"].item() == 0.7


def test_absent_or_foreign_tables_are_empty(tmp_path):
    run = make(tmp_path)
    assert run.history().empty
    assert run.metrics() == {}
    (run.folder / "history.csv").write_text("a,b\n1,2\n")
    assert list(run.history().columns) == list(runs.HISTORY_COLUMNS)
    assert run.history().empty
    assert run.log_tail() == ""


def test_the_log_tail_is_its_last_lines(tmp_path):
    run = make(tmp_path)
    (run.folder / "worker.log").write_text("\n".join(str(i) for i in range(500)))
    assert run.log_tail(3) == "497\n498\n499"


def test_an_active_run_is_stopped_not_deleted(tmp_path):
    run = make(tmp_path)
    with pytest.raises(UserError, match="stop it"):
        run_requests.delete_run(run)
    runs.write_status(run, state=runs.RUNNING)
    run_requests.request_stop(run)
    assert run_requests.stop_requested(run)
    assert runs.read_run(tmp_path, run.id).state == runs.RUNNING
    runs.write_status(run, state=runs.STOPPED)
    run_requests.delete_run(runs.read_run(tmp_path, run.id))
    assert runs.list_runs(tmp_path) == []


def test_a_queued_run_that_is_stopped_needs_no_worker_to_end(tmp_path):
    run = make(tmp_path)
    run_requests.request_stop(run)
    stopped = runs.read_run(tmp_path, run.id)
    assert (stopped.state, stopped.status["message"]) == (
        runs.STOPPED,
        "Stopped before its turn came.",
    )
    run_requests.delete_run(stopped)
    # Two visitors press the button at once.
    run_requests.delete_run(stopped)
    assert runs.list_runs(tmp_path) == []


def test_a_run_that_has_ended_meanwhile_is_not_stopped(tmp_path):
    seen_queued = make(tmp_path)
    runs.write_status(seen_queued, state=runs.FINISHED)
    run_requests.request_stop(seen_queued)
    assert runs.read_run(tmp_path, seen_queued.id).state == runs.FINISHED
    assert not run_requests.stop_requested(seen_queued)


def test_a_deleted_folder_does_not_come_back(tmp_path):
    run = make(tmp_path)
    shutil.rmtree(run.folder)
    for write in (
        lambda: runs.write_status(run, state=runs.RUNNING),
        lambda: run_requests.request_stop(run),
    ):
        with pytest.raises(UserError, match=run.id):
            write()
    assert not run.folder.exists()


@pytest.mark.parametrize("state", runs.STATES)
def test_only_what_ended_early_goes_back_into_the_queue(tmp_path, state):
    run = runs.create_run(tmp_path, {"backbone": "TinyCNN"}, "tiny", {"CHESTBENCH_DATA": "here"})
    environment = run.status["environment"]
    runs.write_status(run, state=state, environment=environment, device="a processor", phase="x")
    (run.folder / "stop").touch()
    if state == runs.INTERRUPTED:
        # As a crash leaves it.
        status = json.loads((run.folder / "status.json").read_text())
        status |= {"state": runs.RUNNING, "process_started": 0}
        (run.folder / "status.json").write_text(json.dumps(status))
    if state not in runs.RESUMABLE:
        with pytest.raises(UserError, match=f"is {state}"):
            run_requests.requeue(run)
        assert runs.read_run(tmp_path, run.id).state == state
        return
    again = run_requests.requeue(run)
    assert again.state == runs.QUEUED
    assert again.status["environment"] == environment
    assert again.status["device"] == "a processor" and "phase" not in again.status
    assert not run_requests.stop_requested(again)
    with pytest.raises(UserError, match="is queued"):
        run_requests.requeue(run)


def test_a_folder_that_cannot_be_used_is_not_resumed(tmp_path):
    run = make(tmp_path)
    (run.folder / "config.json").write_text("{")
    with pytest.raises(UserError, match=r"config\.json"):
        run_requests.requeue(run)
