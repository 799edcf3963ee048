"""A tiny tensor library for tests of the core: one type, a few ops."""

from __future__ import annotations

import numpy as np

from theano.graph import Apply, Constant, Op, Type, Variable, frozen_op


class ArrayType(Type):
    """Float64 arrays of a fixed rank."""

    dtype = "float64"

    def __init__(self, ndim: int = 0) -> None:
        self.ndim = ndim

    def filter(self, value, strict=False, allow_downcast=None):
        if strict and not (isinstance(value, np.ndarray) and value.dtype == np.float64):
            raise TypeError(f"strict: expected a float64 array, got {type(value).__name__}")
        array = np.asarray(value)
        if array.dtype.kind not in "biuf" or (array.dtype == np.longdouble and not allow_downcast):
            raise TypeError(f"cannot make float64 of {array.dtype}")
        if array.ndim != self.ndim:
            raise TypeError(f"wrong number of dimensions: expected {self.ndim}, got {array.ndim}")
        return array if array.dtype == np.float64 else array.astype(np.float64)

    def __eq__(self, other):
        return type(self) is type(other) and self.ndim == other.ndim

    def __hash__(self):
        return hash((type(self), self.ndim))

    def __str__(self):
        return f"Array({self.ndim}d)"

    __repr__ = __str__

    def values_eq(self, a, b):
        return a.shape == b.shape and bool((a == b).all())

    @staticmethod
    def may_share_memory(a, b):
        return np.may_share_memory(a, b)


number = ArrayType(0)
vector = ArrayType(1)


def as_array(x) -> Variable:
    if isinstance(x, Variable):
        return x
    data = np.asarray(x, dtype=np.float64)
    return Constant(ArrayType(data.ndim), data)


class _Binary(Op):
    __props__ = ()

    def make_node(self, x, y):
        x, y = as_array(x), as_array(y)
        return Apply(self, [x, y], [ArrayType(max(x.type.ndim, y.type.ndim))()])


class Add(_Binary):
    def perform(self, node, inputs, output_storage, params=None):
        output_storage[0][0] = np.asarray(inputs[0] + inputs[1])


class Mul(_Binary):
    def perform(self, node, inputs, output_storage, params=None):
        output_storage[0][0] = np.asarray(inputs[0] * inputs[1])


class Tail(Op):
    """All but the first element, as a view."""

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage, params=None):
        output_storage[0][0] = inputs[0][1:]


class AddInplace(Op):
    """``x += y``."""

    __props__ = ()
    destroy_map = {0: [0]}

    def make_node(self, x, y):
        return Apply(self, [x, as_array(y)], [x.type()])

    def perform(self, node, inputs, output_storage, params=None):
        x = inputs[0]
        x += inputs[1]
        output_storage[0][0] = x


@frozen_op
class Fail(Op):
    """Raises when it runs; its exception is a parameter."""

    error: type = ValueError

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage, params=None):
        raise self.error("it went wrong")


class Pick(Op):
    """``a if c else b``, evaluating only what is needed."""

    __props__ = ()

    def make_node(self, c, a, b):
        return Apply(self, [c, a, b], [a.type()])

    def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
        c, a, b = node.inputs
        out = node.outputs[0]

        def thunk():
            if not compute_map[c][0]:
                return [0]
            position, chosen = (1, a) if storage_map[c][0] else (2, b)
            if not compute_map[chosen][0]:
                return [position]
            storage_map[out][0] = storage_map[chosen][0]
            compute_map[out][0] = True
            return []

        thunk.lazy = True
        return thunk


add, mul, tail, add_inplace, fail, pick = Add(), Mul(), Tail(), AddInplace(), Fail(), Pick()
