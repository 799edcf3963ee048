"""Running sums, repetition, counting, positions, diagonals."""

import numpy as np
import pytest

import theano.tensor as T
from theano.configuration import config
from theano.tensor import extra_ops as E

X = np.arange(24.0).reshape(2, 3, 4) / 7


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_running_sums_and_products(check, name, axis):
    x = T.dtensor3("x")
    check(getattr(T, name)(x, axis), {x: X}, getattr(np, name)(X, axis))


def test_running_sum_keeps_small_dtypes(check):
    x = T.bvector("x")
    value = np.array([100, 100, 1], dtype="int8")
    check(T.cumsum(x), {x: value}, np.array([100, -56, -55], dtype="int8"))


def test_running_sum_errors():
    with pytest.raises(ValueError, match="axis 2"):
        T.cumsum(T.dmatrix(), 2)
    with pytest.raises(ValueError, match="mode"):
        E.CumOp(mode="sub")
    assert E.CumsumOp(1) == E.CumOp(1, "add") != E.CumprodOp(1)


@pytest.mark.parametrize(("n", "axis"), [(0, 0), (1, -1), (2, 1), (9, 0)])
def test_diff(check, n, axis):
    x = T.dtensor3("x")
    check(E.diff(x, n, axis), {x: X}, np.diff(X, n, axis))


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_repeat_by_scalar_and_vector(check, axis):
    x, n, v = T.dmatrix("x"), T.lscalar("n"), T.lvector("v")
    value = X[0]
    check(T.repeat(x, 3, axis), {x: value}, np.repeat(value, 3, axis))
    check(T.repeat(x, n, axis), {x: value, n: 0}, np.repeat(value, 0, axis))
    counts = np.arange(value.size if axis is None else value.shape[axis])
    check(T.repeat(x, v, axis), {x: value, v: counts}, np.repeat(value, counts, axis))


def test_repeat_flags_and_errors(check):
    x = T.drow("x")
    assert T.repeat(x, 1, 0).type.broadcastable == (True, False)
    assert T.repeat(x, 2, 0).type.broadcastable == (False, False)
    check(T.repeat(x, [2], 0), {x: [[1.0, 2.0]]}, [[1.0, 2.0]] * 2)
    for bad, error in ((1.5, TypeError), (T.vector(dtype="uint64"), TypeError), (T.lmatrix(), ValueError)):
        with pytest.raises(error):
            T.repeat(x, bad)
    with pytest.raises(ValueError, match="axis 2"):
        T.repeat(x, 2, 2)


def test_bincount(check, run):
    x, w, m = T.lvector("x"), T.fvector("w"), T.lscalar("m")
    value, weights = np.array([1, 3, 1, 0]), np.array([1, 2, 3, 4], "float32")
    check(T.bincount(x), {x: value}, np.bincount(value))
    check(T.bincount(x, weights=w), {x: value, w: weights}, np.bincount(value, weights).astype("float32"))
    check(T.bincount(x, minlength=m), {x: value, m: 6}, np.bincount(value, minlength=6))
    with pytest.raises(TypeError, match="vector of integers"):
        T.bincount(T.lmatrix())
    with pytest.raises(AssertionError, match="negative"):
        run(T.bincount(x, assert_nonneg=True), {x: [-1, 2]})


def test_old_bincount_op(check):
    x, w = T.lvector("x"), T.dvector("w")
    value = np.array([1, 3, 1])
    check(E.BinCountOp(5)(x), {x: value}, np.bincount(value, minlength=5))
    check(E.BinCountOp()(x, w), {x: value, w: [1.0, 2.0, 3.0]}, [0.0, 4.0, 0.0, 2.0])


def test_to_one_hot(check):
    y = T.ivector("y")
    value = np.array([2, 0, 1], "int32")
    check(E.to_one_hot(y, 4), {y: value}, np.eye(4, dtype=config.floatX)[value])
    check(E.to_one_hot(y, 3, dtype="int8"), {y: value}, np.eye(3, dtype="int8")[value])


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_unique(run, axis):
    x = T.lmatrix("x")
    value = np.array([[3, 1, 3], [3, 1, 3], [0, 1, 0]])
    ours = run(E.Unique(True, True, True, axis)(x), {x: value})
    theirs = np.unique(value, True, True, True, axis=axis)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, np.asarray(b).reshape(a.shape))
    np.testing.assert_array_equal(run(E.Unique(axis=axis)(x), {x: value}), theirs[0])


def test_unique_axis_range():
    with pytest.raises(RuntimeError, match="axis 2"):
        E.Unique(axis=2)(T.lmatrix())


