"""Compiled kernels: operands, sweeps, tiles, in-place outputs, sharing, and what happens without a compiler."""

import subprocess
import warnings

import numpy as np
import pytest
import scipy.special
from sweeps import ROW, load, map_kernel, run_map, run_sweep

from theano.codegen import Expr, FinalSweep, Kernel, MapSweep, Out, ReduceSweep, k
from theano.codegen.dtypes import SIGNED, UNSIGNED
from theano.codegen.verify import KernelError
from theano.configuration import config
from theano.cpu import kernels, machine_code, vector_math
from theano.cpu.compiler import CompileError, find_compiler
from theano.cpu.dialect import c_dialect
from theano.cpu.kernels import KernelRequest, compile_kernels
from theano.cpu.sanitizer import sanitizer_flags

pytestmark = [pytest.mark.c, pytest.mark.usefixtures("own_cache")]

INTEGERS = SIGNED + UNSIGNED


def test_a_value_does_not_depend_on_its_position():
    """A scalar remainder loop would round differently; here it is a bool output beside a float computation that
    tempts."""
    x = load(0, "float32")
    kernel = map_kernel(("float32",), k.gt(k.exp(x), k.const(1.0, "float32")), k.exp(x))
    alone = map_kernel(("float32",), k.exp(x))
    compiled, plain = compile_kernels([KernelRequest(kernel, "V"), KernelRequest(alone, "V")])
    assert compiled.sweeps[0].width == 64
    values = np.random.default_rng(3).normal(size=ROW).astype("float32")
    whole = run_map(compiled, [values])[1]
    for start in range(0, ROW, 64):
        rolled = np.roll(values, 13)[start : start + 64].copy()
        assert np.array_equal(run_map(compiled, [rolled], 64)[1], np.roll(whole, 13)[start : start + 64])
    assert np.array_equal(run_map(plain, [values])[0], whole)


def test_scalar_functions_do_not_spoil_the_loop():
    """gammaln has no vector form: the loop is split, and tiles fit together also where the last one is not full."""
    x = load(0, "float64")
    value = k.gammaln(k.exp(x) + k.const(1.0, "float64")) * k.tanh(x) + k.where(
        k.gt(x, k.const(0.0, "float64")), x, k.exp(x)
    )
    (compiled,) = compile_kernels([KernelRequest(map_kernel(("float64",), value), "V")])
    values = np.random.default_rng(4).normal(size=704)
    e = np.exp(values)
    expected = scipy.special.gammaln(e + 1) * np.tanh(values) + np.where(values > 0, values, e)
    np.testing.assert_allclose(run_map(compiled, [values], 704)[0], expected, rtol=1e-14, atol=1e-15)
    text = kernels._print_kernel(compiled.request.kernel, "V")[0].body.text
    if vector_math.vector_functions():  # else all functions are scalar, and one loop it is
        assert text.count("#pragma") == 3


def test_single_elements_and_positions():
    x, s, position = load(0, "float32"), load(1, "float32"), Expr("iota", (), "int64")
    kernel = map_kernel(("float32", "float32"), x * k.exp(s) + k.cast(position, "float32"))
    (compiled,) = compile_kernels([KernelRequest(kernel, "VS")])
    out = np.zeros(64, "float32")
    memory = {("in", 0): np.ones(64, "float32"), ("in", 1): np.array([0], "float32"), ("out", 0): out}
    run_sweep(compiled.sweeps[0], memory | {("iota",): np.array([100], "int64")}, 64)
    assert np.array_equal(out, 101 + np.arange(64, dtype="float32"))


def test_output_over_input():
    x, y = load(0, "float64"), load(1, "float64")
    kernel = map_kernel(("float64", "float64"), x + y, x - y)
    (compiled,) = compile_kernels([KernelRequest(kernel, "VV", ((0, 1), (1, 0)))])
    a, b = np.arange(64.0), np.full(64, 3.0)
    memory = {("in", 0): a, ("in", 1): b, ("out", 0): b, ("out", 1): a}
    run_sweep(compiled.sweeps[0], memory, 64)
    assert np.array_equal(b, np.arange(64.0) + 3)
    assert np.array_equal(a, np.arange(64.0) - 3)


def softmax_kernel(acc="float64"):
    x, temp = load(0, "float32"), Expr("temp", (), "float32", 0)
    top, total = Expr("acc", (), "float32", 0), Expr("acc", (), acc, 1)
    sweeps = (
        ReduceSweep(0, "maximum", x, "float32"),
        MapSweep((("temp", 0),), (k.exp(x - top),)),
        ReduceSweep(1, "add", temp, acc),
        MapSweep((("out", 0),), (k.cast(k.cast(temp, acc) / total, "float32"),)),
        FinalSweep((1,), (k.log(total),)),
    )
    return Kernel(("float32",), (Out("float32"), Out(acc, True)), sweeps, ("float32",), ("float32", acc))


