"""Small steps take a short way; profiled functions take the long one. Both give the same bits."""

import numpy as np
import pytest

import theano
import theano.scalar as ts
import theano.tensor as T
from theano.compile.profiling import ProfileStats
from theano.tensor.elemwise import CAReduce, Elemwise
from theano.tensor.fused import Fused

pytestmark = pytest.mark.c
rng = np.random.default_rng(23)

SHAPES = [(1, 1), (2, 4), (5, 5), (4, 8), (7, 13), (96, 1), (97, 1), (10, 100), (40, 60), (300, 100)]


def both_ways(native, inputs, outputs):
    """A checker: results on `values` are those of the profiled function, bit for bit."""
    mode = theano.Mode(linker="cvm", optimizer=None)
    short, long = native(inputs, outputs), theano.function(inputs, outputs, mode=mode, profile=ProfileStats(False))

    def check(*values):
        found = short(*values)
        for a, b in zip(found, long(*values), strict=True):
            np.testing.assert_array_equal(a, b)
            assert np.signbit(a).tolist() == np.signbit(b).tolist()
        return found

    return check


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float32", "float64"])
def test_reductions_of_all_there_is(native, dtype):
    x = T.matrix("x", dtype)
    kinds = [T.sum(x), T.prod(x), CAReduce(ts.maximum)(x), CAReduce(ts.minimum)(x), T.sum(x, keepdims=True)]
    check = both_ways(native, [x], kinds)
    for shape in SHAPES:
        values = (rng.normal(size=shape) * 3).astype(dtype)
        found = check(values)
        assert found[2] == values.max()
        assert found[3] == values.min()
        np.testing.assert_allclose(found[0], values.sum(dtype=found[0].dtype), rtol=1e-5, atol=1e-4)
        for other in (values[::-1, ::-1], np.asfortranarray(values), values[:, :1], values[1:, 1:]):
            if other.size:
                check(other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_reductions_of_what_a_node_computes(native, dtype):
    """Several sums in one step, of arrays, numbers, and values made of the sums."""
    x, y, s = T.matrix("x", dtype), T.matrix("y", dtype), T.scalar("s", dtype)
    number = s.dimshuffle("x", "x")
    difference = (x - y) * number
    first, second = T.sum(difference * difference), T.sum(T.exp(difference))
    results = [first, -second, first / second]
    check = both_ways(native, [x, y, s], Fused([x, y, number], results)(x, y, number, return_list=True))
    for shape in SHAPES:
        a, b = rng.normal(size=(2, *shape)).astype(dtype)
        found = check(a, b, 0.5)
        d = (a.astype("float64") - b) * 0.5
        np.testing.assert_allclose(found[0], (d * d).sum(), rtol=1e-5)
        np.testing.assert_allclose(found[1], -np.exp(d).sum(), rtol=1e-5)
        check(a[:, ::-1], b, 0.5)
        check(np.asfortranarray(a), b, 0.5)


def test_what_the_short_way_leaves_to_the_long_one(native):
    x, y = T.dvectors("x", "y")
    product = T.sum(Fused([x, y], [T.sum(x * y)])(x, y))
    f = native([x, y], [product, CAReduce(ts.maximum)(x)])
    with pytest.raises(ValueError, match="dimension mismatch"):
        f(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="maximum of no elements"):
        f(np.ones(0), np.ones(0))
    assert native([x], T.sum(x))(np.ones(0)) == 0
    assert f(np.ones(9)[::3], np.ones(9)[::3])[0] == 3


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 50, 100, 2048, 5000])
def test_results_over_operands_that_die(native, n):
    """The memory of an operand is taken over, whether it is contiguous or not."""
    x, y, s = T.dvector("x"), T.dvector("y"), T.dscalar("s")
    inner = ts.floats("abc")
    last = Elemwise(ts.Composite(inner, [ts.tanh(inner[0]) * inner[1] + inner[2]]))
    dying = T.exp(x)
    value = last(dying, y, s.dimshuffle("x"))
    check = both_ways(native, [x, y, s], [value + 1, T.sum(value * dying.shape[0])])
    a, b = rng.normal(size=(2, 2 * n))
    for u, v in ((a[:n], b[:n]), (a[::2], b[::-2])):
        np.testing.assert_allclose(check(u, v, 2.0)[0], np.tanh(np.exp(u)) * v + 3, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_elementwise_steps_of_all_lengths(native, dtype):
    """Less than a vector, remainders, and the lengths about where values are no longer small; cheap work and dear."""
    x, y, s = T.vector("x", dtype), T.vector("y", dtype), T.scalar("s", dtype)
    check = both_ways(native, [x, y, s], [x * y + s, T.exp(x) * T.tanh(y) - T.log1p(T.exp(s)) * T.sin(x), -x])
    for n in (1, 3, 7, 8, 9, 10, 16, 17, 31, 100, 2047, 2048, 2049, 3000):
        a, b = rng.normal(size=(2, n)).astype(dtype)
        found = check(a, b, 0.5)
        np.testing.assert_allclose(found[0], a * b + np.asarray(0.5, dtype), rtol=1e-6)
        np.testing.assert_array_equal(found[2], -a)
        check(a[::-1], b, 0.5)
