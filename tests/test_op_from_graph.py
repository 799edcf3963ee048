"""Ops made of graphs, across packages."""

import numpy as np
import pytest

import theano
from theano import tensor
from theano.compile import OpFromGraph


@pytest.mark.parametrize("inline", [False, True])
def test_gradient_when_one_output_depends_on_another(inline):
    a = tensor.dscalar("a")
    y = 3 * a
    op = OpFromGraph([a], [y, y * y], inline=inline)
    x = tensor.dscalar("x")
    first, second = op(x)
    g = theano.function([x], theano.grad(first + second, x))
    assert g(2.0) == pytest.approx(3 + 18 * 2.0)


def test_forward_mode_through_an_op_from_graph():
    a, b = tensor.dvectors("ab")
    op = OpFromGraph([a, b], [a * tensor.exp(b)])
    x, y, v = tensor.dvectors("xyv")
    f = theano.function([x, y, v], theano.Rop(op(x, y), y, v))
    assert np.allclose(f([1.0, 2.0], [0.5, 0.1], [1.0, -1.0]), [np.exp(0.5), -2 * np.exp(0.1)])
