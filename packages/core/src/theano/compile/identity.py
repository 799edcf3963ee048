"""The identity of a graph: a key that two functions share only if they compute the same from the same inputs.

The key is made of the graph as the user built it: ops with their state, types, constants with their contents, names,
and how all this hangs together. Whatever is not certain to mean the same in another process (a function of the user's,
an op of a class of theirs, an object that has no text) raises `Uncertain`: such graphs have no key.
"""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable, Sequence
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from theano.graph import Apply, Constant, Op, Type, Variable, toposort

__all__ = ["Uncertain", "graph_text"]

MOST_BYTES = 1 << 20
"""Graphs with larger constants have no key: to read them takes as long as to compile."""

_NOTES = frozenset({"trace", "unique_value", "held_fast", "test_value", "nan_guard_mode_check", "values_eq_approx"})
"""Notes about variables that no rewrite and no backend reads in ordinary modes."""

_COPIED: Any = object.__reduce_ex__
"""How objects are pickled that are their class and their state, no more."""

_PLAIN = (str, int, bool, bytes, type(None), type(Ellipsis))


class Uncertain(Exception):
    """Something in a graph cannot be told by a text."""


def graph_text(inputs: Sequence[Variable], outputs: Sequence[Variable], is_ours: Callable[[str], bool]) -> bytes:
    """A text of the graph between `inputs` and `outputs`, equal for equal graphs only.

    Parameters
    ----------
    inputs, outputs : sequence of Variable
    is_ours : callable
        Whether the module of this name is code whose identity is known otherwise.

    Raises
    ------
    Uncertain
        There is no such text.
    """
    writer = _Writer(is_ours)
    parts = [writer.variable(v) for v in inputs]
    parts += [writer.node(node) for node in toposort(outputs, set(inputs))]
    ends = tuple([writer.number(v) for v in outputs])
    # Version 0 writes equal values as equal bytes, whatever objects they share.
    return marshal.dumps((tuple(parts), ends, tuple(writer.table)), 0)


class _Writer:
    """Numbers variables, ops, types and classes in the order of meeting; `table` says what the latter three are."""

    def __init__(self, is_ours: Callable[[str], bool]) -> None:
        self.table: list[Any] = []
        self._is_ours = is_ours
        self._variables: dict[Variable, int] = {}
        self._entries: dict[int, int] = {}
        self._met: list[Any] = []  # so that no other object takes the place, and the number, of one of them
        self._bytes = 0

    def node(self, node: Apply) -> tuple[Any, ...]:
        if type(node) is not Apply or node.__dict__ or (node._tag is not None and node._tag.__dict__):
            raise Uncertain(node)
        read = [self.number(v) for v in node.inputs]
        return self._entry(node.op), tuple(read), tuple([self.variable(v) for v in node.outputs])

    def number(self, variable: Variable) -> Any:
        """The number of a variable that was met; of a constant that was not, what it is."""
        known = self._variables.get(variable)
        if known is not None:
            return known
        if not isinstance(variable, Constant):
            raise Uncertain(variable)
        return self.variable(variable), self.value(variable.data)

    def variable(self, variable: Variable) -> tuple[Any, ...]:
        """What a new variable is; the next number is its own."""
        notes = variable.tag.__dict__
        if notes and not notes.keys() <= _NOTES:
            raise Uncertain(variable)
        self._variables[variable] = len(self._variables)
        return self._entry(type(variable)), self._entry(variable.type), variable.name

    def _entry(self, thing: Any) -> int:
        """The row of the table about an op, a type or a class."""
        row = self._entries.get(id(thing))
        if row is None:
            described = self.reference(thing) if isinstance(thing, type) else self._state(thing)
            row = self._entries[id(thing)] = len(self.table)
            self.table.append(described)
            self._met.append(thing)
        return row

    def _state(self, thing: Any) -> tuple[Any, ...]:
        return self._entry(type(thing)), self.value(_without_notes(thing.__getstate__()))

    def reference(self, thing: Any) -> tuple[str, str, str]:
        """Where a class or function of ours, of NumPy or of Python is found."""
        module, name = str(getattr(thing, "__module__", "")), getattr(thing, "__qualname__", "")
        found: Any = sys.modules.get(module) if module in ("builtins", "numpy") or self._is_ours(module) else None
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not thing:
            raise Uncertain(thing)
        return "at", module, name

    def value(self, value: Any) -> Any:
        """A text of a parameter of an op or type, or of the data of a constant."""
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind in (tuple, list):
            return kind.__name__, tuple([self.value(v) for v in value])
        if kind is dict:
            return "dict", tuple([(self.value(k), self.value(v)) for k, v in value.items()])
        if kind is np.ndarray:
            return self._array(value)
        if kind in (float, complex):
            return kind.__name__, np.asarray(value).tobytes()
        if isinstance(value, np.generic):
            return "number", self._array(np.asarray(value))
        if kind is slice:
            return "slice", *map(self.value, (value.start, value.stop, value.step))
        if isinstance(value, np.dtype):
            return "dtype", self._dtype(value)
        if kind in (set, frozenset):
            return kind.__name__, tuple(sorted(marshal.dumps(self.value(v), 0) for v in value))
        if isinstance(value, type | FunctionType | BuiltinFunctionType):
            return self.reference(value)
        if isinstance(value, Op | Type):
            return "entry", self._entry(value)
        if self._is_ours(kind.__module__) and getattr(kind, "__reduce_ex__", None) is _COPIED:
            return "object", *self._state(value)  # a value of ours: its class and its state are all that it is
        raise Uncertain(value)

    def _array(self, value: np.ndarray[Any, Any]) -> tuple[Any, ...]:
        self._bytes += value.nbytes
        in_rows = value.flags.c_contiguous
        if not (in_rows or value.flags.f_contiguous) or self._bytes > MOST_BYTES:
            raise Uncertain(value.shape)
        return "array", self._dtype(value.dtype), value.shape, in_rows, value.tobytes("C" if in_rows else "F")

    @staticmethod
    def _dtype(dtype: np.dtype[Any]) -> str:
        if dtype.kind not in "biufc":
            raise Uncertain(dtype)
        return dtype.str


def _without_notes(state: Any) -> Any:
    """What an object is pickled as, less notes that have no meaning."""
    if isinstance(state, dict):
        return {name: value for name, value in state.items() if name != "_tag"}
    return state
