"""Reductions, means, variances and extrema against NumPy."""

import pickle

import numpy as np
import pytest

import theano
import theano.scalar as scal
import theano.tensor as T
from theano.compile import Mode
from theano.tensor.elemwise import All, CAReduce, CAReduceDtype, Prod, ProdWithoutZeros, Sum
from theano.tensor.extrema import Argmax, MaxAndArgmax
from theano.tensor.reduction import Max, Min

PLAIN = Mode(linker="py", optimizer=None)
RNG = np.random.default_rng(11)
CUBE = RNG.normal(size=(2, 3, 4))
AXES = [None, 0, 1, -1, (0, 2), (1,), (0, 1, 2), [2, 0]]


def apply(fn, value):
    x = T.tensor(value.dtype.name, (False,) * value.ndim, "x")
    return theano.function([x], fn(x), mode=PLAIN)(value)


def numpy_axis(axis):
    return tuple(axis) if isinstance(axis, list) else axis


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "max", "min", "any", "all"])
def test_against_numpy(name, axis, keepdims):
    value = CUBE > 0.5 if name in ("any", "all") else CUBE
    result = apply(lambda x: getattr(T, name)(x, axis=axis, keepdims=keepdims), value)
    expected = getattr(np, name)(value, axis=numpy_axis(axis), keepdims=keepdims)
    assert type(result) is np.ndarray
    assert result.shape == np.shape(expected)
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(result, expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "max", "min", "any", "all", "argmax", "argmin"])
def test_methods_are_the_functions(name):
    np.testing.assert_allclose(
        apply(lambda x: getattr(x, name)(axis=1), CUBE), getattr(np, name)(CUBE, axis=1), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("dtype", "out", "acc"),
    [
        ("bool", "int64", "int64"), ("int8", "int64", "int64"),
        ("int32", "int64", "int64"), ("int64", "int64", "int64"),
        ("uint8", "uint64", "uint64"), ("uint64", "uint64", "uint64"), ("float16", "float16", "float32"),
        ("float32", "float32", "float64"), ("float64", "float64", "float64"), ("complex64", "complex64", "complex128"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["sum", "prod"])
def test_dtype_rules(name, dtype, out, acc):
    result = getattr(T, name)(T.matrix(dtype=dtype), axis=0)
    assert result.dtype == out
    assert result.owner.op.acc_dtype == acc
    value = np.ones((3, 2), dtype)
    assert apply(lambda x: getattr(T, name)(x, axis=0), value).dtype == out


def test_explicit_dtypes():
    assert T.sum(T.ivector(), dtype="float32").dtype == "float32"
    assert T.sum(T.ivector(), acc_dtype="float32").owner.op.acc_dtype == "float32"
    with pytest.raises(TypeError, match="accumulator"):
        T.sum(T.dvector(), acc_dtype="float32")
    with pytest.raises(TypeError, match="accumulator"):
        T.sum(T.lvector(), acc_dtype="int8")


def test_float32_sums_run_in_float64():
    value = np.full(10_000_000, 0.1, "float32")
    result = apply(T.sum, value)
    assert result.dtype == "float32"
    assert result == np.float32(value.astype("float64").sum())


def test_float16_mean_does_not_overflow():
    value = np.full(2000, 100, "float16")
    assert apply(T.mean, value) == 100
    assert apply(T.mean, value).dtype == "float16"


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64"])
def test_mean_of_discrete_input_is_float64(dtype):
    value = np.array([[1, 0], [1, 1]]).astype(dtype)
    for name in ("mean", "var", "std"):
        result = apply(lambda x, n=name: getattr(T, n)(x, axis=0), value)
        assert result.dtype == "float64"
        np.testing.assert_allclose(result, getattr(np, name)(value, axis=0))


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_moments_of_large_integers_do_not_wrap(dtype, axis):
    value = np.array([[np.iinfo(dtype).max, 5], [np.iinfo(dtype).max, 7]], dtype)
    for name in ("mean", "var"):
        result = apply(lambda x, n=name: getattr(T, n)(x, axis=axis), value)
        np.testing.assert_allclose(result, getattr(np, name)(value, axis=axis))


def test_mean_options():
    assert apply(lambda x: T.mean(x, dtype="float32"), CUBE).dtype == "float32"
    np.testing.assert_allclose(apply(lambda x: T.mean(x, op=True), CUBE), CUBE.mean())
    assert T.mean(T.fvector(), op=True).dtype == "float64"
    with pytest.raises(NotImplementedError):
        T.mean(T.fvector(), op=True, dtype="float32")
    assert [f(T.dvector()).name for f in (T.mean, T.var, T.std)] == ["mean", "var", "std"]


@pytest.mark.parametrize("ddof", [0, 1, 2])
@pytest.mark.parametrize("corrected", [False, True])
def test_var_ddof_and_corrected(ddof, corrected):
    result = apply(lambda x: T.var(x, axis=(0, 2), ddof=ddof, corrected=corrected), CUBE)
    np.testing.assert_allclose(result, CUBE.var(axis=(0, 2), ddof=ddof))
    result = apply(lambda x: T.std(x, axis=1, ddof=ddof, keepdims=True), CUBE)
    np.testing.assert_allclose(result, CUBE.std(axis=1, ddof=ddof, keepdims=True))


def test_var_keeps_float32_and_guards_positional_keepdims():
    assert apply(T.var, CUBE.astype("float32")).dtype == "float32"
    assert apply(lambda x: T.var(x, ddof=1), CUBE.astype("float32")).dtype == "float32"
    with pytest.raises(ValueError, match="keepdims"):
        T.var(T.dmatrix(), 0, True)


@pytest.mark.parametrize("kwargs", [{}, {"bias": True}, {"ddof": 0}, {"rowvar": False}])
def test_cov(kwargs):
    m = CUBE[0]
    np.testing.assert_allclose(apply(lambda x: T.cov(x, **kwargs), m), np.cov(m, **kwargs))
    np.testing.assert_allclose(apply(lambda x: T.cov(x, x * 2, **kwargs), m), np.cov(m, m * 2, **kwargs))
    with pytest.raises(NotImplementedError):
        T.cov(T.dmatrix(), fweights=1)


# -- logical -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int8", "float32", "uint64"])
def test_any_and_all_of_numbers(dtype):
    value = np.array([[0, 2], [3, 5]]).astype(dtype)
    for name in ("any", "all"):
        result = apply(lambda x, n=name: getattr(T, n)(x, axis=0), value)
        assert result.dtype == bool
        np.testing.assert_array_equal(result, getattr(np, name)(value, axis=0))


# -- extrema -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", AXES)
def test_positions_count_in_c_order_inside_the_reduced_axes(axis):
    value = np.round(CUBE)
    highest, position = (apply(lambda x, i=i: T.max_and_argmax(x, axis)[i], value) for i in (0, 1))
    axes = tuple(range(3)) if axis is None else tuple(sorted(a % 3 for a in np.atleast_1d(axis)))
    kept = [i for i in range(3) if i not in axes]
    rows = value.transpose([*kept, *axes]).reshape([*(value.shape[i] for i in kept), -1])
    assert position.dtype == "int64"
    np.testing.assert_array_equal(position, rows.argmax(-1))
    np.testing.assert_array_equal(highest, rows.max(-1))
    np.testing.assert_array_equal(apply(lambda x: T.argmin(x, axis), value), rows.argmin(-1))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64", "uint64", "float16", "float32", "float64"])
def test_extrema_keep_the_dtype_at_its_limits(dtype):
    if dtype == "bool":
        values = [False, True, True]
    elif dtype.startswith("float"):
        values = [np.finfo(dtype).min, 0, np.finfo(dtype).max]
    else:
        values = [np.iinfo(dtype).min, 1, np.iinfo(dtype).max]
    value = np.array(values, dtype)
    for name in ("max", "min", "argmax", "argmin"):
        result = apply(getattr(T, name), value)
        assert result.dtype == ("int64" if name.startswith("arg") else dtype)
        assert result == getattr(np, name)(value)


def test_nan_wins():
    value = np.array([[1.0, np.nan, 2.0], [3.0, 1.0, -1.0]])
    for name in ("max", "min"):
        np.testing.assert_array_equal(apply(lambda x, n=name: getattr(T, n)(x, axis=1), value), [np.nan, {
            "max": 3.0, "min": -1.0}[name]])  # fmt: skip
    assert apply(T.argmax, value) == 1
    assert apply(T.argmin, value) == 1


def test_keepdims_and_patterns():
    x = T.tensor("float32", (False, True, False))
    assert T.max(x, axis=0).broadcastable == (True, False)
    assert T.argmax(x, axis=2, keepdims=True).broadcastable == (False, True, True)
    assert T.sum(x, axis=2).broadcastable == (False, True)
    assert T.sum(x, keepdims=True).broadcastable == (True, True, True)


def test_axis_errors():
    for fn in (T.sum, T.max, T.argmin, T.all, T.mean, T.var):
        with pytest.raises(ValueError, match="axis"):
            fn(T.dmatrix(), axis=2)
        with pytest.raises(TypeError, match="symbolic"):
            fn(T.dmatrix(), axis=T.iscalar())
    with pytest.raises(ValueError, match="twice"):
        T.sum(T.dmatrix(), axis=(0, -2))
    with pytest.raises(TypeError):
        T.sum(T.dmatrix(), axis=0.0)
    assert T.sum(T.dmatrix(), axis=T.constant(1)).ndim == 1
    assert T.sum(T.dmatrix(), axis=np.array([0, 1])).ndim == 0
    assert T.check_and_normalize_axes(T.dmatrix(), None) == []


def test_complex_extrema_are_not_implemented():
    for fn in (T.min, T.argmin):
        with pytest.raises(NotImplementedError):
            fn(T.zvector())


def test_empty_reductions():
    empty = np.zeros((0, 3))
    assert apply(T.sum, empty) == 0
    assert apply(T.prod, empty) == 1
    np.testing.assert_array_equal(apply(lambda x: T.sum(x, axis=0), empty), np.zeros(3))
    assert apply(T.all, empty)
    assert not apply(T.any, empty)
    for fn in (T.max, T.min, T.argmax):
        with pytest.raises(ValueError, match="empty"):
            apply(fn, empty)
    assert apply(lambda x: T.max(x, axis=1), empty).shape == (0,)
    with pytest.raises(ValueError, match="zero-size"):
        apply(CAReduce(scal.maximum), empty)
    assert np.isnan(apply(T.mean, empty))


def test_reduction_over_no_axes_copies():
    value = CUBE.copy()
    result = apply(lambda x: T.sum(x, axis=()), value)
    np.testing.assert_array_equal(result, value)
    assert not np.may_share_memory(result, value)
    assert apply(T.sum, np.array(3.0)) == 3.0
    assert apply(T.max, np.array(3.0)) == 3.0


def test_smallest_largest_ptp():
    a, b, c = CUBE[0], CUBE[1], CUBE[0] * 2 - 1
    inputs = [T.dmatrix() for _ in range(3)]

    def run(out):
        return theano.function(inputs, out, mode=PLAIN, on_unused_input="ignore")(a, b, c)

    np.testing.assert_array_equal(run(T.smallest(*inputs)), np.minimum(np.minimum(a, b), c))
    np.testing.assert_array_equal(run(T.largest(*inputs)), np.maximum(np.maximum(a, b), c))
    np.testing.assert_array_equal(run(T.smallest(*inputs[:2])), np.minimum(a, b))
    np.testing.assert_array_equal(run(T.largest(*inputs[:2])), np.maximum(a, b))
    np.testing.assert_array_equal(apply(lambda x: T.ptp(x, 1), CUBE), np.ptp(CUBE, 1))


# -- ops -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "reference"),
    [
        (CAReduce(scal.add, 0), np.add), (CAReduce(scal.mul, 0), np.multiply), (CAReduce(scal.maximum, 0), np.maximum),
        (CAReduce(scal.minimum, 0), np.minimum), (CAReduce(scal.or_, 0), np.bitwise_or),
        (CAReduce(scal.and_, 0), np.bitwise_and), (CAReduce(scal.xor, 0), np.bitwise_xor), (Max(0), np.maximum),
        (Min(0), np.minimum),
    ],
)  # fmt: skip
def test_generic_reductions(op, reference):
    value = np.array([[3, 5, 6], [1, 4, 7], [9, 2, 8]], "int32")
    result = apply(op, value)
    assert result.dtype == "int32"
    np.testing.assert_array_equal(result, reference.reduce(value, axis=0))


class Hypot(scal.BinaryScalarOp):
    """Length of a vector, element by element."""

    identity = 0
    commutative = associative = True

    def formula(self, k, x, y):
        return k.sqrt(k.add(k.mul(x, x), k.mul(y, y)))


@pytest.mark.parametrize("axis", [None, 0, (0, 2)])
def test_reduction_by_a_user_op(axis):
    op = CAReduce(Hypot(scal.upcast_out, name="hypot"), axis)
    np.testing.assert_allclose(apply(op, CUBE), np.sqrt((CUBE**2).sum(axis=axis)))
    assert apply(op, np.zeros((0, 2, 2))).ndim == (0 if axis is None else 3 - np.size(axis))


def test_product_of_the_nonzero_elements():
    value = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(apply(ProdWithoutZeros(axis=1), value), [6.0, 0.0])


def test_scalar_op_must_be_binary():
    with pytest.raises(NotImplementedError):
        CAReduce(scal.exp)


def test_text_equality_and_pickle():
    assert str(T.sum(T.fmatrix(), axis=0).owner.op) == "Sum{axis=[0], acc_dtype=float64}"
    assert str(T.sum(T.fmatrix()).owner.op) == "Sum{acc_dtype=float64}"
    assert str(T.all(T.bmatrix(), axis=(0, 1)).owner.op) == "All{0, 1}"
    assert str(All()) == "All"
    assert str(CAReduce(scal.maximum, 1)) == "Reduce{maximum}{1}"
    assert str(MaxAndArgmax((1,))) == "MaxAndArgmax{axis=(1,)}"
    assert Sum(0) == Sum((0,))
    assert Sum(0) != Sum(1)
    assert Sum(0) != Prod(0)
    assert Prod(0) != Prod(0, no_zeros_in_input=True)
    for op in (Sum(0), Prod(1, "float32"), CAReduceDtype(scal.add, 0), Argmax((0,)), All(0), CAReduce(scal.maximum)):
        assert pickle.loads(pickle.dumps(op)) == op
    assert T.prod(T.dvector(), no_zeros_in_input=True).owner.op.no_zeros_in_input


def test_shape_inference_and_lowering():
    from theano.lowering.build import Build

    node = T.sum(T.dtensor3(), axis=1).owner
    assert node.op.infer_shape(node, [("a", "b", "c")]) == [("a", "c")]
    assert node.op.lower(node, Build(node)).reduced_axes == (1,)
    outs = T.max_and_argmax(T.dtensor3(), axis=(0, 2))
    assert outs[0].owner.op.infer_shape(outs[0].owner, [("a", "b", "c")]) == [("b",), ("b",)]
    node = ProdWithoutZeros()(T.dvector()).owner
    assert node.op.lower(node, Build(node)) is None


def test_argmax_op():
    np.testing.assert_array_equal(apply(Argmax((1,)), CUBE), CUBE.argmax(1))
    assert apply(Argmax(None), CUBE) == CUBE.argmax()


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize(("ddof", "corrected"), [(0, False), (1, False), (0, True)])
def test_the_variance_of_complex_numbers_is_real(dtype, ddof, corrected):
    z = T.matrix("z", dtype)
    value = (np.arange(12.0).reshape(3, 4) * (1 + 2j) + np.eye(3, 4) * 5j).astype(dtype)
    for ours, numpys in ((T.var, np.var), (T.std, np.std)):
        found = theano.function([z], ours(z, axis=1, ddof=ddof, corrected=corrected))(value)
        wanted = numpys(value, axis=1, ddof=ddof)
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
