"""Long products of sparse matrices come in pieces, between which signals are answered."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from theano import function, sparse
from theano import tensor as T
from theano.sparse import pieces

rng = np.random.default_rng(11)


def operand(kind, m, n):
    if kind == "dense":
        return rng.standard_normal((m, n))
    return sp.random(m, n, 0.3, format=kind, random_state=rng)


PAIRS = [pair for pair in itertools.product(["csr", "csc", "dense"], repeat=2) if pair != ("dense", "dense")]


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_pieces_have_the_bits_of_the_whole(monkeypatch, left, right):
    x, y = operand(left, 40, 30), operand(right, 30, 20)
    whole = x @ y
    parts, joined = [], pieces._joined
    monkeypatch.setattr(pieces, "_joined", lambda found, *rest: joined(parts.extend(found) or found, *rest))
    monkeypatch.setattr(pieces, "LONG", pieces.work(x, y) / 5.5)
    made = pieces.product(x, y)
    assert len(parts) == 6
    assert sp.issparse(made) == sp.issparse(whole)
    a, b = (v.toarray() if sp.issparse(v) else v for v in (made, whole))
    assert np.array_equal(a, b)


def test_short_products_and_vectors_are_done_at_once(monkeypatch):
    monkeypatch.setattr(pieces, "_joined", None)
    x = operand("csr", 30, 30)
    assert np.array_equal(pieces.product(x, np.ones(30)), x @ np.ones(30))
    monkeypatch.setattr(pieces, "LONG", 1)
    assert np.array_equal(pieces.product(x, np.ones(30)), x @ np.ones(30))


@pytest.mark.parametrize("shape", [(0, 5, 4), (5, 0, 4), (5, 4, 0), (1, 1, 1)])
@pytest.mark.parametrize("kind", ["csr", "csc"])
def test_products_of_nothing(monkeypatch, kind, shape):
    monkeypatch.setattr(pieces, "LONG", 1e-3)
    m, n, k = shape
    x, y = sp.csr_matrix(np.ones((m, n))).asformat(kind), np.ones((n, k))
    assert np.array_equal(pieces.product(x, y), np.full((m, k), float(n)))


def test_a_row_that_has_nearly_everything(monkeypatch):
    x = np.zeros((50, 40))
    x[20], x[30, 3] = 1, 2
    y = rng.random((40, 3))
    monkeypatch.setattr(pieces, "LONG", 10)
    assert np.array_equal(pieces.product(sp.csr_matrix(x), y), sp.csr_matrix(x) @ y)


def test_functions_multiply_in_pieces(monkeypatch):
    s, m = sparse.csr_matrix("s"), T.dmatrix("m")
    f = function([s, m], [sparse.dot(s, m), sparse.structured_dot(s, m)])
    x, y = operand("csr", 40, 30), operand("dense", 30, 20)
    calls, cuts = [], pieces._cuts
    monkeypatch.setattr(pieces, "_cuts", lambda *args: calls.append(args) or cuts(*args))
    monkeypatch.setattr(pieces, "LONG", 100)
    for found in f(x, y):
        assert np.array_equal(found, x @ y)
    assert len(calls) == 2
