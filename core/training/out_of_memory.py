"""Tells an error that means "no memory left" from all others, whichever library raised it.

Holds the words by which libraries say so, and the sentence a person gets. It imports none of them.
"""

from collections.abc import Iterator

# Name of an error or words of its message, however it is wrapped: Python and NumPy; TensorFlow,
# JAX and XLA; PyTorch on GPU and processor; CUDA's own libraries; the system.
WORDS = (
    "MemoryError",
    "RESOURCE_EXHAUSTED",
    "ResourceExhausted",
    "OutOfMemory",
    "OOM when allocating",
    "out of memory",
    "can't allocate memory",
    "_STATUS_ALLOC_FAILED",
    "Cannot allocate memory",
)
# TensorFlow calls a full disk an exhausted resource too.
FULL_DISK = ("No space left on device", "Disk quota exceeded")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error``, or one it was raised from or while handling, says that memory ran out."""
    return any(_says_so(f"{type(each).__name__}: {each}") for each in _chain(error))


def out_of_memory_sentence(batch_size: object) -> str:
    """What to tell a person whose run tried ``batch_size`` images at once."""
    return (
        f"Out of memory at batch size {batch_size}; try a smaller batch size or image size, or "
        "close other programs that use the same memory."
    )


def _says_so(text: str) -> bool:
    low = text.lower()
    return any(word.lower() in low for word in WORDS) and not any(
        word.lower() in low for word in FULL_DISK
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        # Keras raises its own error "from None", which hides the first one but keeps it.
        error = error.__cause__ or error.__context__
