"""The C of representative kernels, from the user's expression down: review a changed golden file as you would code.

``pytest tests/test_golden.py --update-golden`` writes the files anew.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import theano
from theano import tensor
from theano.codegen.fingerprint import kernel_text
from theano.lowering import lower
from theano.lowering.steps import KernelStep

pytest.importorskip("theano.cpu", reason="the C dialect belongs to theano-cpu")

from theano.cpu import dialect, elementary, kernels, machine_code, vector_math

GOLDEN = Path(__file__).parent / "golden"


def sum_of_squares():
    x = tensor.fmatrix("x")
    return [x], tensor.sum(tensor.sqr(x - 1), axis=1)


def composite():
    x, y = tensor.dvectors("xy")
    b = tensor.dscalar("b")
    return [x, y, b], tensor.tanh(x * y + b) * x


def casts():
    i, x = tensor.bvector("i"), tensor.dvector("x")
    return [i, x], tensor.cast(tensor.cast(i, "float32") * 2.5, "int32") + tensor.cast(x, "int16")


def choice():
    x, y = tensor.dvectors("xy")
    return [x, y], tensor.switch(x > y, tensor.maximum(x, y), -y)


def division():
    i, j = tensor.ivectors("ij")
    return [i, j], i // j + i % j


def two_results():
    x = tensor.dvector("x")
    e = tensor.exp(-x)
    return [x], [1 / (1 + e), e * 2]


CASES = {
    "add_float32": lambda: ([x := tensor.fvector("x"), y := tensor.fvector("y")], x + y),
    "composite_with_a_scalar": composite,
    "casts": casts,
    "choice_and_maximum": choice,
    "integer_division": division,
    "two_results": two_results,
    "sum_of_squares": sum_of_squares,
    "sum_of_int8": lambda: ([x := tensor.bmatrix("x")], tensor.sum(x, axis=1)),
    "largest": lambda: ([x := tensor.dmatrix("x")], tensor.max(x, axis=1)),
    "softmax": lambda: ([x := tensor.fmatrix("x")], tensor.nnet.softmax(x)),
    "all_positive": lambda: ([x := tensor.dmatrix("x")], tensor.all(x > 0, axis=1)),
}


@pytest.fixture
def same_machine(monkeypatch):
    """The text depends on which functions have vector variants, here all that exist anywhere, and on the processor."""
    names = {n + s for n in (*vector_math.UNARY, *vector_math.BINARY) for s in ("", "f")}
    monkeypatch.setattr(vector_math, "vector_functions", lambda: frozenset(names))
    monkeypatch.setattr(elementary, "available", lambda: True)
    caches = (dialect._c_dialect, kernels._print_kernel)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def text_of(make):
    """The plan's kernels, as loop IR and as C; inputs: V varies along the row, S is one element for all of it."""
    inputs, outputs = make()
    # the graph after all rewrites, as a function would have it
    f = theano.function(inputs, outputs, mode=theano.Mode("py", "fast_run"))
    steps = [s for s in lower(f.maker.fgraph, "c").steps if isinstance(s, KernelStep)]
    parts, all_named = [], []
    for step in steps:
        kernel = step.kernel
        letters = "".join("S" if all(v.type.broadcastable) else "V" for v in step.node.inputs)
        bodies = [p.body for p in kernels._print_kernel(kernel, letters) if p.body is not None]
        named = [(f"body{n}", body) for n, body in enumerate(bodies, len(all_named))]
        all_named += named
        operands = "\n".join(f" * {name}: {b.operands}, {b.dtypes}" for name, b in named)
        parts.append(f"/*\n{kernel_text(kernel)}\n\n * inputs: {letters}\n{operands}\n */")
    return "\n".join([*parts, machine_code.translation_unit(all_named, dialect.c_dialect().typedefs), ""])


@pytest.mark.parametrize("name", CASES)
def test_text_of_kernel(name, same_machine, update_golden):
    path = GOLDEN / f"{name}.c"
    text = text_of(CASES[name])
    if update_golden:
        path.write_text(text)
    assert text == path.read_text(), f"{path} differs; if the new text is better: pytest {__file__} --update-golden"


def test_no_golden_file_is_orphaned():
    assert {p.stem for p in GOLDEN.iterdir()} == set(CASES)


@pytest.mark.c
@pytest.mark.parametrize("name", CASES)
def test_golden_files_compile_without_warnings(name, tmp_path):
    gcc = shutil.which("gcc") or pytest.skip("needs gcc")
    command = [
        gcc,
        "-std=gnu11",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-unknown-pragmas",
        "-c",
        "-o",
        tmp_path / "out.o",
    ]
    done = subprocess.run([*command, GOLDEN / f"{name}.c"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
