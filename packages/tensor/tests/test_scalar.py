"""Scalar types, variables, ops and composites."""

import pickle

import numpy as np
import pytest

import theano
import theano.scalar as scal
from theano.compile import Mode
from theano.configuration import change_flags
from theano.errors import MethodNotDefined
from theano.scalar.formulas import numpy_k

PLAIN = Mode(linker="py", optimizer=None)


def test_types_are_shared_and_compare_by_dtype():
    assert scal.get_scalar_type("int8") is scal.int8
    assert scal.Scalar("int8") == scal.int8
    assert hash(scal.Scalar("int8")) == hash(scal.int8)
    assert scal.int8 != scal.int16
    assert str(scal.int8) == "int8"
    assert pickle.loads(pickle.dumps(scal.float32)) is scal.float32
    assert scal.all_types == scal.discrete_types + scal.continuous_types
    with pytest.raises(TypeError, match="dtype"):
        scal.Scalar("float8")
    with change_flags(floatX="float32"):
        assert scal.Scalar("floatX").dtype == "float32"


@pytest.mark.parametrize(
    ("type_", "value", "kwargs"),
    [
        (scal.int8, 3, {}), (scal.float32, 0.5, {}), (scal.float64, np.float32(0.1), {}), (scal.float64, np.nan, {}),
        (scal.int8, 300, {"allow_downcast": True}), (scal.complex64, 1j, {}), (scal.bool, True, {}),
    ],
)  # fmt: skip
def test_filter_gives_numpy_scalars(type_, value, kwargs):
    result = type_.filter(value, **kwargs)
    assert type(result) is type_.py_type


@pytest.mark.parametrize(
    ("type_", "value", "kwargs"),
    [
        (scal.int8, 300, {}), (scal.int8, 0.5, {}), (scal.float64, 1.0, {"strict": True}),
        (scal.float32, 0.1, {"allow_downcast": False}), (scal.float64, "a", {}), (scal.float64, [1.0, 2.0], {}),
        (scal.float64, None, {}),
    ],
)  # fmt: skip
def test_filter_refuses_lossy_conversion(type_, value, kwargs):
    with pytest.raises(TypeError):
        type_.filter(value, **kwargs)


def test_python_floats_fit_floatx():
    with change_flags(floatX="float32"):
        assert scal.float32.filter(0.1) == np.float32(0.1)
    with change_flags(floatX="float64"), pytest.raises(TypeError):
        scal.float32.filter(0.1)


def test_operators_compute():
    x, y = scal.floats("x", "y")
    outs = [
        x + y, x - y, x * y, x / y, x // y, x % y, x**y, -x, abs(x), x < y, x <= y, x > y, x >= y, 2 + x, 2 - x, 2 * x,
        2 / x, 2**x, 7 // x, 7 % x, x.astype("int8"), x.zeros_like(), x.ones_like("int8"),
    ]  # fmt: skip
    a, b = 3.5, 2.0
    expected = [
        a + b, a - b, a * b, a / b, a // b, a % b, a**b, -a, abs(a), a < b, a <= b, a > b, a >= b, 2 + a, 2 - a, 2 * a,
        2 / a, 2**a, 7 // a, 7 % a, 3, 0.0, 1,
    ]  # fmt: skip
    results = theano.function([x, y], outs, mode=PLAIN)(a, b)
    for result, value, out in zip(results, expected, outs, strict=True):
        assert np.isclose(result, value)
        assert np.asarray(result).dtype == out.dtype


def test_bit_operators():
    i, j = scal.ints("ij")
    results = theano.function([i, j], [i & j, i | j, i ^ j, ~i, 5 & i, 5 | i, 5 ^ i], mode=PLAIN)(12, 10)
    assert [int(r) for r in results] == [8, 14, 6, -13, 4, 13, 9]


def test_scalar_variables_have_no_truth_value():
    with pytest.raises(TypeError, match="switch"):
        bool(scal.float64("x") < 1)


def test_constants():
    assert scal.constant(3).type == scal.int8
    assert scal.constant(0.5, dtype="float64").type == scal.float64
    nan, other = scal.constant(np.nan), scal.constant(np.nan)
    assert nan.signature() == other.signature()
    assert scal.constant(0.0).signature() != scal.constant(-0.0).signature()
    with pytest.raises(TypeError):
        scal.constant([1, 2])


