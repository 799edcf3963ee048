"""`RowMap`: an expression computed for each row of some sequences. It carries `jacobian` until the loop op is there.

A small map-reduce: sequences are read row by row, parameters are the same for all rows; each output is either stacked
over rows or summed over them. The gradient of such a loop is such a loop again, so it can be differentiated any number
of times, backwards and forwards. What does not depend on a row is no part of the loop: `row_map` keeps it outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import theano.tensor as at
from theano.compile import function
from theano.gradient.backward import pullback
from theano.gradient.disconnected import disconnected_type, is_disconnected, is_null
from theano.gradient.forward import Rop
from theano.gradient.region import find_region
from theano.gradient.zeros import is_continuous, zero_gradient
from theano.graph import Apply, Constant, Op, Variable, clone_replace
from theano.graph.traversal import toposort

__all__ = ["RowMap", "row_map"]


class RowMap(Op):
    """Inputs (sequences..., parameters...): the inner expressions for each row of the sequences.

    Parameters
    ----------
    rows : sequence of TensorVariable
        Inner inputs: a row of each sequence.
    params : sequence of Variable
        Inner inputs that are the same for all rows.
    outputs : sequence of TensorVariable
        Inner expressions of `rows` and `params`.
    summed : sequence of bool
        Per output: sum over rows (True), or stack along a new first axis.
    """

    def __init__(
        self, rows: Sequence[Variable], params: Sequence[Variable], outputs: Sequence[Variable], summed: Sequence[bool]
    ) -> None:
        self.rows, self.params = list(rows), list(params)
        self.inner = list(outputs)
        self.summed = tuple(summed)
        self._function: Any = None

    def __str__(self) -> str:
        return f"RowMap{{{len(self.rows)} sequences, {len(self.inner)} outputs}}"

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_function": None}

    def make_node(self, *inputs: Any) -> Apply:
        sequences, params = inputs[: len(self.rows)], inputs[len(self.rows) :]
        fitted = [
            at.TensorType(row.type.dtype, (False, *row.type.broadcastable)).filter_variable(v)
            for row, v in zip(self.rows, sequences, strict=True)
        ]
        fitted += [p.type.filter_variable(v) for p, v in zip(self.params, params, strict=True)]
        outputs = [
            v.type() if summed else at.TensorType(v.type.dtype, (False, *v.type.broadcastable))()
            for v, summed in zip(self.inner, self.summed, strict=True)
        ]
        return Apply(self, fitted, outputs)

    def perform(self, node: Apply, inputs: list, output_storage: list, params: Any = None) -> None:
        if self._function is None:
            self._function = function([*self.rows, *self.params], self.inner, on_unused_input="ignore")
        sequences, fixed = inputs[: len(self.rows)], inputs[len(self.rows) :]
        length = len(sequences[0])
        if length:
            results = [self._function(*[s[i] for s in sequences], *fixed) for i in range(length)]
        else:
            # one run on rows of zeros tells the shapes of the empty results
            results = [self._function(*[np.zeros(s.shape[1:], s.dtype) for s in sequences], *fixed)]
        for j, (v, summed) in enumerate(zip(self.inner, self.summed, strict=True)):
            values = np.stack([np.asarray(r[j]) for r in results])[:length]
            output_storage[j][0] = np.asarray(values.sum(axis=0) if summed else values, dtype=v.type.dtype)

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Inner connections."""
        own = [*self.rows, *self.params]
        columns = [find_region([v], own, (), ()).active for v in self.inner]
        return [[x in active for active in columns] for x in own]

    def L_op(self, inputs: list, outputs: list, output_grads: list) -> list:
        """Go back through each row; gradients of parameters are summed over rows."""
        own = [*self.rows, *self.params]
        arriving = [
            (v, v.type(), g, summed)
            for v, g, summed in zip(self.inner, output_grads, self.summed, strict=True)
            if not is_disconnected(g) and is_continuous(v)
        ]
        wanted = [x for x in own if is_continuous(x)]
        seeds = [(v, inner_g) for v, inner_g, _, _ in arriving]
        inner_grads = dict(zip(wanted, _inner_gradients(seeds, wanted), strict=True))
        live = [x for x, g in inner_grads.items() if not is_disconnected(g) and not is_null(g)]
        rows = [*self.rows, *[inner_g for _, inner_g, _, summed in arriving if not summed]]
        params = [*self.params, *[inner_g for _, inner_g, _, summed in arriving if summed]]
        n = len(self.rows)
        outer = [*inputs[:n], *[g for _, _, g, summed in arriving if not summed]]
        outer += [*inputs[n:], *[g for _, _, g, summed in arriving if summed]]
        found = {}
        if live:
            op = RowMap(rows, params, [inner_grads[x] for x in live], [x not in self.rows for x in live])
            found = dict(zip(live, op(*outer, return_list=True), strict=True))
        return [
            found[x] if x in found else _without_path(x, given, inner_grads, self.connection_of(x))
            for x, given in zip(own, inputs, strict=True)
        ]

    def connection_of(self, x: Variable) -> bool:
        """Whether any output depends on the inner input `x`."""
        return any(x in find_region([v], [x], (), ()).active for v in self.inner)

    def R_op(self, inputs: list, eval_points: list) -> list:
        """Carry tangents through each row."""
        own = [*self.rows, *self.params]
        moving = [(x, x.type(), p) for x, p in zip(own, eval_points, strict=True) if p is not None]
        tangents = Rop(
            self.inner,
            [x for x, _, _ in moving],
            [t for _, t, _ in moving],
            disconnected_outputs="ignore",
            return_disconnected="zero",
        )
        n = len(self.rows)
        row_tangents = [(t, p) for x, t, p in moving if x in self.rows]
        param_tangents = [(t, p) for x, t, p in moving if x not in self.rows]
        op = RowMap(
            [*self.rows, *[t for t, _ in row_tangents]],
            [*self.params, *[t for t, _ in param_tangents]],
            tangents,
            self.summed,
        )
        outer = [*inputs[:n], *[p for _, p in row_tangents], *inputs[n:], *[p for _, p in param_tangents]]
        return op(*outer, return_list=True)


