"""Shape inference: the rules of the table "shape" against the shapes of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import theano.tensor as at
from theano.compile import Mode, function
from theano.errors import ShapeError
from theano.graph import Constant
from theano.graph.traversal import toposort
from theano.plugin import table

__all__ = ["infer_shapes"]


def infer_shapes(inputs: Sequence[Any], outputs: Sequence[Any], arrays: Sequence[Any]) -> tuple[list[Any], list[str]]:
    """Shapes of `outputs` as the rules tell them.

    Parameters
    ----------
    inputs, outputs : sequence of TensorVariable
    arrays : sequence of ndarray
        Values of `inputs`: rules may ask for values, such as those of a new shape.

    Returns
    -------
    shapes : list of (tuple of int or None)
        None where a rule is missing on the way.
    missing : list of str
        Ops without a rule, or whose rule says that only the values tell.
    """
    known: dict[Any, Any] = {v: tuple(at.lscalar() for _ in a.shape) for v, a in zip(inputs, arrays, strict=True)}
    missing: list[str] = []
    for node in toposort(list(outputs), list(inputs)):
        rule = table("shape").lookup(node.op)
        given = [_shape_of(v, known) for v in node.inputs]
        found = None if rule is None or any(s is None for s in given) else _ask(rule, node, given)
        if found is None:
            missing.append(str(node.op))
        for v, shape in zip(node.outputs, found or [None] * len(node.outputs), strict=True):
            known[v] = shape if hasattr(v.type, "ndim") else None
    shapes = [known[v] for v in outputs]
    lengths = [at.as_tensor_variable(n, ndim=0) for shape in shapes if shape is not None for n in shape]
    dims = [n for v in inputs for n in known[v]]
    given_dims = [n for a in arrays for n in a.shape]
    run: Any = function([*inputs, *dims], lengths, mode=Mode("py", None), on_unused_input="ignore")
    values = iter(int(n) for n in run(*arrays, *given_dims))
    return [None if shape is None else tuple(next(values) for _ in shape) for shape in shapes], missing


def _ask(rule: Any, node: Any, given: list[Any]) -> Any:
    try:
        return rule(node, given)
    except ShapeError:  # known only when it runs
        return None


def _shape_of(v: Any, known: dict[Any, Any]) -> Any:
    if v in known:
        return known[v]
    if isinstance(v, Constant):
        return getattr(v.data, "shape", ())
    return tuple(v.shape[i] for i in range(v.type.ndim)) if hasattr(v.type, "ndim") else None
