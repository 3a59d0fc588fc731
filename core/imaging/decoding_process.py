"""A process of its own for decoders that a damaged file can bring down.

Holds ``decode_apart``. GDCM, the one library here with lossless JPEG and JPEG-LS, ends its whole
process on some damaged streams; that process must not be the dashboard's server. What is decoded
stands in ``core.imaging.dicom``.
"""

import threading
from collections.abc import Callable

import numpy as np
from joblib.externals.loky.process_executor import BrokenProcessPool, ProcessPoolExecutor

IDLE_SECONDS = 300
# A hundred megapixels take a few seconds; a stream that takes this long is one that never ends.
MOST_SECONDS = 120

_pool: ProcessPoolExecutor | None = None
_turn = threading.Lock()


class DecoderLostError(Exception):
    """The decoder brought its process down, or never came to an end."""


def decode_apart(function: Callable[..., np.ndarray], *arguments: object) -> np.ndarray:
    """Call the picklable ``function`` in the other process, which starts at the first call.

    One call at a time, so that a lost process tells which file was to blame. Raises what the
    function raises, and DecoderLostError when the process is lost or takes too long.
    """
    global _pool
    with _turn:
        if _pool is None:
            _pool = ProcessPoolExecutor(max_workers=1, timeout=IDLE_SECONDS)
        try:
            return _pool.submit(function, *arguments).result(MOST_SECONDS)
        except (BrokenProcessPool, TimeoutError) as error:
            _pool.shutdown(wait=False, kill_workers=True)
            _pool = None
            raise DecoderLostError from error
