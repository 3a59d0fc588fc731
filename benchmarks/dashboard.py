"""The dashboard in a server of its own, for benchmarks that look at it in a browser."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.settings import PROJECT

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE = 60  # seconds


@contextmanager
def dashboard(
    script: Path = PROJECT / "app.py", **variables: str
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Start ``script``, wait until it listens, give its address and process, and end it.

    ``variables`` are added to the environment. Raises TimeoutError after PATIENCE.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true",
            "--server.port", str(port), "--server.address", "127.0.0.1",
        ],
        cwd=PROJECT, env=os.environ | variables,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        end = time.monotonic() + PATIENCE
        # Knocking without a browser: one that reloads its error page takes a core from the server.
        while not _listening(port):
            if time.monotonic() > end:
                raise TimeoutError("the server did not answer within a minute")
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.terminate()
        server.wait()


def _listening(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0
