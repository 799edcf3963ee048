"""Products, softmax and its family, shapes, indexing and joins keep the contract."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from theano import tensor
from theano.tensor import nnet
from theano.testing import Sample, check

NUMBERS = np.random.default_rng(3)
M, N = NUMBERS.normal(size=(3, 5)), NUMBERS.normal(size=(5, 4))
CUBE, V, W = NUMBERS.normal(size=(2, 3, 5)), NUMBERS.normal(size=5), NUMBERS.normal(size=3)
PLACES = np.array([2, 0, 2, 1])
LABELS = np.array([0, 4, 2])


def rows(x):
    return special.softmax(x, axis=1)


def cross_entropy(x, labels):
    return -special.log_softmax(x, axis=1)[np.arange(len(x)), labels]


def replaced(x, y, index):
    x = x.copy()
    x[index] = y
    return x


def increased(x, y, index):
    x = x.copy()
    np.add.at(x, index, y)
    return x


PRODUCTS = {
    "matrix by matrix": (tensor.dot, [M, N], np.dot),
    "matrix by vector": (tensor.dot, [M, V], np.dot),
    "vector by matrix": (tensor.dot, [W, M], np.dot),
    "vector by vector": (tensor.dot, [V, V[::-1].copy()], np.dot),
    "cube by matrix": (tensor.dot, [CUBE, N], np.dot),
    "matrix by cube": (tensor.dot, [NUMBERS.normal(size=(4, 3)), CUBE], np.dot),
    "float32": (tensor.dot, [M.astype("float32"), N.astype("float32")], np.dot),
    "mixed floats": (tensor.dot, [M.astype("float32"), N], lambda x, y: x.astype("float64") @ y),
    "integers": (tensor.dot, [np.arange(6).reshape(2, 3), np.arange(6).reshape(3, 2)], np.dot),
    "tensordot": (
        lambda x, y: tensor.tensordot(x, y, axes=[[1, 2], [0, 1]]),
        [CUBE, NUMBERS.normal(size=(3, 5, 2))],
        lambda x, y: np.tensordot(x, y, axes=[[1, 2], [0, 1]]),
    ),
    "batches": (tensor.batched_dot, [CUBE, NUMBERS.normal(size=(2, 5, 3))], np.matmul),
    "outer": (tensor.outer, [V, W], np.outer),
    "layer": (
        lambda x, w, b: nnet.sigmoid(tensor.dot(x, w) + b),
        [M, N, N[0]],
        lambda x, w, b: special.expit(x @ w + b),
    ),
}
ROWS = {
    "softmax": (nnet.softmax, [M * 9], rows),
    "softmax with bias": (lambda x, b: nnet.softmax(x + b), [M, V], lambda x, b: rows(x + b)),
    "log softmax": (nnet.logsoftmax, [M * 9], lambda x: special.log_softmax(x, axis=1)),
    "log of softmax": (lambda x: tensor.log(nnet.softmax(x)), [M], lambda x: special.log_softmax(x, axis=1)),
    "log sum exp": (
        lambda x: tensor.log(tensor.sum(tensor.exp(x), axis=1)),
        [M],
        lambda x: special.logsumexp(x, axis=1),
    ),
    "sigmoid": (nnet.sigmoid, [M * 9], special.expit),
    "softplus": (nnet.softplus, [M * 9], lambda x: np.logaddexp(0, x)),
    "log of sigmoid": (lambda x: tensor.log(nnet.sigmoid(x)), [M * 9], lambda x: -np.logaddexp(0, -x)),
    "log1p of exp": (lambda x: tensor.log1p(tensor.exp(x)), [M * 9], lambda x: np.logaddexp(0, x)),
    "relu": (nnet.relu, [M], lambda x: np.maximum(x, 0)),
    "crossentropy": (lambda x, y: nnet.categorical_crossentropy(nnet.softmax(x), y), [M, LABELS], cross_entropy),
    "binary crossentropy": (
        lambda x, y: nnet.binary_crossentropy(nnet.sigmoid(x), y),
        [M, (M[::-1] > 0) * 1.0],
        lambda x, y: np.logaddexp(0, x) - x * y,
    ),
}
SHAPES = {
    "transpose": (lambda x: x.T, [M], np.transpose),
    "dimshuffle": (lambda x: x.dimshuffle(1, "x", 0), [M], lambda x: x.T[:, None]),
    "reshape": (lambda x: x.reshape((5, 3)), [M], lambda x: x.reshape(5, 3)),
    "flatten": (lambda x: x.flatten(2), [CUBE], lambda x: x.reshape(len(x), 15)),
    "join": (lambda x, y: tensor.join(0, x, y), [M, M[:2]], lambda x, y: np.concatenate([x, y])),
    "stack": (lambda x, y: tensor.stack([x, y], axis=1), [M, M + 1], lambda x, y: np.stack([x, y], 1)),
    "split": (lambda x: tensor.split(x, [1, 4], 2, axis=1), [M], lambda x: [x[:, :1], x[:, 1:]]),
    "repeat": (lambda x: tensor.repeat(x, 2, axis=1), [M], lambda x: np.repeat(x, 2, 1)),
    "tile": (lambda x: tensor.tile(x, (2, 3)), [M], lambda x: np.tile(x, (2, 3))),
    "roll": (lambda x: tensor.roll(x, 2, axis=1), [M], lambda x: np.roll(x, 2, 1)),
    "cumulative sum": (lambda x: tensor.cumsum(x, axis=1), [M], lambda x: np.cumsum(x, 1)),
    "cumulative product": (lambda x: tensor.cumprod(x, axis=0), [M], lambda x: np.cumprod(x, 0)),
    "sort": (lambda x: tensor.sort(x, axis=0), [M], lambda x: np.sort(x, 0)),
    "diagonal": (tensor.diag, [M], np.diag),
    "from diagonal": (tensor.diag, [V], np.diag),
    "triangles": (lambda x: tensor.tril(x, -1) + tensor.triu(x, 1), [M[:, :3]], np.array(M[:, :3] * (1 - np.eye(3)))),
    "alloc": (lambda x: tensor.alloc(x, 2, 3, 5), [M], np.array([M, M])),
    "arange": (lambda x: x * tensor.arange(5), [M], lambda x: x * np.arange(5)),
}
INDICES = {
    "slices": (lambda x: x[1:, ::-2], [M], lambda x: x[1:, ::-2]),
    "number": (lambda x: x[-1], [M], M[-1]),
    "new axis": (lambda x: x[:, None, 2:100], [M], lambda x: x[:, None, 2:100]),
    "symbolic": (lambda x, i: x[i : i + 2, i], [M, np.asarray(1)], M[1:3, 1]),
    "vector": (lambda x, i: x[i], [M, PLACES], M[PLACES]),
    "columns": (lambda x, i: x[:, i], [M, PLACES], lambda x, i: x[:, i]),
    "pairs": (lambda x, i: x[i, i], [M, PLACES], M[PLACES, PLACES]),
    "mask": (lambda x: x[x > 0], [M], lambda x: x[x > 0]),
    "set slices": (lambda x, y: tensor.set_subtensor(x[1:, ::2], y), [M, N[:2, :3]],
                   replaced(M, N[:2, :3], (slice(1, None), slice(None, None, 2)))),
    "increase a column": (lambda x, y: tensor.inc_subtensor(x[:, 1], y), [M, W], increased(M, W, (slice(None), 1))),
    "increase rows twice": (lambda x, i, y: tensor.inc_subtensor(x[i], y), [M, PLACES, N.T],
                            increased(M, N.T, PLACES)),
    "set rows": (lambda x, i, y: tensor.set_subtensor(x[i], y), [M, PLACES[:2], N.T[:2]],
                 replaced(M, N.T[:2], PLACES[:2])),
}  # fmt: skip
TABLES = {"products": PRODUCTS, "rows": ROWS, "shapes": SHAPES, "indices": INDICES}


@pytest.mark.parametrize(("table", "name"), [(t, n) for t, rows in TABLES.items() for n in rows])
def test_structure(table, name):
    op, inputs, expected = TABLES[table][name]
    floats = all(a.dtype != "float32" for a in inputs) and any(a.dtype.kind == "f" for a in inputs)
    report = check(op, [Sample(inputs, expected)], gradient=floats or None, forward=floats or None)
    if floats:
        assert report.done >= {"gradient", "forward"}
    if name != "mask":  # only the values tell how long the result is
        assert "shape" in report.done
