"""set_subtensor and inc_subtensor under every kind of index."""

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor.subtensor import AdvancedIncSubtensor, AdvancedIncSubtensor1, IncSubtensor

X = np.arange(24.0).reshape(2, 3, 4)
MASK = X > 10

INDICES = [
    0,
    (1, 2, 3),
    slice(1, None),
    (slice(None), slice(None, None, -2)),
    Ellipsis,
    (0, Ellipsis, slice(1, 3)),
    np.array([1, 0, 1]),
    (slice(None), np.array([0, 2, 0])),
    (slice(None), slice(None), np.array([[3, 1], [1, 0]])),
    np.array([[1, 0], [1, 1]]),
    (np.array([0, 1]), np.array([2, 2])),
    (np.array([1, 1]), slice(None), np.array([0, 0])),
    (slice(0, 1), np.array([1, 1]), 2),
    MASK,
    (slice(None), np.array([True, False, True])),
    (0, np.array([1, 1])),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
@pytest.mark.parametrize("scalar", [True, False])
def test_writes_match_numpy(check, index, scalar):
    x = T.dtensor3("x")
    part = X[index]
    value = np.asarray(7.0) if scalar else np.asarray(np.random.RandomState(1).random_sample(part.shape))
    y = T.TensorType("float64", (False,) * value.ndim)("y")
    added, replaced = X.copy(), X.copy()
    np.add.at(added, index, value)
    check(T.inc_subtensor(x[index], y), {x: X, y: value}, added)
    no_repeats = len(np.unique(np.arange(24).reshape(X.shape)[index])) == part.size
    if scalar or no_repeats:
        replaced[index] = value
        check(T.set_subtensor(x[index], y), {x: X, y: value}, replaced)


def test_the_input_is_not_modified(run):
    x = T.dvector("x")
    value = np.arange(3.0)
    run([T.set_subtensor(x[0], 9.0), T.inc_subtensor(x[[0, 0]], 1.0), T.set_subtensor(x[x > 0], 5.0)], {x: value})
    np.testing.assert_array_equal(value, np.arange(3.0))


def test_the_value_broadcasts_and_takes_the_dtype(check):
    x, y = T.fmatrix("x"), T.dcol("y")
    value = np.zeros((2, 3), "float32")
    out = T.set_subtensor(x[:, 1:], y)
    assert out.type == x.type
    check(out, {x: value, y: [[1.0], [2.0]]}, np.array([[0, 1, 1], [0, 2, 2]], "float32"))


def test_values_are_flagged_where_the_region_is(run):
    x, y = T.drow("x"), T.dmatrix("y")
    out = T.set_subtensor(x[:, 1:], y)
    assert out.owner.inputs[1].type.broadcastable == (True, False)
    with pytest.raises(ValueError, match="length 1"):
        run(out, {x: np.ones((1, 3)), y: np.ones((2, 2))})


def test_newaxis_indices_write_into_the_dimshuffled_tensor(check):
    x = T.dmatrix("x")
    value = np.zeros((2, 3))
    out = T.set_subtensor(x[None, 0:1], 1.0)
    assert out.ndim == 3
    reference = np.zeros((1, 2, 3))
    reference[:, 0:1] = 1.0
    check(out, {x: value}, reference)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        lambda x: x.T,
        lambda x: x[None],
        lambda x: x + 1,
        lambda x: x[:1].T,
        lambda x: x.flatten(),
        lambda x: x[:1].reshape((3, 1)),
    ],
)
def test_only_indexing_results_can_be_written(make):
    with pytest.raises(TypeError):
        T.set_subtensor(make(T.dmatrix("x")), 1.0)


def test_errors(run):
    x, y = T.dvector("x"), T.dvector("y")
    with pytest.raises(TypeError, match="dimensions"):
        T.set_subtensor(x[0], y)
    with pytest.raises(ValueError, match="part of shape"):
        run(T.set_subtensor(x[1:], y), {x: np.ones(3), y: np.ones(3)})
    with pytest.raises(IndexError):
        run(T.inc_subtensor(x[[7]], 1.0), {x: np.ones(3)})
    with pytest.raises(NotImplementedError, match="in place"):
        AdvancedIncSubtensor(inplace=True)
    with pytest.raises(TypeError, match="2 dimensions"):
        AdvancedIncSubtensor1()(x, T.dmatrix(), T.lvector())


def test_inplace_ops_state_what_they_destroy():
    x = T.dvector()
    op = T.set_subtensor(x[0], 1.0, inplace=True).owner.op
    assert op.destroy_map == {0: [0]}
    assert str(op) == "IncSubtensor{InplaceSet;int64}"
    assert str(T.inc_subtensor(x[1:], 1.0).owner.op) == "IncSubtensor{Inc;int64::}"
    assert isinstance(op, IncSubtensor)
    assert op != T.set_subtensor(x[0], 1.0).owner.op
    assert T.inc_subtensor(
        x[0], 1.0, inplace=True, tolerate_inplace_aliasing=True
    ).owner.op.destroyhandler_tolerate_aliased == [(0, 1)]
    rows = AdvancedIncSubtensor1(inplace=True)
    assert rows.destroy_map == {0: [0]}
    storage, value = [[None]], np.zeros(3)
    rows.perform(None, [value, np.ones(2), np.array([1, 1])], storage)
    assert storage[0][0] is value
    assert value.tolist() == [0, 2, 0]


def test_bool_and_integer_tensors(check):
    b, i = T.vector("b", dtype="bool"), T.lvector("i")
    check(T.set_subtensor(b[0], np.asarray(True)), {b: [False, False]}, [True, False])
    check(T.inc_subtensor(i[1:], 3), {i: [1, 2]}, [1, 5])


def test_writes_into_empty_tensors(check):
    x = T.dmatrix("x")
    value = np.zeros((3, 0))
    check(T.inc_subtensor(x[np.array([[0, 2]])], 1.0), {x: value}, value)
