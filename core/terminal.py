"""Progress on a terminal: one line on stderr that is written over, with the time left.

Holds ``ProgressLine``, a thin cover of tqdm. Pages show progress with their own widgets.
"""

import sys

from tqdm import tqdm

# Seconds between two lines where they cannot be written over: in a file, in a log.
LOG_SECONDS = 30


class ProgressLine:
    """Shows ``progress(what, done, total, beside)`` calls as one tqdm bar per thing done."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def __call__(self, what: str, done: int, total: int, beside: str = "") -> None:
        """Show that ``done`` of ``total`` steps of ``what`` are behind us, with words beside it."""
        live = sys.stderr.isatty()
        if self._bar is None or self._what != what:
            self._close()
            self._what, self._beside = what, ""
            self._bar = tqdm(
                desc=what,
                total=total,
                file=sys.stderr,
                # Bytes and batches in thousands; a few runs as they are.
                unit_scale=not 0 < total < 1000,
                dynamic_ncols=True,
                # The mean since the beginning: after a quick step the next may take an hour.
                smoothing=0,
                mininterval=0.1 if live else LOG_SECONDS,
            )
        self._bar.total = total
        self._bar.update(done - self._bar.n)
        if beside != self._beside:
            self._beside = beside
            self._bar.set_postfix_str(beside, refresh=live)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
