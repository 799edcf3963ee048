"""Reading and writing parts of tensors."""

import numpy as np
import pytest

import theano.tensor as T
from theano.configuration import config
from theano.gradient import DisconnectedInputError, NullTypeGradError, grad

RNG = np.random.RandomState(2)
MATRIX = RNG.uniform(-1, 1, (4, 5))
CUBE = RNG.uniform(-1, 1, (3, 4, 2))
VECTOR = RNG.uniform(-1, 1, 5)
PAIR = RNG.uniform(-1, 1, 2)
ONE = RNG.uniform(-1, 1, 1)
SCALAR = np.array(0.3)
MASK = np.array([True, False, True, True])
MASK2 = MATRIX > 0

READS = {
    "element": (lambda x: x[1, -1], [MATRIX]),
    "row": (lambda x: x[2], [MATRIX]),
    "slices": (lambda x: x[1:, ::-2], [MATRIX]),
    "symbolic bounds": (lambda x: x[T.constant(1) : x.shape[0] - 1], [MATRIX]),
    "new axis": (lambda x: x[None, 1:3], [MATRIX]),
    "rows with repetition": (lambda x: x[[0, 2, 2]], [MATRIX]),
    "columns": (lambda x: x[:, [1, 1, 3]], [MATRIX]),
    "pairs": (lambda x: x[[0, 1, 1], [2, 3, 3]], [MATRIX]),
    "pairs and a slice": (lambda x: x[[0, 1], 1:, [1, 1]], [CUBE]),
    "matrix of rows": (lambda x: x[np.array([[0, 1], [3, 3]])], [MATRIX]),
    "mask of rows": (lambda x: x[T.constant(MASK)], [MATRIX]),
    "mask of elements": (lambda x: x[T.constant(MASK2)], [MATRIX]),
    "take": (lambda x: T.take(x, [0, 0, 2], axis=1), [MATRIX]),
    "take clipped": (lambda x: T.take(x, [0, 9], axis=0, mode="clip"), [MATRIX]),
    "diagonal": (lambda x: T.diagonal(x, offset=1), [MATRIX]),
    "diagonal below": (lambda x: T.diagonal(x, offset=-1), [MATRIX]),
    "diagonals of a cube": (lambda x: T.diagonal(x, 0, 2, 0), [CUBE]),
    "diag of a vector": (lambda x: T.diag(x, 1), [PAIR]),
    "repeat by counts": (lambda x: T.repeat(x, [0, 2, 1, 3], axis=0), [MATRIX]),
    "repeat all by counts": (lambda x: T.repeat(x, [1, 2]), [PAIR]),
    "repeat": (lambda x: T.repeat(x, 3, axis=1), [MATRIX]),
    "roll": (lambda x: T.roll(x, 2, axis=1), [MATRIX]),
    "permuted rows": (lambda x: T.permute_row_elements(x, np.array([4, 0, 1, 3, 2])), [MATRIX]),
    "a row permuted in many ways": (lambda x: T.permute_row_elements(x, np.array([[1, 0], [0, 1], [1, 0]])), [PAIR]),
    "diff": (lambda x: T.extra_ops.diff(x), [VECTOR]),
    "diff of columns": (lambda x: T.extra_ops.diff(x, n=2, axis=0), [MATRIX]),
    "too many diffs": (lambda x: T.sum(T.extra_ops.diff(x, n=3)) + x[0], [PAIR]),
    "nonzero values": (lambda x: T.nonzero_values(x), [MATRIX]),
}

