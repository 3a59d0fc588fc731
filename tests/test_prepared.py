"""The pixel cache survives crashes, full disks, second writers and lost folders."""

import hashlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from core.errors import UserError
from core.imaging.decode import read_image
from core.imaging.prepared import open_prepared
from core.imaging.preprocess import PreprocessConfig, prepare
from core.settings import PROJECT, read_settings

SIZE = 24
CONFIG = PreprocessConfig()


@pytest.fixture
def settings(tmp_path):
    return replace(read_settings({}), artifacts=tmp_path / "artifacts", threads=3)


def make_rows(folder, count, seed=0):
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    records = []
    for k in range(count):
        path = folder / f"image{seed}-{k}.png"
        cv2.imwrite(str(path), rng.integers(0, 256, (20 + k % 5, 30), dtype=np.uint8))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        records.append({"id": f"{seed}-{k}", "path": str(path), "sha256": digest})
    return pd.DataFrame(records)


@pytest.fixture
def rows(tmp_path):
    return make_rows(tmp_path / "images", 150)


def expected(rows):
    images = [prepare(read_image(Path(path), 10**6), CONFIG, SIZE) for path in rows["path"]]
    return np.stack(images)


def everything(prepared):
    return prepared.take(np.arange(len(prepared)))


def store_folder(settings):
    (folder,) = (settings.artifacts / "prepared").iterdir()
    return folder


def test_pixels_are_those_of_the_one_preparation(rows, settings):
    prepared = open_prepared(rows, CONFIG, SIZE, settings)
    assert len(prepared) == len(rows) and prepared.size == SIZE
    assert prepared.pixels.shape == (len(rows), SIZE, SIZE)
    assert np.array_equal(everything(prepared), expected(rows))
    chosen = prepared.take([7, 3, 3])
    assert np.array_equal(chosen, expected(rows)[[7, 3, 3]])
    chosen[:] = 0
    assert prepared.take([7]).any(), "take must copy"
    with pytest.raises(ValueError):
        prepared.pixels[0, 0, 0] = 1


def test_only_missing_images_are_computed(rows, settings):
    open_prepared(rows[:50], CONFIG, SIZE, settings)
    calls = []
    prepared = open_prepared(
        rows[::-1], CONFIG, SIZE, settings, progress=lambda *args: calls.append(args)
    )
    assert calls[-1][1:] == (100, 100)
    assert np.array_equal(everything(prepared), expected(rows)[::-1])
    calls.clear()
    open_prepared(rows, CONFIG, SIZE, settings, progress=lambda *args: calls.append(args))
    assert calls == []


def test_progress_is_paced_and_ends_at_the_total(rows, settings):
    calls = []
    start = time.monotonic()
    open_prepared(rows, CONFIG, SIZE, settings, progress=lambda *args: calls.append(args))
    done = [call[1] for call in calls]
    assert done == sorted(done) and done[-1] == len(rows)
    assert len(calls) <= 2 + 10 * (time.monotonic() - start)


def test_copies_of_a_file_share_a_place(rows, settings, tmp_path):
    copy = tmp_path / "copy.png"
    copy.write_bytes(Path(rows["path"][0]).read_bytes())
    twice = pd.concat([rows[:3], rows[:1].assign(path=str(copy))], ignore_index=True)
    prepared = open_prepared(twice, CONFIG, SIZE, settings)
    assert prepared.pixels.shape[0] == 3 and len(prepared) == 4
    assert np.array_equal(prepared.take([0]), prepared.take([3]))


def test_settings_and_sizes_keep_apart(rows, settings):
    few = rows[:4]
    plain = open_prepared(few, PreprocessConfig(clahe=False), SIZE, settings)
    clahe = open_prepared(few, CONFIG, SIZE, settings)
    larger = open_prepared(few, CONFIG, 2 * SIZE, settings)
    assert not np.array_equal(everything(plain), everything(clahe))
    assert larger.take([0]).shape == (1, 2 * SIZE, 2 * SIZE)


def test_a_full_store_works_without_its_images(rows, settings):
    before = everything(open_prepared(rows, CONFIG, SIZE, settings))
    for path in rows["path"]:
        Path(path).unlink()
    assert np.array_equal(everything(open_prepared(rows, CONFIG, SIZE, settings)), before)


def test_no_rows(rows, settings):
    prepared = open_prepared(rows[:0], CONFIG, SIZE, settings)
    assert len(prepared) == 0 and prepared.take([]).shape == (0, SIZE, SIZE)


# name: what happens to the hundredth file
SPOILERS = {
    "missing": lambda path: path.unlink(),
    "unreadable": lambda path: path.write_bytes(path.read_bytes()[:-40]),
    "another image": lambda path: path.write_bytes(path.with_name("image0-1.png").read_bytes()),
}


