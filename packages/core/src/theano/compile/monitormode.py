"""`MonitorMode`: look at every node while a function runs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from theano.compile.linkers import Linker
from theano.compile.mode import Mode
from theano.compile.nanguardmode import contains_nan
from theano.compile.unwritten import may_be_unwritten
from theano.errors import explain

__all__ = ["MonitorMode", "detect_nan"]


class MonitorMode(Mode):
    """A mode that calls functions of yours around each node.

    Parameters
    ----------
    pre_func, post_func : callable, optional
        Called with ``(i, node, fn)`` before and after node number ``i`` runs. ``fn.inputs`` and ``fn.outputs`` are
        lists of one-element lists that hold the values.
    optimizer : str or Query
    linker
        Must be left out: the Python executor runs such functions.

    Raises
    ------
    ValueError
        Another linker is asked for.
    """

    def __init__(
        self,
        pre_func: Callable[..., Any] | None = None,
        post_func: Callable[..., Any] | None = None,
        optimizer: Any = "default",
        linker: Any = None,
    ) -> None:
        if linker is not None and getattr(linker, "wrapper", None) is None:
            raise ValueError(
                explain("make a MonitorMode", f"linker {linker}", "leave the linker out: nodes are watched in Python")
            )
        self.pre_func = pre_func
        self.post_func = post_func
        super().__init__(Linker("monitor", "py", None, self.eval) if linker is None else linker, optimizer)

    def eval(self, i: int, node: Any, fn: Any) -> None:
        """Run a node between the two functions."""
        if self.pre_func is not None:
            self.pre_func(i, node, fn)
        fn()
        if self.post_func is not None:
            self.post_func(i, node, fn)

    def clone(self, link_kwargs: dict[str, Any] | None = None, optimizer: Any = "", **kwargs: Any) -> MonitorMode:
        """A copy with linker options or the optimizer replaced."""
        new = copy.copy(self)
        new._set(self.linker.clone(**(link_kwargs or {})), self.provided_optimizer if optimizer == "" else optimizer)
        for name, value in kwargs.items():
            setattr(new, name, value)
        return new


def detect_nan(i: int, node: Any, fn: Any) -> None:
    """A ``post_func`` that prints the first node whose result holds NaN, with its operands and results."""
    for variable, (value,) in zip(node.outputs, fn.outputs, strict=True):
        if not contains_nan(value, node, variable) or may_be_unwritten(variable):
            continue
        print("*** NaN detected ***")
        print(node)
        print(f"Inputs : {[cell[0] for cell in fn.inputs]}")
        print(f"Outputs: {[cell[0] for cell in fn.outputs]}")
        return
