"""The one long-lived process beside the server in which networks are asked.

Holds ``ask``. The dashboard's server must never load TensorFlow; whatever needs a network is a
function of ``core.inference`` that this process calls. Models stay loaded there
(``core.inference.loaded_models``).
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from joblib.externals.loky.process_executor import BrokenProcessPool, ProcessPoolExecutor

from core.errors import UserError

Answer = TypeVar("Answer")

IDLE_SECONDS = 1800

_pool: ProcessPoolExecutor | None = None
_pool_lock = threading.Lock()


def ask(function: Callable[..., Answer], *arguments: object, **named: object) -> Answer:
    """Call ``function`` in the prediction process; it starts at the first call and stays.

    The function, what it takes and what it gives must be picklable. Raises what the function
    raises, and UserError when the process is lost twice in a row.
    """
    for _ in range(2):
        try:
            return _prediction_process().submit(function, *arguments, **named).result()
        except BrokenProcessPool:
            _forget_process()
    raise UserError(
        "The prediction process was ended twice, most likely for lack of memory; "
        "close other programs and try again."
    )


def _prediction_process() -> ProcessPoolExecutor:
    global _pool
    with _pool_lock:
        if _pool is None:
            # loky, unlike multiprocessing's spawn, does not run the server's main module again.
            _pool = ProcessPoolExecutor(
                max_workers=1, timeout=IDLE_SECONDS, env={"TF_CPP_MIN_LOG_LEVEL": "2"}
            )
        return _pool


def _forget_process() -> None:
    global _pool
    with _pool_lock:
        _pool = None
