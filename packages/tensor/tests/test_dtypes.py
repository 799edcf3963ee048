"""Output dtypes follow the library's rules, never NumPy's own results."""

import itertools

import numpy as np
import pytest

import theano.scalar as scal
import theano.tensor as T
from theano.configuration import change_flags
from theano.errors import ComplexError
from theano.scalar.dtypes import ALL_DTYPES, upcast, upgrade_dtypes


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (("int8", "int8"), "int8"),
        (("int8", "uint8"), "int16"),
        (("int64", "uint64"), "float64"),
        (("int32", "float32"), "float64"),
        (("int16", "float32"), "float32"),
        (("int8", "float16"), "float16"),
        (("int16", "float16"), "float32"),
        (("float32", "complex64"), "complex64"),
        (("float64", "complex64"), "complex128"),
        (("bool", "bool"), "bool"),
        (("bool", "int8"), "int8"),
    ],
)
def test_rule_u(dtypes, expected):
    assert upcast(*dtypes) == expected
    assert T.add(*(T.vector(dtype=d) for d in dtypes)).dtype == expected


@pytest.mark.parametrize(("a", "b"), list(itertools.product(ALL_DTYPES, ALL_DTYPES)))
def test_rule_u_is_array_promotion(a, b):
    assert upcast(a, b) == (np.zeros(1, a) + np.zeros(1, b)).dtype.name


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (("int8",), "float32"),
        (("uint16",), "float32"),
        (("bool",), "float32"),
        (("int32",), "float64"),
        (("uint64",), "float64"),
        (("float16",), "float16"),
        (("complex64",), "complex64"),
        (("int8", "float16"), "float32"),
    ],
)
def test_rule_f(dtypes, expected):
    assert upgrade_dtypes(dtypes) == expected


def test_exp_of_int32_is_float64_whatever_floatx_is():
    with change_flags(floatX="float32"):
        assert T.exp(T.ivector()).dtype == "float64"


def test_numpy_plus_floatx_caps_a_float64_that_nobody_asked_for():
    with change_flags(cast_policy="numpy+floatX", floatX="float32"):
        assert upcast("int32", "float32") == "float32"
        assert upcast("float64", "float32") == "float64"
        assert T.add(T.ivector(), T.fvector()).dtype == "float32"
    assert T.add(T.ivector(), T.fvector()).dtype == "float64"


@pytest.mark.parametrize("floatx", ["float32", "float64"])
def test_true_division_of_integers_gives_floatx(floatx):
    with change_flags(floatX=floatx):
        assert (T.ivector() / T.lvector()).dtype == floatx
        assert (T.ivector() / T.fvector()).dtype == "float64"


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda: T.lt(T.ivector(), T.dvector()), "bool"),
        (lambda: T.isnan(T.fvector()), "bool"),
        (lambda: T.switch(T.dvector(), T.bvector(), T.wvector()), "int16"),
        (lambda: T.fill(T.dvector(), T.bscalar()), "int8"),
        (lambda: T.clip(T.bvector(), T.wscalar(), T.fscalar()), "float32"),
        (lambda: T.pow(T.vector(dtype="bool"), T.vector(dtype="bool")), "int8"),
        (lambda: T.abs_(T.zvector()), "float64"),
        (lambda: T.abs_(T.cvector()), "float32"),
        (lambda: T.real(T.cvector()), "float32"),
        (lambda: T.real(T.ivector()), "int32"),
        (lambda: T.angle(T.fvector()), "float64"),
        (lambda: T.complex(T.fvector(), T.fvector()), "complex64"),
        (lambda: T.complex(T.ivector(), T.fvector()), "complex128"),
        (lambda: T.complex(T.bvector(), T.bvector()), "complex64"),
        (lambda: T.conj(T.vector(dtype="bool")), "int8"),
        (lambda: T.floor(T.ivector()), "float64"),
        (lambda: T.floor(T.bvector()), "float32"),
        (lambda: T.chi2sf(T.fvector(), T.fvector()), "float64"),
        (lambda: T.sqr(T.bvector()), "int8"),
        (lambda: T.int_div(T.bvector(), T.fvector()), "float32"),
        (lambda: T.maximum(T.bvector(), T.vector(dtype="uint8")), "int16"),
        (lambda: T.ceil_intdiv(T.bvector(), T.wvector()), "int16"),
    ],
)
def test_fixed_rules(build, expected):
    assert build().dtype == expected


@pytest.mark.parametrize(
    "build",
    [
        lambda: T.and_(T.vector(dtype="bool"), T.ivector()),
        lambda: T.or_(T.fvector(), T.ivector()),
        lambda: T.xor(T.lvector(), T.vector(dtype="uint64")),
        lambda: T.sum(T.zvector(), dtype="int32"),
        lambda: T.prod(T.cvector(), dtype="float64"),
        lambda: T.invert(T.fvector()),
        lambda: T.sub(T.vector(dtype="bool"), T.vector(dtype="bool")),
        lambda: T.neg(T.vector(dtype="bool")),
        lambda: T.sgn(T.vector(dtype="bool")),
        lambda: T.sgn(T.zvector()),
        lambda: T.ceil(T.zvector()),
        lambda: T.erfc(T.zvector()),
        lambda: T.round_half_to_even(T.ivector()),
        lambda: T.clip(T.zvector(), 0, 1),
        lambda: T.complex(T.zvector(), T.fvector()),
        lambda: T.cast(T.zvector(), "float64"),
    ],
)
def test_refused_dtypes(build):
    with pytest.raises(TypeError):
        build()


def test_refusals_name_the_operation():
    with pytest.raises(TypeError) as caught:
        T.and_(T.fvector(), T.ivector())
    assert "AND" in "".join(caught.value.__notes__)


def test_complex_remainder_and_order_are_complex_errors():
    with pytest.raises(ComplexError):
        T.zvector() % 2
    with pytest.raises(NotImplementedError):
        T.lt(T.zvector(), 0)


def test_rule_objects():
    assert scal.transfer_type(1)(scal.int8, scal.float64) == (scal.float64,)
    assert scal.transfer_type(None)(scal.int8, scal.float64) == (scal.float64,)
    assert scal.specific_out(scal.int8) == scal.specific_out(scal.int8) != scal.specific_out(scal.int16)
    table = scal.unary_out_lookup({scal.int8: scal.float32})
    assert table(scal.int8) == (scal.float32,)
    with pytest.raises(TypeError):
        table(scal.int16)


@pytest.mark.parametrize(
    ("rule", "given", "expected"),
    [
        (scal.int_out, "float32", "int64"),
        (scal.float_out, "int8", "float64"),
        (scal.same_out_min8, "bool", "int8"),
        (scal.upcast_out_min8, "bool", "int8"),
        (scal.real_out, "complex64", "float32"),
        (scal.same_out_nocomplex, "int8", "int8"),
        (scal.upgrade_to_float64, "int8", "float64"),
    ],
)
def test_rule_functions(rule, given, expected):
    assert rule(scal.get_scalar_type(given))[0].dtype == expected
