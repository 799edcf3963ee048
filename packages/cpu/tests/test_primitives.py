"""Compiled primitives against NumPy: each on every dtype, at special values."""

import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
import scipy.special
from sweeps import ROW, load, map_kernel, run_map

from theano.codegen import Expr, NotLowerable, k
from theano.codegen.dtypes import DTYPES, FLOATS, SIGNED, UNSIGNED
from theano.codegen.expr import BINARY, ELEMENTARY, UNARY
from theano.cpu import kernels, machine_code
from theano.cpu.compiler import find_compiler
from theano.cpu.dialect import c_dialect
from theano.cpu.kernels import MAX_WIDTH, KernelRequest, compile_kernels

pytestmark = [pytest.mark.c, pytest.mark.usefixtures("own_cache")]

INTEGERS = SIGNED + UNSIGNED


def specials(dtype):
    if dtype == "bool":
        return np.array([False, True])
    if dtype in FLOATS:
        info = np.finfo(dtype)
        edge = [np.nan, np.inf, -np.inf, 0.0, -0.0, info.max, -info.max, info.tiny, -info.tiny, info.tiny / 8, info.eps]
        plain = [1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, -3.0, 2.0, 0.1, 7.25, -7.25, 100.0, -100.5]
        return np.array(edge + plain, dtype=dtype)
    info = np.iinfo(dtype)
    small = [0, 1, 2, 3, 5, 7, 10, 100] + ([-1, -2, -3, -7, -100] if info.min else [])
    return np.array([*small, info.max, info.max - 1, info.min, info.min + 1, info.max // 2], dtype=dtype)


def pairs(dtype):
    """All pairs of special values, repeated to a length that is a multiple of every width."""
    values = specials(dtype)
    a, b = (m.ravel() for m in np.meshgrid(values, values))
    n = -(-a.size // MAX_WIDTH) * MAX_WIDTH
    return np.resize(a, n), np.resize(b, n)


def in_python(op, a, b, dtype):
    """Integer results by Python's exact integers, wrapped to the dtype."""
    bits = 8 * np.dtype(dtype).itemsize
    exact = [op(int(x), int(y)) % 2**bits for x, y in zip(a, b, strict=True)]
    return np.array(exact, dtype=f"uint{bits}").view(dtype)


def integer_power(x, n):
    if n >= 0:
        return x**n if abs(x) <= 1 or n < 64 else pow(x, n, 2**64)
    return {1: 1, -1: 1 if n % 2 == 0 else -1}.get(x, 0)


NUMPY_NAME = {
    "neq": "not_equal",
    "eq": "equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
NUMPY_NAME |= {"sub": "subtract", "mul": "multiply", "mod": "remainder", "and_": "bitwise_and", "or_": "bitwise_or"}
NUMPY_NAME |= {"xor": "bitwise_xor", "neg": "negative", "floor_div": "floor_divide", "true_div": "divide"}
EXACT_BINARY = [n for n in sorted(BINARY) if n not in ("arctan2", "pow")]
EXACT_UNARY = ["neg", "abs", "sign", "sqrt", "floor", "ceil", "trunc", "rint", "isnan", "isinf", "invert"]


def expected_binary(name, a, b):
    """NumPy's value; for integers division by zero is 0 (as NumPy's is) and -min stays min."""
    if a.dtype == bool and name in ("sub", "floor_div", "mod"):
        return None  # NumPy refuses or changes the dtype
    if name in ("floor_div", "mod") and a.dtype.kind in "iu":
        op = (lambda x, y: x // y if y else 0) if name == "floor_div" else (lambda x, y: x % y if y else 0)
        return in_python(op, a, b, a.dtype.name)
    with np.errstate(all="ignore"):
        return getattr(np, NUMPY_NAME.get(name, name))(a, b)


def same_bits(got, expected):
    """Equal values, NaN equal to NaN, and the same sign of zero."""
    if got.dtype.kind != "f":
        return np.array_equal(got, expected)
    equal = (got == expected) & (np.signbit(got) == np.signbit(expected))
    return bool(np.all(equal | (np.isnan(got) & np.isnan(expected))))


def same_values(got, expected):
    return np.array_equal(got, expected, equal_nan=got.dtype.kind == "f")


def lowerable(function, *args):
    try:
        return function(*args)
    except NotLowerable:
        return None


@pytest.fixture(scope="module")
def primitives(own_cache):
    """All kernels of one primitive on one dtype, compiled in one go: (name, dtype) to kernel."""
    wanted = {}
    for dtype in DTYPES:
        x, y = load(0, dtype), load(1, dtype)
        for name in sorted(UNARY | BINARY):
            args = (x,) if name in UNARY else (x, y)
            value = lowerable(getattr(k, name), *args)
            bitwise = name in ("and_", "or_", "xor", "invert")
            if value is None or (bitwise and dtype in FLOATS):
                continue
            wanted[name, dtype] = map_kernel((dtype,) * len(args), value)
        wanted["where", dtype] = map_kernel(
            ("bool", dtype, dtype), k.where(load(0, "bool"), load(1, dtype), load(2, dtype))
        )
        for other in DTYPES:
            wanted["cast", dtype, other] = map_kernel((dtype,), k.cast(x, other))
    requests = [KernelRequest(kernel, "V" * len(kernel.inputs)) for kernel in wanted.values()]
    return dict(zip(wanted, compile_kernels(requests), strict=True))


@pytest.mark.parametrize("name", EXACT_BINARY)
def test_exact_binary_primitives_are_numpys(primitives, name):
    for dtype in DTYPES:
        if (name, dtype) not in primitives:
            continue
        a, b = pairs(dtype)
        expected = expected_binary(name, a, b)
        if expected is None:
            continue
        (got,) = run_map(primitives[name, dtype], [a, b], a.size)
        compare = same_values if name in ("minimum", "maximum") else same_bits  # zeros of either sign are equal there
        bad = (
            []
            if compare(got, expected)
            else np.flatnonzero(~((got == expected) | ((got != got) & (expected != expected))))
        )
        assert compare(got, expected), (name, dtype, a[bad][:5], b[bad][:5], got[bad][:5], expected[bad][:5])


@pytest.mark.parametrize("name", EXACT_UNARY)
def test_exact_unary_primitives_are_numpys(primitives, name):
    for dtype in DTYPES:
        if (name, dtype) not in primitives or (
            dtype == "bool" and name in ("neg", "sign", "floor", "ceil", "trunc", "rint")
        ):
            continue
        a = np.resize(specials(dtype), ROW)
        with np.errstate(all="ignore"):
            expected = getattr(np, NUMPY_NAME.get(name, name))(a)
        (got,) = run_map(primitives[name, dtype], [a])
        if dtype in INTEGERS and name == "rint":
            expected = a  # NumPy gives a float, the primitive keeps the dtype
        assert same_bits(got, expected), (name, dtype, a[:30], got[:30], expected[:30])


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS])
def test_integer_power_wraps_and_truncates(primitives, dtype):
    a, b = pairs(dtype)
    (got,) = run_map(primitives["pow", dtype], [a, b], a.size)
    if dtype == "bool":
        assert np.array_equal(got, a | ~b)
        return
    assert np.array_equal(got, in_python(integer_power, a, b, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_bool_arithmetic_stays_canonical(primitives, dtype):
    """Whatever a bool kernel computes, the bytes it stores are 0 or 1."""
    for (name, *rest), compiled in primitives.items():
        out = compiled.request.kernel.outputs[0].dtype
        if out == "bool" and rest[0] == dtype and name != "where":
            inputs = [np.resize(specials(d), ROW) for d in compiled.request.kernel.inputs]
            (got,) = run_map(compiled, inputs)
            assert set(got.view("uint8")) <= {0, 1}, name


def test_where_selects_by_condition(primitives):
    condition = np.resize([True, False, False], ROW)
    for dtype in DTYPES:
        a, b = (np.resize(m, ROW) for m in pairs(dtype))
        (got,) = run_map(primitives["where", dtype], [condition, a, b])
        assert same_bits(got, np.where(condition, a, b)), dtype


def test_every_byte_but_zero_counts_as_true(primitives):
    a = np.resize(np.array([0, 1, 2, 255], "uint8"), ROW).view(bool)
    (got,) = run_map(primitives["cast", "bool", "int32"], [a])
    assert np.array_equal(got, np.resize([0, 1, 1, 1], ROW))


@pytest.mark.parametrize("dtype", DTYPES)
def test_casts_are_numpys(primitives, dtype):
    values = specials(dtype)
    if dtype in FLOATS:
        more = [
            300.7,
            -300.7,
            3e9,
            -3e9,
            65536.5,
            1e10,
            -1e10,
            2.0**31,
            2.0**32,
            2.0**53 + 2,
            2.0**63,
            1.8e19,
            1e19,
            -1e19,
        ]
        values = np.concatenate([values, np.array(more, dtype)])
    a = np.resize(values, ROW)
    for other in DTYPES:
        with np.errstate(all="ignore"):
            expected = a.astype(other)
        (got,) = run_map(primitives["cast", dtype, other], [a])
        bad = got != expected
        assert same_bits(got, expected), (dtype, other, a[bad][:8], got[bad][:8], expected[bad][:8])


REFERENCE = {
    "erf": scipy.special.erf,
    "erfc": np.vectorize(math.erfc),
    "gamma": scipy.special.gamma,
    "gammaln": lambda x: np.where(np.abs(x) < 1e-300, -np.log(np.abs(x)), scipy.special.gammaln(x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.where(x > 0, x, 0) + np.log1p(np.exp(-np.abs(x))),
}
LIMIT = {"gamma": 10, "gammaln": 10}  # glibc's, and near -2.5 gammaln has a zero


def reference(name, x):
    """The value in a wider type; those that exist for float64 only are trusted to about one unit."""
    function = REFERENCE.get(name) or getattr(np, name)
    wide = "float64" if name in ("erf", "erfc", "gamma", "gammaln") else "longdouble"
    with np.errstate(all="ignore"):
        return function(x.astype(wide))


def ulps(got, expected, dtype):
    with np.errstate(all="ignore"):
        spacing = np.spacing(np.maximum(np.abs(expected).astype(dtype), np.finfo(dtype).tiny))
        error = np.abs(got.astype("longdouble") - expected) / spacing
        special = ~np.isfinite(expected.astype(dtype)) | ~np.isfinite(got)
        same = (got == expected.astype(dtype)) | ((got != got) & (expected != expected))
    return np.where(special, np.where(same, 0, np.inf), error)


def samples(name, dtype, rng):
    plain = np.concatenate(
        [rng.normal(size=1500), rng.uniform(-30, 30, 1500), rng.uniform(0, 1e-3, 500), rng.uniform(0, 1e4, 572)]
    )
    if name in ("arcsin", "arccos", "arctanh"):
        plain = np.clip(plain, -1, 1) * rng.uniform(size=plain.size)
    if name == "gammaln":  # near the zeros of gammaln no implementation keeps relative accuracy
        plain = np.abs(plain) + 2.5
    if name == "gamma":
        plain = np.abs(plain) % 30 + 0.01
    values = np.concatenate([specials(dtype).astype("float64"), plain])[:4032].astype(dtype)
    return np.resize(values, 4032)


@pytest.mark.parametrize("name", ELEMENTARY)
@pytest.mark.parametrize("dtype", FLOATS)
def test_elementary_functions_are_accurate(primitives, name, dtype):
    x = samples(name, dtype, np.random.default_rng(1))
    (got,) = run_map(primitives[name, dtype], [x], x.size)
    error = ulps(got, reference(name, x), dtype)
    worst = int(np.argmax(error))
    assert error[worst] <= LIMIT.get(name, 4), (x[worst], got[worst], reference(name, x)[worst])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["pow", "arctan2"])
def test_float_functions_of_two_arguments(primitives, name, dtype):
    a, b = pairs(dtype)
    rng = np.random.default_rng(2)
    a = np.concatenate([a, rng.uniform(0, 20, 1024).astype(dtype)])
    b = np.concatenate([b, rng.uniform(-5, 5, 1024).astype(dtype)])
    (got,) = run_map(primitives[name, dtype], [a, b], a.size)
    with np.errstate(all="ignore"):
        expected = (np.power if name == "pow" else np.arctan2)(a.astype("longdouble"), b.astype("longdouble"))
    error = ulps(got, expected, dtype)
    worst = int(np.argmax(error))
    assert error[worst] <= 4, (a[worst], b[worst], got[worst], expected[worst])
    zero = (expected == 0) & (got == 0)
    assert np.array_equal(np.signbit(got[zero]), np.signbit(expected[zero]))


def test_infinite_and_signed_constants():
    x = load(0, "float64")
    values = [np.inf, -np.inf, np.nan, -0.0, 5e-324, -1.5, 0.1]
    kernel = map_kernel(("float64",), *(k.where(k.gt(x, x), x, k.const(v, "float64")) for v in values))
    (compiled,) = compile_kernels([KernelRequest(kernel, "V")])
    for out, value in zip(run_map(compiled, [np.ones(64)], 64), values, strict=True):
        assert same_bits(out, np.full(64, value))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_extreme_integer_constants(dtype):
    info = np.iinfo(dtype)
    x = load(0, dtype)
    kernel = map_kernel((dtype,), x + k.const(info.min, dtype), x - k.const(info.max, dtype))
    (compiled,) = compile_kernels([KernelRequest(kernel, "V")])
    a = np.resize(specials(dtype), 64)
    low, high = run_map(compiled, [a], 64)
    assert np.array_equal(low, a + np.array(info.min, dtype))
    assert np.array_equal(high, a - np.array(info.max, dtype))


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_cast_to_integer_and_back_is_no_truncation(dtype):
    """gcc would make a trunc of it, which keeps NaN, the sign of zero, and numbers beyond the integers."""
    x = load(0, dtype)
    others = ["int8", "int32", "int64", "uint8", "uint32", "uint64", "bool"]
    (compiled,) = compile_kernels(
        [KernelRequest(map_kernel((dtype,), *(k.cast(k.cast(x, d), dtype) for d in others)), "V")]
    )
    a = np.resize(specials(dtype), ROW)
    with np.errstate(all="ignore"):
        for other, got in zip(others, run_map(compiled, [a]), strict=True):
            assert same_bits(got, a.astype(other).astype(dtype)), other


class Random:
    """Random expressions of exact primitives, and their value by NumPy."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.modes = "".join(self.rng.choice(["V", "V", "S"], 4))
        self.dtypes = tuple(self.rng.choice(["bool", "int8", "uint16", "int64", "uint64", "float32", "float64"], 4))
        self.inputs = [np.resize(self.rng.permutation(specials(d)), ROW) for d in self.dtypes]
        self.pool = [(load(i, d), self.input(i)) for i, d in enumerate(self.dtypes)]
        self.pool.append((Expr("iota", (), "int64"), np.arange(ROW)))

    def input(self, i):
        return self.inputs[i] if self.modes[i] == "V" else np.full(ROW, self.inputs[i][0])

    def pick(self, dtype):
        expr, value = self.pool[int(self.rng.integers(len(self.pool)))]
        return k.cast(expr, dtype), value.astype(dtype)

    def grow(self):
        dtype = str(self.rng.choice(["int8", "int64", "uint16", "float32", "float64", "bool"]))
        if dtype == "bool":
            name = str(self.rng.choice(["lt", "eq", "ge", "neq"]))
            dtype = str(self.rng.choice(["int64", "float64"]))
        else:
            names = ["add", "mul", "sub", "floor_div", "mod", "where", "sqrt", "rint", "floor", "true_div"]
            name = str(self.rng.choice(names[: 6 if dtype[0] != "f" else None]))
        (a, va), (b, vb) = self.pick(dtype), self.pick(dtype)
        if name == "where":
            c, vc = self.pick("bool")
            self.pool.append((k.where(c, a, b), np.where(vc, va, vb)))
        elif name in ("sqrt", "rint", "floor"):
            self.pool.append((getattr(k, name)(a), getattr(np, name)(va)))
        else:
            self.pool.append((getattr(k, name)(a, b), expected_binary(name, va, vb)))


@pytest.fixture(scope="module")
def random_kernels(own_cache):
    """Random programs, half of them long enough to be split into several loops."""
    programs, requests = [Random(seed) for seed in range(24)], []
    with np.errstate(all="ignore"):
        for number, program in enumerate(programs):
            for _ in range(6 + number):
                program.grow()
            kernel = map_kernel(program.dtypes, *(expr for expr, _ in program.pool[-3:]))
            requests.append(KernelRequest(kernel, program.modes))
    return list(zip(programs, compile_kernels(requests), strict=True))


def test_random_programs_agree_with_numpy(random_kernels):
    for number, (program, compiled) in enumerate(random_kernels):
        got = run_map(compiled, program.inputs)
        for value, (expr, expected) in zip(got, program.pool[-3:], strict=True):
            same = (value == expected) | ((value != value) & (expected != expected))
            assert same.all(), (number, expr, value[~same][:3], expected[~same][:3])


def test_generated_c_has_no_warnings(primitives, random_kernels, tmp_path):
    bodies = {}
    for compiled in [*primitives.values(), *(c for _, c in random_kernels)]:
        for sweep in kernels._print_kernel(compiled.request.kernel, compiled.request.modes):
            bodies.setdefault(sweep.body, f"body{len(bodies)}")
    text = machine_code.translation_unit([(name, body) for body, name in bodies.items()], c_dialect().typedefs)
    declared = "\n".join(f"void {name}(char *const *, i64);" for name in bodies.values())
    source = Path(tmp_path / "all.c")
    source.write_text(text.replace("\n\nvoid", "\n" + declared + "\n\nvoid", 1))
    compiler = find_compiler()
    flags = [
        *(f for f in compiler.flags if f != "-w"),
        "-Wall",
        "-Wextra",
        "-Werror",
        "-c",
        "-o",
        str(tmp_path / "all.o"),
    ]
    command = [*compiler.command, *flags, "-x", "cpp-output"]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
