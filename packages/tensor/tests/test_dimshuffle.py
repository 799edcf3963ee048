"""DimShuffle and the functions built on it."""

import pickle

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor.elemwise import DimShuffle


def run(out, value):
    storage = [[None]]
    out.owner.op.perform(out.owner, [value], storage)
    return storage[0][0]


@pytest.mark.parametrize(
    ("pattern", "order", "shape", "expected"),
    [
        ((False, False), (1, 0), (2, 3), (3, 2)),
        ((False,), ("x", 0), (3,), (1, 3)),
        ((False, False), (1, "x", 0), (2, 3), (3, 1, 2)),
        ((True, False), (1,), (1, 3), (3,)),
        ((True,), (), (1,), ()),
        ((), ("x", "x"), (), (1, 1)),
        ((False, True, False), (2, 0), (2, 1, 3), (3, 2)),
        ((True, True), (), (1, 1), ()),
        ((False, True), (0, "x"), (2, 1), (2, 1)),
    ],
)
def test_value_is_a_view(pattern, order, shape, expected):
    x = T.tensor("float64", pattern)
    out = x.dimshuffle(*order)
    value = np.random.default_rng(0).normal(size=shape)
    result = run(out, value)
    assert type(result) is np.ndarray
    assert result.shape == expected
    kept = [j for j in order if j != "x"]
    moved = value.squeeze(tuple(i for i in range(value.ndim) if i not in kept))
    ranks = np.argsort(np.argsort(kept)) if kept else []
    np.testing.assert_array_equal(result, moved.transpose([int(r) for r in ranks]).reshape(expected))
    assert np.may_share_memory(result, value)
    assert out.broadcastable == tuple(j == "x" or pattern[j] for j in order)


def test_views_of_strided_values():
    base = np.arange(24.0).reshape(4, 6)[::-2, ::3]
    result = run(T.dmatrix().dimshuffle(1, "x", 0), base)
    np.testing.assert_array_equal(result, base.T[:, None, :])
    assert np.may_share_memory(result, base)


@pytest.mark.parametrize(
    ("pattern", "order", "error"),
    [
        ((False, False), (0, 0), ValueError),
        ((False, False), (0,), ValueError),
        ((False,), (0, 1), ValueError),
        ((False,), (0.0,), TypeError),
        ((False,), ("y", 0), TypeError),
        ((False,), (True,), TypeError),
    ],
)
def test_bad_orders(pattern, order, error):
    with pytest.raises(error):
        DimShuffle(pattern, order)


def test_inplace_false_is_refused():
    with pytest.raises(ValueError, match="view"):
        DimShuffle((False,), (0,), inplace=False)


def test_wrong_input():
    op = DimShuffle((True, False), (1,))
    with pytest.raises(TypeError, match="rank"):
        op(T.dvector())
    with pytest.raises(TypeError, match="pattern"):
        op(T.dmatrix())


def test_dropped_dim_must_have_length_one():
    out = T.drow().dimshuffle(1)
    with pytest.raises(ValueError, match="not 1"):
        run(out, np.zeros((2, 3)))


def test_value_semantics():
    op = DimShuffle((False, True), ("x", 0))
    assert op == DimShuffle([0, 1], ["x", 0])
    assert hash(op) == hash(DimShuffle([0, 1], ["x", 0]))
    assert op != DimShuffle((False, True), (0,))
    assert pickle.loads(pickle.dumps(op)) == op
    assert str(op) == "InplaceDimShuffle{x,0}"
    assert op.view_map == {0: [0]}
    assert (op.shuffle, op.drop, op.augment) == ([0], [1], [0])


def test_shape_inference_and_lowering():
    from theano.lowering.build import Build

    node = T.dmatrix().dimshuffle(1, "x", 0).owner
    assert node.op.infer_shape(node, [("a", "b")]) == [("b", 1, "a")]
    step = node.op.lower(node, Build(node))
    assert (step.kind, step.params) == ("dimshuffle", (1, -1, 0))


def test_transpose():
    x = T.dtensor3("x")
    value = np.arange(24.0).reshape(2, 3, 4)
    assert x.T.name == "x.T"
    assert x.transpose().name == "x.T"
    np.testing.assert_array_equal(run(x.T, value), value.T)
    np.testing.assert_array_equal(run(x.transpose(1, 0, 2), value), value.transpose(1, 0, 2))
    np.testing.assert_array_equal(run(x.transpose((1, 0, -1)), value), value.transpose(1, 0, 2))
    assert x.transpose(1, 0, 2).name is None
    with pytest.raises(ValueError, match="3 dimensions"):
        x.transpose(0, 1)


def test_swapaxes_and_padding():
    x = T.dtensor3()
    value = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(run(x.swapaxes(0, -1), value), value.swapaxes(0, -1))
    with pytest.raises(ValueError, match="axis"):
        x.swapaxes(0, 3)
    m = T.dmatrix()
    assert T.shape_padleft(m, 2).broadcastable == (True, True, False, False)
    assert T.shape_padright(m).broadcastable == (False, False, True)
    assert T.shape_padaxis(m, 1).broadcastable == (False, True, False)
    assert T.shape_padaxis(m, -3).broadcastable == (True, False, False)
    with pytest.raises(IndexError):
        T.shape_padaxis(m, 3)
