"""`DebugMode`: every op and every rewrite is checked while a function is compiled and run.

Checked are, in this order: that rewriting is repeatable; the values of arguments; for each node what its ``perform``
returns, changes and shares; what native code makes of the same graph; and that what rewrites replaced has the value of
its replacement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.compile.debug_errors import (
    BadDestroyMap,
    BadOptimization,
    BadThunkOutput,
    BadViewMap,
    DebugModeError,
    InvalidValueError,
    StochasticOrder,
)
from theano.compile.linkers import Linker
from theano.compile.mode import Mode
from theano.configuration import config
from theano.errors import explain
from theano.graph import Feature

__all__ = [
    "BadDestroyMap",
    "BadOptimization",
    "BadThunkOutput",
    "BadViewMap",
    "DebugMode",
    "DebugModeError",
    "InvalidValueError",
    "StochasticOrder",
]

_KINDS = ("initial", "previous", "c_contiguous", "f_contiguous", "strided", "wrong_size")


class DebugMode(Mode):
    """A mode that finds wrong ops and rewrites; functions run many times slower.

    Parameters
    ----------
    optimizer : str or Query
    stability_patience : int, optional
        How often the graph is rewritten to compare the results.
    check_c_code, check_py_code : bool, optional
        Compare native code with ``perform``, which runs in any case.
    check_isfinite : bool, optional
        NaN and infinity are errors.
    check_preallocated_output : str, optional
        Kinds of output buffers to offer to ``perform``, joined by colons: initial, previous, c_contiguous,
        f_contiguous, strided, wrong_size, ALL.
    require_matching_strides : int, optional
        Strides of native results that differ: 0 is fine, 1 a warning, 2 a TypeError.
    linker
        Ignored.

    Notes
    -----
    Defaults are the options ``config.DebugMode.*``. All errors are `DebugModeError`.

    Raises
    ------
    ValueError
        Nothing is to be run, or an unknown kind of buffer.

    Examples
    --------
    >>> DebugMode(stability_patience=1).stability_patience
    1
    """

    def __init__(
        self,
        optimizer: Any = "fast_run",
        stability_patience: int | None = None,
        check_c_code: bool | None = None,
        check_py_code: bool | None = None,
        check_isfinite: bool | None = None,
        check_preallocated_output: str | None = None,
        require_matching_strides: int | None = None,
        linker: Any = None,
    ) -> None:
        options = config.DebugMode
        self.stability_patience = options.patience if stability_patience is None else stability_patience
        self.check_c_code = options.check_c if check_c_code is None else check_c_code
        self.check_py_code = options.check_py if check_py_code is None else check_py_code
        self.check_isfinite = options.check_finite if check_isfinite is None else check_isfinite
        self.require_matching_strides = (
            options.check_strides if require_matching_strides is None else require_matching_strides
        )
        kinds = options.check_preallocated_output if check_preallocated_output is None else check_preallocated_output
        self.check_preallocated_output = _buffer_kinds(kinds)
        if not (self.check_c_code or self.check_py_code):
            raise ValueError(explain("make a DebugMode", "nothing is to be run", "set check_c_code or check_py_code"))
        super().__init__(Linker("debug", "py"), optimizer)

    @property
    def optimizer(self) -> Any:
        """The rewriter of this mode, which then runs as often as `stability_patience` says, and is watched."""
        return _Watched(super().optimizer, self.stability_patience)

    def make_function(self, maker: Any, plan: Any, containers: Sequence[Any]) -> Any:
        """The function that checks; called by the Python backend."""
        from theano.compile.debugging import DebugFunction  # lazy: functions need modes

        return DebugFunction(maker, plan, containers)


def _buffer_kinds(text: Any) -> tuple[str, ...]:
    kinds = tuple(filter(None, text.split(":"))) if isinstance(text, str) else tuple(text or ())
    unknown = [kind for kind in kinds if kind not in (*_KINDS, "ALL")]
    if unknown:
        raise ValueError(
            explain(f"offer output buffers of the kinds {kinds}", f"unknown {unknown}", f"use ALL or {_KINDS}")
        )
    return _KINDS if "ALL" in kinds else kinds


_OTHER_VALUES = ("scanOp_save_mem",)
"""Rewrites that exchange a variable and all its readers together, so that it need not keep its value: loops then hold
fewer rows."""


class Equivalences(Feature):
    """What rewrites replaced by what, in the order of the replacements."""

    def __init__(self) -> None:
        self.pairs: dict[tuple[Any, Any], Any] = {}
        self.events: list[str] = []

    def on_change_input(self, fgraph: Any, node: Any, i: int, old: Any, new: Any, reason: Any) -> None:
        """Note one replacement."""
        self.events.append(f"change input {i} of {_name(node)} by {reason}")
        if str(reason) not in _OTHER_VALUES:
            self.pairs.setdefault((old, new), reason)

    def on_import(self, fgraph: Any, node: Any, reason: Any) -> None:
        """Note a new node."""
        self.events.append(f"import {_name(node)} by {reason}")

    def on_prune(self, fgraph: Any, node: Any, reason: Any) -> None:
        """Note a node that is gone."""
        self.events.append(f"prune {_name(node)} by {reason}")


def _name(node: Any) -> str:
    return node if isinstance(node, str) else str(node.op)


class _Watched:
    """A rewriter that is repeatable, and whose replacements are noted on the graph."""

    def __init__(self, optimizer: Any, patience: int) -> None:
        self.optimizer = optimizer
        self.patience = patience

    def optimize(self, fgraph: Any) -> None:
        trials = [self._trial(fgraph.clone()) for _ in range(self.patience - 1)]
        tracker = Equivalences()
        fgraph.attach_feature(tracker)
        self.optimizer.optimize(fgraph)
        fgraph.remove_feature(tracker)
        fgraph.equivalence_tracker = tracker
        for events in trials:
            _compare(tracker.events, events)

    def _trial(self, fgraph: Any) -> list[str]:
        tracker = Equivalences()
        fgraph.attach_feature(tracker)
        self.optimizer.optimize(fgraph)
        return tracker.events


def _compare(events: list[str], others: list[str]) -> None:
    if events == others:
        return
    same = (a == b for a, b in zip(events, others, strict=False))
    i = next((i for i, equal in enumerate(same) if not equal), min(len(events), len(others)))
    here, there = (" | ".join(listed[i : i + 3]) or "nothing" for listed in (events, others))
    raise StochasticOrder(
        explain(
            "rewrite the same graph twice",
            f"event {i} of {len(events)} differs: once {here}, once {there}",
            "let rewrites iterate over lists and dicts, not over sets or by id()",
        )
    )
