"""Sums of rows that lie side by side: the bits of each row's sum alone, wherever it stands."""

import numpy as np
import pytest

import theano.tensor as T

pytestmark = pytest.mark.c
rng = np.random.default_rng(5)


@pytest.mark.parametrize("acc", [None, "float32"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 10, 15, 16, 17, 40, 95, 96])
def test_sums_over_a_middle_axis(native, length, dtype, acc):
    x, v = T.tensor3("x", dtype), T.vector("v", dtype)
    if dtype == "float64":
        acc = None
    middle, alone = native([x], x.sum(axis=1, acc_dtype=acc)), native([v], v.sum(acc_dtype=acc))
    for width in (16, 17, 31, 32, 33, 100, 600):
        value = rng.normal(size=(3, length, width)).astype(dtype)
        value[0, :, 0] = -0.0
        found = middle(value)
        np.testing.assert_allclose(found, value.sum(axis=1, dtype="float64"), rtol=1e-4, atol=1e-5)
        for i, j in [(0, 0), (1, width // 2), (2, width - 1), (2, width - 9)]:
            expected = alone(np.ascontiguousarray(value[i, :, j]))
            assert found[i, j] == expected
            assert np.signbit(found[i, j]) == np.signbit(expected)
        np.testing.assert_array_equal(middle(value.transpose(0, 2, 1).copy().transpose(0, 2, 1)), found)


@pytest.mark.parametrize("dtype", ["bool", "int8", "float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 5), (1, 100), (1, 40, 30), (3, 1, 50)])
def test_sums_over_an_axis_of_length_one(agree, shape, dtype):
    x = T.tensor(dtype, (False,) * len(shape))
    value = (rng.normal(size=shape) * 3).astype(dtype)
    axis = shape.index(1)
    agree([x], [x.sum(axis=axis), x.prod(axis=axis)], value)
    agree([x], x.sum(axis=axis), value[..., ::2])
    agree([x], x.sum(axis=axis), value[..., :0])
