"""Shapes of the results of a loop, told without running it where that is possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from theano.graph import Constant, Variable, ancestors, clone_replace, toposort
from theano.plugin import table
from theano.tensor import TensorType
from theano.tensor.shape import shape_i_op

if TYPE_CHECKING:
    from theano.scan_module.scan_op import Scan

__all__ = ["infer_shape", "shapes_of_results"]

_lscalar = TensorType("int64", ())


def infer_shape(outs: Sequence[Variable], inputs: Sequence[Variable], input_shapes: Sequence[Any]) -> list[Any]:
    """Shapes of `outs`, as expressions of the shapes of `inputs`; tuples of lengths, None for types without shape.

    Parameters
    ----------
    outs, inputs : sequence of Variable
        A graph.
    input_shapes : sequence of tuple
        The lengths of each input.
    """
    known: dict[Variable, Any] = dict(zip(inputs, input_shapes, strict=True))
    rules = table("shape")
    for node in toposort(outs, known):
        rule = rules.lookup(node.op)
        found: Any = None
        if rule is not None:
            try:
                found = rule(node, [_known(known, v) for v in node.inputs])
            except (NotImplementedError, ValueError):
                found = None
        for k, v in enumerate(node.outputs):
            own = None if found is None else found[k]
            known.setdefault(v, _measured(v) if own is None else tuple(own))
    return [_known(known, v) for v in outs]


def _known(known: dict[Variable, Any], v: Variable) -> Any:
    if v not in known:
        known[v] = tuple(v.data.shape) if isinstance(v, Constant) and hasattr(v.data, "shape") else _measured(v)
    return known[v]


def _measured(v: Variable) -> Any:
    type_ = v.type
    if getattr(type_, "ndim", None) is None or not hasattr(type_, "broadcastable"):
        return None
    return tuple(1 if flag else shape_i_op(i)(v) for i, flag in enumerate(type_.broadcastable))


def shapes_of_results(op: Scan, node: Any, shapes: Sequence[Any]) -> list[Any]:
    """The lengths of each outer output."""
    results = []
    for state in op.states:
        own = tuple(shapes[state.outer_input])
        results.append((_leading(op, node, state.outer_output, own[0]), *own[1:]))
    rows = op.inner_nitsot_outs(op.outputs)
    inner = _inner_shapes(op, node, rows, shapes) if rows else []
    first = len(op.states)
    for j, lengths in enumerate(inner):
        length = _leading(op, node, first + j, node.inputs[op.outer_nitsot_start + j])
        results.append((length, *_or_measured(node.outputs[first + j], lengths)))
    results += [_measured(v) for v in node.outputs[first + op.n_nit_sot :]]
    return results


def _leading(op: Scan, node: Any, k: int, length: Any) -> Any:
    """The number of rows stored, which a while loop tells only afterwards."""
    return shape_i_op(0)(node.outputs[k]) if op.as_while else length


def _or_measured(output: Variable, lengths: Sequence[Any]) -> list[Any]:
    flags = output.type.broadcastable[1:]  # type: ignore[attr-defined]
    return [
        1 if flag else shape_i_op(1 + d)(output) if length is None else length
        for d, (flag, length) in enumerate(zip(flags, lengths, strict=True))
    ]


def _inner_shapes(op: Scan, node: Any, rows: Sequence[Variable], shapes: Sequence[Any]) -> list[list[Any]]:
    """Lengths of the inner rows in outer terms; None for those that depend on values inside the loop."""
    outer: dict[Variable, Variable] = {}
    lengths_of: list[Any] = []
    behind = _outer_shapes(op, shapes)
    for v, known in zip(op.inputs, behind, strict=True):
        if known is None:
            lengths_of.append(_measured(v))
            continue
        stand_ins = []
        for length in known:
            if isinstance(length, Variable):
                stand_in = _lscalar()
                outer[stand_in] = length
                stand_ins.append(stand_in)
            else:
                stand_ins.append(length)
        lengths_of.append(tuple(stand_ins))
    fixed = zip(op.inner_non_seqs(op.inputs), op.outer_non_seqs(node), strict=True)
    outer.update(fixed)
    inner = infer_shape(rows, op.inputs, lengths_of)
    inside = set(op.inputs) - set(op.inner_non_seqs(op.inputs))
    return [[_translated(length, outer, inside) for length in lengths] for lengths in inner]


def _outer_shapes(op: Scan, shapes: Sequence[Any]) -> list[Any]:
    """For each inner input its lengths in outer terms."""
    behind: list[Any] = [tuple(s[1:]) for s in shapes[1 : 1 + op.n_seqs]]
    for state in op.states:
        behind += [tuple(shapes[state.outer_input][1:]) for _ in state.taps]
    behind += [None] * op.n_shared_outs
    return behind + list(shapes[op.outer_fixed_start :])


def _translated(length: Any, outer: dict[Variable, Variable], inside: set[Variable]) -> Any:
    if not isinstance(length, Variable):
        return length
    if any(v in inside for v in ancestors([length], outer)):
        return None
    return clone_replace(length, outer, strict=False)
