"""Scalar ops: what an elementwise operation does to one element of each input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.configuration import config
from theano.errors import MethodNotDefined, explain
from theano.graph import Apply, Op
from theano.scalar.formulas import numpy_k
from theano.scalar.rules import bitwise_out, bool_out, upcast_out
from theano.scalar.type import Scalar, get_scalar_type
from theano.scalar.variable import as_scalar

__all__ = [
    "BinaryBitOp",
    "BinaryScalarOp",
    "FixedLogicalComparison",
    "LogicalComparison",
    "ScalarOp",
    "UnaryBitOp",
    "UnaryScalarOp",
]


class ScalarOp(Op):
    """Base of scalar ops.

    A subclass states ``formula(k, *xs)`` once: with ``k = numpy_k`` it evaluates arrays, with the loop IR's namespace
    it builds kernel expressions. A classic op may define ``impl(*inputs)`` instead; it then runs element by element in
    Python.

    Parameters
    ----------
    output_types_preference : callable, optional
        Maps input `Scalar` types to a tuple of output types, see `theano.scalar.rules`.
    name : str, optional
        Text of the op.
    """

    nin = -1
    nout = 1
    name: str | None = None
    output_types_preference: Any = None
    # Binary ops that CAReduce may use: how they may be regrouped, and the neutral element.
    commutative: Any = False
    associative: Any = False
    identity: Any = None
    nfunc_spec: tuple[str, int, int] | None = None
    __props__: tuple[str, ...] = ("output_types_preference",)

    def __init__(self, output_types_preference: Any = None, name: str | None = None) -> None:
        self.name = name
        if output_types_preference is not None:
            if not callable(output_types_preference):
                raise TypeError(
                    explain(
                        f"make a {type(self).__name__}",
                        f"output_types_preference={output_types_preference!r}",
                        "give a function from input types to output types",
                    )
                )
            self.output_types_preference = output_types_preference

    # -- dtypes --------------------------------------------------------------------------------------------------

    def output_types(self, types: Sequence[Scalar]) -> Sequence[Scalar]:
        """Output types for input types."""
        if self.output_types_preference is None:
            raise NotImplementedError(
                explain(
                    f"{self}: compute the output dtype",
                    "no rule",
                    "give output_types_preference or define output_types",
                )
            )
        result = self.output_types_preference(*types)
        if not isinstance(result, (list, tuple)) or any(not isinstance(t, Scalar) for t in result):
            raise TypeError(explain(f"{self}: compute the output dtype", f"{result!r}", "return Scalar types"))
        if len(result) != self.nout:
            raise TypeError(explain(f"{self}: compute the output dtype", f"{len(result)} types", f"give {self.nout}"))
        return result

    def output_dtypes(self, in_dtypes: tuple[str, ...]) -> tuple[str, ...]:
        """Output dtype names for input dtype names; remembered per configuration."""
        memo = self.__dict__.get("_dtype_memo")
        if memo is None:
            memo = self.__dict__["_dtype_memo"] = {}
        key = (in_dtypes, config.floatX, config.cast_policy)
        found = memo.get(key)
        if found is None:
            try:
                found = tuple(t.dtype for t in self.output_types([get_scalar_type(d) for d in in_dtypes]))
            except TypeError as error:
                # the rules are shared by many ops and cannot name the one that was asked
                error.add_note(f"The operation is {self}.")
                raise
            memo[key] = found
        return found

    def output_dtype(self, *in_dtypes: str) -> str:
        """dtype of the first output."""
        return self.output_dtypes(in_dtypes)[0]

    def compute_dtype(self, *in_dtypes: str) -> str | None:
        """dtype that all inputs have when the formula sees them; None leaves them alone."""
        if type(self).formula is ScalarOp.formula:
            # a classic impl() sees its inputs as they are
            return None
        return self.output_dtypes(in_dtypes)[0]

    # -- meaning -------------------------------------------------------------------------------------------------

    def formula(self, k: Any, *xs: Any) -> Any:
        """The result of the op in the namespace `k`; a tuple when there are several outputs."""
        # Only the NumPy namespace has "python"; in the loop IR this name is unknown and the node stays in Python.
        return k.python(self.impl, self.nout, self.nfunc_spec)(*xs)

    def prepare(self, k: Any, xs: Sequence[Any], dtypes: tuple[str, ...]) -> Sequence[Any]:
        """Operands as the formula wants them."""
        dtype = self.compute_dtype(*dtypes)
        if dtype is None:
            return xs
        return [k.cast(x, dtype) for x in xs]

    def lower_exprs(self, k: Any, xs: Sequence[Any], dtypes: tuple[str, ...] | None = None) -> list[Any]:
        """Outputs in the namespace `k`: operands cast, formula, results cast to the output dtypes."""
        if dtypes is None:
            dtypes = tuple([str(x.dtype) for x in xs])
        results = self.formula(k, *self.prepare(k, xs, dtypes))
        if self.nout == 1 and not isinstance(results, (tuple, list)):
            results = (results,)
        return [k.cast(r, d) for r, d in zip(results, self.output_dtypes(dtypes), strict=True)]

    def impl(self, *inputs: Any) -> Any:
        """Value for one element of each input; a tuple when there are several outputs."""
        if type(self).formula is ScalarOp.formula:
            raise MethodNotDefined(
                explain(
                    f"evaluate {self}",
                    "neither formula nor impl is defined",
                    "define one of them on the op",
                )
            )
        with np.errstate(all="ignore"):
            results = [np.asarray(r)[()] for r in self.lower_exprs(numpy_k, [np.asarray(x) for x in inputs])]
        return results[0] if self.nout == 1 else tuple(results)

    # -- Op ------------------------------------------------------------------------------------------------------

    def make_node(self, *inputs: Any) -> Apply:
        if self.nin >= 0 and len(inputs) != self.nin:
            raise TypeError(explain(f"apply {self}", f"{len(inputs)} inputs", f"give {self.nin}"))
        variables = [as_scalar(x) for x in inputs]
        dtypes = self.output_dtypes(tuple([v.type.dtype for v in variables]))
        return Apply(self, variables, [get_scalar_type(d).make_variable() for d in dtypes])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        dtypes = tuple([v.type.dtype for v in node.inputs])
        with np.errstate(all="ignore"):
            results = self.lower_exprs(numpy_k, [np.asarray(x) for x in inputs], dtypes)
        for cell, result in zip(output_storage, results, strict=True):
            cell[0] = np.asarray(result)[()]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[tuple]:
        return [()] * len(node.outputs)

    def supports_c_code(self, inputs: Any, outputs: Any) -> bool:
        """Whether the op states classic C code."""
        return callable(getattr(self, "c_code", None))

    def c_code_contiguous(self, node: Any, name: str, inp: Any, out: Any, sub: Any) -> str:
        """Classic C code for whole contiguous arrays; none by default."""
        raise MethodNotDefined(f"{self} has no c_code_contiguous")

    def __str__(self) -> str:
        return self.name or type(self).__name__

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("_dtype_memo", None)
        return state


class UnaryScalarOp(ScalarOp):
    """Base of scalar ops with one input."""

    nin = 1


class BinaryScalarOp(ScalarOp):
    """Base of scalar ops with two inputs."""

    nin = 2


class LogicalComparison(BinaryScalarOp):
    """Base of comparisons: bool result, operands in their common dtype."""

    def __init__(self, output_types_preference: Any = None, name: str | None = None) -> None:
        super().__init__(output_types_preference or bool_out, name)

    def compute_dtype(self, *in_dtypes: str) -> str | None:
        return upcast_out(*(get_scalar_type(d) for d in in_dtypes))[0].dtype

    def lower_exprs(self, k: Any, xs: Sequence[Any], dtypes: tuple[str, ...] | None = None) -> list[Any]:
        dtypes = dtypes or tuple([str(x.dtype) for x in xs])
        if len(dtypes) != 2 or {*dtypes} != {"int64", "uint64"}:
            return super().lower_exprs(k, xs, dtypes)
        # Their common dtype is float64, in which numbers beyond 2**53 meet others. Negative ones are below all counts.
        signed = xs[dtypes.index("int64")]
        below = self.formula(numpy_k, *[np.int8(-1 if d == "int64" else 0) for d in dtypes])
        counts = self.formula(k, *[k.cast(x, "uint64") for x in xs])
        return [k.where(k.lt(signed, k.const(0, "int64")), k.const(bool(below), "bool"), counts)]


class FixedLogicalComparison(UnaryScalarOp):
    """Base of predicates of one input: bool result, operand as it is."""

    def __init__(self, output_types_preference: Any = None, name: str | None = None) -> None:
        super().__init__(output_types_preference or bool_out, name)

    def compute_dtype(self, *in_dtypes: str) -> str | None:
        return None


class UnaryBitOp(UnaryScalarOp):
    """Base of bit operations with one input: bool or integer."""

    def __init__(self, output_types_preference: Any = None, name: str | None = None) -> None:
        super().__init__(output_types_preference or bitwise_out, name)


class BinaryBitOp(BinaryScalarOp):
    """Base of bit operations: all operands bool, or all integers."""

    def __init__(self, output_types_preference: Any = None, name: str | None = None) -> None:
        super().__init__(output_types_preference or bitwise_out, name)
