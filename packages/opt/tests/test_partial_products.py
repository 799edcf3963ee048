"""Products of all elements but one become loops."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode
from theano.tensor.partial_products import PartialProducts

VALUE = np.array([[[2.0, 3.0], [0.0, 5.0]], [[0.0, 4.0], [0.0, -2.0]], [[1.5, 0.0], [2.5, 7.0]]])


@pytest.mark.parametrize("axes", [(), (0,), (1,), (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_dtype_and_shape_are_kept(axes, dtype):
    x = T.tensor3("x", dtype=dtype)
    out = PartialProducts(axes)(x)
    rewritten = theano.function([x], out, mode=Mode("py", "fast_run"))
    assert not any(isinstance(node.op, PartialProducts) for node in rewritten.maker.fgraph.toposort())
    value = VALUE.astype(dtype)
    expected = theano.function([x], out, mode=Mode("py", None))(value)
    found = rewritten(value)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_directions_stay():
    x, h = T.dvectors("xh")
    f = theano.function([x, h], PartialProducts((0,))(x, h), mode=Mode("py", "fast_run"))
    assert any(isinstance(node.op, PartialProducts) for node in f.maker.fgraph.toposort())
    # 1e-10 by itself: the sum of all terms is 1e10 times the one that counts
    np.testing.assert_array_equal(f([1e-10, 1.0], [1.0, 1.0]), [1.0, 1.0])
