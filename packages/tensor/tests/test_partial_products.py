"""Products of all elements but one, and how they change."""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode
from theano.tensor.partial_products import PartialProducts

PLAIN = Mode(linker="py", optimizer=None)
rng = np.random.default_rng(5)


def reference(rows, k):
    """The sum over all ways to give each direction an element of its own; element k has none, and is left out."""
    x, *directions = rows
    total = 0.0
    for chosen in itertools.permutations([j for j in range(x.size) if j != k], len(directions)):
        rest = [j for j in range(x.size) if j != k and j not in chosen]
        total += np.prod(x[rest]) * np.prod([h[j] for h, j in zip(directions, chosen, strict=True)])
    return total


@pytest.mark.parametrize("length", [0, 1, 2, 3, 5, 8])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_one_group(length, count):
    x, *directions = variables = T.dvectors(1 + count)
    f = theano.function(variables, PartialProducts((0,))(x, *directions), mode=PLAIN)
    for zeros in range(min(length, 3) + 1):
        rows = rng.uniform(0.5, 2.0, (1 + count, length)) * rng.choice([-1, 1], (1 + count, length))
        rows[0, :zeros] = 0
        np.testing.assert_allclose(f(*rows), [reference(rows, k) for k in range(length)], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("axes", [(), (0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_groups_along_axes(axes):
    x = T.tensor3("x", dtype="float32")
    out = PartialProducts(axes)(x)
    value = rng.uniform(0.5, 2.0, (2, 3, 4)).astype("float32")
    found = theano.function([x], out, mode=PLAIN)(value)
    assert (found.dtype, out.type.dtype) == ("float32", "float32")
    np.testing.assert_allclose(found, np.prod(value, axis=axes, keepdims=True) / value, rtol=1e-5)
    assert theano.function([x], out.shape)(value).tolist() == [2, 3, 4]


def test_ranks_must_agree():
    with pytest.raises(TypeError, match="directions of the same shape"):
        PartialProducts((0,))(T.dvector(), T.dscalar())
