"""Operands whose elements lie in memory in different orders, in arrays large enough for every way to walk over them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T

SHAPES = ((64, 64), (130, 70), (33, 257), (600, 35))


def strided(value):
    whole = np.zeros((2 * value.shape[0], 3 * value.shape[1]), value.dtype)
    whole[::2, ::3] = value
    return whole[::2, ::3]


# From a C ordered matrix, one with the same shape. Repeated rows and columns have a stride of 0.
LAYOUTS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": strided,
    "strided across": lambda value: strided(value.T).T,
    "backwards": lambda value: np.ascontiguousarray(value[::-1, ::-1])[::-1, ::-1],
    "F backwards": lambda value: np.asfortranarray(value[::-1, ::-1])[::-1, ::-1],
    "one row": lambda value: np.broadcast_to(value[:1], value.shape),
    "one column": lambda value: np.broadcast_to(value[:, :1], value.shape),
    "one number": lambda value: np.broadcast_to(value[0, 0], value.shape),
}


@pytest.fixture(scope="module", params=["float64", "float32", "int8", "int16"])
def functions(request):
    dtype = request.param
    x, y, row, column = (
        T.TensorType(dtype, flags)() for flags in ((False, False), (False, False), (True, False), (False, True))
    )
    two = theano.function([x, y], x - y)
    four = theano.function([x, y, row, column], [x * row - y * column, (x.T + row.T) - y.T])
    return dtype, two, four


@pytest.mark.parametrize("layouts", [*itertools.product(LAYOUTS, repeat=2)], ids=" with ".join)
def test_every_pair_of_layouts(functions, layouts):
    dtype, two, four = functions
    draw = np.random.default_rng(0)
    for shape in SHAPES:
        a, b, row, column = (
            draw.integers(-9, 9, s).astype(dtype) for s in (shape, shape, (1, shape[1]), (shape[0], 1))
        )
        a, b = (LAYOUTS[name](value) for name, value in zip(layouts, (a, b), strict=True))
        np.testing.assert_array_equal(two(a, b), a - b)
        together, turned = four(a, b, row, column)
        np.testing.assert_array_equal(together, a * row - b * column)
        np.testing.assert_array_equal(turned, (a + row - b).T)
