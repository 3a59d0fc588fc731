"""The worker takes the queue run by run, outlives whoever started it, and survives its runs."""

import os
import shutil
import signal
import time
from dataclasses import replace

import keras
import numpy as np
import psutil
import pytest
from filelock import FileLock
from tiny_study import queue, tiny_config, tiny_settings, tiny_study

from core import run_requests, runs
from core.errors import UserError
from core.training.jobs import WORKER_LOCK, delete, resume, start_worker, submit, wait
from core.training.worker import execute_apart, work

settings = tiny_settings


def until(condition, seconds=90):
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return value


def read(run, settings):
    return runs.read_run(settings.runs, run.id)


def test_submitted_runs_finish_in_their_order_and_a_failed_one_stops_none(settings):
    submitted = submit(
        [tiny_config(), tiny_config(weights="absent.h5"), tiny_config("quick")], settings
    )
    # Two people press Start at once: the second worker finds the first one at work.
    start_worker(settings)
    ended = [wait(run, settings, lambda _: None) for run in submitted]
    assert [run.state for run in ended] == [runs.FINISHED, runs.FAILED, runs.FINISHED]
    assert "absent.h5" in ended[1].status["message"]
    times = [(run.status["started"], run.status["ended"]) for run in ended]
    assert times[0][1] <= times[1][0] and times[1][1] <= times[2][0]


def test_a_run_whose_process_is_killed_fails_with_a_sentence(settings):
    (run,) = submit([tiny_config(epochs=1000)], settings)
    until(lambda: len(read(run, settings).history()) > 3)
    status = read(run, settings).status
    worker = psutil.Process(status["pid"]).parent()
    # The worker leads a session of its own, so the end of the server's session does not reach it.
    assert worker.pid != psutil.Process().pid
    assert os.getsid(worker.pid) == worker.pid
    psutil.Process(status["pid"]).send_signal(signal.SIGKILL)
    ended = until(lambda: r if (r := read(run, settings)).state == runs.FAILED else None)
    assert "signal 9" in ended.status["message"]
    assert len(ended.history()) > 3


def test_a_queued_run_can_be_stopped_before_it_begins(tmp_path):
    # Where other runs have just ended, their worker still looks round and once took this one first.
    settings = tiny_study(tmp_path)
    run = queue(tiny_config(), settings)
    run_requests.request_stop(run)
    execute_apart(read(run, settings), settings)
    assert read(run, settings).state == runs.STOPPED
    assert not (run.folder / "worker.log").exists()


def test_a_run_deleted_while_it_trains_ends_and_the_next_one_begins(settings):
    deleted, following = submit([tiny_config(epochs=1000), tiny_config()], settings)
    until(lambda: len(read(deleted, settings).history()) > 3)
    process = psutil.Process(read(deleted, settings).status["pid"])
    shutil.rmtree(deleted.folder)
    assert wait(following, settings, lambda _: None).state == runs.FINISHED
    assert not process.is_running()
    assert not deleted.folder.exists()


def test_a_run_that_no_worker_takes_is_not_waited_for_without_end(tmp_path):
    settings = tiny_study(tmp_path)
    run = queue(tiny_config(), settings)
    with pytest.raises(UserError, match="python -m core worker"):
        wait(run, settings, lambda _: None, poll_seconds=0.01, unattended_seconds=0.1)
    with pytest.raises(TimeoutError), FileLock(settings.artifacts / WORKER_LOCK):
        # With a worker at work it is waited for.
        looks = iter(range(30))
        wait(run, settings, lambda _: out_of_time(looks), 0.01, unattended_seconds=0.1)
    run_requests.request_stop(run)


def out_of_time(looks):
    if next(looks, None) is None:
        raise TimeoutError


