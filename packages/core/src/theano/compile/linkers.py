"""Ways to execute a plan: which backend, whether intermediate results are freed, and who watches.

The classic names are makers of `Linker` values: what they built by hand is done by plans and backends now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.frozen import dataclass, replace

__all__ = [
    "CLinker",
    "Linker",
    "LocalLinker",
    "OpWiseCLinker",
    "PerformLinker",
    "VM_Linker",
    "WrapLinker",
    "WrapLinkerMany",
    "predefined_linkers",
]


@dataclass(frozen=True)
class Linker:
    """How a compiled graph is executed.

    Parameters
    ----------
    name : str
    backend : str
        "py" for the Python executor, else the name of a registered backend, used when it is available.
    allow_gc : bool, optional
        Free intermediate results as soon as their last reader ran; None: ``config.allow_gc``.
    wrapper : callable, optional
        ``wrapper(i, node, thunk)`` is called in place of each node, and calls ``thunk()`` itself. The thunk has
        ``inputs`` and ``outputs``, lists of one-element lists. Needs the Python executor.
    """

    name: str
    backend: str
    allow_gc: bool | None = None
    wrapper: Callable[..., Any] | None = None

    def clone(self, allow_gc: bool | None = None) -> Linker:
        """This linker with another way of freeing."""
        return replace(self, allow_gc=allow_gc)

    def __str__(self) -> str:
        return self.name


LocalLinker = Linker


def PerformLinker(allow_gc: bool | None = None) -> Linker:
    """The Python executor."""
    return Linker("py", "py", allow_gc)


def OpWiseCLinker(fallback_on_perform: bool = True, allow_gc: bool | None = None, nice_errors: bool = True) -> Linker:
    """Native code where there is any; the other arguments are accepted for compatibility."""
    return Linker("c|py", "cpu", allow_gc)


def CLinker(schedule: Any = None) -> Linker:
    """Native code; `schedule` is accepted for compatibility."""
    return Linker("c", "cpu")


def VM_Linker(
    allow_gc: bool | None = None,
    use_cloop: bool = False,
    callback: Callable[..., Any] | None = None,
    callback_input: Callable[..., Any] | None = None,
    lazy: bool | None = None,
    schedule: Any = None,
    c_thunks: bool | None = None,
    allow_partial_eval: bool | None = None,
) -> Linker:
    """Native code with ``use_cloop=True``, else the Python executor.

    Parameters
    ----------
    allow_gc : bool, optional
    use_cloop : bool
    callback : callable, optional
        ``callback(node, thunk, storage_map, compute_map)``, called after each node. `storage_map` holds what the
        node read and wrote, `compute_map` says that all of it is computed. Needs the Python executor.
    callback_input, lazy, schedule, c_thunks, allow_partial_eval
        Accepted for compatibility: laziness and partial evaluation are always there.
    """
    if callback is not None:
        return Linker("vm", "py", allow_gc, _AfterEach(callback))
    native = use_cloop and c_thunks is not False
    return Linker("cvm", "cpu", allow_gc) if native else Linker("vm", "py", allow_gc)


@dataclass(frozen=True)
class _AfterEach:
    """A wrapper that runs a node and then the callback of a `VM_Linker`."""

    callback: Callable[..., Any]

    def __call__(self, i: int, node: Any, thunk: Any) -> None:
        thunk()
        storage = dict(zip([*node.inputs, *node.outputs], [*thunk.inputs, *thunk.outputs], strict=True))
        self.callback(node=node, thunk=thunk, storage_map=storage, compute_map={v: [True] for v in storage})


def WrapLinkerMany(linkers: list[Linker], wrappers: list[Callable[..., Any]]) -> Linker:
    """The first of `linkers`, its nodes run by all `wrappers` in order."""

    def wrapper(*args: Any) -> None:
        for each in wrappers:
            each(*args)

    return WrapLinker(linkers, wrapper)


def WrapLinker(linkers: list[Linker], wrapper: Callable[..., Any]) -> Linker:
    """The first of `linkers`, with ``wrapper(i, node, thunk)`` in place of each node."""
    return Linker("wrap", "py", linkers[0].allow_gc, wrapper)


predefined_linkers: dict[str | None, Linker] = {
    "py": Linker("py", "py"),
    "vm": Linker("vm", "py"),
    "vm_nogc": Linker("vm_nogc", "py", allow_gc=False),
    "c": Linker("c", "cpu"),
    "c|py": Linker("c|py", "cpu"),
    "c|py_nogc": Linker("c|py_nogc", "cpu", allow_gc=False),
    "cvm": Linker("cvm", "cpu"),
    "cvm_nogc": Linker("cvm_nogc", "cpu", allow_gc=False),
}