WRITES = {
    "set row": (lambda x, y: T.set_subtensor(x[1], y), [MATRIX, VECTOR]),
    "inc slice": (lambda x, y: T.inc_subtensor(x[1:3, ::-1], y), [MATRIX, MATRIX[1:3]]),
    "set slice by scalar": (lambda x, y: T.set_subtensor(x[1:3], y), [MATRIX, SCALAR]),
    "set slice by a vector": (lambda x, y: T.set_subtensor(x[1:3], y), [MATRIX, VECTOR]),
    "inc slice by an unflagged one": (lambda x, y: T.inc_subtensor(x[1:3], y), [MATRIX, ONE]),
    "set rows": (lambda x, y: T.set_subtensor(x[[0, 2]], y), [MATRIX, MATRIX[:2]]),
    "inc rows with repetition": (lambda x, y: T.inc_subtensor(x[[0, 2, 2]], y), [MATRIX, MATRIX[:3]]),
    "inc rows by a vector": (lambda x, y: T.inc_subtensor(x[[0, 2, 2]], y), [MATRIX, VECTOR]),
    "inc columns": (lambda x, y: T.inc_subtensor(x[:, [0, 1]], y), [MATRIX, MATRIX[:, :2]]),
    "set pairs": (lambda x, y: T.set_subtensor(x[[0, 1], [2, 3]], y), [MATRIX, PAIR]),
    "inc pairs by scalar": (lambda x, y: T.inc_subtensor(x[[0, 0], [2, 2]], y), [MATRIX, SCALAR]),
    "set mask": (lambda x, y: T.set_subtensor(x[T.constant(MASK2)], y), [MATRIX, SCALAR]),
    "inc mask": (lambda x, y: T.inc_subtensor(x[T.constant(MASK)], y), [MATRIX, MATRIX[:3]]),
    "fill diagonal": (lambda x, y: T.fill_diagonal(x, y), [MATRIX, SCALAR]),
    "fill offset diagonal": (lambda x, y: T.fill_diagonal_offset(x, y, -1), [MATRIX, SCALAR]),
}

CASES = {**READS, **WRITES}


@pytest.mark.parametrize("name", CASES)
def test_gradient_agrees_with_differences(name, check):
    build, points = CASES[name]
    check.gradient(lambda *xs: T.sqr(build(*xs)), points)


@pytest.mark.parametrize("name", CASES)
def test_forward_agrees_with_reverse(name, check):
    build, points = CASES[name]
    check.forward(lambda *xs: T.sqr(build(*xs)), points)


@pytest.mark.parametrize(
    "name", ["slices", "rows with repetition", "pairs", "mask of elements", "set row", "inc pairs by scalar"]
)
def test_second_derivative(name, check):
    check.second(*CASES[name])


def test_indices_are_disconnected():
    x, i = T.dvector("x"), T.lscalar("i")
    with pytest.raises(DisconnectedInputError):
        grad(x[i], i)


def test_repeated_places_that_were_set_all_receive_the_gradient(check):
    x, y = T.dvectors("xy")
    cost = T.sum(T.set_subtensor(x[[0, 0]], y) * np.array([3.0, 5.0]))
    gx, gy = check.evaluate(grad(cost, [x, y]), {x: np.ones(2), y: np.ones(2)})
    assert gx.tolist() == [0.0, 5.0]
    assert gy.tolist() == [3.0, 3.0]


def test_discrete_tensors_get_zeros(check):
    x = T.lvector("x")
    g = grad(T.sum(x[1:] * 1.5), x)
    assert g.dtype == config.floatX
    assert check.evaluate(g, {x: np.arange(3)}).tolist() == [0.0, 0.0, 0.0]


def test_sparse_gradients_are_refused():
    x = T.dmatrix("x")
    with pytest.raises(NullTypeGradError, match="sparse_grad"):
        grad(T.sum(T.AdvancedSubtensor1(sparse_grad=True)(x, [0, 1])), x)


def test_choose_has_no_gradient():
    x = T.dmatrix("x")
    with pytest.raises(NotImplementedError, match="Choose"):
        grad(T.sum(T.choose(np.array([0, 1]), x)), x)


def test_positions_of_nonzero_elements_are_undefined():
    x = T.dvector("x")
    with pytest.raises(NullTypeGradError, match="positions"):
        grad(T.sum(T.flatnonzero(x) * 1.5), x)
