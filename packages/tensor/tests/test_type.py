"""TensorType: identity, filtering of values, conversion of variables, comparison of values."""

import pickle

import numpy as np
import pytest

import theano.tensor as T
from theano.configuration import change_flags
from theano.tensor.approximate import check_equal_numpy
from theano.tensor.type import TensorType, tensor_type


def test_equality_hash_and_text():
    a = TensorType("float32", (False, True))
    assert a == TensorType("float32", [0, 1])
    assert hash(a) == hash(TensorType("float32", [0, 1]))
    assert a != TensorType("float64", (False, True))
    assert a != TensorType("float32", (False, False))
    assert str(a) == "TensorType(float32, col)"
    assert str(TensorType("int8", (False,) * 3)) == "TensorType(int8, 3D)"
    assert str(TensorType("int8", (True, True))) == "TensorType(int8, (True, True))"
    assert str(TensorType("int8", (), name="mine")) == "mine"
    assert tensor_type("int8", ()) is tensor_type("int8", ())
    assert pickle.loads(pickle.dumps(a)) == a


def test_floatx_is_resolved_at_construction():
    with change_flags(floatX="float32"):
        t = TensorType("floatX", ())
    assert t.dtype == "float32"


@pytest.mark.parametrize("dtype", ["float8", "object", "str"])
def test_unknown_dtype(dtype):
    with pytest.raises(TypeError, match="dtype"):
        TensorType(dtype, ())


def test_clone_and_scalar_type():
    t = TensorType("float32", (False,))
    assert t.clone(dtype="int8") == TensorType("int8", (False,))
    assert t.clone(broadcastable=(True,)) == TensorType("float32", (True,))
    assert t.to_scalar_type().dtype == "float32"


def test_filter_keeps_fitting_arrays_as_they_are():
    a = np.zeros((2, 3))
    assert T.dmatrix.filter(a) is a
    assert T.dmatrix.filter(a, strict=True) is a


@pytest.mark.parametrize(
    ("type_", "value", "kwargs", "dtype"),
    [
        (T.dvector, [1, 2], {}, "float64"),
        (T.dvector, np.zeros(2, "float32"), {}, "float64"),
        (T.fvector, np.zeros(2, "int16"), {}, "float32"),
        (T.bvector, [1, 127], {}, "int8"),
        (T.bvector, np.array([300]), {"allow_downcast": True}, "int8"),
        (T.fscalar, 0.5, {}, "float32"),
        (T.fscalar, np.float64(0.5), {}, "float32"),
        (T.dscalar, 1, {}, "float64"),
        (T.dvector, np.zeros(2, ">f8"), {}, "float64"),
    ],
)
def test_filter_converts(type_, value, kwargs, dtype):
    result = type_.filter(value, **kwargs)
    assert type(result) is np.ndarray
    assert result.dtype == dtype
    assert result.dtype.isnative


@pytest.mark.parametrize(
    ("type_", "value", "kwargs"),
    [
        (T.fvector, np.zeros(2), {}),
        (T.ivector, np.zeros(2, "int64"), {}),
        (T.bvector, [1, 300], {}),
        (T.ivector, [0.5], {}),
        (T.fscalar, 0.1, {"allow_downcast": False}),
        (T.dvector, np.zeros((2, 2)), {}),
        (T.drow, np.zeros((2, 2)), {}),
        (T.dvector, [1.0], {"strict": True}),
        (T.dvector, np.zeros(2, "float32"), {"strict": True}),
        (T.dvector, ["a"], {}),
        (T.dvector, None, {}),
        (T.dvector, T.dvector("x"), {}),
        (T.dscalar, 1j, {}),
    ],
)
def test_filter_refuses(type_, value, kwargs):
    with pytest.raises(TypeError):
        type_.filter(value, **kwargs)


def test_python_floats_may_lose_precision_into_floatx_only():
    with change_flags(floatX="float32"):
        assert T.fscalar.filter(0.1).dtype == "float32"
    with change_flags(floatX="float64"), pytest.raises(TypeError, match="precision"):
        T.fscalar.filter(0.1)


def test_unaligned_memory_is_refused():
    raw = np.zeros(17, "uint8")[1:].view("float64")
    if raw.flags.aligned:
        pytest.skip("this machine aligns bytes")
    with pytest.raises(TypeError, match="aligned"):
        T.dvector.filter(raw)


