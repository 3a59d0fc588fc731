"""A study enters the queue whole or not at all, whoever else is at it."""

import threading

import pytest
from filelock import FileLock
from tiny_study import tiny_study

from core import run_requests, runs
from core.errors import UserError
from core.training.jobs import WORKER_LOCK, submit_study
from core.training.study import check_study, plan_study

TINY = {
    "backbone": "TinyCNN", "recipe": "finetune", "image_size": 32, "batch_size": 8, "epochs": 1,
}  # fmt: skip


def test_two_people_at_once_make_one_study_and_its_name_is_taken(tmp_path):
    settings = tiny_study(tmp_path)
    configs = plan_study("Two", TINY, {"seeds": [0, 1, 2]})
    answers = []

    def start():
        try:
            answers.append(submit_study(configs, settings))
        except UserError as error:
            answers.append(str(error))

    check_study(configs, settings)
    # No worker gets hold of the runs.
    with FileLock(settings.artifacts / WORKER_LOCK):
        people = [threading.Thread(target=start) for _ in range(2)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        told, queued = sorted(answers, key=lambda answer: isinstance(answer, list))
        assert "There is a study 'Two' already" in told
        listed = runs.list_runs(settings.runs)[::-1]
        assert [run.id for run in listed] == [run.id for run in queued]
        assert [run.config["seed"] for run in listed] == [0, 1, 2]
        with pytest.raises(UserError, match="'Two' already"):
            check_study(plan_study("tWO", TINY, {"seeds": [5]}), settings)
        for run in listed:
            run_requests.request_stop(run)


def test_a_study_that_cannot_be_queued_whole_is_not_queued(tmp_path, monkeypatch):
    settings = tiny_study(tmp_path)
    create = runs.create_run

    def create_two(folder, *more):
        if len(runs.list_runs(folder)) == 2:
            raise UserError("No space left on disk.")
        return create(folder, *more)

    monkeypatch.setattr(runs, "create_run", create_two)
    with pytest.raises(UserError, match="No space"):
        submit_study(plan_study("Half", TINY, {"seeds": [0, 1, 2]}), settings)
    assert not runs.list_runs(settings.runs)
