"""The dashboard as a visitor meets it: a server in a process of its own, visited with Chromium.

The fixture ``browser`` of conftest skips a test where there is no Chromium or no Playwright.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from tiny_study import environment

from core.settings import PROJECT

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
WAIT = 240_000  # milliseconds; a loaded machine is slow, and nothing here measures time


@contextmanager
def server(settings):
    """A dashboard in a session of its own, killed with everything in that session at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true",
            "--server.port", str(port), "--server.address", "127.0.0.1",
            "--server.fileWatcherType", "none",
        ],
        cwd=PROJECT, env=environment(settings), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def visit(browser, address):
    """The page at ``address`` in a new tab, as soon as the server answers."""
    from playwright.sync_api import Error

    # High enough for the live charts: Streamlit draws a chart once it comes into view.
    page = browser.new_page(viewport={"width": 1440, "height": 2400})
    page.set_default_timeout(WAIT)
    end = time.monotonic() + WAIT / 1000
    while True:
        try:
            page.goto(address)
            break
        except Error:
            assert time.monotonic() < end, "the server did not answer"
            time.sleep(0.2)
    return page


def until(condition):
    """What ``condition`` gives, once it is true."""
    value = within(WAIT / 1000, condition)
    assert value, "waited in vain"
    return value


def within(seconds, condition):
    """What ``condition`` gives as soon as it is true, or after so many ``seconds``."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.2)
    return value
