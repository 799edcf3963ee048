"""`Fused`: elementwise work, broadcasts and reductions over one index space as one node, made by fusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.errors import MethodNotDefined, explain
from theano.graph import Apply, Constant, Op, Variable, clone_replace, toposort
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.elemwise import Elemwise
from theano.tensor.fused_text import formulas
from theano.tensor.reduction import CAReduce

__all__ = ["Fused"]


class Fused(Op):
    """The op that computes the graph from `inputs` to `outputs` in one pass over an index space.

    Its meaning is that graph: `perform` evaluates the inner nodes one by one. Its loops are one row program. Two are
    equal when they compute the same steps.

    Parameters
    ----------
    inputs, outputs : sequence of tensor variables
        The graph, made of `Elemwise`, reductions over the same axes of tensors of the same rank, and `DimShuffle` that
        spreads or thins what is reduced. An output has the full rank or lacks the reduced axes. Constants may appear
        inside.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x, y = T.dmatrices("x", "y")
    >>> op = Fused([x, y], [T.sqr(x - y).sum(axis=1)])
    >>> op, op(x, y).type
    (Fused{Sum{1}(sqr((i0 - i1)))}, TensorType(float64, vector))
    """

    __props__ = ("program",)

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        self.inputs = [v.type.make_variable() for v in inputs]
        # the graph belongs to the op: later changes of the caller's graph must not reach it
        self.outputs = list(clone_replace(list(outputs), dict(zip(inputs, self.inputs, strict=True))))
        self._prepare()

    def _prepare(self) -> None:
        self.nodes = toposort(self.outputs)
        self.ndim, self.axes = _index_space(self.nodes)
        self.program = _value_of(self.inputs, self.nodes, self.outputs)
        self._hash = hash((Fused, self.program))
        self._text: str | None = None

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        if self._text is None:
            self._text = f"Fused{{{formulas(self.inputs, self.nodes, self.outputs)}}}"
        return self._text

    def __getstate__(self) -> dict[str, Any]:
        return {"inputs": self.inputs, "outputs": self.outputs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

    def make_node(self, *inputs: Any) -> Apply:
        if len(inputs) != len(self.inputs):
            raise TypeError(explain(f"apply {self}", f"{len(inputs)} inputs", f"give {len(self.inputs)}"))
        variables = [own.type.filter_variable(v) for own, v in zip(self.inputs, inputs, strict=True)]
        return Apply(self, variables, [v.type.make_variable() for v in self.outputs])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        values: dict[Variable, Any] = dict(zip(self.inputs, inputs, strict=True))
        for inner in self.nodes:
            arguments = [v.data if isinstance(v, Constant) else values[v] for v in inner.inputs]
            cells: list[list[Any]] = [[None] for _ in inner.outputs]
            inner.op.perform(inner, arguments, cells)
            values.update((v, cell[0]) for v, cell in zip(inner.outputs, cells, strict=True))
        for cell, v in zip(output_storage, self.outputs, strict=True):
            cell[0] = np.asarray(values[v])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[tuple]:
        known: dict[Variable, Any] = dict(zip(self.inputs, shapes, strict=True))
        for inner in self.nodes:
            given = [v.data.shape if isinstance(v, Constant) else known[v] for v in inner.inputs]
            known.update(zip(inner.outputs, inner.op.infer_shape(inner, given), strict=True))
        return [known[v] for v in self.outputs]

    def lower(self, node: Apply, build: Any) -> Any:
        from theano.tensor.fused_loops import row_program  # lazy: needed when a plan is made

        return row_program(self, node)

    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> Any:
        raise MethodNotDefined(_no_gradient(self))

    def R_op(self, inputs: Any, eval_points: Any) -> Any:
        raise MethodNotDefined(_no_gradient(self))


def _no_gradient(op: Fused) -> str:
    return explain(
        f"differentiate {op}",
        "fusion makes such nodes after differentiation",
        "differentiate the graph that was compiled, not the rewritten one",
    )


def _index_space(nodes: Sequence[Apply]) -> tuple[int, tuple[int, ...]]:
    """Rank and reduced axes that all reductions of a graph share."""
    spaces = set()
    for node in nodes:
        if isinstance(node.op, CAReduce):
            ndim = node.inputs[0].type.ndim
            spaces.add((ndim, tuple(sorted(node.op.axes_of(ndim)))))
        elif not isinstance(node.op, Elemwise | DimShuffle):
            found = f"the graph holds {node.op}"
            raise ValueError(explain("make a Fused op", found, "give elementwise ops, reductions and broadcasts only"))
    if len(spaces) != 1:
        found = f"reductions over {sorted(spaces)} (rank, axes)"
        raise ValueError(explain("make a Fused op", found, "give reductions of one rank over the same axes"))
    return spaces.pop()


def _value_of(inputs: Sequence[Variable], nodes: Sequence[Apply], outputs: Sequence[Variable]) -> tuple[Any, ...]:
    """Steps over numbered places: equal for graphs that compute the same, whatever their variables."""
    place: dict[Variable, Any] = {v: ("in", i) for i, v in enumerate(inputs)}

    def at(v: Variable) -> Any:
        if v in place:
            return place[v]
        if not isinstance(v, Constant):
            found = f"{v} is neither an input nor a constant"
            raise ValueError(explain("make a Fused op", found, "list it among the inputs"))
        return ("const", v.type.dtype, v.data.shape, v.data.tobytes())

    steps = []
    for n, node in enumerate(nodes):
        steps.append((node.op, tuple([at(v) for v in node.inputs])))
        place.update((v, ("step", n, j)) for j, v in enumerate(node.outputs))
    return tuple(v.type for v in inputs), tuple(steps), tuple([at(v) for v in outputs])
