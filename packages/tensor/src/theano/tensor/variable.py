"""`TensorVariable` and the operators and methods of everything tensor-like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import theano.tensor as T  # names are looked up at call time: the functions are made of variables
from theano.configuration import config
from theano.errors import add_to_message, explain
from theano.graph import Variable, variable_text
from theano.graph.trace import warn_user
from theano.tensor.operators import TensorOperators, method_form
from theano.tensor.type import TensorType

__all__ = ["TensorVariable", "_tensor_py_operators"]


class _tensor_py_operators(TensorOperators):  # classic name
    """Operators and methods of tensor variables; foreign variable classes may inherit them."""

    type: TensorType

    # -- static facts --------------------------------------------------------------------------------------------

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self.type.ndim

    @property
    def dtype(self) -> str:
        """dtype name."""
        return self.type.dtype

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        """Static pattern: True where the length is known to be 1."""
        return self.type.broadcastable

    @property
    def shape(self) -> Any:
        """int64 symbolic vector of lengths."""
        return T.shape(self)

    @property
    def size(self) -> Any:
        """Number of elements, a 0-d int64 variable."""
        if self.ndim == 1:
            return self.shape[0]
        return T.prod(self.shape, dtype="int64")

    @property
    def T(self) -> Any:
        """Transpose with all axes reversed."""
        return T.transpose(self)

    # -- shape ---------------------------------------------------------------------------------------------------

    def reshape(self, shape: Any, ndim: int | None = None) -> Any:
        """`theano.tensor.reshape`; the shape is one argument."""
        if ndim is not None and not isinstance(ndim, (int, np.integer)):
            raise ValueError(explain("reshape", f"ndim={ndim!r}", "give an int; the shape is one argument, a tuple"))
        return T.reshape(self, shape, ndim=ndim)

    def dimshuffle(self, *pattern: Any) -> Any:
        """View with axes reordered, dropped (length 1 only) or inserted (``'x'``).

        Examples
        --------
        >>> import theano.tensor as T
        >>> T.dvector("v").dimshuffle("x", 0).broadcastable
        (True, False)
        """
        if len(pattern) == 1 and isinstance(pattern[0], (list, tuple)):
            pattern = tuple(pattern[0])
        try:
            op = T.elemwise.dimshuffle_op(self.type.broadcastable, tuple(pattern))
        except (TypeError, ValueError) as error:
            add_to_message(error, f"  of {variable_text(self)}, which is a {self.type}")
            raise
        return op(self)

    def transpose(self, *axes: Any) -> Any:
        """`theano.tensor.transpose`; axes one by one or as one sequence."""
        if len(axes) == 0:
            return T.transpose(self)
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (list, tuple))):
            axes = axes[0]
        return T.transpose(self, axes)

    def flatten(self, ndim: int = 1) -> Any:
        """`theano.tensor.flatten`."""
        return T.flatten(self, ndim)

    def ravel(self) -> Any:
        """Flatten to one dimension."""
        return T.flatten(self)

    def squeeze(self) -> Any:
        """`theano.tensor.squeeze`."""
        return T.squeeze(self)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """`theano.tensor.swapaxes`."""
        return T.swapaxes(self, axis1, axis2)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """`theano.tensor.diagonal`."""
        return T.diagonal(self, offset, axis1, axis2)

    def trace(self) -> Any:
        """Sum of the main diagonal of a matrix."""
        if self.type.ndim != 2:
            raise TypeError(explain("trace", f"a tensor of rank {self.type.ndim}", "give a matrix"))
        return T.sum(T.diagonal(self))

    def repeat(self, repeats: Any, axis: int | None = None) -> Any:
        """`theano.tensor.repeat`."""
        return T.repeat(self, repeats, axis)

    # -- indexing ------------------------------------------------------------------------------------------------

    def __getitem__(self, args: Any) -> Any:
        return T.subtensor.getitem(self, args)

    def __setitem__(self, args: Any, value: Any) -> None:
        raise TypeError(
            explain(
                f"assign to an element of {self}",
                "a variable stands for a value that does not change",
                "use the result of theano.tensor.set_subtensor(x[index], value), or of inc_subtensor",
            )
        )

    def __iter__(self) -> Iterator[Any]:
        try:
            length = T.get_vector_length(self)
        except (TypeError, ValueError) as error:
            scalar = self.ndim == 0
            raise TypeError(
                explain(
                    f"iterate over {variable_text(self)}",
                    f"a {self.type} has no dimension to go along"
                    if scalar
                    else "its length is not known while the graph is built",
                    "give a variable with dimensions"
                    if scalar
                    else "use theano.scan, or theano.tensor functions such as sum and max instead of the builtins",
                )
            ) from error
        return (self[i] for i in range(length))

    def take(self, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
        """`theano.tensor.take`."""
        return T.take(self, indices, axis, mode)

    def nonzero(self, return_matrix: bool = False) -> Any:
        """`theano.tensor.nonzero`."""
        return T.nonzero(self, return_matrix=return_matrix)

    def nonzero_values(self) -> Any:
        """`theano.tensor.nonzero_values`."""
        return T.nonzero_values(self)

    def choose(self, choices: Any, out: Any = None, mode: str = "raise") -> Any:
        """`theano.tensor.choose` with self as the indices; `out` and `mode` are accepted and ignored."""
        return T.choose(self, choices, out=None, mode="raise")

    def compress(self, a: Any, axis: int | None = None) -> Any:
        """Slices of `a` where self is nonzero."""
        return T.extra_ops.compress(self, a, axis=axis)

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> Any:
        """Insertion positions of `v` in self, a sorted vector."""
        return T.extra_ops.searchsorted(self, v, side, sorter)

    # -- copies and conversion -----------------------------------------------------------------------------------

    def copy(self, name: str | None = None) -> Any:
        """Symbolic copy."""
        result = T.tensor_copy(self)
        result.name = name
        return result

    def astype(self, dtype: str) -> Any:
        """`theano.tensor.cast`."""
        return T.cast(self, dtype)

    def transfer(self, target: str) -> Any:
        """`theano.tensor.transfer`."""
        return T.transfer(self, target)

    def zeros_like(self, dtype: str | None = None) -> Any:
        """`theano.tensor.zeros_like`."""
        return T.zeros_like(self, dtype=dtype)

    def ones_like(self, dtype: str | None = None) -> Any:
        """`theano.tensor.ones_like`."""
        return T.ones_like(self, dtype=dtype)

    def fill(self, value: Any) -> Any:
        """`value` in the shape of self."""
        return T.fill(self, value)

    def get_scalar_constant_value(self) -> Any:
        """`theano.tensor.get_scalar_constant_value`."""
        return T.get_scalar_constant_value(self)

    @property
    def real(self) -> Any:
        """Real part."""
        return T.real(self)

    @property
    def imag(self) -> Any:
        """Imaginary part."""
        return T.imag(self)

    def conj(self) -> Any:
        """`theano.tensor.conj`."""
        return T.conj(self)

    conjugate = conj

    # -- reductions ----------------------------------------------------------------------------------------------

    def dot(self, right: Any) -> Any:
        """`theano.tensor.dot`."""
        return T.dot(self, right)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        """`theano.tensor.any`."""
        return T.any(self, axis=axis, keepdims=keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        """`theano.tensor.all`."""
        return T.all(self, axis=axis, keepdims=keepdims)

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Any:
        """`theano.tensor.sum`."""
        return T.sum(self, axis=axis, dtype=dtype, keepdims=keepdims, acc_dtype=acc_dtype)

    def prod(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Any:
        """`theano.tensor.prod`."""
        return T.prod(self, axis=axis, dtype=dtype, keepdims=keepdims, acc_dtype=acc_dtype)

    def norm(self, L: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """Entrywise norm ``sum(|x| ** L) ** (1 / L)``."""
        if L == 0 or np.isinf(L):
            raise NotImplementedError(explain("norm", f"L={L}", "use a positive finite L, or max(abs(x))"))
        return T.pow(T.pow(T.abs_(self), L).sum(axis=axis, keepdims=keepdims), 1.0 / L)

    def mean(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Any:
        """`theano.tensor.mean`."""
        return T.mean(self, axis=axis, dtype=dtype, keepdims=keepdims, acc_dtype=acc_dtype)

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
        """`theano.tensor.var`."""
        return T.var(self, axis=axis, ddof=ddof, keepdims=keepdims, corrected=corrected)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Any:
        """`theano.tensor.std`."""
        return T.std(self, axis=axis, ddof=ddof, keepdims=keepdims, corrected=corrected)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        """`theano.tensor.min`."""
        return T.min(self, axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """`theano.tensor.max`."""
        return T.max(self, axis, keepdims=keepdims)

    def argmin(self, axis: Any = None, keepdims: bool = False) -> Any:
        """`theano.tensor.argmin`."""
        return T.argmin(self, axis, keepdims=keepdims)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Any:
        """`theano.tensor.argmax`."""
        return T.argmax(self, axis, keepdims=keepdims)

    def ptp(self, axis: Any = None) -> Any:
        """`theano.tensor.ptp`."""
        return T.ptp(self, axis)

    def cumsum(self, axis: int | None = None) -> Any:
        """`theano.tensor.cumsum`."""
        return T.cumsum(self, axis)

    def cumprod(self, axis: int | None = None) -> Any:
        """`theano.tensor.cumprod`."""
        return T.cumprod(self, axis)

    def sort(self, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
        """`theano.tensor.sort`: a sorted copy."""
        return T.sort(self, axis, kind, order)

    def argsort(self, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
        """`theano.tensor.argsort`."""
        return T.argsort(self, axis, kind, order)

    def clip(self, a_min: Any, a_max: Any) -> Any:
        """`theano.tensor.clip`."""
        return T.clip(self, a_min, a_max)

    def round(self, mode: str | None = None) -> Any:
        """`theano.tensor.round`."""
        return T.round(self, mode)


for _name in (
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "cos", "cosh", "deg2rad", "exp", "exp2",
    "expm1", "floor", "log", "log10", "log1p", "log2", "rad2deg", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
):  # fmt: skip
    setattr(_tensor_py_operators, _name, method_form(_name))


class TensorVariable(_tensor_py_operators, Variable):
    """Symbolic dense array.

    Parameters
    ----------
    type : TensorType
    owner : Apply, optional
    index : int, optional
    name : str, optional
    """

    def __init__(self, type: TensorType, owner: Any = None, index: int | None = None, name: str | None = None) -> None:
        Variable.__init__(self, type, owner, index, name)
        policy = config.warn_float64
        if policy != "ignore" and type.dtype == "float64":
            _report_float64(policy)


def _report_float64(policy: str) -> None:
    """Tell the user that a float64 variable was made, as ``config.warn_float64`` asks."""
    text = "You are creating a TensorVariable with float64 dtype; config.warn_float64 asks to be told"
    if policy == "raise":
        raise Exception(text)
    if policy == "pdb":
        breakpoint()
    warn_user(text)
