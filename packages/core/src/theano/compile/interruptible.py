"""Long work of NumPy and SciPy, during which Ctrl-C is answered.

Python acts on a signal in its main thread, between two of its instructions. A library that sorts for half a minute in
one call answers half a minute later, although it has released the interpreter's lock. So work that is expected to take
long is done by another thread while the main thread waits, which a signal ends. What was begun goes on to its end, and
nobody reads its result: it must not write into anything that others see, nor rely on values that others may change.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["interruptible"]

#: Estimated nanoseconds of work that need no other thread.
SHORT = 2e8


class _Work:
    """One call, its result or error, and the end of it."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.function, self.arguments = function, arguments
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        try:
            self.result = self.function(*self.arguments)
        except BaseException as error:  # whatever it is, it belongs to who waits
            self.error = error
        self.done.set()


def interruptible(nanoseconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    """``function(*arguments)``, which may take so many nanoseconds; in the main thread a signal is answered meanwhile.

    Options of NumPy such as `numpy.errstate` hold as for a direct call.

    >>> interruptible(1e9, sorted, [3, 1, 2])
    [1, 2, 3]
    """
    if nanoseconds < SHORT or threading.current_thread() is not threading.main_thread():
        return function(*arguments)
    work = _Work(function, arguments)
    try:
        threading.Thread(target=contextvars.copy_context().run, args=(work.run,), daemon=True).start()
    except RuntimeError:  # no more threads can be had
        return function(*arguments)
    work.done.wait()
    if work.error is not None:
        raise work.error
    return work.result
