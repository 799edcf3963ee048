"""dtypes of Python numbers."""

import numpy as np
import pytest

import theano.scalar as scal
import theano.tensor as T
from theano.configuration import change_flags
from theano.errors import AsTensorError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "int8"), (127, "int8"), (128, "int16"), (-129, "int16"), (40_000, "int32"), (2**31, "int64"),
        (2**63, "uint64"), (True, "bool"), (1j, "complex128"), (np.float32(0.1), "float32"), (np.int64(1), "int64"),
        ([1.0, 2.0], "float64"), ([1, 2], "int64"), (np.zeros(2, "uint8"), "uint8"),
    ],
)  # fmt: skip
def test_constant_dtype(value, expected):
    assert T.constant(value).dtype == expected


def test_empty_list_is_floatx():
    with change_flags(floatX="float32"):
        assert T.constant([]).dtype == "float32"


def test_floats_are_narrowed_only_where_exact():
    with change_flags(floatX="float64"):
        assert (T.fvector() * 0.5).dtype == "float32"
        assert (T.fvector() * 0.1).dtype == "float64"
    with change_flags(floatX="float32"):
        assert (T.fvector() * 0.1).dtype == "float32"
        assert (T.fvector() * 0.5).dtype == "float32"


def test_cached_constants_follow_floatx():
    with change_flags(floatX="float64"):
        assert T.constant(0.1).dtype == "float64"
    with change_flags(floatX="float32"):
        assert T.constant(0.1).dtype == "float32"
    assert T.constant(3) is T.constant(3)
    assert T.constant(3) is not T.constant(3.0)


def test_cached_zero_keeps_its_sign():
    assert not np.signbit(T.constant(0.0).data)
    assert np.signbit(T.constant(-0.0).data)
    assert not np.signbit(T.constant(0.0).data)


def test_numpy_policy():
    with change_flags(cast_policy="numpy+floatX", floatX="float32"):
        assert T.constant(1).dtype == np.asarray(1).dtype.name
        assert T.constant(0.1).dtype == "float32"


def test_autocast_float_as():
    with change_flags(floatX="float64"):
        with scal.autocast_float_as("float32"):
            assert T.constant(0.1).dtype == "float32"
            with scal.autocast_float_as("float16", "float64"):
                assert T.constant(0.5).dtype == "float16"
                assert T.constant(0.1).dtype == "float64"
            assert T.constant(0.1).dtype == "float32"
        assert T.constant(0.1).dtype == "float64"


def test_autocast_float_as_needs_the_custom_policy():
    with change_flags(cast_policy="numpy+floatX"), pytest.raises(ValueError, match="custom"):
        scal.autocast_float_as("float32")


@pytest.mark.parametrize("value", [True, False])
def test_python_bool_is_refused_by_ops(value):
    with pytest.raises(AsTensorError, match="eq"):
        T.as_tensor_variable(value)
    with pytest.raises(TypeError):
        T.exp(value)
    assert T.as_tensor_variable(np.bool_(value)).dtype == "bool"


@pytest.mark.parametrize("value", ["text", None, object(), {}, [[1], [1, 2]], np.array(["a"])])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(AsTensorError):
        T.as_tensor_variable(value)


def test_constant_patterns_and_rank():
    assert T.constant(np.zeros((1, 3))).broadcastable == (True, False)
    assert T.constant(np.zeros(3), ndim=2).broadcastable == (True, False)
    with pytest.raises(ValueError, match="ndim"):
        T.constant(np.zeros((2, 3)), ndim=1)
    with pytest.raises(TypeError, match="symbolic"):
        T.constant(T.scalar())
    assert T.constant([1, 2], dtype="float32").dtype == "float32"


def test_constant_keeps_its_value_when_the_caller_writes_to_the_array():
    a = np.zeros(3)
    c = T.constant(a)
    a[0] = 7
    assert c.data[0] == 0


def test_as_tensor_variable():
    x = T.dvector("x")
    assert T.as_tensor_variable(x) is x
    assert T.as_tensor_variable(x, ndim=2).broadcastable == (True, False)
    assert T.as_tensor_variable(T.drow(), ndim=1).broadcastable == (False,)
    with pytest.raises(ValueError, match="rank"):
        T.as_tensor_variable(T.dmatrix(), ndim=1)
    assert T.as_tensor_variable((x + 1).owner).type == x.type
    with pytest.raises(ValueError, match="ambiguous"):
        T.as_tensor_variable(T.max_and_argmax(x)[0].owner)


def test_flat_lists_with_variables_are_stacked_and_nested_ones_are_not():
    x = T.dscalar("x")
    assert T.as_tensor_variable([x, 1, 2]).type == T.dvector
    with pytest.raises(AsTensorError):
        T.as_tensor_variable([[x, 1], [2, 3]])


def test_scalar_variables_become_tensors_and_back():
    s = scal.float64("s")
    t = T.as_tensor_variable(s)
    assert t.type == T.dscalar
    assert scal.as_scalar(T.dscalar("d")).type == scal.float64