def test_sweeps_of_a_row_program():
    (compiled,) = compile_kernels([KernelRequest(softmax_kernel(), "V", ((0, 0),))])
    first, shifted, widened, quotient, final = compiled.sweeps
    assert first.body == 0
    assert first.operands == (("in", 0, "V"),)
    assert first.reduce == (0, "maximum", "float32")
    assert shifted.operands == (("in", 0, "V"), ("acc", 0, "S"), ("temp", 0))
    assert shifted.written == (2,)
    assert widened.body == 0  # float32 is widened while it is added up
    assert widened.operands == (("temp", 0),)
    assert widened.dtypes == ("float32",)
    assert widened.reduce == (1, "add float32", "float64")
    assert quotient.operands == (("temp", 0), ("acc", 1, "S"), ("out", 0))
    assert quotient.sizes == (4, 8, 4)
    assert final.final
    assert final.operands == (("acc", 1, "V"), ("out", 1))
    assert compiled.temp_dtypes == ("float32",)
    assert compiled.acc_dtypes == ("float32", "float64")
    x = np.random.default_rng(5).normal(size=64).astype("float32")
    temp, out = np.empty(64, "float32"), x.copy()
    run_sweep(shifted, {("in", 0): x, ("acc", 0): x.max(keepdims=True), ("temp", 0): temp}, 64)
    run_sweep(quotient, {("temp", 0): temp, ("acc", 1): temp.sum(keepdims=True, dtype="float64"), ("out", 0): out}, 64)
    np.testing.assert_allclose(out, scipy.special.softmax(x.astype("float64")), rtol=1e-6)


def test_inplace_over_an_input_that_is_read_later_is_refused():
    x = load(0, "float64")
    sweeps = (MapSweep((("out", 0),), (k.exp(x),)), MapSweep((("out", 1),), (x + x,)))
    kernel = Kernel(("float64",), (Out("float64"), Out("float64")), sweeps)
    with pytest.raises(KernelError, match="a later sweep reads"):
        compile_kernels([KernelRequest(kernel, "V", ((0, 0),))])


def test_modes_must_fit_the_inputs():
    with pytest.raises(KernelError, match="modes 'VX'"):
        compile_kernels(
            [KernelRequest(map_kernel(("float64", "float64"), load(0, "float64") + load(1, "float64")), "VX")]
        )


def test_equal_bodies_are_compiled_once():
    """Which inputs of a larger kernel a body reads does not change its text."""
    one = map_kernel(("float64", "float64"), load(0, "float64") * k.const(3.25, "float64"))
    two = map_kernel(("float64", "float64"), load(1, "float64") * k.const(3.25, "float64"))
    a, b = compile_kernels([KernelRequest(one, "VV"), KernelRequest(two, "VV")])
    assert a.sweeps[0].body == b.sweeps[0].body
    assert a.sweeps[0].operands != b.sweeps[0].operands


def test_many_kernels_go_through_two_compilers():
    requests = [
        KernelRequest(map_kernel(("float64",), load(0, "float64") + k.const(i + 0.5, "float64")), "V")
        for i in range(64)
    ]
    compiled = compile_kernels(requests)
    x = np.arange(64.0)
    assert all(np.array_equal(run_map(c, [x], 64)[0], x + i + 0.5) for i, c in enumerate(compiled))


def test_no_library_call_is_left_to_scalar_code(tmp_path):
    """Whatever stands beside them, vector functions are called for whole vectors only: no remainder loop, no branch."""
    vector = vector_math.vector_functions()
    if not vector or sanitizer_flags():
        pytest.skip("no vector math library, or code that is watched")
    bodies = []
    for dtype in ("float32", "float64"):
        x, b = load(0, dtype), load(1, "bool")
        for function in (k.exp, k.log1p, k.tanh, k.sigmoid, k.softplus, k.erf):
            y = function(x)
            other = "float64" if dtype == "float32" else "float32"
            casts = (k.cast(y, "int8"), k.cast(k.cast(y, "int32"), other), k.cast(y, other))
            for values in ((y,), (k.gt(y, x),), (k.where(b, y, x),), casts, (k.where(k.gt(x, y), y, function(y)),)):
                kernel = map_kernel((dtype, "bool"), *values)
                bodies.append((f"body{len(bodies)}", kernels._print_kernel(kernel, "VV")[0].body))
    compiler = find_compiler()
    source = tmp_path / "k.c"
    source.write_text(machine_code.translation_unit(bodies, c_dialect().typedefs))
    command = [*compiler.command, *compiler.flags, "-S", "-o", "-", "-x", "cpp-output", str(source)]
    assembly = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    called = {line.split()[1].split("@")[0] for line in assembly.splitlines() if line.startswith("\tcall\t")}
    assert any(name.startswith("_ZGV") for name in called)
    assert not called & vector


@pytest.mark.parametrize(("cxx", "reason"), [("/no/such/compiler", "no program"), ("", "is empty")])
def test_no_compiler_is_an_error_and_warning_is_left_to_the_core(monkeypatch, cxx, reason):
    monkeypatch.setattr(config, "cxx", cxx)
    request = KernelRequest(map_kernel(("float64",), k.exp(load(0, "float64"))), "V")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(CompileError, match=reason):
            compile_kernels([request])
