"""Every elementwise op keeps the contract: values from elsewhere, dtypes by the rules, gradients, layouts, backends."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from scipy import special, stats

import theano
from theano import tensor
from theano.graph import Apply, Op
from theano.tensor.elementwise_table import ROWS
from theano.testing import ContractError, Sample, check

NUMBERS = np.random.default_rng(42)
SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    np.inf,
    -np.inf,
    np.nan,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    3.0,
    -7.25,
    1e-30,
    100.0,
    -100.0,
    1e30,
]
FLOAT_OF = {
    **dict.fromkeys(("bool", "int8", "int16", "uint8", "uint16"), "float32"),
    **dict.fromkeys(("int32", "int64", "uint32", "uint64"), "float64"),
    **{d: d for d in ("float16", "float32", "float64")},
}
DISCRETE = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
INTEGERS = DISCRETE[1:]


def by_math(one, many):
    """Element by element with Python's math; where that raises, `many` says which special value stands for it."""

    def expected(*arrays):
        arrays = np.broadcast_arrays(*[np.asarray(a, "float64") for a in arrays])
        with np.errstate(all="ignore"):
            out = np.array(many(*arrays), "float64")
        for place in np.ndindex(out.shape):
            with contextlib.suppress(ValueError, OverflowError, ZeroDivisionError):  # the special value stays
                out[place] = one(*[float(a[place]) for a in arrays])
        return out

    return expected


def half_away(x):
    return np.where(np.isfinite(x), np.sign(x) * np.floor(np.abs(x) + 0.5), x)


# Name: (independent values, interval without kinks, has a derivative).  All follow rule F: integers become floats.
FLOATED = {
    "exp": (by_math(math.exp, np.exp), (-2, 2), True),
    "exp2": (by_math(lambda x: 2.0**x, np.exp2), (-2, 2), True),
    "expm1": (by_math(math.expm1, np.expm1), (-2, 2), True),
    "inv": (by_math(lambda x: 1.0 / x, np.reciprocal), (0.5, 3), True),
    "log": (by_math(math.log, np.log), (0.2, 3), True),
    "log2": (by_math(math.log2, np.log2), (0.2, 3), True),
    "log10": (by_math(math.log10, np.log10), (0.2, 3), True),
    "log1p": (by_math(math.log1p, np.log1p), (-0.5, 3), True),
    "ceil": (by_math(math.ceil, np.ceil), (0.1, 0.9), True),
    "floor": (by_math(math.floor, np.floor), (0.1, 0.9), True),
    "trunc": (by_math(math.trunc, np.trunc), (0.1, 0.9), True),
    "sqrt": (by_math(math.sqrt, np.sqrt), (0.2, 3), True),
    "deg2rad": (by_math(math.radians, np.deg2rad), (-180, 180), True),
    "rad2deg": (by_math(math.degrees, np.rad2deg), (-3, 3), True),
    "cos": (by_math(math.cos, np.cos), (-3, 3), True),
    "arccos": (by_math(math.acos, np.arccos), (-0.8, 0.8), True),
    "sin": (by_math(math.sin, np.sin), (-3, 3), True),
    "arcsin": (by_math(math.asin, np.arcsin), (-0.8, 0.8), True),
    "tan": (by_math(math.tan, np.tan), (-1, 1), True),
    "arctan": (by_math(math.atan, np.arctan), (-3, 3), True),
    "cosh": (by_math(math.cosh, np.cosh), (-2, 2), True),
    "arccosh": (by_math(math.acosh, np.arccosh), (1.2, 3), True),
    "sinh": (by_math(math.sinh, np.sinh), (-2, 2), True),
    "arcsinh": (by_math(math.asinh, np.arcsinh), (-2, 2), True),
    "tanh": (by_math(math.tanh, np.tanh), (-2, 2), True),
    "arctanh": (by_math(math.atanh, np.arctanh), (-0.8, 0.8), True),
    "erf": (by_math(math.erf, special.erf), (-2, 2), True),
    "erfc": (by_math(math.erfc, special.erfc), (-2, 2), True),
    "erfcx": (lambda x: np.where(np.abs(x) < 5, np.exp(x * x) * special.erfc(x), special.erfcx(x)), (-2, 2), True),
    "erfinv": (lambda x: stats.norm.ppf((x + 1) / 2) / np.sqrt(2), (-0.8, 0.8), True),
    "erfcinv": (lambda x: -stats.norm.ppf(x / 2) / np.sqrt(2), (0.2, 1.8), True),
    "gamma": (by_math(math.gamma, special.gamma), (0.5, 4), True),
    "gammaln": (by_math(lambda x: -math.inf if x == -math.inf else math.lgamma(x), special.gammaln), (0.5, 4), True),
    "psi": (special.digamma, (0.5, 4), True),
    "tri_gamma": (lambda x: special.polygamma(1, x), (0.5, 4), False),
    "j0": (lambda x: special.jv(0, x), (0.5, 4), True),
    "j1": (lambda x: special.jv(1, x), (0.5, 4), True),
    "i0": (lambda x: special.iv(0, x), (0.5, 2), True),
    "i1": (lambda x: special.iv(1, x), (0.5, 2), True),
}
LOOSE = {"erfinv": (1e-9, 1e-12), "erfcinv": (1e-9, 1e-12)}

