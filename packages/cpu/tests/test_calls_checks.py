"""Splitting, and checks that pass a value on."""

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor.asserts import Assert

pytestmark = pytest.mark.c
rng = np.random.default_rng(3)


@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_split(agree, dtype, axis):
    x, sizes = T.TensorType(dtype, (False, False))(), T.ivector("sizes")
    value = (rng.random((6, 6)) * 9).astype(dtype)
    outs = T.split(x, sizes, 3, axis=axis)
    for lengths in ([1, 2, 3], [0, 6, 0], [3, 3, 0]):
        for layout in (value, value.T, value[::-1, ::-1]):
            agree([x, sizes], outs, layout, np.array(lengths, "int32"))
    agree([x, sizes], outs[1], value, np.array([1, 2, 3], "int32"))


def test_pieces_are_copies(native):
    x = T.dvector("x")
    value = np.arange(4.0)
    a, b = native([x], T.split(x, [1, 3], 2))(value)
    a += 9
    b += 9
    assert value.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("lengths", [[1, 2], [5, -1, 2], [1, 2, 4], [1, 2, 2]])
def test_sizes_that_do_not_fit(native, lengths):
    x, sizes = T.dvector("x"), T.lvector("sizes")
    with pytest.raises(ValueError, match=r"axis 0.* length 6"):
        native([x, sizes], T.split(x, sizes, 3))(np.zeros(6), np.array(lengths))


def test_promised_shape(agree):
    x, shape = T.dmatrix("x"), T.lvector("shape")
    value = rng.random((2, 3))
    checked = T.specify_shape(x, shape)
    f = agree([x, shape], [checked, checked.T * 2, checked[0]], value, np.array([2, 3]))
    agree([x, shape], checked.sum(), value.T[::-1], np.array([3, 2]))
    for wrong in ([2, 4], [2], [2, 3, 1]):
        with pytest.raises(AssertionError, match=r"the value has shape \(2, 3\)"):
            f(value, np.array(wrong))


def test_checked_argument_is_not_returned_itself(native):
    x = T.dvector("x")
    value = np.zeros(2)
    result = native([x], T.specify_shape(x, (2,)))(value)
    result += 1
    assert not value.any()


def test_temporary_behind_a_check_lives_on(agree):
    x = T.dvector("x")
    doubled = T.specify_shape(x * 2, x.shape)
    agree([x], [doubled + 1, T.exp(doubled) * doubled, doubled[::-1] - x], rng.random(50))


def test_conditions(agree):
    x, positive = T.dvector("x"), T.scalar("positive", "float64")
    checked = Assert("must be positive")(x * 3, positive, T.gt(x.sum(), 0))
    f = agree([x, positive], checked + x, np.ones(3), 1.0)
    for value, condition in ((np.ones(3), 0.0), (-np.ones(3), 1.0)):
        with pytest.raises(AssertionError, match="must be positive"):
            f(value, condition)


def test_promised_length_of_one(agree):
    x, y = T.dmatrix("x"), T.dmatrix("y")
    f = agree([x, y], T.addbroadcast(x, 0) + y, rng.random((1, 3)), rng.random((4, 3)))
    with pytest.raises(ValueError, match="length 1"):
        f(np.zeros((2, 3)), np.zeros((2, 3)))
