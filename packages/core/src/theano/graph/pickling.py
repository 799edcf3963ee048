"""Pickling and copying graphs of any depth without recursion.

A pickler that follows ``variable.owner.inputs[0].owner...`` recurses once a node and fails on long chains. So the first
member of a graph that is met writes all its ancestor nodes first, in topological order: when a node's turn comes,
everything it refers to is in the pickler's memo already and nothing recurses. While that list is being written the
members are written plainly; `_Begin` and `_End` mark the stretch, and are met by the pickler in that order.
"""

from __future__ import annotations

import copyreg
import threading
import weakref
from typing import Any


class _State(threading.local):
    """The stretches that are being written, the innermost last: an op may hold a graph of its own.

    The pickler keeps every `_Begin` alive that it has met. One that is gone belongs to a pickling that failed.
    """

    def __init__(self) -> None:
        self.stretches: list[weakref.ref[_Begin]] = []

    def covers(self, node: Any) -> bool:
        """Whether `node` is in a stretch that is being written."""
        for reference in reversed(self.stretches):
            begin = reference()
            if begin is None:
                self.stretches.remove(reference)
            elif id(node) in begin.covered:
                return True
        return False


_state = _State()


class _Begin:
    """Met by the pickler before the list of nodes: switches the plain form on for these nodes."""

    def __init__(self, nodes: list[Any]) -> None:
        self.covered = {id(node): node for node in nodes}

    def __reduce__(self) -> Any:
        _state.stretches.append(weakref.ref(self))
        return (_nothing, ())


class _End:
    """Met by the pickler after the list of nodes: switches the plain form off."""

    def __reduce__(self) -> Any:
        if _state.stretches:
            _state.stretches.pop()
        return (_nothing, ())


def _nothing() -> None:
    return None


def _pick(begin: None, nodes: tuple[Any, ...], end: None, index: int | None) -> Any:
    """Return the last node, or its output number `index`."""
    return nodes[-1] if index is None else nodes[-1].outputs[index]


def reduce_graph_member(member: Any, owner: Any, protocol: Any) -> Any:
    """The ``__reduce_ex__`` of variables and nodes; `owner` is the node whose ancestors must be written first."""
    if owner is None or _state.covers(owner):
        return _plain(member)
    from theano.graph.traversal import ancestor_nodes  # lazy: traversal is above variables

    nodes = ancestor_nodes(owner)
    if len(nodes) == 1:
        return _plain(member)
    index = None if member is owner else member.index
    return (_pick, (_Begin(nodes), tuple(nodes), _End(), index))


def _plain(member: Any) -> Any:
    return (copyreg.__newobj__, (member.__class__,), member.__getstate__())  # type: ignore[attr-defined]


def reduce_function_graph(graph: Any) -> Any:
    """The ``__reduce_ex__`` of a function graph: inputs, then nodes in topological order, then the rest."""
    nodes = graph.toposort()
    features = [feature for feature in graph.features if feature.is_picklable]
    return (
        _restore_function_graph,
        (
            graph.__class__,
            tuple(graph.inputs),
            _Begin(nodes),
            tuple(nodes),
            _End(),
            tuple(graph.outputs),
            dict(graph.update_mapping),
            features,
        ),
    )


def _restore_function_graph(
    cls: type,
    inputs: tuple[Any, ...],
    begin: None,
    nodes: tuple[Any, ...],
    end: None,
    outputs: tuple[Any, ...],
    update_mapping: dict[int, int],
    features: list[Any],
) -> Any:
    return cls(inputs, outputs, clone=False, features=features, update_mapping=update_mapping)