# Two operands, rule F.
FLOATED_PAIRS = {
    "arctan2": (by_math(math.atan2, np.arctan2), (0.3, 3), True),
    "gammainc": (lambda k, x: stats.gamma.cdf(x, k), (0.5, 3), False),
    "gammaincc": (lambda k, x: stats.gamma.sf(x, k), (0.5, 3), False),
    "gammau": (lambda k, x: special.gammaincc(k, x) * special.gamma(k), (0.5, 3), False),
    "gammal": (lambda k, x: special.gammainc(k, x) * special.gamma(k), (0.5, 3), False),
    "chi2sf": (lambda x, k: stats.chi2.sf(x, k), (0.5, 3), False),
    "jv": (special.jv, (0.5, 3), False),
    "iv": (special.iv, (0.5, 3), False),
}


def wrapped(one):
    """Element by element with Python's unbounded integers, wrapped to the operands' dtype; zero where it raises."""

    def expected(*arrays):
        dtype = np.result_type(*arrays)
        out = np.zeros(np.broadcast_shapes(*[a.shape for a in arrays]), dtype)
        for place in np.ndindex(out.shape):
            try:
                n = int(one(*[int(a[place]) for a in np.broadcast_arrays(*arrays)]))
            except ZeroDivisionError:
                n = 0
            out[place] = np.array(n % 2 ** (8 * dtype.itemsize), f"uint{8 * dtype.itemsize}").astype(dtype)
        return out

    return expected


