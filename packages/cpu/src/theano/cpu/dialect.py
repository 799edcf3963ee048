"""The C of kernels: GNU C without any header (a header costs more than the kernel itself to compile)."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from theano.codegen.dialect import C_FAMILY_ROWS, Dialect, extend_rows
from theano.codegen.dtypes import FLOATS
from theano.codegen.expr import Expr
from theano.codegen.helpers import C_FAMILY_HELPERS
from theano.cpu import elementary, machine, vector_math

_TYPES = {
    "bool": "_Bool",
    "int8": "i8",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "uint8": "u8",
    "uint16": "u16",
    "uint32": "u32",
    "uint64": "u64",
    "float32": "f32",
    "float64": "f64",
}

# No macro such as __INT64_TYPE__: kernels are compiled without the preprocessor.
TYPEDEFS = """\
typedef signed char i8; typedef unsigned char u8; typedef short i16; typedef unsigned short u16;
typedef int i32; typedef unsigned int u32; typedef long long i64; typedef unsigned long long u64;
typedef float f32; typedef double f64;
"""

_INLINED = ("fabs", "floor", "ceil", "trunc", "rint", "sqrt")
"""Functions that the compiler replaces by instructions, vector ones included."""

# Some processors widen where they add, and multiply elsewhere: a multiplication by 1 takes the addition over there.
_WIDENING_SUM = "__builtin_fma({1}, 1.0, {0})"


def dialect_of(values: Iterable[Expr]) -> Dialect:
    """The dialect for a loop that computes `values`: with many elementary functions these are called."""
    return _c_dialect(elementary.few(values))


def c_dialect() -> Dialect:
    """The dialect for this machine: which functions have vector variants is found out on the first call."""
    return _c_dialect(True)


@functools.cache
def _c_dialect(inlined: bool) -> Dialect:
    vector = vector_math.vector_functions()
    suffixes = {"float32": "f", "float64": ""}
    prototypes = {"lgamma_r": "double lgamma_r(double, int *);"}
    for dtype in FLOATS:
        suffix, kind = suffixes[dtype], _TYPES[dtype]
        for name in (*vector_math.UNARY, *_INLINED, "tgamma"):
            prototypes[name + suffix] = _prototype(name + suffix, kind, 1, vector)
        for name in (*vector_math.BINARY, "fmod", "copysign"):
            prototypes[name + suffix] = _prototype(name + suffix, kind, 2, vector)
    return Dialect(
        name="C",
        types=_TYPES,
        storage={"bool": "u8"},
        typedefs=TYPEDEFS,
        rows=extend_rows(C_FAMILY_ROWS, elementary.rows(inlined) if elementary.available() else {}),
        helpers=elementary.Helpers(C_FAMILY_HELPERS),
        helper_qualifier="static inline __attribute__((always_inline))",
        suffixes=suffixes,
        infinity={"float32": "__builtin_inff()", "float64": "__builtin_inf()"},
        nan={"float32": '__builtin_nanf("")', "float64": '__builtin_nan("")'},
        prototypes=prototypes,
        vector_calls=vector | {n + s for n in _INLINED for s in suffixes.values()},
        loop_pragma="#pragma GCC ivdep",
        unroll_pragma="#pragma GCC unroll 8",
        widening_sum=_WIDENING_SUM if elementary.available() else "",
        pairs=machine.processor()["machine"] == "x86_64",
    )


def _prototype(name: str, kind: str, arity: int, vector: frozenset[str]) -> str:
    simd = 'simd("notinbranch"), ' if name in vector else ""
    return f"__attribute__(({simd}const)) {kind} {name}({', '.join([kind] * arity)});"
