"""Classic home of two helpers: hashes of arrays, and numeric shapes of whole graphs."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

import theano.tensor as tensor_namespace
from theano.errors import explain
from theano.plugin import table

__all__ = ["hash_from_ndarray", "shape_of_variables"]


def hash_from_ndarray(data: np.ndarray) -> str:
    """Content hash of an array that also covers dtype, shape and strides."""
    data = np.asarray(data)
    digest = hashlib.sha256(np.ascontiguousarray(data).tobytes())
    digest.update(repr((data.dtype.str, data.shape, data.strides)).encode())
    return digest.hexdigest()


def shape_of_variables(fgraph: Any, input_shapes: dict[Any, tuple[int, ...]]) -> dict[Any, tuple[int, ...]]:
    """Numeric shape of every variable of a graph, computed from the shapes of its inputs alone.

    Parameters
    ----------
    fgraph : FunctionGraph
    input_shapes : dict
        Input variable to its lengths.

    Raises
    ------
    ValueError
        A key is no input of the graph, or an input has no shape here.
    """
    from theano.compile import function  # lazy: only this function compiles

    unknown = [v for v in input_shapes if v not in fgraph.inputs]
    missing = [v for v in fgraph.inputs if v not in input_shapes]
    if unknown or missing:
        raise ValueError(
            explain(
                "shape_of_variables",
                f"input_shapes keys aren't the fgraph's inputs: unknown {unknown}, missing {missing}",
                "give the shape of every input and of nothing else",
            )
        )
    shapes: dict[Any, Any] = {v: [tensor_namespace.lscalar() for _ in input_shapes[v]] for v in fgraph.inputs}
    lengths = [n for v in fgraph.inputs for n in shapes[v]]
    for node in fgraph.toposort():
        _add_shapes(node, shapes)
    variables = [v for v, s in shapes.items() if s is not None]
    outputs = [tensor_namespace.as_tensor_variable(n) for v in variables for n in shapes[v]]
    evaluate = function(lengths, outputs, on_unused_input="ignore")
    values = iter(evaluate(*[n for v in fgraph.inputs for n in input_shapes[v]]))
    return {v: tuple(int(next(values)) for _ in shapes[v]) for v in variables}


def _add_shapes(node: Any, shapes: dict[Any, Any]) -> None:
    """Note the symbolic shapes of a node's outputs, by its shape rule where it has one."""
    for v in node.inputs:
        if v not in shapes:
            data = getattr(v, "data", None)
            shapes[v] = None if data is None or not hasattr(data, "shape") else list(data.shape)
    rule = table("shape").lookup(node.op)
    found = rule(node, [shapes[v] for v in node.inputs]) if rule is not None else [None] * len(node.outputs)
    for v, shape in zip(node.outputs, found, strict=True):
        if shape is None and hasattr(v.type, "ndim"):
            shape = [tensor_namespace.shape(v)[i] for i in range(v.type.ndim)]
        shapes[v] = shape
