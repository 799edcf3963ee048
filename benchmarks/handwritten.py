"""Loops written by hand in C, compiled by gcc with glibc's vector mathematics: the limit to compare with."""

from __future__ import annotations

import atexit
import ctypes
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_SOURCE = """#include <math.h>
{functions}
"""
_FUNCTION = """
void {name}_{suffix}({pointers}, {type} *restrict out, long n)
{{
    for (long i = 0; i < n; i++) out[i] = {expression};
}}
"""
_TYPES = {"float32": ("float", "f"), "float64": ("double", "")}
_FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fPIC"]


@functools.cache
def _library(name: str, arity: int, expression: str) -> ctypes.CDLL | None:
    """Compile one loop for both dtypes; None without gcc. ``F(exp)`` in the expression is exp or expf."""
    gcc = shutil.which("gcc")
    if gcc is None:
        return None
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    parts = ["#define CONCATENATED(a, b) a##b"]
    for dtype, (c_type, ending) in _TYPES.items():
        reads = "".join(f"#undef {v}\n#define {v} in{k}[i]\n" for k, v in enumerate("xyz"[:arity]))
        pointers = ", ".join(f"const {c_type} *restrict in{k}" for k in range(arity))
        body = _FUNCTION.format(name=name, suffix=dtype, pointers=pointers, type=c_type, expression=expression)
        parts.append(
            f"{reads}#undef F\n#undef R\n#define R {c_type}\n#define F(name) CONCATENATED(name, {ending})\n{body}"
        )
    (folder / "loop.c").write_text(_SOURCE.format(functions="\n".join(parts)))
    # Two runs: linking with -ffast-math would switch denormals off for the whole process.
    for command in ([*_FLAGS, "-c", "loop.c", "-o", "loop.o"], ["-shared", "loop.o", "-o", "loop.so", "-lmvec", "-lm"]):
        if subprocess.run([gcc, *command], cwd=folder, capture_output=True, check=False).returncode:
            return None
    return ctypes.CDLL(str(folder / "loop.so"))


def c_call(name: str, expression: str, *arrays: Any) -> Callable[[], object] | None:
    """The loop over `arrays` into one reused result; None where it cannot be compiled."""
    library = _library(name, len(arrays), expression)
    if library is None:
        return None
    out = np.empty_like(arrays[0])
    function = getattr(library, f"{name}_{out.dtype}")
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (*arrays, out)]
    size = ctypes.c_long(out.size)

    def call() -> object:
        function(*pointers, size)
        return out

    return call
