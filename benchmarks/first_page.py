"""Seconds from `streamlit run app.py` to the first page in a browser, with and without TensorFlow.

    plain        the dashboard as it is
    tensorflow   the same, in a server that imports TensorFlow before its first page

Two moments of each start: "title", when the page's heading stands, and "whole", when its last card
and every picture of it does. The title comes before the page's heavy imports, so the target is held
against the whole page. Rounds alternate and medians are compared. The server's memory map tells
whether TensorFlow was loaded. The catalog is read before the clock starts, as on any start but the
very first.
"""

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.dashboard import CHROMIUM, dashboard
from core.data.catalog import load_catalog
from core.settings import PROJECT, read_settings

ROUNDS, TARGET_SECONDS = 3, 3.0
# What stands last on the first page, and whether all its X-rays are drawn.
LAST_CARD = "Computer"
PICTURES_STAND = """() => {
    const pictures = [...document.querySelectorAll("[data-testid=stImage] img")];
    return pictures.length > 0 && pictures.every((one) => one.complete && one.naturalWidth > 0);
}"""


def main() -> bool:
    """Measure, print, and say whether the target was met."""
    if not CHROMIUM.exists():
        print(f"skipped: there is no browser at {CHROMIUM}; install chromium.")
        return True
    from playwright.sync_api import sync_playwright

    load_catalog(read_settings())
    seconds: dict[str, list[tuple[float, float]]] = {"plain": [], "tensorflow": []}
    loaded = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        heavy = Path(folder) / "app_with_tensorflow.py"
        heavy.write_text(
            f"import os, sys\nsys.path.insert(0, {str(PROJECT)!r})\nimport tensorflow\n"
            f"exec(compile(open({str(PROJECT / 'app.py')!r}).read(), "
            f"{str(PROJECT / 'app.py')!r}, 'exec'))\n"
        )
        (Path(folder) / "pages").symlink_to(PROJECT / "pages")
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            # The browser's own errands in the background would be measured with the page.
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        for _ in range(ROUNDS):
            for way, script in (("plain", PROJECT / "app.py"), ("tensorflow", heavy)):
                took, loaded[way] = _first_page(script, browser)
                seconds[way].append(took)
        browser.close()
    whole = {}
    for way, rounds in seconds.items():
        titles, wholes = zip(*rounds, strict=True)
        whole[way] = statistics.median(wholes)
        print(
            f"{way:10} title {statistics.median(titles):5.2f} s   whole {whole[way]:5.2f} s   "
            f"(rounds: {min(wholes):.2f} to {max(wholes):.2f}; TensorFlow "
            f"{'loaded' if loaded[way] else 'absent'})"
        )
    met = whole["plain"] < TARGET_SECONDS and not loaded["plain"]
    print(
        f"tensorflow / plain: {whole['tensorflow'] / whole['plain']:.1f}   "
        f"(target: whole page under {TARGET_SECONDS} s without it: {'met' if met else 'MISSED'})"
    )
    return met


def _first_page(script: Path, browser) -> tuple[tuple[float, float], bool]:
    page = browser.new_page()
    began = time.perf_counter()
    with dashboard(script, TF_CPP_MIN_LOG_LEVEL="3") as (address, server):
        page.goto(address, wait_until="commit")
        page.get_by_role("heading", level=1).first.wait_for(timeout=60_000)
        title = time.perf_counter() - began
        page.get_by_text(LAST_CARD, exact=True).wait_for(timeout=60_000)
        page.wait_for_function(PICTURES_STAND, timeout=60_000)
        whole = time.perf_counter() - began
        page.close()
        maps = Path(f"/proc/{server.pid}/maps")
        return (title, whole), maps.exists() and "libtensorflow" in maps.read_text()
