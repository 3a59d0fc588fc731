"""The one long-lived process beside the server in which networks are asked, each in its turn.

Holds ``ask``, ``ask_in_turn`` and ``begin_ahead``. The dashboard's server must never load
TensorFlow; whatever needs a network is a function of ``core.inference`` that this process calls.
Models stay loaded there (``core.inference.loaded_models``). Requests of all visitors stand in one
line, first come first served: whoever has a long job sends it in slices, and others get their turn
between them.
"""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

import psutil
from joblib.externals.loky import process_executor
from joblib.externals.loky.process_executor import BrokenProcessPool, ProcessPoolExecutor

from core.errors import UserError

Answer = TypeVar("Answer")

IDLE_SECONDS = 1800
REPORT_SECONDS = 0.2

_line: deque[object] = deque()
_line_moved = threading.Condition()
_pool: ProcessPoolExecutor | None = None
_pool_lock = threading.Lock()


def ask(function: Callable[..., Answer], *arguments: object, **named: object) -> Answer:
    """Call ``function`` in the prediction process; it starts at the first call and stays.

    The function, what it takes and what it gives must be picklable. Waits until the requests made
    before have been answered. Raises what the function raises, and UserError when the process is
    lost twice in a row over this request.
    """
    return ask_in_turn(lambda before: None, function, *arguments, **named)


def ask_in_turn(
    report: Callable[[int], None],
    function: Callable[..., Answer],
    /,
    *arguments: object,
    **named: object,
) -> Answer:
    """Call ``function`` as ``ask`` does, and tell ``report`` the place in the line meanwhile.

    ``report`` is called in the caller's thread, at once and then at least every REPORT_SECONDS,
    with the number of requests that are before this one; 0: it is being answered. What it raises
    withdraws the request. One that has begun cannot be taken out of the process: it keeps its place
    there until it is done, and nobody waits for it.
    """
    place, begun, lost = object(), None, None
    with _line_moved:
        _line.append(place)
    try:
        while before := _before(place):
            report(before)
            with _line_moved:
                _line_moved.wait_for(
                    lambda known=before: _line.index(place) < known, REPORT_SECONDS
                )
        for _ in range(2):
            begun = _begin(function, *arguments, **named)
            try:
                return _result(begun, report)
            except BrokenProcessPool as error:
                lost = error
    finally:
        if begun is None:
            _leave(place)
        else:
            begun.add_done_callback(lambda _: _leave(place))
    raise UserError(
        "The prediction process was ended twice, most likely for lack of memory; "
        "close other programs and try again."
    ) from lost


def begin_ahead(function: Callable[..., object], /, *arguments: object) -> None:
    """Call ``function`` in the prediction process, where nobody waits, and wait for no answer.

    For what a question that is likely to come will need. While anybody stands in the line, nothing
    is done. What the function raises is dropped: whoever asks in earnest is told.
    """
    with _line_moved:
        if _line:
            return
    _begin(function, *arguments)


def _before(place: object) -> int:
    with _line_moved:
        return _line.index(place)


def _leave(place: object) -> None:
    with _line_moved:
        _line.remove(place)
        _line_moved.notify_all()


def _begin(function: Callable[..., Answer], *arguments: object, **named: object) -> Future:
    """Hand a call to the process; in the line only whoever stands first may."""
    global _pool
    with _pool_lock:
        # A process that was killed while it had nothing to do makes itself known only here.
        if _pool is not None:
            with suppress(BrokenProcessPool):
                return _pool.submit(function, *arguments, **named)
        # loky, unlike multiprocessing's spawn, does not run the server's main module again.
        _pool = ProcessPoolExecutor(
            max_workers=1,
            timeout=IDLE_SECONDS,
            initializer=_prepare,
            initargs=(os.getpid(),),
            env={"TF_CPP_MIN_LOG_LEVEL": "2"},
        )
        return _pool.submit(function, *arguments, **named)


def _result(begun: Future, report: Callable[[int], None]) -> object:
    while not begun.done():
        report(0)
        # Not ``result``: the function itself may raise a TimeoutError.
        with suppress(TimeoutError):
            begun.exception(REPORT_SECONDS)
    return begun.result()


def _prepare(server: int) -> None:
    # loky takes a process that has grown by 300 MB since its first call for a leaking one, and ends
    # it, with all models: a second network would do.
    process_executor._MAX_MEMORY_LEAK_SIZE = sys.maxsize
    threading.Thread(target=_end_with, args=(server,), daemon=True).start()


def _end_with(server: int) -> None:
    # A server that is killed tells nobody, and its networks would keep their memory.
    with suppress(psutil.NoSuchProcess):
        psutil.Process(server).wait()
    os._exit(0)
