"""Names that classic Theano offered for programs that ran on Python 2 and 3."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

__all__ = ["PY3", "DefaultOrderedDict", "OrderedDict", "cmp", "exc_message", "imap", "izip"]

PY3 = True
DefaultOrderedDict = defaultdict
izip = zip
imap = map


def cmp(a: Any, b: Any) -> int:
    """Return -1, 0 or 1.

    >>> cmp(1, 2), cmp(2, 2), cmp(3, 2)
    (-1, 0, 1)
    """
    return int(a > b) - int(a < b)


def exc_message(error: BaseException) -> Any:
    """Return the first argument of an exception, or the exception itself."""
    return error.args[0] if error.args else error