def test_as_scalar():
    x = scal.float64("x")
    assert scal.as_scalar(x) is x
    assert scal.as_scalar(2).type == scal.int8
    assert scal.as_scalar(scal.add(x, 1).owner).type == scal.float64
    for bad in ("a", None, [1, 2]):
        with pytest.raises(TypeError):
            scal.as_scalar(bad)
    assert [v.dtype for v in scal.as_common_dtype(scal.int8("a"), scal.float32("b"))] == ["float32", "float32"]


def test_several_variables():
    assert [v.type for v in scal.complexs64("ab")] == [scal.complex64] * 2
    assert scal.complexs("z").type == scal.complex128
    assert len(scal.ints(3)) == 3


def test_ranges():
    x = scal.float64("x")
    f = theano.function([x], [scal.inopenrange(x, 0.0, 1.0), scal.inclosedrange(x, 0.0, 1.0)], mode=PLAIN)
    assert [bool(v) for v in f(0.0)] == [False, True]
    assert [bool(v) for v in f(0.5)] == [True, True]
    assert scal.InRange(True, False) == scal.InRange(True, False) != scal.inopenrange


def test_cast():
    x = scal.float64("x")
    assert scal.cast(x, "float64") is x
    assert scal.cast(x, "int8").dtype == "int8"
    assert scal.convert_to_int8.impl(-1.5) == -1
    assert scal.convert_to_bool.impl(np.nan)
    with pytest.raises(TypeError, match="complex"):
        scal.cast(scal.complex64("z"), "float32")
    assert scal.Cast(scal.int8) == scal.convert_to_int8 != scal.convert_to_int16


def test_value_semantics_and_names():
    assert scal.Add(scal.upcast_out, name="other") == scal.add
    assert hash(scal.Add(scal.upcast_out)) == hash(scal.add)
    assert scal.add != scal.mul
    assert scal.Exp(scal.same_out) != scal.exp
    assert [str(o) for o in (scal.add, scal.exp, scal.lt, scal.switch, scal.convert_to_int8)] == [
        "add", "exp", "LT", "Switch", "Cast{int8}"]  # fmt: skip
    for name in ("add", "switch", "inclosedrange", "convert_to_int8", "second", "complex"):
        op = getattr(scal, name)
        assert pickle.loads(pickle.dumps(op)) == op


def test_op_without_meaning_or_rule():
    class Nothing(scal.UnaryScalarOp):
        pass

    with pytest.raises(NotImplementedError, match="rule"):
        Nothing()(scal.float64("x"))
    with pytest.raises(MethodNotDefined):
        Nothing(scal.same_out).impl(1.0)
    with pytest.raises(TypeError, match="output_types_preference"):
        Nothing("float64")
    with pytest.raises(TypeError, match="inputs"):
        scal.exp(1.0, 2.0)


def test_classic_homes():
    from theano.scalar import basic, basic_scipy

    assert basic.Add is scal.Add
    assert basic.upcast is scal.upcast
    assert basic_scipy.erf is scal.erf
    assert basic.ComplexError is scal.ComplexError


def test_every_scalar_op_gives_a_numpy_scalar_of_its_dtype():
    for name in ("add", "exp", "switch", "lt", "clip", "erf", "isnan", "abs_", "int_div"):
        op = getattr(scal, name)
        nin = {"switch": 3, "clip": 3, "exp": 1, "erf": 1, "isnan": 1, "abs_": 1}.get(name, 2)
        result = op.impl(*[np.float32(1.5)] * nin)
        assert result.dtype == op.output_dtypes(("float32",) * nin)[0]


def test_division_of_python_2():
    i, j = scal.ints("ij")
    with change_flags(int_division="floatX", floatX="float32"):
        assert scal.div_proxy(i, j).dtype == "float32"
    with change_flags(int_division="raise"), pytest.raises(scal.IntegerDivisionError):
        scal.div_proxy(i, j)


def test_shared_scalar():
    from theano.scalar import sharedvar

    s = sharedvar.shared(2.5)
    x = scal.float64("x")
    assert theano.function([x], x * s, mode=PLAIN)(2.0) == 5.0
    with pytest.raises(TypeError):
        sharedvar.shared("a")


