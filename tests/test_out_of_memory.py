"""Every library has its own words for a full memory; a person reads one sentence."""

import numpy as np
import pytest
from tiny_study import queue, tiny_config, tiny_study

from core import runs
from core.engine import execute
from core.training.out_of_memory import is_out_of_memory

GIB = 2**30


def named(name, text):
    """An error as a library raises it, without the library."""
    return type(name, (RuntimeError,), {})(text)


FULL = {
    "Python": MemoryError(),
    "TensorFlow": named(
        "ResourceExhaustedError",
        "{{function_node __wrapped__Fill_device_/job:localhost/replica:0/task:0/device:GPU:0}} OOM "
        "when allocating tensor with shape[64,112,112,64] and type float on "
        "/job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc [Op:Fill] name: ",
    ),
    "a TensorFlow graph": named("InternalError", "Graph execution error:\n\nOOM when allocating"),
    "JAX": named("JaxRuntimeError", "RESOURCE_EXHAUSTED: Out of memory allocating 7036874 bytes."),
    "an older JAX": named("XlaRuntimeError", "RESOURCE_EXHAUSTED: Failed to allocate request"),
    "PyTorch on a GPU": named(
        "OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total"
    ),
    "PyTorch on a processor": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:114] data. DefaultCPUAllocator: can't allocate memory: you "
        "tried to allocate 1099511627776 bytes. Error code 12 (Cannot allocate memory)"
    ),
    "cuDNN": named("UnknownError", "CUDNN_STATUS_ALLOC_FAILED in tensorflow/stream_executor"),
    "cuBLAS": RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
    "CUDA": named("InternalError", "failed to allocate: CUDA_ERROR_OUT_OF_MEMORY: out of memory"),
    "the system": OSError(12, "Cannot allocate memory"),
}
OTHER = {
    "a shape": ValueError("Shapes (8, 3) and (8, 4) are incompatible"),
    "a full disk, by TensorFlow": named(
        "ResourceExhaustedError", "/data/events.out.tfevents; No space left on device"
    ),
    "a full disk": OSError(28, "No space left on device"),
    "a defect": KeyError("memory"),
}


@pytest.mark.parametrize("error", FULL.values(), ids=FULL)
def test_a_full_memory_is_known_by_its_words(error):
    assert is_out_of_memory(error)


def test_a_full_memory_is_known_as_numpy_raises_it():
    with pytest.raises(MemoryError) as caught:
        np.zeros(2**20 * GIB)
    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize("error", OTHER.values(), ids=OTHER)
def test_other_errors_are_other_errors(error):
    assert not is_out_of_memory(error)


def test_it_is_found_behind_an_error_that_hides_it():
    try:
        try:
            raise FULL["TensorFlow"]
        except RuntimeError:
            # As Keras does it, when it adds the layer's name.
            raise ValueError("Exception encountered when calling Dense.call()") from None
    except ValueError as error:
        assert is_out_of_memory(error)


def test_the_run_fails_with_the_batch_size_that_was_tried(tmp_path, monkeypatch):
    settings = tiny_study(tmp_path)

    def train_run(*_):
        raise FULL["JAX"]

    # Filling the memory for true would take the other tests with it.
    monkeypatch.setattr("core.training.trainer.train_run", train_run)
    run = queue(tiny_config(), settings)
    assert not execute(run, settings)
    status = runs.read_run(settings.runs, run.id).status
    assert status["state"] == runs.FAILED
    assert status["message"].startswith("Out of memory at batch size 8; try")