def test_a_worker_that_is_killed_interrupts_its_run_and_the_next_one_resumes_it(tmp_path):
    settings = tiny_study(tmp_path)
    epochs = 30
    whole, broken = submit([tiny_config(epochs=epochs), tiny_config(epochs=epochs)], settings)
    assert wait(whole, settings, lambda _: None).state == runs.FINISHED
    for rows in (20, 90):
        until(lambda rows=rows: len(read(broken, settings).history()) > rows)
        process = psutil.Process(read(broken, settings).status["pid"])
        process.parent().send_signal(signal.SIGKILL)
        until(lambda p=process: not p.is_running() or p.status() == psutil.STATUS_ZOMBIE)
        assert read(broken, settings).state == runs.INTERRUPTED
        start_worker(settings)
    assert wait(broken, settings, lambda _: None).state == runs.FINISHED
    histories = [read(run, settings).history() for run in (whole, broken)]
    assert histories[1].query("kind == 'epoch'")["epoch"].tolist() == list(range(1, epochs + 1))
    assert histories[1]["step"].tolist() == histories[0]["step"].tolist()
    assert np.allclose(histories[1]["loss"], histories[0]["loss"], atol=1e-5)
    weights = [keras.saving.load_model(run.model_path).get_weights() for run in (whole, broken)]
    assert max(np.abs(a - b).max() for a, b in zip(*weights, strict=True)) < 1e-4


def test_heads_that_follow_each_other_share_a_process_and_begin_as_if_alone(tmp_path):
    settings = tiny_study(tmp_path)
    configs = [tiny_config("quick", seed=seed, views=1) for seed in (0, 0)]
    first, second = submit([*configs], settings)
    ended = [wait(run, settings, lambda _: None) for run in (first, second)]
    assert [run.state for run in ended] == [runs.FINISHED] * 2
    assert ended[0].status["pid"] == ended[1].status["pid"]
    columns = [name for name in ended[0].predictions() if name.startswith("p_")]
    assert np.allclose(ended[0].predictions()[columns], ended[1].predictions()[columns], atol=1e-5)
    assert (second.folder / "worker.log").exists()


def test_one_worker_works_one_waits_and_a_third_leaves(tmp_path):
    settings = tiny_study(tmp_path)
    settings.artifacts.mkdir(exist_ok=True)
    with FileLock(settings.artifacts / WORKER_LOCK):
        for _ in range(3):
            start_worker(settings)
        log = settings.artifacts / "worker.log"
        until(lambda: log.exists() and log.read_text().count("\n") == 3)
        said = log.read_text()
        assert said.count("waiting until it has ended") == 1
        assert said.count("another one waits") == 2


def test_a_running_run_is_deleted_once_it_has_stopped(settings):
    (run,) = submit([tiny_config(epochs=1000)], settings)
    until(lambda: len(read(run, settings).history()) > 3)
    delete(run, settings, patience_seconds=60)
    assert not run.folder.exists()


def test_a_stopped_run_goes_on_when_it_is_resumed(settings):
    (run,) = submit([tiny_config(epochs=60)], settings)
    until(lambda: len(read(run, settings).history()) > 3)
    run_requests.request_stop(read(run, settings))
    stopped = wait(run, settings, lambda _: None)
    assert stopped.state == runs.STOPPED
    steps = len(stopped.history())
    resume([stopped], settings)
    ended = wait(run, settings, lambda _: None)
    assert ended.state == runs.FINISHED
    history = ended.history()
    assert len(history) > steps and history["seconds"].is_monotonic_increasing
    assert history.query("kind == 'epoch'")["epoch"].tolist() == list(range(1, 61))
    with pytest.raises(UserError, match="is finished"):
        resume([ended], settings)


def test_no_queue_no_work(tmp_path):
    settings = tiny_study(tmp_path)
    work(settings)
    assert runs.list_runs(settings.runs) == []


def test_a_run_reads_the_data_it_was_queued_with_whoever_executes_it(tmp_path):
    # A worker that had been started with another data root once trained on that one's images.
    settings = tiny_study(tmp_path)
    other = replace(settings, data_roots=(tmp_path / "absent",))
    environment = {"CHESTBENCH_DATA": str(settings.data_roots[0])}
    config = tiny_config().model_dump(mode="json")
    run = runs.create_run(settings.runs, config, "tiny", environment)
    execute_apart(run, other)
    ended = read(run, settings)
    assert ended.state == runs.FINISHED, ended.status
