"""Replacements that the graph rejects are tried once, and rules look at dtypes before they build."""

import numpy as np
import pytest

import theano
from theano import tensor as T


class AddOneInPlace(theano.Op):
    """An op of a user that destroys its input."""

    __props__ = ()
    destroy_map = {0: [0]}

    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        inputs[0][...] += 1
        output_storage[0][0] = inputs[0]


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("make", [lambda c: c + 0, lambda c: c + 1, lambda c: T.exp(c)], ids=["c+0", "c+1", "exp"])
def test_a_constant_below_a_destroyer_does_not_loop(make, mode):
    c = T.constant(np.zeros(3))
    with theano.change_flags(on_opt_error="raise"):
        f = theano.function([], AddOneInPlace()(make(c)), accept_inplace=True, mode=theano.Mode("py", mode.lower()))
    expected = theano.function([], make(c), mode=theano.Mode("py", None))() + 1
    assert np.allclose(f(), expected)
    assert np.allclose(f(), expected)


def test_scales_wider_than_a_product_stay_outside():
    y, s = T.fmatrix("y"), T.dscalar("s")
    with theano.change_flags(on_opt_error="raise"):
        f = theano.function([y, s], s * T.dot(y, y))
    value = np.ones((2, 2), "float32")
    assert f(value, 0.5).dtype == "float64"
    assert np.allclose(f(value, 0.5), 1.0)


def test_sums_of_bools_and_floats_side_by_side():
    m, u = T.dmatrix("m"), T.TensorType("uint8", (False, False))("u")
    with theano.change_flags(on_opt_error="raise"):
        f = theano.function([m], [T.gt(m, 0).sum(axis=0), m.sum(axis=0)])
        g = theano.function([u], u.std(axis=0))
    value = np.arange(6.0).reshape(2, 3) - 2
    counts, sums = f(value)
    assert np.array_equal(counts, (value > 0).sum(axis=0))
    assert np.allclose(sums, value.sum(axis=0))
    image = np.arange(6, dtype="uint8").reshape(2, 3)
    assert np.allclose(g(image), image.std(axis=0))
