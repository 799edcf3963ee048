"""Products that contract dimensions."""

import numpy as np
import pytest

import theano.tensor as T

R = np.random.RandomState(3)
A3 = R.rand(2, 3, 4)


def _matmul_shapes():
    return [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3, 4)),
        ((), (3,)),
        ((2, 3), ()),
        ((2, 3, 4), (4,)),
        ((2, 3, 4), (4, 5)),
        ((2, 3), (5, 3, 2)),
        ((3,), (2, 3, 4)),
        ((0, 3), (3, 2)),
        ((2, 0), (0, 3)),
    ]


@pytest.mark.parametrize(("a", "b"), _matmul_shapes())
def test_dot_of_every_rank(check, a, b):
    x, y = T.TensorType("float64", (False,) * len(a))("x"), T.TensorType("float64", (False,) * len(b))("y")
    u, v = R.rand(*a), R.rand(*b)
    check(T.dot(x, y), {x: u, y: v}, np.dot(u, v), rtol=1e-10)


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        ("float32", "float64", "float64"),
        ("int8", "int8", "int8"),
        ("int32", "float32", "float64"),
    ],
)
def test_dot_dtype_is_the_upcast(check, left, right, result):
    x, y = T.matrix("x", left), T.matrix("y", right)
    u, v = np.ones((2, 3), left), np.ones((3, 2), right)
    assert T.dot(x, y).dtype == result
    check(T.dot(x, y), {x: u, y: v}, np.full((2, 2), 3, result))


def test_dot_flags_and_errors(run):
    assert T.dot(T.drow(), T.dcol()).type.broadcastable == (True, True)
    assert T.dot(T.drow(), T.dvector()).type.broadcastable == (True,)
    x, y = T.dmatrix("x"), T.dvector("y")
    with pytest.raises(ValueError, match="contracted lengths"):
        run(T.dot(x, y), {x: np.ones((2, 3)), y: np.ones(2)})
    with pytest.raises(TypeError, match="vector or matrix"):
        T.Dot()(x, T.dtensor3())
    with pytest.raises(TypeError, match="two operands"):
        T.Dot()(x)


@pytest.mark.parametrize("axes", [0, 1, 2, [[1], [0]], [(0, 2), (2, 1)], [[-1], [1]], [1, 0]])
def test_tensordot(check, axes):
    x, y = T.dtensor3("x"), T.dtensor3("y")
    shape = (4, 4, 4)
    u, v = R.rand(*shape), R.rand(*shape)
    check(T.tensordot(x, y, axes), {x: u, y: v}, np.tensordot(u, v, axes), rtol=1e-10)


@pytest.mark.parametrize("axes", [0, 2, [[0, 1], [0, 1]], [[0, 1], [1, 0]], [1, 0], [[0], [0]], [[-1], [-1]]])
def test_tensordot_of_matrices(check, axes):
    x, y = T.dmatrix("x"), T.dmatrix("y")
    for shape in ((3, 3), (1, 1)):
        u, v = R.rand(*shape), R.rand(*shape)
        check(T.tensordot(x, y, axes), {x: u, y: v}, np.tensordot(u, v, axes), rtol=1e-10)
    u, v = R.rand(2, 3), R.rand(2, 3)
    check(T.tensordot(x, y.T, [[1, 0], [0, 1]]), {x: u, y: v}, np.tensordot(u, v.T, [[1, 0], [0, 1]]), rtol=1e-10)


def test_tensordot_pairs_lengths_that_are_equal(run):
    x, y = T.dmatrix("x"), T.dmatrix("y")
    with pytest.raises(AssertionError, match="lengths of a pair"):
        run(T.tensordot(x, y, 2), {x: np.ones((2, 3)), y: np.ones((3, 2))})


@pytest.mark.parametrize("axes", [4, -1, [[0], [0, 1]], [[3], [0]], [[0, 0], [0, 1]], "ab", [[0]]])
def test_tensordot_bad_axes(axes):
    with pytest.raises(ValueError):
        T.tensordot(T.dtensor3(), T.dtensor3(), axes)


@pytest.mark.parametrize(
    ("a", "b", "formula"),
    [
        ((2, 3, 4), (2, 4, 5), "bij,bjk->bik"),
        ((2, 3), (2, 3, 4), "bi,bij->bj"),
        ((2, 3, 4), (2, 4), "bij,bj->bi"),
        ((2, 3), (2, 3), "bi,bi->b"),
        ((2,), (2, 3), "b,bi->bi"),
        ((2, 3, 4), (2,), "bij,b->bij"),
        ((2, 3, 4, 5), (2, 5, 6), "bijk,bkl->bijl"),
        ((2, 3), (2, 4, 3, 5), "bi,bkil->bkl"),
    ],
)
def test_batched_dot_of_every_rank(check, a, b, formula):
    x, y = T.TensorType("float64", (False,) * len(a))("x"), T.TensorType("float64", (False,) * len(b))("y")
    u, v = R.rand(*a), R.rand(*b)
    check(T.batched_dot(x, y), {x: u, y: v}, np.einsum(formula, u, v), rtol=1e-10)


def test_batched_dot_errors(run):
    x, y = T.dtensor3("x"), T.dtensor3("y")
    with pytest.raises(TypeError, match="batch axis"):
        T.batched_dot(T.dscalar(), x)
    with pytest.raises(TypeError, match="batch lengths"):
        run(T.batched_dot(x, y), {x: np.ones((2, 1, 1)), y: np.ones((3, 1, 1))})


def test_batched_tensordot(check):
    x, y = T.dtensor4("x"), T.dtensor3("y")
    u, v = R.rand(2, 3, 4, 5), R.rand(2, 5, 3)
    expected = np.stack([np.tensordot(i, j, [[0, 2], [1, 0]]) for i, j in zip(u, v, strict=True)])
    check(T.batched_tensordot(x, y, [[1, 3], [2, 1]]), {x: u, y: v}, expected, rtol=1e-10)
    with pytest.raises(ValueError, match="batch axis"):
        T.batched_tensordot(x, y, [[0], [0]])


def test_outer_flattens(check):
    x, y = T.dmatrix("x"), T.dvector("y")
    u, v = R.rand(2, 2), R.rand(3)
    check(T.outer(x, y), {x: u, y: v}, np.outer(u, v), rtol=1e-10)


@pytest.mark.parametrize(
    ("left", "right"),
    [((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 5)), ((3, 4), (4, 5)), ((2, 3, 4), (4,)), ((4,), (2, 4, 5)),
     ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 3, 4), (2, 4, 5)), ((1, 3, 4), (2, 4, 5)), ((2, 3, 4), (1, 4, 5))],
)  # fmt: skip
def test_the_operator_of_matrix_products(check, left, right):
    u, v = R.rand(*left), R.rand(*right)
    x, y = (T.TensorType("float64", [n == 1 for n in shape])() for shape in (left, right))
    check(x @ y, {x: u, y: v}, u @ v, rtol=1e-10)
    check(np.matmul(x, v), {x: u}, u @ v, rtol=1e-10)
    check(u @ y, {y: v}, u @ v, rtol=1e-10)


def test_stacks_of_stacks_are_no_operands_of_matmul():
    with pytest.raises(TypeError, match="more than three dimensions"):
        T.matmul(T.dtensor4(), T.dmatrix())
