"""The process beside the server: its line, places in it, and what happens when it is killed."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from core.errors import UserError
from core.inference import process
from core.inference.process import ask, ask_in_turn, begin_ahead
from core.settings import PROJECT

KEPT = []


def number(value=0):
    return value, os.getpid()


def slow(seconds, value=0):
    time.sleep(seconds)
    return value


def die_at_first(marker, seconds=0.0):
    if not marker.exists():
        marker.touch()
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)
    return "answered"


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def take_memory(megabytes):
    KEPT.append(np.ones(megabytes * 125_000))
    return os.getpid()


def fail(kind):
    raise kind("no such thing")


class Left(BaseException):
    """As Streamlit stops a script."""


class Visitor(threading.Thread):
    """Asks in a thread of its own, and keeps what it was told and answered."""

    def __init__(self, function, *arguments, leaves=False):
        super().__init__(daemon=True)
        self.call, self.leaves = (function, *arguments), leaves
        self.places, self.answer, self.away = [], None, threading.Event()

    def report(self, before):
        if before not in self.places:
            self.places.append(before)
        if self.leaves and self.away.is_set():
            raise Left

    def run(self):
        try:
            self.answer = ask_in_turn(self.report, *self.call)
        except Left:
            self.answer = Left

    def in_line(self):
        """Start, and come back once it stands in the line: its place is known then."""
        self.start()
        wait_until(lambda: self.places)
        return self


def wait_until(so):
    end = time.monotonic() + 30
    while not so():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def warm():
    ask(number)
    yield
    assert not process._line


def test_an_answer_comes_back_and_so_does_an_error():
    assert ask(number, value=3) == (3, ask(number)[1])
    assert ask(number)[1] != os.getpid()
    with pytest.raises(UserError, match="no such thing"):
        ask(fail, UserError)
    with pytest.raises(TimeoutError):
        ask(fail, TimeoutError)


def test_ten_at_once_are_answered_in_turn_and_see_their_places_fall():
    first = Visitor(slow, 0.3).in_line()
    others = [Visitor(slow, 0.02, value).in_line() for value in range(1, 10)]
    for visitor in (first, *others):
        visitor.join(30)
    assert [visitor.answer for visitor in (first, *others)] == list(range(10))
    for place, visitor in enumerate((first, *others)):
        assert visitor.places[0] == place and visitor.places[-1] == 0
        assert visitor.places == sorted(visitor.places, reverse=True)


def test_what_is_begun_ahead_is_done_and_its_errors_are_nobodys(tmp_path):
    begin_ahead(fail, UserError)
    begin_ahead(die_at_first, tmp_path / "begun")
    wait_until((tmp_path / "begun").exists)
    # It ended the process, which is replaced for whoever comes.
    assert ask(number, 4)[0] == 4


def test_nothing_is_begun_ahead_while_somebody_waits(tmp_path):
    first = Visitor(slow, 0.3).in_line()
    begin_ahead(die_at_first, tmp_path / "begun")
    first.join(30)
    assert ask(number, 5)[0] == 5 and not (tmp_path / "begun").exists()


def test_who_leaves_the_line_holds_nobody_up():
    first = Visitor(slow, 0.3).in_line()
    leaving = Visitor(slow, 60, leaves=True).in_line()
    last = Visitor(slow, 0, "last").in_line()
    assert last.places == [2]
    leaving.away.set()
    leaving.join(30)
    assert leaving.answer is Left
    last.join(30)
    first.join(30)
    assert last.answer == "last" and last.places == [2, 1, 0]


def test_what_has_begun_keeps_its_place_until_it_is_done():
    leaving = Visitor(slow, 0.5, leaves=True).in_line()
    wait_until(lambda: leaving.places == [0])
    leaving.away.set()
    leaving.join(30)
    began = time.monotonic()
    next_one = Visitor(slow, 0, "next").in_line()
    assert next_one.places == [1]
    next_one.join(30)
    assert next_one.answer == "next" and time.monotonic() - began < 5


def test_killed_in_the_middle_it_is_asked_once_more(tmp_path):
    before = ask(number)[1]
    first = Visitor(die_at_first, tmp_path / "died", 0.1).in_line()
    second = Visitor(number, 7).in_line()
    first.join(30)
    second.join(30)
    assert first.answer == "answered"
    assert second.answer[0] == 7 and second.answer[1] != before


def test_killed_twice_it_is_a_sentence_and_the_next_one_is_answered():
    with pytest.raises(UserError, match="ended twice"):
        ask(die)
    assert ask(number, 5)[0] == 5


def test_killed_while_idle_it_comes_back():
    os.kill(ask(number)[1], signal.SIGKILL)
    assert ask(number, 4)[0] == 4


def test_a_process_that_grows_is_not_taken_for_a_leaking_one():
    before = ask(number)[1]
    assert ask(take_memory, 400) == before
    # loky looks at the memory at most once a second.
    time.sleep(1.1)
    assert ask(number)[1] == before
    assert ask(number)[1] == before
    os.kill(before, signal.SIGKILL)


def test_a_server_that_is_killed_takes_the_process_with_it():
    program = (
        "import os, time; from core.inference.process import ask; "
        "print(ask(os.getpid), flush=True); time.sleep(60)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    left = psutil.Process(int(server.stdout.readline()))
    server.kill()
    server.wait()
    server.stdout.close()
    left.wait(30)
