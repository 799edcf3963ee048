"""The CPU backend: plans as native code."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from theano.configuration import config

__all__ = ["CpuBackend", "backend"]


@functools.cache
def _runtime_problem() -> str | None:
    try:
        import_module("theano.cpu._runtime")
        import theano.cpu.native_function  # noqa: F401  lazy: loads the extension
    except ModuleNotFoundError as error:
        if error.name != "theano.cpu._runtime":
            return str(error)
        return (
            "the native runtime of theano-cpu was not built when the package was installed "
            "(it needs a C compiler and the headers of Python)"
        )
    except ImportError as error:
        return str(error)
    return None


class CpuBackend:
    """Runs plans in the C runtime, with kernels compiled for this machine."""

    name = "cpu"
    target: str | None = "c"

    def unavailable(self) -> str | None:
        """Why plans cannot run natively here, or None."""
        problem = _runtime_problem()
        if problem is not None:
            return problem
        from theano.cpu.compiler import CompileError, find_compiler  # lazy: only when a function is compiled

        try:
            find_compiler()
        except CompileError as error:
            return str(error)
        return None

    def recall(self, key: str) -> Any:
        """The recipe of the function that was compiled under `key`, or None; see `theano.compile.recall`."""
        if self.unavailable() is not None:
            return None
        from theano.cpu.recipes import fetch  # lazy: only when a function is compiled

        return fetch(key)

    def generated_code(self, function: Any, node: Any = None) -> str:
        """The C of `function`, or of one of its nodes; see `theano.printing.generated_code`."""
        from theano.cpu.listing import listing  # lazy: for reading only

        return listing(function, node)

    def make_function(self, maker: Any, plan: Any, containers: Sequence[Any]) -> Any:
        """A `NativeFunction`; one of the Python executor for graphs with lazy ops other than `ifelse`.

        With ``config.compile.background`` it may be a `BackgroundFunction`, whose compiler is still running.

        Raises
        ------
        BackendUnavailable
            The kernels could not be compiled.
        """
        # lazy: the runtime is loaded with the first function
        from theano.compile.backend import BackendUnavailable
        from theano.compile.callable import PythonFunction
        from theano.compile.lazy import make_thunk_of
        from theano.cpu.branches import is_native_condition
        from theano.cpu.compiler import CompileError
        from theano.cpu.native_function import NativeFunction

        lazy = [step.node for step in plan.steps if make_thunk_of(step.node.op) is not None]
        if not all(is_native_condition(node.op, node) for node in lazy):
            return PythonFunction(maker, plan, containers)
        try:
            if config.compile.background >= 0:
                return _native_or_later(maker, plan, containers)
            return NativeFunction(maker, plan, containers)
        except CompileError as error:
            raise BackendUnavailable(str(error)) from error


backend = CpuBackend()


def _native_or_later(maker: Any, plan: Any, containers: Sequence[Any]) -> Any:
    # lazy: an option
    from theano.cpu.background import BackgroundFunction, budget
    from theano.cpu.machine_code import Postponed, with_patience
    from theano.cpu.native_function import NativeFunction

    seconds = budget(maker)
    if seconds is None:
        return NativeFunction(maker, plan, containers)
    try:
        with with_patience(seconds):
            return NativeFunction(maker, plan, containers)
    except Postponed as postponed:
        return BackgroundFunction(maker, plan, containers, postponed)
