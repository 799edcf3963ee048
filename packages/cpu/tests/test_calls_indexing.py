"""Rows by integer vectors, and writing into parts."""

import numpy as np
import pytest

import theano
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


INDEX_DTYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
DTYPES = [*INDEX_DTYPES, "float32", "float64"]


def _values(shape, dtype):
    return (rng.random(shape) * 100).astype(dtype)


@pytest.mark.parametrize("dtype", INDEX_DTYPES)
def test_index_dtypes(agree, native, dtype):
    x, y, i = T.dmatrix("x"), T.dmatrix("y"), T.vector("i", dtype)
    rows = np.array([3, 0, 3, 3, 1, -1 if dtype[0] == "i" else 2], dtype)
    agree([x, y, i], [x[i], T.inc_subtensor(x[i], y), T.set_subtensor(x[i], y)], _values((4, 3), "float64"),
          _values((6, 3), "float64"), rows)  # fmt: skip
    agree([x, i], x[i], _values((4, 3), "float64"), np.repeat(rows, 2)[::-2])
    bad = np.array([0, 1, np.iinfo(dtype).max], dtype)
    with pytest.raises(IndexError, match=r"index .* is out of bounds for dimension 0 with length 4"):
        native([x, i], x[i])(np.zeros((4, 3)), bad)


@pytest.mark.parametrize("dtype", [*DTYPES, "bool", "complex64", "complex128", "float16"])
@pytest.mark.parametrize("width", [None, 1, 2, 4, 33, 300])
def test_taking_rows_of_any_size(agree, dtype, width):
    x, i = T.TensorType(dtype, (False,) if width is None else (False, False))(), T.lvector("i")
    value = _values((7,) if width is None else (7, width), dtype)
    rows = rng.integers(-7, 7, 40)
    agree([x, i], x[i], value, rows)
    agree([x, i], x[i], np.repeat(value, 2, axis=0)[::-2], rows)
    agree([x, i], x[i], np.asfortranarray(value), rows)
    agree([x, i], x[i], value, rows[:0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [None, 1, 2, 33, 300])
def test_writing_rows_of_any_size(agree, dtype, width):
    rank = 1 if width is None else 2
    x, y = (T.TensorType(dtype, (False,) * rank)() for _ in range(2))
    i = T.lvector("i")
    shape = () if width is None else (width,)
    value, part, rows = _values((7, *shape), dtype), _values((40, *shape), dtype), rng.integers(-7, 7, 40)
    outs = [T.inc_subtensor(x[i], y), T.set_subtensor(x[i], y), T.inc_subtensor(x[i], np.asarray(3, dtype)),
            T.set_subtensor(x[i], y[0]), T.inc_subtensor(x[i], y[:1])]  # fmt: skip
    rtol = 1e-5 if dtype == "float32" else 1e-12
    agree([x, y, i], outs, value, part, rows, rtol=rtol)
    agree([x, y, i], outs, np.asfortranarray(value), np.repeat(part[..., ::-1], 2, axis=0)[::2], rows, rtol=rtol)
    agree([x, y, i], outs[:3], value, part[:0], rows[:0])


@pytest.mark.parametrize("dtype", ["bool", "float16", "complex64", "complex128"])
def test_replacing_rows_of_unusual_dtypes(agree, dtype):
    x, y, i = T.TensorType(dtype, (False, False))(), T.TensorType(dtype, (False, False))(), T.lvector("i")
    rows = np.array([2, 2, -1, 0])
    agree([x, y, i], T.set_subtensor(x[i], y), _values((4, 3), dtype), _values((4, 3), dtype), rows)


def test_parts_broadcast_along_one_of_several_dimensions(agree):
    x, y, i = T.dtensor3("x"), T.dtensor3("y"), T.lvector("i")
    outs = [T.inc_subtensor(x[i], y), T.set_subtensor(x[i], y)]
    value, rows = rng.random((5, 3, 4)), np.array([4, 4, -1, 0])
    for shape in ((4, 3, 1), (4, 1, 4), (1, 3, 4), (1, 1, 1)):
        agree([x, y, i], outs, value, rng.random(shape), rows)
    agree([x, y, i], outs, value[:, :0], rng.random((4, 1, 4)), rows)


def test_rows_of_an_empty_table(agree, native):
    x, i = T.dmatrix("x"), T.lvector("i")
    f = agree([x, i], x[i], np.zeros((0, 3)), np.zeros(0, "int64"))
    for row in (0, -1):
        with pytest.raises(IndexError, match="length 0"):
            f(np.zeros((0, 3)), np.array([row]))


@pytest.mark.parametrize("write", [T.inc_subtensor, T.set_subtensor])
@pytest.mark.parametrize("width", [None, 5])
def test_shared_rows_are_written_in_place_or_not_at_all(write, width):
    shape = () if width is None else (width,)
    table = theano.shared(rng.random((6, *shape)))
    y, i = (T.dvector("y") if width is None else T.dmatrix("y")), T.lvector("i")
    f = theano.function([y, i], [], updates=[(table, write(table[i], y))])
    held = table.get_value(borrow=True)
    expected, part, rows = held.copy(), rng.random((3, *shape)), np.array([1, -1, 1])
    if write is T.inc_subtensor:
        np.add.at(expected, rows, part)
    else:
        expected[rows] = part
    del held
    place = table.get_value(borrow=True).ctypes.data
    f(part, rows)
    np.testing.assert_array_equal(table.get_value(), expected)
    assert table.get_value(borrow=True).ctypes.data == place
    with pytest.raises(IndexError, match="index 6"):
        f(part, np.array([1, 2, 6]))
    np.testing.assert_array_equal(table.get_value(), expected)
