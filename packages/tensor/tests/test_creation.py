"""arange, eye, tri and friends."""

import numpy as np
import pytest

import theano.tensor as T
from theano.configuration import change_flags, config


@pytest.mark.parametrize(
    "bounds", [(5,), (2, 8), (2, 8, 3), (8, 2, -3), (0, 1, 0.25), (5, 5), (5, 2), (-3, 4, 2), (7, 0, -2)]
)
def test_arange_of_numbers_as_inputs(check, bounds):
    variables = [T.as_tensor_variable(np.asarray(b)).type() for b in bounds]
    check(T.arange(*variables), dict(zip(variables, bounds, strict=True)), np.arange(*bounds))


@pytest.mark.parametrize(
    ("dtypes", "result"),
    [
        (("int8", "int16", "int8"), "int64"),
        (("uint8", "uint8", "uint8"), "uint64"),
        (("float32", "float32", "float32"), "float32"),
        (("int32", "float32", "int8"), "float64"),
    ],
)
def test_arange_dtype(dtypes, result):
    assert T.arange(*[T.scalar(dtype=d) for d in dtypes]).dtype == result


def test_arange_dtype_by_request_and_errors(run):
    assert T.arange(3, dtype="int8").dtype == "int8"
    with pytest.raises(TypeError, match="scalar"):
        T.arange(T.lvector())
    s = T.lscalar("s")
    with pytest.raises(ZeroDivisionError, match="step"):
        run(T.arange(0, 3, s), {s: 0})


def test_arange_under_numpy_cast_policy():
    with change_flags(cast_policy="numpy+floatX", floatX="float32"):
        assert T.arange(T.fscalar()).dtype == "float32"
        assert T.arange(T.dscalar()).dtype == "float64"
        assert T.arange(T.bscalar()).dtype == "int64"


@pytest.mark.parametrize(("n", "m", "k"), [(3, None, 0), (2, 4, 1), (4, 2, -2), (0, 3, 0)])
def test_eye_and_tri(check, n, m, k):
    a, b = T.lscalar("a"), T.lscalar("b")
    feed = {a: n} if m is None else {a: n, b: m}
    check(T.eye(a, None if m is None else b, k), feed, np.eye(n, m, k, dtype=config.floatX))
    check(T.tri(a, None if m is None else b, k, dtype="int32"), feed, np.tri(n, m, k, dtype="int32"))


def test_eye_needs_scalar_sizes():
    with pytest.raises(AssertionError, match="scalars"):
        T.eye(T.lvector())


@pytest.mark.parametrize("k", [-1, 0, 2])
@pytest.mark.parametrize("name", ["tril", "triu"])
def test_triangles(check, name, k):
    x = T.dmatrix("x")
    value = np.arange(1.0, 13).reshape(3, 4)
    check(getattr(T, name)(x, k), {x: value}, getattr(np, name)(value, k))


def test_identity_like_takes_shape_and_dtype(check):
    x = T.fmatrix("x")
    check(T.identity_like(x), {x: np.zeros((2, 3), "float32")}, np.eye(2, 3, dtype="float32"))


def test_grids(check):
    n = T.lscalar("n")
    for ours, theirs in zip(T.mgrid[0:n, 1:7:2], np.mgrid[0:3, 1:7:2], strict=True):
        check(ours, {n: 3}, theirs)
    for ours, theirs in zip(T.ogrid[0:n, 1:7:2], np.ogrid[0:3, 1:7:2], strict=True):
        check(ours, {n: 3}, theirs)
    with pytest.raises(NotImplementedError, match="complex"):
        T.mgrid[0:1:5j]


def test_diag_builds_and_extracts(check):
    v, m = T.dvector("v"), T.dmatrix("m")
    value = np.arange(12.0).reshape(3, 4)
    for k in (-1, 0, 2):
        check(T.diag(v, k), {v: [1.0, 2.0]}, np.diag([1.0, 2.0], k))
        check(T.diag(m, k), {m: value}, np.diag(value, k))
    with pytest.raises(ValueError, match="diagonal"):
        T.diag(T.dscalar())