# Name: (on floats, on integers with wrap-around, has a smooth part).
ARITHMETIC = {
    "add": (lambda a, b: a + b, lambda a, b: a + b),
    "sub": (lambda a, b: a - b, lambda a, b: a - b),
    "mul": (lambda a, b: a * b, lambda a, b: a * b),
    "int_div": (np.floor_divide, lambda a, b: a // b),
    "mod": (np.mod, lambda a, b: a % b),
    "maximum": (np.maximum, max),
    "minimum": (np.minimum, min),
}
COMPARISONS = {"lt": np.less, "gt": np.greater, "le": np.less_equal, "ge": np.greater_equal, "eq": np.equal,
               "neq": np.not_equal}  # fmt: skip
BITS = {"and_": np.bitwise_and, "or_": np.bitwise_or, "xor": np.bitwise_xor}
# Tests of their own below.
SINGLE = {
    "switch", "invert", "abs_", "neg", "sgn", "round_half_to_even", "round_half_away_from_zero", "sqr", "second",
    "true_div", "pow", "clip", "tensor_copy", "isnan_", "isinf_",
}  # fmt: skip
COMPLEX = {"real", "imag", "angle", "complex", "conj", "complex_from_polar"}


def test_every_elementwise_op_is_here():
    tested = {*FLOATED, *FLOATED_PAIRS, *ARITHMETIC, *COMPARISONS, *BITS, *SINGLE, *COMPLEX}
    assert tested == {name for name, _, _ in ROWS}


def matrix(low, high, shape=(3, 4)):
    return NUMBERS.uniform(low, high, shape)


def integers(dtype, size=9):
    """Small and extreme numbers of a discrete dtype."""
    if dtype == "bool":
        return np.array([False, True] * ((size + 1) // 2))[:size]
    bounds = np.iinfo(dtype)
    ends = [bounds.min, bounds.max, 0, 1, bounds.max - 1]
    return np.array([*ends, *NUMBERS.integers(max(bounds.min, -9), 9, size - len(ends))], dtype)


def small(dtype):
    return np.array([0, 1, 2, 3, 5], dtype)


def agree(op, inputs, expected, dtypes, **more):
    """Check an op on several dtypes in one graph; `expected` are cast to the dtypes that the rules tell."""
    made = [op(*[tensor.TensorType(str(a.dtype), (False,) * a.ndim)() for a in group]) for group in inputs]
    assert [v.dtype for v in made] == list(dtypes)
    arrays = [a for group in inputs for a in group]
    with np.errstate(all="ignore"):
        values = [np.asarray(e).astype(d) for e, d in zip(expected, dtypes, strict=True)]

    def together(*variables):
        rest = iter(variables)
        return [op(*[next(rest) for _ in group]) for group in inputs]

    together.__name__ = getattr(op, "__name__", str(op))
    return check(together, [Sample(arrays, values, gradient=False)], layouts=False, **more)


def quietly(function):
    def run(*arrays):
        with np.errstate(all="ignore"):
            return function(*arrays)

    return run


@pytest.mark.parametrize("name", FLOATED)
def test_floats_of_one_operand(name):
    expected, (low, high), smooth = FLOATED[name]
    sample = Sample([matrix(low, high)], quietly(expected))
    wanted = True if smooth else None
    report = check(getattr(tensor, name), [sample], dtype="float64", elementwise=True, gradient=wanted, forward=wanted,
                   tolerance=LOOSE.get(name)) if smooth else check(
        getattr(tensor, name), [sample], dtype="float64", elementwise=True, gradient=False, forward=False)  # fmt: skip
    promised = {"value", "shape", "layouts", "empty", "scalars", "pickle", "cpu"}
    assert report.done >= (promised | {"gradient", "forward"} if smooth else promised)


@pytest.mark.parametrize("name", FLOATED)
def test_special_values_and_dtypes_of_one_operand(name):
    expected = quietly(FLOATED[name][0])
    # one special value after the other, in the dtype itself; float16 too, where only Python can compute
    inputs = [[np.array(SPECIAL, d)] for d in ("float64", "float32")] + [[small(d)] for d in (*DISCRETE, "float16")]
    values = [expected(np.asarray(a, "float64")) for (a,) in inputs]
    if name == "gamma":  # at negative integers and -0 conventions differ: NaN or an infinity
        inputs, values = [[a[a > 0]] for (a,) in inputs], [v[a > 0] for v, (a,) in zip(values, inputs, strict=True)]
    agree(getattr(tensor, name), inputs, values, [FLOAT_OF[str(a.dtype)] for (a,) in inputs])


@pytest.mark.parametrize("name", FLOATED_PAIRS)
def test_floats_of_two_operands(name):
    expected, (low, high), smooth = FLOATED_PAIRS[name]
    samples = [
        Sample([matrix(low, high), matrix(low, high)], expected),
        Sample([matrix(low, high), matrix(low, high, (1, 4))], expected),
    ]
    check(getattr(tensor, name), samples, dtype="float64", elementwise=True, gradient=smooth, forward=smooth)
    inputs = [
        [small(d) + 1 if d != "bool" else small(d), np.full(5, 2, d)] for d in ("float32", "int8", "int32", "uint16")
    ]
    dtypes = ["float64"] * 4 if name == "chi2sf" else ["float32", "float32", "float64", "float32"]
    agree(getattr(tensor, name), inputs, [expected(*[np.asarray(a, "float64") for a in g]) for g in inputs], dtypes)


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_on_floats(name):
    expected = quietly(ARITHMETIC[name][0])
    a, b = matrix(1, 2), matrix(3, 4) * NUMBERS.choice([-1, 1], (3, 4))
    pairs = [(a, b), (a, b[:1]), (a[:, :1], b), (a, b[0]), (a, np.asarray(2.5)), (np.asarray(2.5), np.asarray(-0.75))]
    report = check(getattr(tensor, name), [Sample(p, expected) for p in pairs], dtype="float64", elementwise=False,
                   gradient=True, forward=True)  # fmt: skip
    assert {"gradient", "forward", "cpu"} <= report.done
    x, y = (v.ravel() for v in np.meshgrid(SPECIAL, [0.0, -0.0, 1.0, -2.5, np.inf, -np.inf, np.nan, 3.0]))
    inputs = [[x.astype(d), y.astype(d)] for d in ("float64", "float32")]
    agree(getattr(tensor, name), inputs, [expected(*g) for g in inputs], ["float64", "float32"])


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_on_integers_wraps_around(name):
    expected = wrapped(ARITHMETIC[name][1])
    inputs = [[v.ravel() for v in np.meshgrid(integers(d), integers(d))] for d in INTEGERS]
    agree(getattr(tensor, name), inputs, [expected(*g) for g in inputs], INTEGERS)


@pytest.mark.parametrize(
    ("name", "table"),
    [("add", np.logical_or), ("mul", np.logical_and), ("maximum", np.logical_or), ("minimum", np.logical_and)],
)
def test_arithmetic_on_bools_is_logic(name, table):
    a, b = np.array([False, False, True, True]), np.array([False, True, False, True])
    check(getattr(tensor, name), [Sample([a, b], table(a, b))], dtype="bool")


@pytest.mark.parametrize("name", ARITHMETIC)
@pytest.mark.parametrize(
    ("first", "second", "result"),
    [("int8", "uint8", "int16"), ("int64", "uint64", "float64"), ("int32", "float32", "float64"),
     ("int16", "float32", "float32"), ("bool", "int8", "int8"), ("float32", "float64", "float64")],
)  # fmt: skip
def test_mixed_dtypes_are_upcast(name, first, second, result):
    a, b = small(first), np.array([1, 2, 3, 1, 2], second)
    value = ARITHMETIC[name][0](a.astype(result), b.astype(result))
    agree(getattr(tensor, name), [[a, b]], [value], [result])


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons(name):
    expected = COMPARISONS[name]
    x, y = (v.ravel() for v in np.meshgrid(SPECIAL, SPECIAL))
    inputs = [[x.astype(d), y.astype(d)] for d in ("float64", "float32")]
    inputs += [[v.ravel() for v in np.meshgrid(integers(d), integers(d))] for d in DISCRETE]
    agree(getattr(tensor, name), inputs, [expected(*g) for g in inputs], ["bool"] * len(inputs))
    check(getattr(tensor, name), [Sample([matrix(0, 1), matrix(0, 1, (1, 4))], expected)], elementwise=True)
    # in the common dtype: -1 and the largest uint64 are both -1.8e19 apart there
    mixed = [
        [np.array([-1, 0, 1], "int8"), np.array([255, 0, 1], "uint8")],
        [np.array([1, 2], "int32"), np.array([1.5, 2])],
    ]
    agree(getattr(tensor, name), mixed, [expected(*g) for g in mixed], ["bool"] * 2)


@pytest.mark.parametrize("name", BITS)
def test_bit_operations(name):
    inputs = [[v.ravel() for v in np.meshgrid(integers(d), integers(d))] for d in DISCRETE]
    agree(getattr(tensor, name), inputs, [BITS[name](*g) for g in inputs], DISCRETE)
    with pytest.raises(TypeError):
        getattr(tensor, name)(tensor.dvector(), tensor.dvector())


def test_complement():
    inputs = [[integers(d)] for d in DISCRETE]
    values = [~a if a.dtype == bool else wrapped(lambda n: -n - 1)(a) for (a,) in inputs]
    agree(tensor.invert, inputs, values, DISCRETE)


@pytest.mark.parametrize(
    ("name", "on_floats", "on_integers"),
    [("abs_", np.abs, abs), ("neg", lambda x: -x, lambda n: -n), ("sqr", lambda x: x * x, lambda n: n * n),
     ("sgn", np.sign, lambda n: (n > 0) - (n < 0))],
)  # fmt: skip
def test_ops_that_keep_the_dtype(name, on_floats, on_integers):
    op = getattr(tensor, name)
    signed = matrix(0.5, 2) * NUMBERS.choice([-1, 1], (3, 4))
    check(op, [Sample([signed], on_floats)], dtype="float64", elementwise=True, gradient=True, forward=True)
    inputs = [[np.array(SPECIAL, d)] for d in ("float64", "float32")] + [[integers(d)] for d in INTEGERS]
    values = [quietly(on_floats)(g[0]) if g[0].dtype.kind == "f" else wrapped(on_integers)(*g) for g in inputs]
    agree(op, inputs, values, [str(g[0].dtype) for g in inputs])


@pytest.mark.parametrize(("name", "rule"), [("round_half_to_even", np.rint), ("round_half_away_from_zero", half_away)])
def test_rounding(name, rule):
    halves = np.array([*SPECIAL, 0.49999999999999994, 4503599627370497.5, 0.5, -1.5, 3.5])
    values = [rule(halves), rule(halves.astype("float32").astype("float64"))]
    values[0][-5 if name == "round_half_away_from_zero" else 0] = [0.0, halves[0]][name == "round_half_to_even"]
    if name == "round_half_away_from_zero":  # floor(x + 0.5) would round these wrongly
        values[0][len(SPECIAL)], values[0][len(SPECIAL) + 1] = 0.0, 4503599627370498.0
    agree(getattr(tensor, name), [[halves], [halves.astype("float32")]], values, ["float64", "float32"])
    with pytest.raises(TypeError):
        getattr(tensor, name)(tensor.ivector())


def test_true_division():
    a, b = matrix(-2, 2), matrix(1, 2)
    check(tensor.true_div, [Sample([a, b], np.divide), Sample([a, b[:1]], np.divide)], elementwise=True, gradient=True,
          forward=True)  # fmt: skip
    x, y = (v.ravel() for v in np.meshgrid(SPECIAL, [0.0, -0.0, 2.0, np.inf, np.nan]))
    inputs = [[x, y], [x.astype("float32"), y.astype("float32")], [integers("int8"), integers("int8")],
              [integers("int32"), integers("uint8")], [np.array([1, 7]), np.array([2.0, 0.0], "float32")]]  # fmt: skip
    values = [quietly(np.divide)(np.asarray(p, q.dtype if q.dtype.kind == "f" else "float64"), q) for p, q in inputs]
    agree(
        tensor.true_div, inputs, values, ["float64", "float32", theano.config.floatX, theano.config.floatX, "float64"]
    )


def test_powers():
    check(
        tensor.pow, [Sample([matrix(0.5, 2), matrix(-2, 2)], np.power)], elementwise=True, gradient=True, forward=True
    )
    x, y = (
        v.ravel() for v in np.meshgrid(SPECIAL, [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -2.5, np.inf, -np.inf, np.nan])
    )
    expected = quietly(by_math(math.pow, np.power))
    inputs = [[x, y], [x.astype("float32"), y.astype("float32")]]
    agree(tensor.pow, inputs, [expected(*g) for g in inputs], ["float64", "float32"])
    whole = [[v.ravel() for v in np.meshgrid(integers(d), np.array([0, 1, 2, 3, 7], d))] for d in INTEGERS]
    agree(tensor.pow, whole, [wrapped(pow)(*g) for g in whole], INTEGERS)
    a, b = np.array([False, False, True, True]), np.array([False, True, False, True])
    agree(tensor.pow, [[a, b]], [np.array([1, 0, 1, 1])], ["int8"])


def test_clip():
    x = matrix(-2, 2)
    low, high = np.asarray(-1.0), np.asarray(1.0)
    expected = lambda a, l, h: np.minimum(np.maximum(a, l), h)  # noqa: E731
    check(tensor.clip, [Sample([x, low, high], expected)], dtype="float64", gradient=True, forward=True)
    specials = [np.array(SPECIAL), np.full(len(SPECIAL), -1.0), np.full(len(SPECIAL), 1.5)]
    groups = [specials, [s.astype("float32") for s in specials]]
    groups.append([integers("int8"), np.full(9, -3, "int8"), np.full(9, 5, "int8")])
    agree(tensor.clip, groups, [np.clip(*g) for g in groups], ["float64", "float32", "int8"])


def test_choice():
    condition = np.array([[0.0, 1.0, -2.0, np.nan], [np.inf, -0.0, 0.0, 3.0]])
    a, b = matrix(0, 1, (2, 4)), matrix(2, 3, (2, 4))
    check(tensor.switch, [Sample([condition > 0, a, b], np.where)], dtype="float64", gradient=True, forward=True)
    groups = [
        [condition, a, b],
        [condition > 0, a.astype("float32"), b],
        [condition.astype("float32") < 1, a > 0.5, b > 2],
    ]
    groups.append([np.array([0, 2, -1], "int8"), np.array([1, 2, 3], "int8"), np.array([200, 201, 202], "uint8")])
    values = [np.where(c != 0, p, q) for c, p, q in groups]
    agree(tensor.switch, groups, values, ["float64", "float64", "bool", "int16"])
    # a NaN in the branch that is not taken does not come through
    agree(tensor.switch, [[condition > 0, a, b * np.nan]], [np.where(condition > 0, a, np.nan)], ["float64"])


@pytest.mark.parametrize(("name", "expected"), [("isnan_", np.isnan), ("isinf_", np.isinf)])
def test_predicates(name, expected):
    inputs = [[np.array(SPECIAL, d)] for d in ("float64", "float32", "float16")] + [[integers(d)] for d in DISCRETE]
    agree(getattr(tensor, name), inputs, [expected(*g) for g in inputs], ["bool"] * len(inputs))


def test_copy_and_second():
    groups = [[np.array(SPECIAL)], [integers("int8")], [integers("bool")], [np.array([1 + 2j])]]
    agree(tensor.tensor_copy, groups, [g[0] for g in groups], ["float64", "int8", "bool", "complex128"])
    check(tensor.tensor_copy, [Sample([matrix(0, 1)], lambda x: x)], elementwise=True, gradient=True, forward=True)
    check(tensor.second, [Sample([matrix(0, 1), np.asarray(2.5)], lambda a, b: np.full(a.shape, b))], gradient=True)
    agree(tensor.second, [[integers("int8"), np.full(9, 1.5, "float32")]], [np.full(9, 1.5)], ["float32"])


@pytest.mark.parametrize("name", [
    "add", "sub", "mul", "true_div", "exp", "log", "sqrt", "sin", "cos", "tanh", "neg", "sqr", "conj", "abs_", "real",
    "imag", "angle", "pow",
])  # fmt: skip
def test_complex_numbers(name):
    a, b = (matrix(0.5, 1.5) + 1j * matrix(-1.5, 1.5) for _ in range(2))
    expected = {"true_div": np.divide, "mul": np.multiply, "sub": np.subtract, "neg": np.negative, "sqr": np.square,
                "abs_": np.abs, "pow": np.power, "conj": np.conj}.get(name) or getattr(np, name)  # fmt: skip
    inputs = [a, b] if name in ("add", "sub", "mul", "true_div", "pow") else [a]
    groups = [inputs, [x.astype("complex64") for x in inputs]]
    values = [expected(*g) for g in groups]
    real = name in ("abs_", "real", "imag")
    dtypes = ["float64", "float32"] if real else ["float64"] * 2 if name == "angle" else ["complex128", "complex64"]
    agree(getattr(tensor, name), groups, values, dtypes)


def test_parts_make_complex_numbers():
    a, b = matrix(0, 2), matrix(-3, 3)
    check(tensor.complex, [Sample([a, b], lambda x, y: x + 1j * y)], gradient=False, forward=False)
    polar = np.vectorize(lambda r, t: r * (math.cos(t) + 1j * math.sin(t)), otypes=["complex128"])
    check(tensor.complex_from_polar, [Sample([a, b], polar)], gradient=False, forward=False)


class Tripled(Op):
    """3 * x, with its derivatives."""

    __props__ = ()
    slope, tangent = 3.0, 3.0

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = 3 * inputs[0]

    def L_op(self, inputs, outputs, output_grads):
        return [output_grads[0] * self.slope]

    def R_op(self, inputs, eval_points):
        return [eval_points[0] * self.tangent]


class WrongSlope(Tripled):
    slope = tangent = 3.001


class WrongTangent(Tripled):
    tangent = 3.001


class NoSlope(Tripled):
    L_op = R_op = None


def test_wrong_and_missing_derivatives_are_found():
    samples = [Sample([matrix(-1, 1)], lambda x: 3 * x)]
    report = check(Tripled(), samples, gradient=True, forward=True)
    assert report.done >= {"gradient", "forward"}
    assert report.skipped == {"shape": "no rule for Tripled"}
    assert report.in_python == {"Tripled"}
    with pytest.raises(ContractError, match="WrongSlope, sample 0: gradient for input 0"):
        check(WrongSlope(), samples)
    with pytest.raises(ContractError, match="forward against reverse"):
        check(WrongTangent(), samples)
    with pytest.raises(ContractError, match="gradient: no rule for NoSlope"):
        check(NoSlope(), samples, gradient=True)
    assert check(NoSlope(), samples).skipped["gradient"] == "no rule for NoSlope"
