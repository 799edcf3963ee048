"""Rows by integer vectors, and writing into parts."""

import numpy as np
import pytest

import theano.tensor as T

pytestmark = pytest.mark.c
rng = np.random.default_rng(5)


@pytest.mark.parametrize("dtype", ["int8", "float32", "float64"])
def test_rows(agree, dtype):
    m, i = T.matrix("m", dtype), T.lvector("i")
    value = (rng.random((5, 3)) * 9).astype(dtype)
    for rows in ([0, 0, -1, 4], [], [2]):
        agree([m, i], m[i], value, np.array(rows, "int64"))
        agree([m, i], m[i], value[::-1, ::2], np.array(rows, "int64"))


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
def test_writing_rows(agree, dtype):
    m, y, i = T.matrix("m", dtype), T.matrix("y", dtype), T.lvector("i")
    value, rows = (rng.random((5, 3)) * 9).astype(dtype), np.array([1, 1, -1])
    outs = [T.inc_subtensor(m[i], y), T.set_subtensor(m[i[1:]], y[1:]), T.inc_subtensor(m[i], 2)]
    agree([m, y, i], outs, value, value[:3], rows)


@pytest.mark.parametrize("index", [np.s_[1:3], np.s_[:, ::-2], np.s_[2], np.s_[:, 1], np.s_[3:3], np.s_[2, 1]])
def test_writing_under_a_basic_index(agree, index):
    m = T.dmatrix("m")
    value = rng.random((5, 4))
    part = rng.random(value[index].shape)
    outs = [T.inc_subtensor(m[index], part), T.set_subtensor(m[index], part), T.set_subtensor(m[index], 7.0)]
    agree([m], outs, value)


def test_argument_is_not_written(native):
    m = T.dmatrix("m")
    value = np.zeros((2, 2))
    result = native([m], T.inc_subtensor(m[0], 1.0))(value)
    assert result.tolist() == [[1, 1], [0, 0]]
    assert not value.any()


def test_value_that_does_not_fit(native):
    m, y = T.dmatrix("m"), T.dvector("y")
    f = native([m, y], T.set_subtensor(m[0], y))
    with pytest.raises(ValueError, match="length 3"):
        f(np.zeros((2, 2)), np.zeros(3))


def test_row_out_of_range(native):
    m, i = T.dmatrix("m"), T.lvector("i")
    with pytest.raises(IndexError, match="index 5 is out of bounds"):
        native([m, i], m[i])(np.zeros((5, 2)), np.array([0, 5]))
    with pytest.raises(IndexError, match="index -6"):
        native([m, i], T.inc_subtensor(m[i], 1.0))(np.zeros((5, 2)), np.array([0, -6]))