def _inner_gradients(seeds: list[tuple[Variable, Variable]], wanted: list[Variable]) -> list[Variable]:
    if not seeds or not wanted:
        return [disconnected_type() for _ in wanted]
    options = {"return_disconnected": "Disconnected", "null_gradients": "return"}
    return pullback([v for v, _ in seeds], wanted, [g for _, g in seeds], disconnected_inputs="ignore", **options)


def _without_path(x: Variable, given: Variable, inner_grads: dict[Variable, Variable], connected: bool) -> Variable:
    g = inner_grads.get(x)
    if g is not None and is_null(g):
        return g
    return zero_gradient(given) if connected else disconnected_type()


def row_map(row: Variable, sequence: Variable, outputs: Sequence[Variable]) -> list[Variable]:
    """Compute `outputs`, which depend on `row`, for each row of `sequence`, stacked along a new first axis.

    Parameters
    ----------
    row : TensorVariable
        Stands for a row in `outputs`.
    sequence : TensorVariable
        Of one more dimension than `row`.
    outputs : sequence of TensorVariable
    """
    inside: set[Variable] = {row}
    for node in toposort(outputs, [row]):
        if any(v in inside for v in node.inputs):
            inside.update(node.outputs)
    borders: dict[Variable, Variable] = {}
    for node in toposort(outputs, [row]):
        if not any(v in inside for v in node.inputs):
            continue
        for v in node.inputs:
            if v not in inside and not isinstance(v, Constant):
                borders.setdefault(v, v.type())
    for v in outputs:
        if v not in inside and not isinstance(v, Constant):
            borders.setdefault(v, v.type())
    inner_row = row.type()
    inner = clone_replace(list(outputs), {row: inner_row, **borders})
    op = RowMap([inner_row], list(borders.values()), inner, [False] * len(inner))
    return op(sequence, *borders, return_list=True)