# -- composites --------------------------------------------------------------------------------------------------------


def test_composite_text_and_value():
    x, y, z = scal.floats("xyz")
    op = scal.Composite([x, y, z], [scal.add(x, scal.mul(y, z)), scal.sqr(-x)])
    assert str(op) == "Composite{(i0 + (i1 * i2)), sqr((-i0))}"
    assert [float(v) for v in op.impl(1.0, 2.0, 3.0)] == [7.0, 1.0]
    assert (op.nin, op.nout) == (3, 2)
    assert len(op.nodes) == 4


def test_equal_programs_make_equal_composites():
    def make(constant):
        x, y = scal.floats("xy")
        return scal.Composite([x, y], [scal.exp(x) * y + constant])

    assert make(2) == make(2)
    assert hash(make(2)) == hash(make(2))
    assert make(2) != make(3)
    assert make(0.0) != make(-0.0)
    assert make(np.nan) == make(np.nan)
    assert pickle.loads(pickle.dumps(make(2))) == make(2)


def test_inner_composites_are_dissolved():
    x, y = scal.floats("xy")
    inner = scal.Composite([x, y], [x * y + 1])
    outer = scal.Composite([x, y], [inner(inner(x, y), y) - 1])
    flat = scal.Composite([x, y], [(x * y + 1) * y + 1 - 1])
    assert outer == flat
    assert outer.impl(2.0, 3.0) == 21.0


def test_composite_follows_other_input_dtypes():
    x = scal.float64("x")
    op = scal.Composite([x], [scal.exp(x) + 1])
    assert op.output_dtypes(("float32",)) == ("float32",)
    values = np.array([0.0, 1.0], "float32")
    assert op.lower_exprs(numpy_k, [values])[0].dtype == "float32"


def test_composite_casts_between_its_ops():
    i, x = scal.int8("i"), scal.float32("x")
    op = scal.Composite([i, x], [scal.switch(scal.lt(i, 3), x, scal.cast(i, "float64"))])
    assert op.outputs[0].dtype == "float64"
    result = op.lower_exprs(numpy_k, [np.array([1, 5], "int8"), np.array([0.5, 0.5], "float32")])[0]
    np.testing.assert_array_equal(result, [0.5, 5.0])
    assert result.dtype == "float64"


def test_composite_needs_its_inputs_listed():
    x, y = scal.floats("xy")
    with pytest.raises(ValueError, match="neither"):
        scal.Composite([x], [x + y])


def test_deep_composites_stay_linear():
    x = scal.float64("x")
    y = x
    for _ in range(2000):
        y = y * y + x
    op = scal.Composite([x], [y])
    assert len(str(op)) < 2000
    assert op.impl(0.0) == 0.0
    assert op == scal.Composite([x], [y])


def test_composite_of_constant_and_of_an_input():
    x = scal.float64("x")
    op = scal.Composite([x], [scal.constant(3.0, dtype="float64"), x])
    values = op.impl(2.0)
    assert [float(v) for v in values] == [3.0, 2.0]


def test_softplus_and_sigmoid_do_not_overflow():
    x = np.array([-800.0, 0.0, 800.0])
    with np.errstate(over="raise"):
        np.testing.assert_allclose(numpy_k.softplus(x), [0.0, np.log(2), 800.0])
        np.testing.assert_allclose(numpy_k.sigmoid(x), [0.0, 0.5, 1.0])


def test_a_composite_may_take_a_graph_over():
    x, y = scal.floats("xy")
    z = scal.add(scal.sin(x), scal.mul(y, scal.constant(2.0, dtype="float32")))
    copied, taken = scal.Composite([x, y], [z, scal.neg(z)]), scal.Composite.owning([x, y], (z, scal.neg(z)))
    assert taken == copied
    assert hash(taken) == hash(copied)
    assert taken.inputs == [x, y]
    assert copied.inputs[0] is not x
    assert (taken.nin, taken.nout, taken.inputs_type, taken.outputs_type) == (
        2,
        2,
        copied.inputs_type,
        copied.outputs_type,
    )
    assert pickle.loads(pickle.dumps(taken)) == copied
    with pytest.raises(ValueError, match="neither an input nor a constant"):
        scal.Composite.owning([x], [z])
