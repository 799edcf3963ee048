"""Elementary functions that are part of the loops: how accurate they are, and that they are the same everywhere."""

import ctypes
import subprocess

import minimax
import numpy as np
import pytest

from theano.codegen import Expr, Kernel, MapSweep, Out, k
from theano.codegen.dtypes import FLOATS
from theano.configuration import change_flags
from theano.cpu import elementary, kernels, machine, machine_code, vector_math
from theano.cpu.compiler import find_compiler
from theano.cpu.dialect import _c_dialect
from theano.cpu.elementary_numbers import EXP, LOG
from theano.cpu.kernels import KernelRequest, compile_kernels
from theano.cpu.sanitizer import sanitizer_flags

pytestmark = [pytest.mark.c, pytest.mark.usefixtures("own_cache")]

BOUNDS = {"exp": 1.1, "expm1": 1.4, "log": 1.6, "log1p": 2.0, "sigmoid": 2.5, "softplus": 2.2, "tanh": 2.5}
"""Units in the last place; stated in ``docs/adr``."""
NAMES = sorted(BOUNDS)
plain = pytest.mark.skipif(bool(sanitizer_flags()), reason="watched loops call the sanitizer")
own = pytest.mark.skipif(not elementary.available(), reason="the processor has no fused multiply-add")


def kernel(dtype, *values):
    sweep = MapSweep(tuple(("out", j) for j in range(len(values))), tuple(values))
    return Kernel((dtype,), tuple(Out(v.dtype) for v in values), (sweep,))


def run(compiled, x, n):
    """Outputs for the input `x`, of `n` elements or of one."""
    (sweep,) = compiled.sweeps
    outs = [np.zeros(n, x.dtype) for _ in compiled.request.kernel.outputs]
    pointers = (ctypes.c_void_p * (1 + len(outs)))(*[a.ctypes.data for a in (x, *outs)])
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ssize_t)(sweep.body)(pointers, n)
    return outs


@pytest.fixture(scope="module")
def functions(own_cache):
    """(name, dtype) to kernels: over vectors, of one number, and in a loop of many functions, which calls them."""
    wanted = {}
    for dtype in FLOATS:
        x = Expr("load", (), dtype, 0)
        for name in NAMES:
            function = getattr(k, name)
            alone = kernel(dtype, function(x))
            many = kernel(dtype, function(x), *(function(x * c) for c in np.linspace(0.5, 0.9, elementary.INLINED)))
            wanted[name, dtype, "vectors"] = KernelRequest(alone, "V")
            wanted[name, dtype, "single"] = KernelRequest(alone, "S")
            wanted[name, dtype, "called"] = KernelRequest(many, "V")
    return dict(zip(wanted, compile_kernels(list(wanted.values())), strict=True))


def specials(dtype):
    info = np.finfo(dtype)
    numbers = [np.nan, np.inf, 0.0, info.max, info.tiny, info.tiny / 8, info.smallest_subnormal, info.eps, 0.5, 1, 2, 3]
    numbers += [87.3, 88.72, 88.73, 89, 103.9, 104, 150, 709.7, 709.78, 709.79, 710, 745.1, 745.2, 746, 1e4, 1e30]
    positive = np.array(numbers, dtype)
    near = np.nextafter(np.array([1, 1], dtype), np.array([0, 2], dtype))
    return np.concatenate([positive, -positive, near, -near])