@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 5)])
def test_fill_diagonal(check, shape):
    a, v = T.dmatrix("a"), T.dscalar("v")
    value = np.ones(shape)
    expected = value.copy()
    np.fill_diagonal(expected, 7)
    check(T.fill_diagonal(a, v), {a: value, v: 7.0}, expected)
    for offset in (-1, 1, 9):
        rows = [i for i in range(shape[0]) if 0 <= i + offset < shape[1]]
        shifted = value.copy()
        shifted[rows, [i + offset for i in rows]] = 7
        check(T.fill_diagonal_offset(a, v, offset), {a: value, v: 7.0}, shifted)


def test_fill_diagonal_of_a_cube_and_errors(check):
    a = T.dtensor3("a")
    expected = np.zeros((2, 2, 2))
    np.fill_diagonal(expected, 3)
    check(T.fill_diagonal(a, 3), {a: np.zeros((2, 2, 2))}, expected)
    for bad in (
        lambda: T.fill_diagonal(T.dvector(), 1),
        lambda: T.fill_diagonal(T.fmatrix(), T.dscalar()),
        lambda: T.fill_diagonal(T.dmatrix(), T.dvector()),
        lambda: T.fill_diagonal_offset(a, 1, 0),
    ):
        with pytest.raises(TypeError):
            bad()


@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted(check, side):
    x, v, s = T.dvector("x"), T.dmatrix("v"), T.lvector("s")
    values, where = np.array([1.0, 2.0, 2.0, 5.0]), np.array([[2.0, 0.0], [9.0, 3.0]])
    check(E.searchsorted(x, v, side), {x: values, v: where}, np.searchsorted(values, where, side))
    mixed, order = values[::-1], np.array([3, 2, 1, 0])
    check(E.searchsorted(x, v, side, s), {x: mixed, v: where, s: order}, np.searchsorted(values, where, side))


def test_searchsorted_errors():
    with pytest.raises(ValueError, match="side"):
        E.searchsorted(T.dvector(), 1.0, "middle")
    with pytest.raises(TypeError, match="sorter"):
        E.searchsorted(T.dvector(), 1.0, sorter=T.dvector())
    with pytest.raises(TypeError, match="sorted vector"):
        E.searchsorted(T.dmatrix(), 1.0)


@pytest.mark.parametrize("order", ["C", "F"])
def test_positions_there_and_back(check, order):
    i, dims = T.lmatrix("i"), T.lvector("dims")
    flat = np.array([[0, 5], [23, 7]])
    wanted = np.unravel_index(flat, (2, 3, 4), order)
    for ours, theirs in zip(T.unravel_index(i, (2, 3, 4), order), wanted, strict=True):
        check(ours, {i: flat}, theirs)
    coordinates = T.unravel_index(i, dims, order, ndim=3)
    check(T.ravel_multi_index(coordinates, (2, 3, 4), order=order), {i: flat, dims: [2, 3, 4]}, flat)


@pytest.mark.parametrize("mode", ["wrap", "clip"])
def test_ravel_modes(check, mode):
    a, b = T.lvectors("ab")
    at = (np.array([5, 1]), np.array([2, 9]))
    check(T.ravel_multi_index((a, b), (3, 4), mode=mode), {a: at[0], b: at[1]}, np.ravel_multi_index(at, (3, 4), mode))


def test_position_errors(run):
    i = T.lvector("i")
    with pytest.raises(ValueError, match="ndim"):
        T.unravel_index(i, T.lvector())
    with pytest.raises(TypeError, match="integer positions"):
        T.unravel_index(T.dvector(), (2, 3))
    with pytest.raises(ValueError, match="out of bounds"):
        run(list(T.unravel_index(i, (2, 3))), {i: [6]})
    with pytest.raises(TypeError, match="tuple"):
        T.ravel_multi_index(i, (2, 3))
    with pytest.raises(ValueError, match="order"):
        T.unravel_index(i, (2, 3), "K")


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_compress(check, axis):
    c, x = T.vector("c", dtype="bool"), T.dmatrix("x")
    value, keep = X[0], np.array([True, False, True])
    check(E.compress(c, x, axis), {c: keep, x: value}, np.compress(keep, value, axis))


def test_squeeze_drops_static_ones_only(check):
    x = T.TensorType("float64", (True, False, True, False))("x")
    value = np.ones((1, 2, 1, 1))
    check(T.squeeze(x), {x: value}, np.ones((2, 1)))


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_bartlett(check, n):
    m = T.lscalar("m")
    check(T.bartlett(m), {m: n}, np.bartlett(n))


def test_bartlett_needs_an_integer_scalar():
    for bad in (T.dscalar(), T.lvector()):
        with pytest.raises(TypeError, match="integer scalar"):
            T.bartlett(bad)


def test_cpu_contiguous(run):
    x = T.dmatrix("x")
    out = run(E.cpu_contiguous(x.T), {x: X[0]})
    assert out.flags.c_contiguous
    np.testing.assert_array_equal(out, X[0].T)
