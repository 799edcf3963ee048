"""Ops that overwrite their first argument."""

import numpy as np
import pytest

import theano.scalar as scal
import theano.tensor as T
from theano.tensor import inplace
from theano.tensor.elemwise import Elemwise


def run(out, values):
    storage = [[None]]
    out.owner.op.perform(out.owner, values, storage)
    return storage[0][0]


@pytest.mark.parametrize(
    ("name", "reference"),
    [("exp", np.exp), ("neg", np.negative), ("sqrt", np.sqrt), ("abs_", np.abs), ("sqr", np.square)],
)
def test_unary(name, reference):
    value = np.array([0.5, 1.0, 4.0])
    expected = reference(value)
    result = run(getattr(inplace, name + "_inplace")(T.dvector("x")), [value])
    assert result is value
    np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize(("name", "reference"), [("add", np.add), ("sub", np.subtract), ("mul", np.multiply)])
def test_binary_takes_the_first_argument(name, reference):
    a, b = np.array([1.0, 2.0]), np.array([5.0, 3.0])
    expected = reference(a, b)
    result = run(getattr(inplace, name + "_inplace")(T.dvector(), T.dvector()), [a, b])
    assert result is a
    np.testing.assert_array_equal(a, expected)


def test_fill_writes_a_scalar_into_the_first_argument():
    a = np.zeros((2, 2))
    out = inplace.fill_inplace(T.dmatrix(), T.dscalar())
    assert run(out, [a, np.full((1, 1), 3.0)]) is a
    np.testing.assert_array_equal(a, np.full((2, 2), 3.0))


def test_all_names_exist():
    for name in inplace.__all__:
        assert getattr(inplace, name) is not None
    assert len(inplace.__all__) > 60


def test_destroy_map_and_text():
    assert inplace.exp_inplace.destroy_map == {0: [0]}
    assert str(inplace.exp_inplace) == "Elemwise{exp,inplace}"


def test_dtype_and_pattern_must_fit():
    with pytest.raises(TypeError, match="incompatible"):
        inplace.exp_inplace(T.ivector())
    with pytest.raises(TypeError, match="incompatible"):
        inplace.lt_inplace(T.dvector(), T.dvector())
    with pytest.raises(ValueError, match="broadcasted"):
        inplace.add_inplace(T.drow(), T.dmatrix())
    assert inplace.lt_inplace(T.vector(dtype="bool"), T.vector(dtype="bool")).dtype == "bool"


def test_result_that_aliases_the_overwritten_input_is_copied_first():
    a, b = scal.floats("ab")
    op = Elemwise(scal.Composite([a, b], [scal.add(a, b), scal.identity(a)]), {0: 0})
    outs = op(T.dvector(), T.dvector())
    storage = [[None], [None]]
    x = np.array([1.0, 2.0])
    op.perform(outs[0].owner, [x, np.array([10.0, 10.0])], storage)
    assert storage[0][0] is x
    np.testing.assert_array_equal(storage[1][0], [1.0, 2.0])
    np.testing.assert_array_equal(x, [11.0, 12.0])


def test_transpose_inplace_is_a_view():
    assert inplace.transpose_inplace(T.dcol()).type == T.drow
