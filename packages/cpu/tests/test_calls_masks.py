"""Masks, coordinates of what is not zero, and writing through arrays of several dims."""

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import shared

pytestmark = pytest.mark.c
rng = np.random.default_rng(9)
DTYPES = ["bool", "int8", "uint16", "int32", "int64", "float32", "float64"]


def mask(name, ndim):
    return T.TensorType("bool", (False,) * ndim)(name)


def layouts(value):
    """The same shape in memory orders other than C's."""
    return [value, np.asfortranarray(value), np.repeat(value, 2, 0)[::-2], np.repeat(value, 3, -1)[..., ::3]]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(0,), (1,), (77,), (5, 0), (0, 5), (6, 9), (3, 1, 4)])
def test_coordinates(agree, dtype, shape):
    x = T.TensorType(dtype, (False,) * len(shape))("x")
    value = (rng.random(shape) * 2).astype(dtype)
    for each in layouts(value):
        agree([x], [x.nonzero(return_matrix=True), *x.nonzero()], each)
    agree([x], x.nonzero(return_matrix=True), np.ones(shape, dtype))


def test_nan_is_not_zero_and_minus_zero_is(agree):
    x = T.dvector("x")
    found = agree([x], x.nonzero(), np.array([0.0, np.nan, -0.0, 5e-324]))(np.array([0.0, np.nan, -0.0, 5e-324]))
    assert found[0].tolist() == [1, 3]


@pytest.mark.parametrize("dtype", ["int8", "float32", "float64", "complex128"])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_reading_by_masks(agree, dtype, share):
    x, m, rows, planes, i = T.tensor3("x", dtype), mask("m", 2), mask("rows", 1), mask("all", 3), T.lvector("i")
    value = (rng.random((4, 5, 3)) * 9).astype(dtype)
    masks = [rng.random(shape) < share for shape in ((4, 5), (5,), (4, 5, 3))]
    hits = rng.integers(-3, 3, int(masks[0].sum()))
    for each in layouts(value):
        for one, two, three in zip(*map(layouts, masks), strict=True):
            agree([x, m, rows, planes, i], [x[m], x[:, rows], x[planes], x[m, i], x[m, 1]], each, one, two, three, hits)


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64"])
def test_writing_by_masks(agree, dtype):
    x, y, z, m, rows = T.tensor3("x", dtype), T.matrix("y", dtype), T.vector("z", dtype), mask("m", 2), mask("r", 1)
    value = (rng.random((4, 5, 3)) * 9).astype(dtype)
    first, second = rng.random((4, 5)) < 0.5, np.array([True, False, True, True, False])
    part = (rng.random((int(first.sum()), 3)) * 9).astype(dtype)
    for change in (T.inc_subtensor, T.set_subtensor):
        outs = [change(x[m], y), change(x[m], 2), change(x[m], z), change(x[:, rows], z), change(x[:, rows, 1], 1)]
        for each, one in zip(layouts(value), layouts(first), strict=True):
            agree([x, y, z, m, rows], outs, each, part, part[0], one, second)
        agree([x, y, z, m, rows], outs, value, part[::-1], part[1], first[::1], second)


def test_a_mask_written_through_itself(agree):
    m = mask("m", 1)
    agree([m], T.set_subtensor(m[m], np.bool_(False)), np.array([True, False, True]))


@pytest.mark.parametrize("shape", [(3, 5), (5,), (4, 4)])
def test_masks_of_other_lengths(native, shape):
    x, m = T.dtensor3("x"), mask("m", len(shape))
    for out in (x[m], T.set_subtensor(x[m], 0.0)):
        with pytest.raises(IndexError, match=r"mask of length \d along its dimension \d for dimension \d"):
            native([x, m], out)(np.zeros((4, 5, 3)), np.ones(shape, bool))


def test_a_value_that_has_not_the_length_of_the_hits(native):
    x, y, m = T.dvector("x"), T.dvector("y"), mask("m", 1)
    with pytest.raises(ValueError, match="does not fit"):
        native([x, y, m], T.set_subtensor(x[m], y))(np.zeros(4), np.zeros(2), np.ones(4, bool))


@pytest.mark.parametrize("dtype", ["int8", "float32", "float64"])
@pytest.mark.parametrize("shape", [(2, 3), (3, 1), (1, 1), (0, 3), (2, 0)])
def test_writing_through_matrices(agree, dtype, shape):
    x, i, j, u = T.tensor4("x", dtype), T.lmatrix("i"), T.lvector("j"), T.tensor4("u", dtype)
    value = (rng.random((4, 5, 3, 2)) * 9).astype(dtype)
    at, other = rng.integers(-4, 4, shape), rng.integers(-3, 3, shape[1])
    part = (rng.random((*shape, 3, 2)) * 9).astype(dtype)
    for change in (T.inc_subtensor, T.set_subtensor):
        outs = [change(x[i, 1], u), change(x[i, 2], 3), change(x[i, j], u[:, :, :1, 0:1]), change(x[:, i % 5], 1)]
        outs += [change(x[i, 0], u[:1]), change(x[i, 0], u[:, :1]), change(x[i, 0, 1], u[:, :, 0])]
        agree([x, i, j, u], outs, value, at, other, part)
        agree([x, i, j, u], outs, value[:, ::-1], at[::-1], other, np.asfortranarray(part))


def test_shared_values_are_kept_when_the_mask_does_not_fit(native):
    held, m = shared(np.arange(4.0)), mask("m", 1)
    f = native([m], [], updates=[(held, T.set_subtensor(held[m], -1.0))])
    f(np.array([True, False, False, True]))
    with pytest.raises(IndexError):
        f(np.ones(5, bool))
    assert held.get_value().tolist() == [-1, 1, 2, -1]
