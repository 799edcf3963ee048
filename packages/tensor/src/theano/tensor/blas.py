"""The BLAS products that rewrites put into graphs: Gemm, Gemv, Ger, Dot22, Dot22Scalar, BatchedDot.

``perform`` is plain NumPy; backends call their own BLAS.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.configuration import config
from theano.errors import explain
from theano.graph import Apply, Op, Variable
from theano.graph.op import frozen_op
from theano.scalar import upcast
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import tensor_type

__all__ = [
    "BatchedDot",
    "Dot22",
    "Dot22Scalar",
    "Gemm",
    "Gemv",
    "Ger",
    "batched_dot",
    "gemm",
    "gemm_inplace",
    "gemm_no_inplace",
    "gemv",
    "gemv_inplace",
    "gemv_no_inplace",
    "ger",
    "ger_destructive",
    "ldflags",
]

_BLAS_DTYPES = ("float16", "float32", "float64", "complex64", "complex128")


def _operands(op: Op, values: tuple, ndims: tuple[int, ...]) -> list[Variable]:
    """The inputs as variables of the given ranks and one common BLAS dtype (TypeError otherwise)."""
    if len(values) != len(ndims):
        raise TypeError(explain(f"{op}: {len(ndims)} inputs", f"got {len(values)}", "see the op's docstring"))
    variables = [as_tensor_variable(value) for value in values]
    for i, (variable, ndim) in enumerate(zip(variables, ndims, strict=True)):
        if variable.type.ndim != ndim:
            raise TypeError(explain(f"{op}: input {i} with {ndim} dimensions", f"got {variable.type}", "reshape it"))
    dtypes = {variable.type.dtype for variable in variables}
    if len(dtypes) != 1 or dtypes.pop() not in _BLAS_DTYPES:
        raise TypeError(
            explain(
                f"{op}: inputs of one floating dtype",
                f"got {[variable.type.dtype for variable in variables]}",
                "cast them to one float or complex dtype",
            )
        )
    return variables


def _check(op: Op, asked: str, *pairs: tuple[int, int]) -> None:
    if any(a != b for a, b in pairs):
        raise ValueError(explain(f"{op}: {asked}", f"lengths that must agree differ: {pairs}", "align the shapes"))


class _InplaceOp(Op):
    """Base of the ops that may overwrite their first input."""

    inplace: bool

    @property
    def destroy_map(self) -> dict[int, list[int]]:  # type: ignore[override]
        """Output 0 overwrites input 0 in the in-place form."""
        return {0: [0]} if self.inplace else {}

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{'inplace' if self.inplace else 'no_inplace'}}}"

    def _store(self, target: np.ndarray, value: np.ndarray, storage: list) -> None:
        """Put `value` into `storage`, through the memory of `target` in the in-place form."""
        if self.inplace:
            target[...] = value
            storage[0] = target
        else:
            storage[0] = np.asarray(value, dtype=target.dtype)


@frozen_op
class Gemm(_InplaceOp):
    """Inputs (z, a, x, y, b): ``b*z + a*dot(x, y)`` of matrices x, y, z and scalars a, b.

    ``z`` is not read when ``b`` is 0, so NaN in it vanishes, as in BLAS.
    """

    inplace: bool

    def make_node(self, *inputs: Any) -> Apply:
        variables = _operands(self, inputs, (2, 0, 2, 2, 0))
        return Apply(self, variables, [variables[0].type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        z, a, x, y, b = inputs
        _check(
            self,
            f"shapes z {z.shape}, x {x.shape}, y {y.shape}",
            (x.shape[1], y.shape[0]),
            (z.shape[0], x.shape[0]),
            (z.shape[1], y.shape[1]),
        )
        product = a * np.dot(x, y)
        self._store(z, product if b == 0 else b * z + product, output_storage[0])

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]


@frozen_op
class Gemv(_InplaceOp):
    """Inputs (y, alpha, A, x, beta): ``beta*y + alpha*dot(A, x)``; ``y`` is not read when ``beta`` is 0."""

    inplace: bool

    def make_node(self, *inputs: Any) -> Apply:
        variables = _operands(self, inputs, (1, 0, 2, 1, 0))
        return Apply(self, variables, [variables[0].type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        y, alpha, a, x, beta = inputs
        _check(
            self, f"shapes y {y.shape}, A {a.shape}, x {x.shape}", (a.shape[1], x.shape[0]), (a.shape[0], y.shape[0])
        )
        product = alpha * np.dot(a, x)
        self._store(y, product if beta == 0 else beta * y + product, output_storage[0])

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]


@frozen_op
class Ger(_InplaceOp):
    """Inputs (A, alpha, x, y): ``A + alpha*outer(x, y)``."""

    destructive: bool

    @property
    def inplace(self) -> bool:  # type: ignore[override]
        """Whether A is overwritten."""
        return self.destructive

    def __str__(self) -> str:
        return f"Ger{{{'destructive' if self.destructive else 'non-destructive'}}}"

    def make_node(self, *inputs: Any) -> Apply:
        variables = _operands(self, inputs, (2, 0, 1, 1))
        return Apply(self, variables, [variables[0].type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        a, alpha, x, y = inputs
        _check(
            self, f"shapes A {a.shape}, x {x.shape}, y {y.shape}", (a.shape[0], x.shape[0]), (a.shape[1], y.shape[0])
        )
        self._store(a, a + alpha * np.outer(x, y), output_storage[0])

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]


@frozen_op
class Dot22(Op):
    """Product of two matrices of one floating dtype."""

    def make_node(self, x: Any, y: Any) -> Apply:
        x, y = _operands(self, (x, y), (2, 2))
        pattern = (x.type.broadcastable[0], y.type.broadcastable[1])
        return Apply(self, [x, y], [tensor_type(x.type.dtype, tuple(pattern))()])

    def __str__(self) -> str:
        return "_dot22"

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, y = inputs
        _check(self, f"shapes {x.shape} and {y.shape}", (x.shape[1], y.shape[0]))
        output_storage[0][0] = np.dot(x, y)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(shapes[0][0], shapes[1][1])]


@frozen_op
class Dot22Scalar(Op):
    """Inputs (x, y, a): ``a*dot(x, y)`` of two matrices and a scalar."""

    def make_node(self, x: Any, y: Any, a: Any) -> Apply:
        x, y, a = _operands(self, (x, y, a), (2, 2, 0))
        pattern = (x.type.broadcastable[0], y.type.broadcastable[1])
        return Apply(self, [x, y, a], [tensor_type(x.type.dtype, tuple(pattern))()])

    def __str__(self) -> str:
        return "_dot22scalar"

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, y, a = inputs
        _check(self, f"shapes {x.shape} and {y.shape}", (x.shape[1], y.shape[0]))
        output_storage[0][0] = np.asarray(a * np.dot(x, y), dtype=x.dtype)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [(shapes[0][0], shapes[1][1])]


@frozen_op
class BatchedDot(Op):
    """Product per item of axis 0; operands of two or three dimensions, dtype the upcast."""

    def make_node(self, *inputs: Any) -> Apply:
        if len(inputs) != 2:
            raise TypeError(explain("BatchedDot: two operands", f"got {len(inputs)}", "nest calls"))
        x, y = (as_tensor_variable(operand) for operand in inputs)
        for i, operand in enumerate((x, y)):
            if operand.type.ndim not in (2, 3):
                raise TypeError(
                    explain(
                        f"BatchedDot: operand {i} with 2 or 3 dimensions",
                        f"got {operand.type}",
                        "use theano.tensor.batched_dot, which takes every rank",
                    )
                )
        batch = x.type.broadcastable[0] or y.type.broadcastable[0]
        pattern = (batch, *x.type.broadcastable[1:-1], *y.type.broadcastable[2:])
        return Apply(self, [x, y], [tensor_type(upcast(x.type.dtype, y.type.dtype), tuple(pattern))()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, y = inputs
        if x.shape[0] != y.shape[0]:
            raise TypeError(
                explain(
                    f"batched_dot of shapes {x.shape} and {y.shape}",
                    f"batch lengths {x.shape[0]} and {y.shape[0]} differ",
                    "both operands need one item per batch entry",
                )
            )
        _check(self, f"shapes {x.shape} and {y.shape}", (x.shape[-1], y.shape[1]))
        dtype = node.outputs[0].type.dtype
        left = x.astype(dtype, copy=False) if x.ndim == 3 else x.astype(dtype, copy=False)[:, None, :]
        right = y.astype(dtype, copy=False) if y.ndim == 3 else y.astype(dtype, copy=False)[:, :, None]
        product = np.matmul(left, right)
        shape = (x.shape[0], *x.shape[1:-1], *y.shape[2:])
        output_storage[0][0] = product.reshape(shape)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        x, y = shapes
        return [(x[0], *x[1:-1], *y[2:])]


gemm_no_inplace = gemm = Gemm(inplace=False)
gemm_inplace = Gemm(inplace=True)
gemv_no_inplace = gemv = Gemv(inplace=False)
gemv_inplace = Gemv(inplace=True)
ger = Ger(destructive=False)
ger_destructive = Ger(destructive=True)
_dot22 = Dot22()
_dot22scalar = Dot22Scalar()
batched_dot = BatchedDot()


def ldflags(libs: bool = True, flags: bool = False, libs_dir: bool = False, include_dir: bool = False) -> list[str]:
    """Parts of ``config.blas.ldflags``: library names, other flags, library and include folders as asked."""
    wanted = {"-l": libs, "-L": libs_dir, "-I": include_dir}
    found = []
    for part in config.blas.ldflags.split():
        prefix = part[:2]
        if prefix in wanted:
            if wanted[prefix]:
                found.append(part[2:])
        elif flags:
            found.append(part)
    return found
