"""A type and ops small enough to test graphs without tensors."""

from __future__ import annotations

from theano.graph import Apply, Op, Type, frozen_op


class Number(Type):
    """Python floats."""

    def filter(self, value, strict=False, allow_downcast=None):
        if strict and not isinstance(value, float):
            raise TypeError(f"expected a float, got {value!r}")
        return float(value)

    def __eq__(self, other):
        return type(self) is type(other)

    def __hash__(self):
        return hash(type(self))

    def __str__(self):
        return "Number"


number = Number()


@frozen_op
class Add(Op):
    """Sum of its inputs."""

    def make_node(self, *inputs):
        return Apply(self, list(inputs), [number.make_variable()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = float(sum(inputs))


@frozen_op
class Scale(Op):
    """Its input times a factor."""

    factor: float = 2.0

    def make_node(self, x):
        return Apply(self, [x], [number.make_variable()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = self.factor * inputs[0]


class Split(Op):
    """Two outputs, of which the second is the default."""

    __props__ = ()
    default_output = 1

    def make_node(self, x):
        return Apply(self, [x], [number.make_variable(), number.make_variable()])


class Overwrite(Op):
    """Destroys its first input."""

    __props__ = ()
    destroy_map = {0: [0]}

    def make_node(self, x, *others):
        return Apply(self, [x, *others], [number.make_variable()])


class Show(Op):
    """A view of its input."""

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, x):
        return Apply(self, [x], [number.make_variable()])


add, scale, split, overwrite, show = Add(), Scale(), Split(), Overwrite(), Show()


def chain(x, length):
    """Return `x` scaled `length` times."""
    for _ in range(length):
        x = scale(x)
    return x
