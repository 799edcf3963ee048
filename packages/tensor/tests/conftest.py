"""`check`: one evaluation of a graph against NumPy, its static type and its shape rule."""

import numpy as np
import pytest

import theano
from theano.compile import Mode
from theano.errors import ShapeError
from theano.plugin import table
from theano.tensor.shape import shape_tuple
from theano.tensor.type import TensorType

_PYTHON = Mode(linker="py", optimizer=None)


def _inferred(node, index):
    """The shape that the op's rule states for an output, None when it cannot."""
    rule = table("shape").lookup(node.op)
    if rule is None:
        return None
    shapes = [shape_tuple(v) if isinstance(v.type, TensorType) else () for v in node.inputs]
    try:
        found = rule(node, shapes)[index]
    except ShapeError:
        return None
    return None if found is None else [theano.tensor.as_tensor_variable(n) for n in found]


def _check(output, feed, expected, rtol=1e-7):
    lengths = _inferred(output.owner, output.index) if output.owner is not None else None
    f = theano.function(list(feed), [output, *(lengths or [])], mode=_PYTHON, on_unused_input="ignore")
    value, *inferred = f(*feed.values())
    expected = np.asarray(expected)
    assert value.dtype == output.type.dtype
    assert value.shape == expected.shape
    assert value.ndim == output.type.ndim
    assert all(n == 1 for n, flag in zip(value.shape, output.type.broadcastable, strict=True) if flag)
    if lengths is not None:
        assert tuple(int(n) for n in inferred) == value.shape
    np.testing.assert_allclose(value, expected, rtol=rtol, atol=1e-12 if rtol < 1e-6 else rtol)
    return value


@pytest.fixture
def check():
    """check(output, {input: value}, expected): value, dtype, static pattern and inferred shape agree with NumPy."""
    return _check


@pytest.fixture
def run():
    """run(outputs, {input: value}): evaluate with the ops' own ``perform``, without rewriting."""

    def evaluate(outputs, feed):
        return theano.function(list(feed), outputs, mode=_PYTHON, on_unused_input="ignore")(*feed.values())

    return evaluate
