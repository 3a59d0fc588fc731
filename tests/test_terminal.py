"""Progress on a terminal, which is written over, and in a log, which must stay short."""

import io
import re
import sys

import pytest

from core.terminal import ProgressLine


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    with ProgressLine() as progress:
        for second in range(50):
            progress("Study", 0, 4, f"run 1, step {second}")
        progress("Study", 4, 4, "all done")
        progress("Report", 1, 1)
    return [part for part in re.split(r"[\r\n]", stream.getvalue()) if part.strip()]


def test_a_terminal_shows_every_change(monkeypatch):
    lines = shown(monkeypatch, Terminal())
    assert len(lines) > 50 and any("step 49" in line for line in lines)
    assert any("4/4" in line and "all done" in line for line in lines) and "Report" in lines[-1]


def test_a_log_is_not_filled_with_every_change(monkeypatch):
    """A study that ran for minutes left thousands of copies of its line in a file."""
    lines = shown(monkeypatch, io.StringIO())
    assert len(lines) <= 5
    assert any("4/4" in line and "all done" in line for line in lines)
    assert "Report" in lines[-1]


@pytest.mark.parametrize("total", [10, 5000])
def test_thousands_are_shortened_and_a_few_are_not(monkeypatch, total):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with ProgressLine() as progress:
        progress("Images", total, total)
    assert f"{total}/{total}" in stream.getvalue() if total < 1000 else "5.00k" in stream.getvalue()
