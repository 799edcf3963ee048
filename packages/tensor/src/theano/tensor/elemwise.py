"""`Elemwise`: a scalar op applied to every element, with broadcasting by static patterns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any as AnyValue  # the op Any is reached through this module

import numpy as np

from theano.compile.interruptible import interruptible
from theano.configuration import config
from theano.errors import explain
from theano.frozen import replace
from theano.graph import Apply, Constant, Op, Variable
from theano.scalar.base import ScalarOp
from theano.scalar.formulas import numpy_k
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.dimshuffle import DimShuffle, dimshuffle_op
from theano.tensor.type import TensorType, tensor_type

__all__ = ["DimShuffle", "Elemwise", "dimshuffle_op"]


class Elemwise(Op):
    """A scalar op applied to every element of its inputs.

    Parameters
    ----------
    scalar_op : ScalarOp
    inplace_pattern : dict of int to int, optional
        Output number to the input whose memory it takes.
    name : str, optional
        Text of the op; does not take part in equality.
    nfunc_spec, openmp : optional
        Accepted for old programs.

    Examples
    --------
    >>> import theano.scalar
    >>> Elemwise(theano.scalar.add)
    Elemwise{add}
    """

    __props__ = ("scalar_op", "inplace_pattern")

    def __init__(
        self,
        scalar_op: ScalarOp,
        inplace_pattern: Mapping[int, int] | None = None,
        name: str | None = None,
        nfunc_spec: tuple[str, int, int] | None = None,
        openmp: bool | None = None,
    ) -> None:
        self.scalar_op = scalar_op
        self.inplace_pattern = dict(inplace_pattern or {})
        self.destroy_map = {o: [i] for o, i in self.inplace_pattern.items()}
        self.name = name
        self.nfunc_spec = nfunc_spec if nfunc_spec is not None else getattr(scalar_op, "nfunc_spec", None)
        self.openmp = openmp
        self._prepare()

    def _prepare(self) -> None:
        self._hash = hash((type(self), self.scalar_op, tuple(sorted(self.inplace_pattern.items()))))
        # output types by input types, floatX and cast policy: most nodes of a graph repeat a few combinations
        self._type_memo: dict[AnyValue, tuple[TensorType, ...]] = {}
        self._step_memo: dict[AnyValue, AnyValue] = {}

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other)
            and self.scalar_op == other.scalar_op  # type: ignore[attr-defined]
            and self.inplace_pattern == other.inplace_pattern  # type: ignore[attr-defined]
        )

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.inplace_pattern:
            return f"Elemwise{{{self.scalar_op}}}{sorted(self.inplace_pattern.items())}"
        return f"Elemwise{{{self.scalar_op}}}"

    def __getstate__(self) -> dict[str, AnyValue]:
        state = super().__getstate__()
        for derived in ("_hash", "_type_memo", "_step_memo"):
            state.pop(derived, None)
        return state

    def __setstate__(self, state: dict[str, AnyValue]) -> None:
        self.__dict__.update(state)
        self._prepare()

    # -- building ------------------------------------------------------------------------------------------------

    def make_node(self, *inputs: AnyValue) -> Apply:
        nin = self.scalar_op.nin
        if nin >= 0 and nin != len(inputs):
            raise TypeError(explain(f"apply {self}", f"{len(inputs)} inputs", f"give {nin}"))
        variables = [
            x if isinstance(x, Variable) and type(x.type) is TensorType else as_tensor_variable(x) for x in inputs
        ]
        types = tuple([v.type for v in variables])
        ndim = max([t.ndim for t in types], default=0)
        for i, t in enumerate(types):
            if t.ndim != ndim:
                variables[i] = _padded(variables[i], ndim)
        key = (types, config.floatX, config.cast_policy)
        outputs = self._type_memo.get(key)
        if outputs is None:
            outputs = self._type_memo[key] = self._output_types(variables)
        return Apply(self, variables, [t.make_variable() for t in outputs])

    def _output_types(self, variables: Sequence[Variable]) -> tuple[TensorType, ...]:
        """Output types for aligned inputs: dtypes by the scalar op, flags that every input has."""
        if not variables:
            raise TypeError(explain(f"apply {self}", "no inputs", "give at least one"))
        patterns = [v.type.broadcastable for v in variables]
        pattern = patterns[0] if len(patterns) == 1 else tuple([all(flags) for flags in zip(*patterns, strict=True)])
        dtypes = self.scalar_op.output_dtypes(tuple([v.type.dtype for v in variables]))
        for o, i in self.inplace_pattern.items():
            if any(mine and not out for mine, out in zip(patterns[i], pattern, strict=True)):
                raise ValueError(
                    explain(
                        f"apply {self}",
                        "Operation cannot be done inplace on an input with broadcasted dimensions: "
                        f"pattern {patterns[i]} of input {i}, result {pattern}",
                        "use the op that makes a new array",
                    )
                )
            if dtypes[o] != variables[i].type.dtype:
                raise TypeError(
                    explain(
                        f"apply {self}",
                        "Cannot do an inplace operation on incompatible data types: "
                        f"input {i} is {variables[i].type.dtype}, the result {dtypes[o]}",
                        "cast the inputs",
                    )
                )
        return tuple([tensor_type(d, pattern) for d in dtypes])

    # -- facts ---------------------------------------------------------------------------------------------------

    def infer_shape(self, node: Apply, shapes: Sequence[AnyValue]) -> list[tuple]:
        out = []
        flags = [v.type.broadcastable for v in node.inputs]
        for axis in range(node.outputs[0].type.ndim):
            lengths = [s[axis] for s, f in zip(shapes, flags, strict=True) if not f[axis]]
            # at run time they are all equal; a constant among them says most
            known = [n for n in lengths if isinstance(n, (int, Constant))]
            out.append(known[0] if known else lengths[0] if lengths else 1)
        return [tuple(out) for _ in node.outputs]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        own = getattr(self.scalar_op, "connection_pattern", None)
        if own is not None:
            return own(node)
        return [[True] * len(node.outputs) for _ in node.inputs]

    def lower(self, node: Apply, build: AnyValue) -> AnyValue:
        if self.inplace_pattern:
            # the caller asked for its own array to be overwritten; a loop would take new memory
            return None
        key = (tuple([v.type for v in (*node.inputs, *node.outputs)]), tuple(build.wanted))
        known = self._step_memo.get(key)
        if known is None:
            loads = [build.load(i) for i in range(len(node.inputs))]
            known = build.map(self.scalar_op.lower_exprs(build.k, loads))
            self._step_memo[key] = replace(known, node=None)  # the node would live as long as the op
            return known
        return replace(known, node=node)

    # -- evaluation ----------------------------------------------------------------------------------------------

    def perform(
        self, node: Apply, inputs: list[AnyValue], output_storage: list[list[AnyValue]], params: AnyValue = None
    ) -> None:
        arrays = [np.asarray(x) for x in inputs]
        shape = self._common_shape(node, arrays)
        dtypes = tuple([v.type.dtype for v in node.inputs])
        work = 100.0 * math.prod(shape)  # some functions of SciPy take longer still
        with np.errstate(all="ignore"):
            results = interruptible(work, self.scalar_op.lower_exprs, numpy_k, arrays, dtypes)
        # new arrays first: a result that is an input itself must be copied before that input is overwritten
        for j, result in enumerate(results):
            if j not in self.inplace_pattern:
                output_storage[j][0] = own = _own_array(result, shape, arrays)
                arrays.append(own)
        for j, i in self.inplace_pattern.items():
            inputs[i][...] = results[j]
            output_storage[j][0] = inputs[i]

    def _common_shape(self, node: Apply, arrays: Sequence[np.ndarray]) -> tuple[int, ...]:
        """Shape of the result by the strict rule: only statically broadcastable dims are stretched."""
        first = arrays[0].shape
        if all(a.shape == first for a in arrays):
            return first
        flags = [v.type.broadcastable for v in node.inputs]
        shape = []
        for axis in range(node.outputs[0].type.ndim):
            lengths = {a.shape[axis] for a, f in zip(arrays, flags, strict=True) if not f[axis]}
            stretched = {a.shape[axis] for a, f in zip(arrays, flags, strict=True) if f[axis]}
            if len(lengths) > 1 or stretched - {1}:
                raise ValueError(self._mismatch(node, arrays, axis))
            shape.append(lengths.pop() if lengths else 1)
        return tuple(shape)

    def _mismatch(self, node: Apply, arrays: Sequence[np.ndarray], axis: int) -> str:
        operands = "; ".join(
            f"input[{i}] {v}: shape {a.shape}, dtype {a.dtype}, broadcastable {v.type.broadcastable}"
            for i, (v, a) in enumerate(zip(node.inputs, arrays, strict=True))
        )
        return explain(
            f"{self}: dimension mismatch (Input dimension mis-match) on axis {axis}",
            operands,
            "give equal lengths; to stretch a dim of length 1, declare it broadcastable (addbroadcast)",
        )


def _padded(variable: AnyValue, ndim: int) -> AnyValue:
    """`variable` with broadcastable dims added on the left."""
    pattern = variable.type.broadcastable
    return dimshuffle_op(pattern, ("x",) * (ndim - len(pattern)) + tuple(range(len(pattern))))(variable)


def _own_array(result: AnyValue, shape: tuple[int, ...], arrays: Sequence[np.ndarray]) -> np.ndarray:
    """`result` as a new array of the full shape that shares no memory with an input."""
    result = np.asarray(result)
    if result.shape != shape:
        return np.broadcast_to(result, shape).copy()
    # views (real part, transposes) have a base; formulas such as identity hand back an input itself
    if result.base is not None or any(result is a for a in arrays):
        return result.copy()
    return result


def __getattr__(name: str) -> AnyValue:
    # Classic home of the reductions, whose module stands on this one.
    if name in ("All", "Any", "CAReduce", "CAReduceDtype", "MulWithoutZeros", "Prod", "ProdWithoutZeros", "Sum",
                "mul_without_zeros"):  # fmt: skip
        from theano.tensor import reduction  # lazy: see above

        return getattr(reduction, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
