"""Results stored past the caches: the same values, whatever the length, the layout and who overwrites whom."""

import numpy as np
import pytest

import theano
import theano.tensor as T

pytestmark = pytest.mark.c
rng = np.random.default_rng(5)


@pytest.fixture(autouse=True)
def stream_everything():
    """Stream results of any size."""
    from theano.cpu import _runtime

    _runtime.lib.rt_stream_above(0)
    yield
    _runtime.lib.rt_stream_above(-1)


@pytest.mark.parametrize("size", [511, 512, 513, 1000, 1024, 4099, 100_003])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8"])
def test_lengths(agree, size, dtype):
    x = T.vector("x", dtype)
    a = (rng.normal(size=size) * 9).astype(dtype)
    agree([x], [x * 3 + 1, x > 2, T.cast(x, "int16") + x], a, rtol=1e-6)


@pytest.mark.parametrize("offset", range(9))
def test_bits_do_not_depend_on_the_place(native, offset):
    x = T.fvector("x")
    f = native([x], T.exp(x) * T.tanh(x))
    a = rng.normal(size=5000).astype("float32")
    shifted = f(a[offset:])
    np.testing.assert_array_equal(shifted, f(a)[offset:])
    np.testing.assert_array_equal(shifted[:3], f(a[offset : offset + 3]))


def test_results_of_several_types_and_many_results(agree):
    x, y = T.dvector("x"), T.fvector("y")
    a, b = rng.normal(size=3001), rng.normal(size=3001).astype("float32")
    agree([x, y], [x + y, T.cast(x * y, "float32"), x > y, T.cast(x * 9, "int32")], a, b, rtol=1e-6)
    agree([x], [x * k for k in range(12)], a)


def test_overwritten_values(agree, native):
    x = T.dvector("x")
    a = rng.normal(size=6007)
    agree([x], T.exp(T.dot(T.shape_padleft(x), T.shape_padright(x)) + x * 2) + 1, a / 100)
    s = theano.shared(a.copy(), name="s")
    f = native([x], [], updates={s: s * 2 + x})
    f(a)
    f(a)
    np.testing.assert_allclose(s.get_value(), a * 7, rtol=1e-12)


@pytest.mark.parametrize("shape", [(70, 128), (64, 100), (3, 4096), (2000, 3)])
def test_layouts(agree, shape):
    m, v = T.dmatrix("m"), T.dvector("v")
    a, row = rng.normal(size=shape), rng.normal(size=shape[1])
    agree([m, v], [m * 2 + v, m[::-1] + 1, m[:, ::2] * 3, m + v * 2], a, row)
    agree([m, v], [m * 2 + v, m + m.T.reshape(m.shape)], np.asfortranarray(a), row)
    agree([m], m.T * 2 + 1, a)


def test_large_enough_by_itself(native):
    """Above the size of the caches, without help."""
    from theano.cpu import _runtime

    _runtime.lib.rt_stream_above(-1)
    x = T.dvector("x")
    f = native([x], x * 2 + 1)
    a = np.arange(2_500_001, dtype="float64")
    np.testing.assert_array_equal(f(a), a * 2 + 1)
    np.testing.assert_array_equal(f(a[1:]), a[1:] * 2 + 1)