def samples(dtype):
    """Bit patterns of all kinds, where the functions bend, subnormal numbers; a multiple of all widths."""
    rng = np.random.default_rng(5)
    bits, count = (32, 1 << 18) if dtype == "float32" else (64, 1 << 17)
    parts = [rng.integers(0, 2**bits, 4 * count, f"uint{bits}").view(dtype)]
    parts += [rng.integers(0, 2**20, 4096).astype(f"uint{bits}").view(dtype)]
    parts += [rng.uniform(-w, w, count) for w in (0.5, 2, 40, 110, 760)]
    parts += [s + 10.0 ** rng.uniform(-17, 0, count) * rng.choice([-1, 1], count) for s in (-1, 0, 1)]
    with np.errstate(all="ignore"):
        found = np.concatenate([np.resize(specials(dtype), 128), *(p.astype(dtype) for p in parts)])
    return found[: found.size // 64 * 64]


def reference(name, x):
    """The value in a wider type."""
    with np.errstate(all="ignore"):
        x = x.astype("longdouble")
        decay = np.exp(-np.abs(x))
        if name == "sigmoid":
            return np.where(x >= 0, 1, decay) / (1 + decay)
        if name == "softplus":
            return np.maximum(x, 0) + np.log1p(decay)
        return getattr(np, name)(x)


def ulps(got, expected):
    """Distances in units of the last place; infinite where NaN, an infinity or the sign of a zero differ."""
    with np.errstate(all="ignore"):
        nearest = expected.astype(got.dtype)
        spacing = np.spacing(np.maximum(np.abs(nearest), np.finfo(got.dtype).tiny))
        error = np.abs(got.astype("longdouble") - expected) / spacing
        special = ~np.isfinite(nearest) | ~np.isfinite(got) | (got == 0)
        same = (got == nearest) & (np.signbit(got) == np.signbit(nearest)) | (got != got) & (nearest != nearest)
    tiny = (got == 0) & (np.abs(expected) < np.finfo(got.dtype).smallest_subnormal) & (expected != 0)
    return np.where(special & ~tiny, np.where(same, 0, np.inf), error)


@own
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", NAMES)
def test_results_are_within_their_bounds(functions, name, dtype):
    x = samples(dtype)
    (got,) = run(functions[name, dtype, "vectors"], x, x.size)
    error = ulps(got, reference(name, x))
    worst = int(np.argmax(error))
    assert error[worst] <= BOUNDS[name], (error[worst], x[worst], got[worst], reference(name, x[worst : worst + 1]))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["exp", "expm1", "log", "log1p", "tanh"])
def test_special_values_are_numpys(functions, name, dtype):
    x = np.resize([np.nan, np.inf, -np.inf, 0.0, -0.0, -1.0, -2.0], 64).astype(dtype)
    (got,) = run(functions[name, dtype, "vectors"], x, x.size)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    finite = np.isfinite(expected) & (expected != 0)
    np.testing.assert_array_equal(got[~finite], expected[~finite])
    np.testing.assert_array_equal(np.signbit(got)[expected == 0], np.signbit(expected)[expected == 0])
    np.testing.assert_allclose(got[finite], expected[finite], rtol=4 * np.finfo(dtype).eps)


