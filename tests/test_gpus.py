"""GPUs as the driver names them: found, named, shared between programs, and told on a page."""

import sys

import keras
import pytest
from run_folders import make_environment

from core import runs
from core.standing import find_device
from core.training.config import configure
from core.training.device import device_name
from core.training.gpus import GROWTH, Gpu, find_gpus, memory_growth, names
from core.training.jobs import worker_environment

H100, T4 = "NVIDIA H100 80GB HBM3, 9.0", "Tesla T4, 7.5"


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Stand in for nvidia-smi; call it with what it shall answer."""

    def answer(*lines, code=0):
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir(exist_ok=True)
        printed = "\n".join([*lines, ""])
        program.write_text(f"#!{sys.executable}\nprint({printed!r}, end='')\nexit({code})\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))
        find_gpus.cache_clear()

    yield answer
    find_gpus.cache_clear()


def test_gpus_come_with_name_and_capability(driver):
    driver(H100, "Some card, [N/A]")
    assert find_gpus() == (Gpu("NVIDIA H100 80GB HBM3", 9.0), Gpu("Some card", 0.0))


@pytest.mark.parametrize("lines", [(), ("No devices were found",)])
def test_a_driver_that_finds_nothing_or_fails_is_no_gpu(driver, lines):
    driver(*lines, code=6)
    assert find_gpus() == ()
    driver(*lines)
    assert find_gpus() == ()


def test_equal_gpus_are_counted():
    a, b = Gpu("A", 8.0), Gpu("B", 8.0)
    assert names([a]) == "A"
    assert names([a, a, b]) == "2 x A + B"


def test_memory_grows_unless_the_environment_says_otherwise(tmp_path, monkeypatch):
    settings = make_environment(tmp_path, monkeypatch)
    for name in GROWTH:
        monkeypatch.delenv(name, raising=False)
    assert worker_environment(settings).items() >= GROWTH.items()
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "true")
    assert memory_growth()["XLA_PYTHON_CLIENT_PREALLOCATE"] == "true"
    assert worker_environment(settings)["XLA_PYTHON_CLIENT_PREALLOCATE"] == "true"


def test_the_device_is_named_with_its_backend(driver, monkeypatch):
    backend = keras.backend.backend()
    assert device_name().endswith(f"({backend}, no GPU)")
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    driver(H100)
    assert device_name() == f"NVIDIA H100 80GB HBM3 ({backend})"
    # Two here, of which Keras sees one: whose name it is, nobody knows.
    driver(H100, T4)
    assert device_name() == f"gpu:0 ({backend})"
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0", "gpu:1"])
    driver(H100, H100)
    assert device_name() == f"NVIDIA H100 80GB HBM3 ({backend}, 1 of 2 GPUs)"


@pytest.mark.parametrize(
    ("gpus", "used", "kind", "said"),
    [
        ((), "", "No GPU found", "takes hours"),
        ((H100,), "", "GPU found", "NVIDIA H100 80GB HBM3"),
        ((), "A CPU (tensorflow, no GPU)", "No GPU used", "A CPU"),
        ((H100,), "A CPU (tensorflow, no GPU)", "GPU not used", "requirements-gpu.txt"),
        ((H100,), "NVIDIA H100 (jax)", "GPU in use", "NVIDIA H100 (jax)"),
    ],
)
def test_what_to_expect_is_said_of_every_computer(driver, tmp_path, gpus, used, kind, said):
    driver(*gpus)
    all_runs = []
    if used:
        run = runs.create_run(tmp_path, configure("TinyCNN").model_dump(mode="json"), "tiny")
        runs.write_status(run, state=runs.FINISHED, device=used)
        all_runs = runs.list_runs(tmp_path)
    device = find_device(all_runs)
    assert device.kind == kind and said in device.sentence and device.sentence.endswith(".")
