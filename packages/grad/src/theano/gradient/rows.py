"""`RowMap`: an expression computed for each row, or for each block of rows, of some sequences. It carries `jacobian`.

A small map-reduce: parameters are the same for all rows; each output is either stacked over rows or summed over them.
The gradient of such a loop is such a loop again, so it can be differentiated any number of times, backwards and
forwards. What does not depend on a row is no part of the loop: `row_map` keeps it outside.

Where all ops have a form for a block (see `theano.gradient.batching`), many rows are computed at once; the number of
rows in a block is bounded so that a block's temporaries stay in the caches, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import theano.tensor as at
from theano.compile import function
from theano.gradient.backward import pullback
from theano.gradient.batching import batched
from theano.gradient.disconnected import disconnected_type, is_disconnected, is_null
from theano.gradient.forward import Rop
from theano.gradient.region import find_region
from theano.gradient.zeros import is_continuous, is_zero, zero_gradient
from theano.graph import Apply, Constant, Op, Variable, clone_replace
from theano.graph.traversal import toposort

__all__ = ["RowMap", "row_map"]

BLOCK_BYTES = 1 << 21  # of parameters times rows: the temporaries of a block are about as large
LANES = 8  # rows that lie in one vector


class RowMap(Op):
    """Inputs (sequences..., parameters...): the inner expressions for each row of the sequences.

    Parameters
    ----------
    rows : sequence of TensorVariable
        Inner inputs: a row of each sequence; with `blocks`, a block of rows of each.
    params : sequence of Variable
        Inner inputs that are the same for all rows.
    outputs : sequence of TensorVariable
        Inner expressions of `rows` and `params`.
    summed : sequence of bool
        Per output: sum over rows (True), or stack along a new first axis (blocks: along the last).
    blocks : bool
        Whether the inner expressions are of blocks, with any number of rows along the last axis. Sequences and stacked
        results then have the rows last, too.
    """

    def __init__(
        self,
        rows: Sequence[Variable],
        params: Sequence[Variable],
        outputs: Sequence[Variable],
        summed: Sequence[bool],
        blocks: bool = False,
    ) -> None:
        self.rows, self.params = list(rows), list(params)
        self.blocks = blocks
        self.inner = list(outputs)
        self.summed = tuple(summed)
        self.mode: Any = None
        self._function: Any = None
        self._by_mode: dict[Any, RowMap] = {}

    def __str__(self) -> str:
        kind = ", blocks" if self.blocks else ""
        return f"RowMap{{{len(self.rows)} sequences, {len(self.inner)} outputs{kind}}}"

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_function": None, "_by_mode": {}}

    def with_mode(self, mode: Any) -> RowMap:
        """The same op with its inner expressions compiled in `mode`; equal calls give the same op."""
        found = self._by_mode.get(mode)
        if found is None:
            found = RowMap(self.rows, self.params, self.inner, self.summed, self.blocks)
            found.mode = mode
            self._by_mode[mode] = found
        return found

    @property
    def fn(self) -> Any:
        """The inner expressions as a compiled function."""
        if self._function is None:
            own = [*self.rows, *self.params]
            self._function = function(own, self.inner, mode=self.mode, on_unused_input="ignore")
        return self._function

    def make_node(self, *inputs: Any) -> Apply:
        sequences, params = inputs[: len(self.rows)], inputs[len(self.rows) :]
        fitted = [self._stacked(row).filter_variable(v) for row, v in zip(self.rows, sequences, strict=True)]
        fitted += [p.type.filter_variable(v) for p, v in zip(self.params, params, strict=True)]
        outputs = [
            v.type() if summed else self._stacked(v)() for v, summed in zip(self.inner, self.summed, strict=True)
        ]
        return Apply(self, fitted, outputs)

    def _stacked(self, inner: Variable) -> Any:
        """Type of all rows of an inner variable together."""
        return inner.type if self.blocks else at.TensorType(inner.type.dtype, (False, *inner.type.broadcastable))

    def perform(self, node: Apply, inputs: list, output_storage: list, params: Any = None) -> None:
        sequences, fixed = inputs[: len(self.rows)], inputs[len(self.rows) :]
        length = sequences[0].shape[-1] if self.blocks else len(sequences[0])
        if not length:
            # one run on a row of zeros tells the shapes of the empty results
            sequences = [np.zeros((*s.shape[:-1], 1) if self.blocks else (1, *s.shape[1:]), s.dtype) for s in sequences]
        results = self._results(sequences, fixed)
        for j, (v, summed) in enumerate(zip(self.inner, self.summed, strict=True)):
            values = self._together([r[j] for r in results], summed)
            if not length:
                values = np.zeros_like(values) if summed else values[..., :0] if self.blocks else values[:0]
            output_storage[j][0] = np.asarray(values, dtype=v.type.dtype)

    def _results(self, sequences: Sequence[Any], fixed: Sequence[Any]) -> list[Any]:
        if not self.blocks:
            return [self.fn(*[s[i] for s in sequences], *fixed) for i in range(len(sequences[0]))]
        length = sequences[0].shape[-1]
        size = _block_size(length, sum([getattr(p, "nbytes", 8) for p in fixed]))
        if size >= length:
            return [self.fn(*sequences, *fixed)]
        return [self.fn(*[s[..., i : i + size] for s in sequences], *fixed) for i in range(0, length, size)]

    def _together(self, parts: list[Any], summed: bool) -> Any:
        if len(parts) == 1:
            return parts[0] if self.blocks or summed else np.asarray(parts[0])[None]
        if summed:
            return np.sum(np.stack(parts), axis=0)
        return np.concatenate(parts, axis=-1) if self.blocks else np.stack(parts)

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
            summed_too = [x not in self.rows for x in live]
            op = RowMap(rows, params, [inner_grads[x] for x in live], summed_too, self.blocks)
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
            self.blocks,
        )
        outer = [*inputs[:n], *[p for _, p in row_tangents], *inputs[n:], *[p for _, p in param_tangents]]
        return op(*outer, return_list=True)


def _block_size(length: int, nbytes: int) -> int:
    """Rows in a block, for parameters of `nbytes` in all.

    Blocks are about equal, since a few rows that are left over cost nearly as much as a whole block.
    """
    count = max(1, round(length * nbytes / BLOCK_BYTES))
    size = -(-length // count)
    return max(1, min(length, -(-size // LANES) * LANES))


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


def row_map(row: Variable, length: Variable, outputs: Sequence[Variable]) -> list[Variable]:
    """Compute `outputs`, which depend on `row`, for each unit vector of that length, stacked along a new first axis.

    Parameters
    ----------
    row : TensorVariable, (length,)
        Stands for a unit vector in `outputs`.
    length : Variable, ()
    outputs : sequence of TensorVariable
    """
    inner_row = row.type()
    params, replaced = _borders(row, outputs)
    inner = clone_replace(list(outputs), {row: inner_row, **replaced})
    unit_vectors = at.eye(length, dtype=row.type.dtype)
    block = at.TensorType(row.type.dtype, (*row.type.broadcastable, False))()
    many = batched(inner, inner_row, block)
    if many is None:
        rows = at.patternbroadcast(unit_vectors, (False, *row.type.broadcastable))
        op = RowMap([inner_row], list(params.values()), inner, [False] * len(inner))
        return op(rows, *params, return_list=True)
    op = RowMap([block], list(params.values()), many, [False] * len(many), blocks=True)
    columns = at.patternbroadcast(unit_vectors, block.type.broadcastable)
    results: list[Any] = op(columns, *params, return_list=True)
    return [v.dimshuffle(v.type.ndim - 1, *range(v.type.ndim - 1)) for v in results]


def _borders(row: Variable, outputs: Sequence[Variable]) -> tuple[dict[Variable, Variable], dict[Variable, Variable]]:
    """What `outputs` need that does not depend on `row`: {outer value: inner input}, and what stands for it inside.

    Zeros are made inside, from their lengths: rewrites of the inner expressions then know what they are.
    """
    inside, needed = {row}, dict.fromkeys(outputs)
    for node in toposort(outputs, [row]):
        if any(v in inside for v in node.inputs):
            inside.update(node.outputs)
            needed.update(dict.fromkeys(node.inputs))
    params: dict[Variable, Variable] = {}
    replaced: dict[Variable, Variable] = {}
    for v in needed:
        if v in inside or isinstance(v, Constant):
            continue
        if isinstance(v.type, at.TensorType) and v.type.ndim and is_zero(v):
            lengths = [at.shape_i(v, i) for i in range(v.type.ndim)]
            own = [params.setdefault(n, n.type()) for n in lengths]
            zeros = at.alloc(at.constant(0, dtype=v.type.dtype), *own)
            replaced[v] = at.patternbroadcast(zeros, v.type.broadcastable)
        else:
            replaced[v] = params.setdefault(v, v.type())
    return params, replaced
