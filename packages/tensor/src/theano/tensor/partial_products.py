"""Products of all elements but one: the derivatives of `prod`, of every order."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op
from theano.graph.op import frozen_op
from theano.scalar import upcast
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.type import tensor_type

__all__ = ["PartialProducts"]

# What products are computed in, where the result is stored in less.
_WIDER = {"float16": "float64", "float32": "float64", "complex64": "complex128"}


@frozen_op
class PartialProducts(Op):
    """For each element, how the product of the others in its group changes in given directions.

    With no direction it is the product of the others. With directions h1, ..., hn it is the coefficient of t1*...*tn
    in the product of ``x[j] + t1 * h1[j] + ... + tn * hn[j]`` over all j but the element's own. Nothing is divided, so
    zeros are as good as other numbers. The family is closed: its derivatives have one more direction, or another one.

    Parameters
    ----------
    axes : tuple of int
        The axes that a group extends over, as those of `Prod`.

    Examples
    --------
    >>> import theano.tensor as T
    >>> PartialProducts((0,))(T.constant([2.0, 0.0, 4.0])).eval().tolist()
    [0.0, 8.0, 0.0]
    >>> PartialProducts((0,))(T.constant([2.0, 3.0, 4.0]), T.constant([1.0, 0.0, 0.0])).eval().tolist()
    [0.0, 4.0, 3.0]
    """

    axes: tuple[int, ...] = ()

    def make_node(self, x: Any, *directions: Any) -> Apply:
        inputs = [as_tensor_variable(v) for v in (x, *directions)]
        if any(v.type.ndim != inputs[0].type.ndim for v in inputs):
            raise TypeError(
                explain(f"{self}", f"ranks {[v.type.ndim for v in inputs]}", "give directions of the same shape as x")
            )
        dtype = upcast(*[v.type.dtype for v in inputs])
        return Apply(self, inputs, [tensor_type(dtype, inputs[0].type.broadcastable)()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        dtype = node.outputs[0].type.dtype
        rows = [_group_last(v.astype(_WIDER.get(dtype, dtype), copy=False), self.axes) for v in inputs]
        before, after = _products_before(rows), [v[..., ::-1] for v in _products_before([v[..., ::-1] for v in rows])]
        full = len(before) - 1
        result = sum(before[part] * after[full - part] for part in range(full + 1))
        output_storage[0][0] = _groups_back(result, inputs[0].shape, self.axes).astype(dtype, copy=False)

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]


def _group_last(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """`x` as rows, each of which is a group."""
    kept = [i for i in range(x.ndim) if i not in axes]
    lengths = [x.shape[i] for i in kept]
    return x.transpose(*kept, *axes).reshape(*lengths, int(np.prod([x.shape[i] for i in axes], dtype="int64")))


def _groups_back(rows: np.ndarray, shape: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    order = [*(i for i in range(len(shape)) if i not in axes), *axes]
    return rows.reshape([shape[i] for i in order]).transpose(np.argsort(np.array(order, dtype="int64")))


def _products_before(rows: list[np.ndarray]) -> list[np.ndarray]:
    """For each place of a row, the product of what stands before it, as coefficients by set of directions.

    Sets are the bits of the position in the list. Each round multiplies what spans a distance by what stands that
    distance before (Hillis and Steele 1986), so that there are as many rounds as the length has bits.
    """
    x, *directions = rows
    count = 1 << len(directions)
    product = [np.zeros_like(x) for _ in range(count)]
    product[0][...] = 1
    product[0][..., 1:] = x[..., :-1]
    for a, direction in enumerate(directions):
        product[1 << a][..., 1:] = direction[..., :-1]
    distance = 1
    while distance < x.shape[-1]:
        far, near = [v[..., :-distance] for v in product], [v[..., distance:] for v in product]
        for whole, joined in zip(range(count), [_coefficient(far, near, s) for s in range(count)], strict=True):
            product[whole] = np.concatenate([product[whole][..., :distance], joined], axis=-1)
        distance *= 2
    return product


def _coefficient(far: list[np.ndarray], near: list[np.ndarray], whole: int) -> np.ndarray:
    """The coefficient of the set `whole` in the product of two polynomials."""
    parts = [part for part in range(whole + 1) if part & ~whole == 0]
    result = far[parts[0]] * near[whole]
    for part in parts[1:]:
        result += far[part] * near[whole - part]
    return result
