"""Putting tensors together, taking them apart, and making them from numbers."""

import numpy as np
import pytest

import theano.tensor as T
from theano.configuration import config
from theano.gradient import DisconnectedInputError, NullTypeGradError, grad
from theano.tensor import MakeVector

RNG = np.random.RandomState(3)
A, B = RNG.uniform(-1, 1, (2, 3)), RNG.uniform(-1, 1, (4, 3))
COL = RNG.uniform(-1, 1, (2, 1))
X, Y = np.array(0.4), np.array(-0.7)
VECTOR = RNG.uniform(-1, 1, 5)
F = (False, False)

CASES = {
    "rows": (lambda a, b: T.join(0, a, b), [A, B], None),
    "with a flagged column": (lambda a, c: T.join(1, a, c, a), [A, COL], [F, (False, True)]),
    "negative axis": (lambda a, c: T.concatenate([a, c], axis=-1), [A, COL], None),
    "symbolic axis": (lambda a, b: T.join(T.constant([0])[0], a, b), [A, B], None),
    "one part": (lambda a: T.join_(0, a), [A], None),
    "stack": (lambda a, b: T.stack([a, b[:2]], axis=1), [A, B], None),
    "vector of scalars": (lambda x, y: T.stack([x, y, x * y]), [X, Y], None),
    "make vector": (lambda x, y: MakeVector("float64")(x, y), [X, Y], None),
    "split": (lambda v: T.split(v, [2, 3], 2)[1], [VECTOR], None),
    "both pieces": (lambda v: T.prod(T.split(v, [2, 3], 2)[0]) * T.split(v, [2, 3], 2)[1], [VECTOR], None),
    "split columns": (lambda b: T.split(b, [1, 2], 2, axis=1)[0], [B], None),
    "arange": (lambda x, y: T.arange(x, 3.0, y + 1.2, dtype="float64"), [X, Y], None),
    "tile": (lambda v: T.tile(v, 2), [VECTOR], None),
    "outer": (lambda v, a: T.outer(v, a), [VECTOR, A], None),
}


@pytest.mark.parametrize("name", CASES)
def test_gradient_agrees_with_differences(name, check):
    build, points, patterns = CASES[name]
    check.gradient(lambda *xs: T.sqr(build(*xs)), points, patterns)


@pytest.mark.parametrize("name", CASES)
def test_forward_agrees_with_reverse(name, check):
    build, points, patterns = CASES[name]
    check.forward(lambda *xs: T.sqr(build(*xs)), points, patterns)


@pytest.mark.parametrize("name", ["rows", "split", "vector of scalars"])
def test_second_derivative(name, check):
    check.second(*CASES[name])


def test_the_old_tile_op(check):
    with pytest.warns(DeprecationWarning, match="tile"):
        op = T.Tile(3)
    check.gradient(lambda a: T.sqr(op(a, T.constant([2, 1, 3]))) * np.arange(1.0, 10), [A])


def test_integer_parts_get_zeros(check):
    x, i = T.dvector("x"), T.lvector("i")
    gx, gi = grad(T.sum(T.join(0, x, i) ** 2), [x, i])
    assert gi.dtype == config.floatX
    gx, gi = check.evaluate([gx, gi], {x: np.array([2.0]), i: np.array([3, 4])})
    assert gx.tolist() == [4.0]
    assert gi.tolist() == [0.0, 0.0]


def test_sizes_and_stops_are_disconnected():
    n = T.lscalar("n")
    with pytest.raises(DisconnectedInputError):
        grad(T.sum(T.zeros((n,))), n)
    x = T.dscalar("x")
    with pytest.raises(DisconnectedInputError):
        grad(T.sum(T.arange(0.0, x, 1.0)), x)


def test_sizes_of_masks_are_undefined():
    n = T.lscalar("n")
    for cost in (T.sum(T.eye(n)), T.sum(T.tri(n))):
        with pytest.raises(NullTypeGradError, match="sizes"):
            grad(cost, n)


def test_integer_range_is_zero_for_its_start(check):
    n = T.lscalar("n")
    assert check.evaluate(grad(T.sum(T.arange(n, 9) * 1.5), n), {n: 4}) == 0.0
