"""Classic path of small tools."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from theano.gof._forward import forward

__getattr__, __dir__, __all__ = forward(
    __name__,
    {
        "MethodNotDefined": "theano.errors:MethodNotDefined",
        "add_tag_trace": "theano.graph.trace:add_tag_trace",
        "get_variable_trace_string": "theano.graph.trace:format_trace",
        "object2": "theano.graph:Op",
        "scratchpad": "theano.graph:scratchpad",
    },
)
__all__ += ["flatten", "give_variables_names", "hash_from_code", "hash_from_file", "memoize", "uniq", "unique"]


def hash_from_code(msg: str | bytes) -> str:
    """Return a hash of a text."""
    return hashlib.sha256(msg.encode() if isinstance(msg, str) else msg).hexdigest()


def hash_from_file(file_path: str) -> str:
    """Return a hash of a file."""
    with open(file_path, "rb") as file:
        return hash_from_code(file.read())


def memoize(f: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the results of a function by its arguments, which must be hashable."""
    return functools.cache(f)


def uniq(seq: Iterable[Any]) -> list[Any]:
    """Return a list without later repetitions.

    >>> uniq([1, 2, 1])
    [1, 2]
    """
    return list(dict.fromkeys(seq))


def unique(x: Iterable[Any]) -> bool:
    """Tell whether nothing is repeated.

    >>> unique([1, 2]), unique([1, 1])
    (True, False)
    """
    items = list(x)
    return len(set(items)) == len(items)


def flatten(a: Any) -> list[Any]:
    """Return the items of nested lists, tuples and sets in one list.

    >>> flatten([1, (2, [3])])
    [1, 2, 3]
    """
    flat: list[Any] = []
    stack = [a]
    while stack:
        item = stack.pop()
        if isinstance(item, (list, tuple, set)):
            stack.extend(list(item)[::-1])
        else:
            flat.append(item)
    return flat


def give_variables_names(variables: Iterable[Any]) -> list[str]:
    """Return a distinct name for each variable: its own name where that is distinct, else with a number."""
    variables = list(variables)
    names = [variable.name or "" for variable in variables]
    taken = {name for name in names if name}
    result: list[str] = []
    for i, name in enumerate(names):
        new, number = name, i
        while not new or new in result or (new in taken and new != name):
            new = f"{name}_{number}" if name else f"V{number}"
            number += 1
        result.append(new)
    return result
