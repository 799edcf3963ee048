"""`NanGuardMode`: stop at the first NaN, infinity or absurdly big number."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import numpy as np

from theano.compile.linkers import Linker
from theano.compile.mode import Mode
from theano.compile.unwritten import may_be_unwritten
from theano.configuration import config
from theano.errors import explain
from theano.graph import Constant, format_trace

__all__ = ["NanGuardMode", "contains_inf", "contains_nan", "flatten"]

_BIG = 1e10


def flatten(l: Iterable[Any]) -> list[Any]:
    """The members of nested lists, tuples and sets, in one list; iterative."""
    flat: list[Any] = []
    stack = [l]
    while stack:
        item = stack.pop()
        if isinstance(item, list | tuple | set | frozenset):
            stack.extend(reversed(list(item)))
        else:
            flat.append(item)
    return flat


def _numbers(value: Any, var: Any, kinds: str) -> Any:
    """`value` as an array to check, or None: random states, slices, empty arrays and other dtypes are passed over."""
    if var is not None and not getattr(var.tag, "nan_guard_mode_check", True):
        return None
    data = getattr(value, "data", value) if type(value).__module__.startswith("scipy.sparse") else value
    if not isinstance(data, np.ndarray | np.number) or data.dtype.kind not in kinds or np.size(data) == 0:
        return None
    return data


def contains_nan(arr: Any, node: Any = None, var: Any = None) -> bool:
    """Whether a value holds NaN; False for what cannot.

    Examples
    --------
    >>> contains_nan(np.array([1.0, np.nan])), contains_nan(np.array([1])), contains_nan(None)
    (True, False, False)
    """
    data = _numbers(arr, var, "fc")
    return data is not None and bool(np.isnan(data).any())


def contains_inf(arr: Any, node: Any = None, var: Any = None) -> bool:
    """Whether a value holds an infinity; False for what cannot."""
    data = _numbers(arr, var, "fc")
    return data is not None and bool(np.isinf(data).any())


def contains_big(arr: Any, var: Any = None) -> bool:
    """Whether a value holds a number above 1e10 in size, integers included."""
    data = _numbers(arr, var, "fciu")
    return data is not None and bool(np.any(np.abs(data) > _BIG))


class NanGuardMode(Mode):
    """A mode that checks the inputs of a function and every value it computes.

    Parameters
    ----------
    nan_is_error, inf_is_error, big_is_error : bool, optional
        What to look for; defaults are the options ``config.NanGuardMode.*``. Big is above 1e10 in size.
    optimizer : str or Query
    linker
        Accepted for compatibility: the Python executor runs such functions.

    Notes
    -----
    What happens then is up to ``config.NanGuardMode.action``: AssertionError, a warning, or the debugger. Variables
    with ``tag.nan_guard_mode_check = False`` are not checked.

    Raises
    ------
    AssertionError
        Nothing to look for.
    """

    def __init__(
        self,
        nan_is_error: bool | None = None,
        inf_is_error: bool | None = None,
        big_is_error: bool | None = None,
        optimizer: Any = "default",
        linker: Any = None,
    ) -> None:
        options = config.NanGuardMode
        self.nan_is_error = options.nan_is_error if nan_is_error is None else nan_is_error
        self.inf_is_error = options.inf_is_error if inf_is_error is None else inf_is_error
        self.big_is_error = options.big_is_error if big_is_error is None else big_is_error
        if not (self.nan_is_error or self.inf_is_error or self.big_is_error):
            raise AssertionError(
                explain(
                    "make a NanGuardMode", "nothing to look for", "set one of nan_is_error, inf_is_error, big_is_error"
                )
            )
        super().__init__(Linker("nanguard", "py", None, self._watch), optimizer)

    def _watch(self, i: int, node: Any, thunk: Any) -> None:
        for variable, cell in zip(node.inputs, thunk.inputs, strict=True):
            if variable.owner is None and not isinstance(variable, Constant):
                self._check(variable, cell[0], node, "graph input")
        thunk()
        for variable, cell in zip(node.outputs, thunk.outputs, strict=True):
            self._check(variable, cell[0], node, "node output")

    def _check(self, variable: Any, value: Any, node: Any, place: str) -> None:
        kinds = []
        if self.nan_is_error and contains_nan(value, node, variable):
            kinds.append("NaN detected")
        if self.inf_is_error and contains_inf(value, node, variable):
            kinds.append("Inf detected")
        if self.big_is_error and contains_big(value, variable):
            kinds.append("Big value detected")
        if kinds and not may_be_unwritten(variable):
            self._act("\n".join(kinds) + f"\nIn a {place}: {variable} of {variable.type}\n{_describe(variable, node)}")

    @staticmethod
    def _act(text: str) -> None:
        action = config.NanGuardMode.action
        if action == "raise":
            raise AssertionError(text)
        warnings.warn(text, stacklevel=2)
        if action == "pdb":
            breakpoint()


def _describe(variable: Any, node: Any) -> str:
    # Printing stands above this room, so it is reached by name.
    printed = import_module("theano.printing").debugprint(node, file="str")
    trace = format_trace(variable)
    return f"NanGuardMode found it around this node:\n{printed}" + (f"\nCreated at:\n{trace}" if trace else "")
