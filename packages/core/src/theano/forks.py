"""Locks that the child of a fork finds open: the thread that would release its parent's is not there."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

__all__ = ["lock_of_process"]


def lock_of_process(make: Callable[[], AbstractContextManager[Any]]) -> Callable[[], AbstractContextManager[Any]]:
    """A function that returns the lock of the current process; `make` makes it, for this one and for each child.

    Examples
    --------
    >>> import threading
    >>> changing = lock_of_process(threading.Lock)
    >>> with changing():
    ...     changing().locked()
    True
    """
    lock = make()

    def renew() -> None:
        nonlocal lock
        lock = make()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)
    return lambda: lock