@pytest.mark.parametrize("kind", SPOILERS)
def test_a_bad_file_is_named_and_the_others_are_kept(kind, rows, settings):
    path = Path(rows["path"][99])
    whole = path.read_bytes()
    SPOILERS[kind](path)
    if kind == "unreadable":
        rows.loc[99, "sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(UserError, match=path.name):
        open_prepared(rows, CONFIG, SIZE, settings)
    others = rows.drop(index=99)
    assert np.array_equal(
        everything(open_prepared(others, CONFIG, SIZE, settings)), expected(others)
    )
    if kind != "unreadable":
        path.write_bytes(whole)
        assert np.array_equal(
            everything(open_prepared(rows, CONFIG, SIZE, settings)), expected(rows)
        )


def test_a_stop_keeps_what_is_written(rows, settings):
    def stop_at_the_end(what, done, total):
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_prepared(rows[:100], CONFIG, SIZE, settings, stop_at_the_end)
    lines = (store_folder(settings) / "keys.txt").read_text().splitlines()
    assert lines == rows["sha256"][:64].tolist()
    assert np.array_equal(everything(open_prepared(rows, CONFIG, SIZE, settings)), expected(rows))


@pytest.mark.parametrize("index_bytes", [0, 1, 65 * 40, 65 * 40 + 20])
@pytest.mark.parametrize("pixel_bytes", [0, 5, SIZE**2 * 30 + 7, SIZE**2 * 50])
def test_a_store_torn_anywhere_never_gives_wrong_pixels(index_bytes, pixel_bytes, rows, settings):
    some = rows[:50]
    open_prepared(some, CONFIG, SIZE, settings)
    folder = store_folder(settings)
    for name, length in (("keys.txt", index_bytes), ("rows.bin", pixel_bytes)):
        with (folder / name).open("r+b") as file:
            file.truncate(length)
            file.seek(0, 2)
            file.write(b"torn")
    other_order = rows[:60].sample(frac=1, random_state=0)
    for _ in range(2):
        prepared = open_prepared(other_order, CONFIG, SIZE, settings)
        assert np.array_equal(everything(prepared), expected(other_order))


PROGRAM = """
import resource, signal, sys
from dataclasses import replace
from pathlib import Path
import pandas as pd
from core.imaging.prepared import open_prepared
from core.imaging.preprocess import PreprocessConfig
from core.settings import PROJECT, read_settings
table, artifacts, size, limit, pause = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
settings = replace(read_settings({}), artifacts=Path(artifacts), threads=2)
def progress(what, done, total):
    print(done, flush=True)
    if int(pause) and done > 64:
        signal.pause()
prepared = open_prepared(pd.read_csv(table), PreprocessConfig(), int(size), settings, progress)
print("ready", len(prepared), flush=True)
"""


def start(rows, settings, limit=0, pause=0):
    table = settings.artifacts.parent / "rows.csv"
    rows.to_csv(table, index=False)
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, table, settings.artifacts, *map(str, (SIZE, limit, pause))],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_writer_leaves_a_shorter_store_and_no_lock(rows, settings):
    process = start(rows, settings, pause=1)
    for line in process.stdout:
        if int(line) > 64:
            break
    process.kill()
    process.communicate()
    lines = (store_folder(settings) / "keys.txt").read_text().splitlines()
    assert 64 <= len(lines) < len(rows)
    assert np.array_equal(everything(open_prepared(rows, CONFIG, SIZE, settings)), expected(rows))


def test_two_processes_share_one_preparation(rows, settings):
    processes = [start(rows, settings) for _ in range(2)]
    for process in processes:
        out, error = process.communicate(timeout=60)
        assert out.splitlines()[-1] == f"ready {len(rows)}", error
    lines = (store_folder(settings) / "keys.txt").read_text().splitlines()
    assert sorted(lines) == sorted(rows["sha256"])
    assert np.array_equal(everything(open_prepared(rows, CONFIG, SIZE, settings)), expected(rows))


def test_threads_of_one_process_share_it_too(rows, settings):
    with ThreadPoolExecutor(3) as pool:
        results = pool.map(lambda _: open_prepared(rows, CONFIG, SIZE, settings), range(3))
    for prepared in results:
        assert np.array_equal(everything(prepared), expected(rows))


def test_a_full_disk_is_one_sentence_and_harms_nothing(rows, settings):
    limit = SIZE**2 * 100  # room for the first chunk, not for the second
    _, error = start(rows, settings, limit=limit).communicate(timeout=60)
    assert "UserError: No space left on disk" in error.splitlines()[-1]
    assert np.array_equal(everything(open_prepared(rows, CONFIG, SIZE, settings)), expected(rows))