def same_bits(a, b):
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a)[a == a], np.signbit(b)[b == b])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", NAMES)
def test_bits_depend_on_the_number_alone(functions, name, dtype):
    """Whatever the position, alone, and in a loop with so many functions that they are called."""
    x = samples(dtype)[::37]
    x = x[: x.size // 64 * 64].copy()
    (got,) = run(functions[name, dtype, "vectors"], x, x.size)
    for shift in (1, 5, 63):
        (moved,) = run(functions[name, dtype, "vectors"], np.roll(x, shift), x.size)
        assert same_bits(np.roll(moved, -shift), got)
    assert same_bits(run(functions[name, dtype, "called"], x, x.size)[0], got)
    for at in [*range(128), *range(128, x.size, 97)]:
        alone = run(functions[name, dtype, "single"], x[at : at + 1], 64)[0]
        assert same_bits(alone, np.full(64, got[at])), x[at]


def assembly(compiled, tmp_path):
    """What the compiler makes of a kernel."""
    (sweep,) = kernels._print_kernel(compiled.request.kernel, compiled.request.modes)
    source = tmp_path / "kernel.c"
    source.write_text(machine_code.translation_unit([("body", sweep.body)], _c_dialect(True).typedefs))
    compiler = find_compiler()
    command = [*compiler.command, *compiler.flags, "-x", "cpp-output", "-S", "-o", "-", str(source)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@own
@plain
@pytest.mark.skipif(machine.processor()["machine"] != "x86_64", reason="names registers")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", NAMES)
def test_loops_are_vectors_without_calls(functions, name, dtype, tmp_path):
    text = assembly(functions[name, dtype, "vectors"], tmp_path)
    register = "%zmm" if machine.wide_vectors() else "%ymm"
    assert any("vfmadd" in line and register in line for line in text.splitlines())
    assert not any(line.split()[:1] in (["call"], ["jmp"]) and "@" in line for line in text.splitlines())


@own
@plain
def test_loops_of_many_functions_call_them(functions, tmp_path):
    text = assembly(functions["tanh", "float64", "called"], tmp_path)
    calls = [line.split()[1] for line in text.splitlines() if line.split()[:1] == ["call"]]
    assert len(calls) == elementary.INLINED + 1
    assert len(set(calls)) == 1
    assert calls[0].startswith("_ZGV")


@plain
@pytest.mark.skipif("sin" not in vector_math.vector_functions(), reason="no vector functions")
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_sine_and_a_cosine_of_one_number_are_vector_functions(dtype, tmp_path):
    """The compiler would like to make one call of both, which takes five times as long as two vector calls."""
    x = Expr("load", (), dtype, 0)
    (compiled,) = compile_kernels([KernelRequest(kernel(dtype, k.sin(x) * k.cos(x)), "V")])
    text = assembly(compiled, tmp_path)
    calls = [line for line in text.splitlines() if line.split()[:1] == ["call"]]
    assert len(calls) == 2
    assert all("_ZGV" in name for name in calls), calls


def test_unsafe_optimisations_cost_no_digits():
    """``-ffast-math`` in the user's flags lets the compiler calculate with differences; no correction may vanish."""
    x = Expr("load", (), "float64", 0)
    wanted = [KernelRequest(kernel("float64", getattr(k, name)(x)), "V") for name in NAMES]
    with change_flags(**{"gcc.cxxflags": "-ffast-math"}):
        functions = compile_kernels(wanted)
    rng = np.random.default_rng(6)
    values = np.concatenate([rng.uniform(-80, 80, 4096), rng.normal(size=4096), 10.0 ** rng.uniform(-10, 0, 4096)])
    for name, compiled in zip(NAMES, functions, strict=True):
        some = np.abs(values) if name == "log" else values[values > -1] if name == "log1p" else values
        some = np.resize(some, 8192)
        assert np.max(ulps(run(compiled, some, some.size)[0], reference(name, some))) < 4, name


def test_without_fused_multiply_add_the_library_is_called(monkeypatch):
    monkeypatch.setattr(machine, "processor", lambda: {"machine": "x86_64", "flags": "sse2 avx"})
    assert not elementary.available()
    dialect = _c_dialect.__wrapped__(True)
    assert dialect.row("exp", "float64").calls == ("exp",)
    monkeypatch.setattr(machine, "processor", lambda: {"machine": "x86_64", "flags": "sse2 avx fma avx2"})
    assert _c_dialect.__wrapped__(True).row("exp", "float64").calls == ()
    monkeypatch.setattr(machine, "processor", lambda: {"machine": "aarch64", "Features": "asimd"})
    assert elementary.available()


@pytest.mark.parametrize(
    ("points", "dtype", "numbers", "bits"),
    [
        (minimax.of_exp, "float64", EXP, 55),
        (minimax.of_exp, "float32", EXP, 26),
        (minimax.of_log_by_quotient, "float64", LOG, 59),
        (minimax.of_log, "float32", LOG, 24.6),
    ],
)
def test_coefficients_have_the_smallest_largest_error(points, dtype, numbers, bits):
    grid = points()
    coefficients, error = minimax.minimax(grid, len(numbers[dtype]) - 1)
    assert minimax.rounded(coefficients, dtype) == numbers[dtype]
    assert float(error) < 2.0**-bits