def test_filter_checks_isfinite():
    class Finite(TensorType):
        filter_checks_isfinite = True

    with pytest.raises(ValueError, match="NaN"):
        Finite("float64", (False,)).filter(np.array([np.nan]))


def test_is_valid_value_and_message():
    assert T.dvector.is_valid_value(np.zeros(2))
    assert not T.dvector.is_valid_value([1.0])
    assert "ndarray" in T.dvector.value_validity_msg([1.0])
    assert T.dvector.value_validity_msg(np.zeros(2)) == ""


def test_filter_variable():
    x = T.dmatrix("x")
    assert T.dmatrix.filter_variable(x) is x
    assert T.dmatrix.filter_variable(T.drow()).type == T.dmatrix
    assert T.fvector.filter_variable(np.zeros(2, "float32")).type == T.fvector
    for other in (T.fmatrix(), T.dvector()):
        with pytest.raises(TypeError, match="Cannot convert"):
            T.dmatrix.filter_variable(other)
    with pytest.raises(TypeError):
        T.drow.filter_variable(x)
    with pytest.raises(TypeError):
        T.dmatrix.filter_variable(T.drow(), allow_convert=False)


def test_values_eq_counts_nan_as_equal():
    a = np.array([1.0, np.nan, np.inf])
    assert T.dvector.values_eq(a, a.copy())
    assert not T.dvector.values_eq(a, np.array([1.0, 2.0, np.inf]))
    assert not T.dvector.values_eq(a, a.astype("float32"))
    assert T.dvector.values_eq(np.array([1.0]), np.array([1]), force_same_dtype=False)


def test_values_eq_approx():
    a = np.array([1.0, np.nan, np.inf])
    near = a * (1 + 1e-7)
    assert T.dvector.values_eq_approx(a, near)
    assert not T.dvector.values_eq_approx(a, a * 1.01)
    assert T.dvector.values_eq_approx(a, a * 1.01, rtol=0.1)
    other = np.array([1.0, 5.0, 6.0])
    assert not T.dvector.values_eq_approx(a, other)
    assert not T.dvector.values_eq_approx(a, other, allow_remove_nan=True)
    assert T.type.values_eq_approx_remove_inf_nan(a, other)
    assert T.type.values_eq_approx_remove_nan(a[:2], other[:2])
    assert T.type.values_eq_approx_remove_inf(a[[0, 2]], other[[0, 2]])
    assert T.type.values_eq_approx_always_true(a, None)
    assert not T.dvector.values_eq_approx(np.zeros(2, "int8"), np.ones(2, "int8"))


def test_check_equal_numpy():
    assert check_equal_numpy(np.zeros(2), np.zeros(2) + 1e-12)
    assert not check_equal_numpy(np.zeros(2), np.zeros(2, "float32"))
    assert check_equal_numpy(np.random.RandomState(3), np.random.RandomState(3))
    assert not check_equal_numpy(np.random.RandomState(3), np.random.RandomState(4))


def test_memory_and_sizes():
    a = np.zeros(4)
    assert T.dvector.may_share_memory(a, a[1:])
    assert not T.dvector.may_share_memory(a, a.copy())
    assert T.dmatrix.value_zeros((2, 3)).shape == (2, 3)
    assert T.dmatrix.get_size((2, 3)) == 48
    assert T.dscalar.get_size(()) == 8


def test_sparse_grad_flag_warns():
    with pytest.warns(DeprecationWarning, match="sparse_grad"):
        TensorType("float32", (False,), sparse_grad=True)


@pytest.mark.parametrize("kind", [np.matrix, np.memmap, np.ndarray])
def test_subclasses_of_arrays_count_as_arrays(kind, tmp_path):
    data = np.arange(4.0).reshape(2, 2)
    value = np.memmap(tmp_path / "m", "float64", "w+", shape=(2, 2)) if kind is np.memmap else data.view(kind)
    value[...] = data
    found = TensorType("float64", (False, False)).filter(value)
    assert type(found) is np.ndarray  # the ravel of np.matrix would be a matrix again
    assert np.shares_memory(found, value)
    np.testing.assert_array_equal(found, data)
