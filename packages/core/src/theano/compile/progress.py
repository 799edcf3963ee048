"""One line on a terminal while a compilation takes long; it is gone when the compilation is over."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

__all__ = ["ProgressLine", "progress", "show_stage"]

#: Seconds before anything is shown.
DELAY = 2.0
PERIOD = 0.25
WORDS = {"graph": "building the graph", "rewrite": "rewriting", "memory": "rewriting", "lower": "planning",
         "link": "compiling kernels"}  # fmt: skip

_ERASE = "\r\x1b[K"
_shown: ProgressLine | None = None
_only_one = threading.Lock()


class ProgressLine:
    """Writes what is being compiled, how far it is and for how long, from a thread of its own."""

    def __init__(self, name: str, stream: Any) -> None:
        self.name, self.stream = name, stream
        self.stage = ""
        self.written = False
        self._over = threading.Event()
        self._started = monotonic()
        self._thread = threading.Thread(target=self._run, name="theano-progress", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        wait = DELAY
        while not self._over.wait(wait):
            self._write(_ERASE + self.text())
            self.written, wait = True, PERIOD

    def text(self) -> str:
        """The line, cut to the width of the terminal."""
        seconds = int(monotonic() - self._started)
        line = f"theano: compiling {self.name}: {self.stage or 'starting'} ({seconds} s)"
        return line[: max(_width(self.stream) - 1, 20)]

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):  # the terminal is gone
            self._over.set()

    def end(self) -> None:
        """Erase the line."""
        self._over.set()
        self._thread.join()
        if self.written:
            self._write(_ERASE)


def _width(stream: Any) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):
        return 80


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream is not None and stream.isatty()) and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):
        return False


@contextmanager
def progress(name: str) -> Iterator[None]:
    """Show a line on standard error, if that is a terminal, when the block takes longer than `DELAY` seconds.

    Functions that are compiled inside of others, or in other threads at the same time, show none.
    """
    global _shown
    if not _is_terminal(sys.stderr) or not _only_one.acquire(blocking=False):
        yield
        return
    try:
        _shown = ProgressLine(name, sys.stderr)
        yield
    finally:
        if _shown is not None:
            _shown.end()
        _shown = None
        _only_one.release()


def show_stage(stage: str) -> None:
    """Say in the line, if there is one, what is being done now."""
    if _shown is not None:
        _shown.stage = WORDS.get(stage, stage)


def _new_lock() -> None:
    """A forked child has no thread that writes, and nobody who would release the lock."""
    global _shown, _only_one
    _shown, _only_one = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)
