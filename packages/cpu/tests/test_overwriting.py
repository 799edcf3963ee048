"""Elementwise steps that overwrite what they read: the values of steps that do not, whatever the number of elements."""

import numpy as np
import pytest

import theano
import theano.scalar as ts
import theano.tensor as T
from theano.tensor.elemwise import Elemwise

pytestmark = pytest.mark.c
rng = np.random.default_rng(11)

LENGTHS = [0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 50, 64, 65, 101, 127, 600, 2049]


def one_step(formula, *tensors):
    """`formula` of scalars as one elementwise node on `tensors`."""
    inner = [ts.get_scalar_type(v.type.dtype)() for v in tensors]
    return Elemwise(ts.Composite(inner, list(formula(*inner))))(*tensors, return_list=True)


def growth(w, x):
    return [ts.tanh(w) * x + w * w]


def pair(s, y):
    return [s * y + ts.exp(s), s - y]


def wave(w, b, c):
    return [ts.sin(w) * b - c * w]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", LENGTHS)
def test_new_value_over_the_old_one(native, n, dtype):
    """The remainder behind the last whole vector is computed from what stood there before."""
    x, v = T.vector("x", dtype), T.vector("v", dtype)
    start, value = rng.normal(size=(2, n)).astype(dtype)
    w = theano.shared(start.copy())
    storage = w.get_value(borrow=True).ctypes.data
    native([x], [], updates=[(w, one_step(growth, w, x)[0])])(value)
    assert w.get_value(borrow=True).ctypes.data == storage
    np.testing.assert_array_equal(w.get_value(), native([v, x], one_step(growth, v, x)[0])(start, value))


@pytest.mark.parametrize("n", LENGTHS)
def test_one_of_two_results_over_an_operand_that_dies(native, n):
    """``s`` is overwritten, the other result has memory of its own."""
    x, y = T.dvectors("x", "y")
    a, b = rng.normal(size=(2, n))
    dying = native([x, y], one_step(pair, x + y, y))
    assert dying.plan.steps[1].inplace
    for found, wanted in zip(dying(a, b), native([x, y], one_step(pair, x, y))(a + b, b), strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 4, 13), (4, 3, 16), (2, 5, 17), (5, 2, 101), (1, 6, 64)])
def test_rows_over_rows(native, shape):
    """A row's remainder is followed by the next row, which must be read before it is overwritten."""
    a, b, c = T.tensor3("a"), T.dmatrix("b"), T.dmatrix("c")
    values = rng.normal(size=shape), rng.normal(size=shape[:2]), rng.normal(size=(shape[0], shape[2]))
    sides = b.dimshuffle(0, 1, "x"), c.dimshuffle(0, "x", 1)
    w = theano.shared(values[0].copy())
    native([b, c], [], updates=[(w, one_step(wave, w, *sides)[0])])(*values[1:])
    expected = native([a, b, c], one_step(wave, a, *sides)[0])(*values)
    np.testing.assert_array_equal(w.get_value(), expected)


def chosen(head, x, y):
    return [ts.switch(ts.ge(head, x), y, x * head)]


def chosen_late(x, y, head):
    return chosen(head, x, y)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 7, 8, 11])
def test_one_element_of_an_operand_beside_the_operand(native, n, late):
    """Both have one address, but only the operand is as long as a vector: what lies behind it is nobody's to write."""
    x, y = T.dmatrices("x", "y")

    def build(head, x, y):
        return one_step(chosen_late, x, y, head) if late else one_step(chosen, head, x, y)

    memory = np.full(6 * n + 16, 7.0)
    table = memory[: 6 * n].reshape(6, n)
    table[:] = rng.normal(size=(6, n))
    before = memory.copy()
    by_row = native([x, y], build(T.addbroadcast(x[:, :1], 1), x, T.exp(y)))
    by_element = native([x, y], build(x[0, 0].dimshuffle("x"), x[0], T.exp(y[0])))
    for f, head, part in ((by_row, table[:, :1], table), (by_element, table[0, 0], table[0])):
        assert f.plan.steps[-1].inplace
        (found,) = f(table, table)
        np.testing.assert_array_equal(memory, before)
        np.testing.assert_allclose(found, np.where(head >= part, np.exp(part), part * head), rtol=1e-14)