@pytest.mark.parametrize(("offset", "axis1", "axis2"), [(0, 0, 1), (1, 2, 0), (-1, -1, 1), (9, 0, 1)])
def test_diagonal_of_two_axes(check, offset, axis1, axis2):
    x = T.dtensor3("x")
    value = np.arange(24.0).reshape(2, 3, 4)
    check(T.diagonal(x, offset, axis1, axis2), {x: value}, np.diagonal(value, offset, axis1, axis2))


@pytest.mark.parametrize(("axis1", "axis2"), [(0, 1), (0, 2), (1, 2)])
@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_alloc_diag_is_undone_by_diagonal(check, offset, axis1, axis2):
    x = T.dmatrix("x")
    value = np.arange(1.0, 7).reshape(2, 3)
    made = T.AllocDiag(offset, axis1, axis2)(x)
    check(T.diagonal(made, offset, axis1, axis2), {x: value}, value)


def test_nonzero_family(check, run):
    x = T.lmatrix("x")
    value = np.array([[0, 3], [5, 0], [0, 7]])
    check(T.nonzero(x, return_matrix=True), {x: value}, np.vstack(np.nonzero(value)))
    for ours, theirs in zip(T.nonzero(x), np.nonzero(value), strict=True):
        check(ours, {x: value}, theirs)
    check(T.flatnonzero(x), {x: value}, np.flatnonzero(value))
    check(T.nonzero_values(x), {x: value}, value[value.nonzero()])
    check(x[x.nonzero()], {x: value}, [3, 5, 7])
    for function in (T.nonzero, T.flatnonzero, T.nonzero_values):
        with pytest.raises(ValueError, match="0-d"):
            function(T.lscalar())


def test_permute_row_elements_and_inverse(check):
    x, p = T.dmatrix("x"), T.lmatrix("p")
    value = np.arange(6.0).reshape(2, 3)
    order = np.array([[2, 0, 1], [0, 2, 1]])
    moved = np.take_along_axis(value, order, -1)
    check(T.permute_row_elements(x, p), {x: value, p: order}, moved)
    check(T.permute_row_elements(x, p, inverse=1), {x: moved, p: order}, value)
    check(T.inverse_permutation(p), {p: order}, np.argsort(order, -1))


def test_permute_broadcasts_rows(check):
    x, p = T.dvector("x"), T.lmatrix("p")
    order = np.array([[2, 0, 1], [0, 2, 1]])
    check(T.permute_row_elements(x, p), {x: [5.0, 6.0, 7.0], p: order}, np.array([5.0, 6.0, 7.0])[order])


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_choose(check, mode):
    a, x, y = T.lvector("a"), T.dvector("x"), T.dmatrix("y")
    index = np.array([0, 1, 1]) if mode == "raise" else np.array([0, 3, -1])
    one, many = np.array([1.0, 2.0, 3.0]), np.arange(6.0).reshape(2, 3)
    check(T.choose(a, [x, x * 10], mode=mode), {a: index, x: one}, np.choose(index, [one, one * 10], mode=mode))
    check(T.choose(a, y, mode=mode), {a: index, y: many}, np.choose(index, many, mode=mode))


def test_choose_of_scalars_is_a_scalar(check):
    a, x, y = T.lscalar("a"), T.dscalar("x"), T.dscalar("y")
    check(T.choose(a, [x, y]), {a: 1, x: 2.0, y: 3.0}, 3.0)


def test_choose_errors(run):
    a, y = T.lvector("a"), T.dmatrix("y")
    with pytest.raises(TypeError, match="integer"):
        T.choose(T.dvector(), y)
    with pytest.raises(ValueError, match="indices"):
        run(T.choose(a, y), {a: [5], y: np.ones((2, 1))})
