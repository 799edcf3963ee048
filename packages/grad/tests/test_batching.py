"""Expressions of a row rebuilt for a block of rows: the same values as row by row."""

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import function
from theano.gradient import jacobian, rows
from theano.gradient.batching import batched

RNG = np.random.default_rng(0)
M, N = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 5))
m, n = T.constant(M), T.constant(N)

# of a row x (4, 3)
CASES = {
    "elementwise": lambda x: T.tanh(x) * m + x,
    "stretched operands": lambda x: x * m[0] - T.addbroadcast(x[:, :1], 1) + T.addbroadcast(m[:, :1], 1),
    "sums": lambda x: [T.sum(x), T.sum(x, axis=0), T.mean(x, axis=1, keepdims=True)],
    "other reductions": lambda x: [T.prod(x, axis=1), T.all(x > 0, axis=-1), T.any(x > 2)],
    "orders": lambda x: [x.T, x.dimshuffle("x", 1, 0), T.addbroadcast(x[:, :1], 1).dimshuffle(0)],
    "shapes": lambda x: [x.reshape((2, 6)), x.reshape((12,)) * x.shape[0], T.zeros_like(x) + x],
    "reads": lambda x: [x[1], x[::-1, 1:], x[T.constant([2, 0, 2])], x[:, T.constant([0, 2])]],
    "writes": lambda x: [
        T.inc_subtensor(x[1:3], m[:2]),
        T.set_subtensor(T.zeros((5, 3))[1:], x),
        T.inc_subtensor(T.as_tensor_variable(M)[0], x[1]),
        T.inc_subtensor(T.zeros((6, 3))[T.constant([1, 1, 4, 0])], x),
        T.inc_subtensor(x[T.constant([3, 3])], 1.0),
        T.set_subtensor(T.zeros((4, 3))[:, 1], x[:, 0]),
    ],
    "alloc": lambda x: [T.alloc(x[0], 2, 3), T.alloc(x[0, 0], 3)],
    "joins": lambda x: [
        T.concatenate([x, m], axis=0), T.concatenate([m, x], axis=-1), T.stack([x[0, 0], x[1, 1], 2.0]),
        *T.split(x, [1, 3], 2, axis=0),
    ],
    "products": lambda x: [
        T.dot(x, n), T.dot(m.T, x), T.dot(x, n[:, 0]), T.dot(m[:, 0], x), T.dot(x[0], n), T.dot(n.T, x[0]),
        T.dot(x[0], n[:, 0]), T.dot(n[:, 0], x[0]),
    ],
    "products of two that vary": lambda x: [
        T.dot(x[0], x[1]), T.dot(x, x.T), T.dot(x, x[0]), T.dot(x[:, 0], x),
    ],
    "the same for all": lambda x: [m * x.shape[0], x.shape[1] + 0 * x[0, 0]],
    "softmax": lambda x: T.grad(T.sum(T.nnet.softmax(m) * m), m) * x,
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("length", [3, 1, 0])
def test_as_row_by_row(case, length):
    x, xs = T.dmatrix("x"), T.dtensor3("xs")
    outputs = CASES[case](x)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    many = batched(outputs, x, xs)
    assert many is not None
    for one, block in zip(outputs, many, strict=True):
        assert block.type.broadcastable == (*one.type.broadcastable, False)
        assert block.type.dtype == one.type.dtype
    values = RNG.normal(size=(4, 3, length))
    found = function([xs], many)(values)
    by_row = function([x], outputs)
    for k in range(length):
        for block, one in zip(found, by_row(values[..., k]), strict=True):
            np.testing.assert_allclose(block[..., k], one, rtol=1e-12, atol=1e-14)
    if not length:
        assert [v.shape for v in found] == [(*v.shape, 0) for v in by_row(np.ones((4, 3)))]


def test_an_open_length_is_that_of_a_row():
    x, xs = T.dmatrix(), T.dtensor3()
    values = RNG.normal(size=(4, 3, 2))
    for one in (x.flatten(), x.reshape((2, -1)), x.reshape(T.stack([-1, x.shape[0]]), ndim=2)):
        (block,) = batched([one], x, xs)
        found = function([xs], block)(values)
        for k in range(2):
            np.testing.assert_array_equal(found[..., k], function([x], one)(values[..., k]))


def test_without_a_rule_there_is_no_block():
    x, xs = T.dvector(), T.dmatrix()
    assert batched([T.cumsum(x)], x, xs) is None
    assert batched([x[T.cast(x[0], "int64")]], x, xs) is None  # an index that varies from row to row


def _model(x, w, v):
    return T.dot(T.tanh(T.dot(x, w)), v[:2]) + v[2]


def _op(jacobian_of_v):
    return jacobian_of_v.owner.inputs[0].owner.op


@pytest.mark.parametrize("size", [1, 3 * 8, 10**9])
def test_jacobian_in_blocks_of_any_size(monkeypatch, size):
    monkeypatch.setattr(rows, "BLOCK_BYTES", size)
    x, w, v = T.dmatrix("x"), T.dmatrix("w"), T.dvector("v")
    by_w, by_v = jacobian(_model(x, w, v), [w, v])
    assert _op(by_v).blocks
    data = RNG.normal(size=(7, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=3)
    found_w, found_v = function([x, w, v], [by_w, by_v])(*data)
    h = np.tanh(data[0] @ data[1])
    np.testing.assert_allclose(found_v, np.concatenate([h, np.ones((7, 1))], axis=1))
    slope = (1 - h * h) * data[2][:2]
    np.testing.assert_allclose(found_w, data[0][:, :, None] * slope[:, None, :])


@pytest.mark.parametrize("length", [1, 7, 8, 101, 1000])
@pytest.mark.parametrize("nbytes", [0, 8, 24_000, 10**6, 10**9])
def test_blocks_are_about_equal(length, nbytes):
    """None is much larger than the bound asks for, and no few rows are left over."""
    size = rows._block_size(length, nbytes)
    sizes = [min(size, length - i) for i in range(0, length, size)]
    assert sum(sizes) == length
    assert size == min(length, rows.LANES) or size * nbytes <= 1.5 * rows.BLOCK_BYTES + rows.LANES * nbytes
    assert len(sizes) == 1 or min(sizes) > size - len(sizes) * rows.LANES


def test_derivatives_of_a_jacobian_in_blocks(check, monkeypatch):
    monkeypatch.setattr(rows, "BLOCK_BYTES", 100)
    data = [RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=3)]
    check.gradient(lambda x, w, v: jacobian(_model(x, w, v), w), data)
    check.forward(lambda x, w, v: jacobian(_model(x, w, v), w), data)


def test_jacobian_of_what_has_no_block_goes_row_by_row(check):
    x = T.dvector("x")
    j = jacobian(T.cumsum(x) ** 2, x)
    assert not j.owner.op.blocks
    value = np.array([1.0, 2.0, -1.0])
    expected = np.tril(np.ones((3, 3))) * 2 * np.cumsum(value)[:, None]
    np.testing.assert_allclose(check.evaluate(j, {x: value}), expected)
