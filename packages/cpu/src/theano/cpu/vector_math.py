"""glibc's vector math library: which functions it has, and making them available to generated code.

Generated code calls ``sin``; the compiler turns a loop around it into calls of ``_ZGVeN8v_sin`` when the prototype says
that such variants exist. They are declared only if this machine's library has them, and the library is loaded with
global symbols before any kernel, so kernels need not be linked to it.
"""

from __future__ import annotations

import _ctypes
import contextlib
import ctypes
import functools

from theano.cpu import machine

UNARY = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin", "acos", "atan"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc"),
)
BINARY = ("atan2", "pow")

# The variants a compiler may choose from, by machine; all must exist: suffix of the dtype to names.
_VARIANTS: dict[str, dict[str, tuple[str, ...]]] = {
    "x86_64": {"": ("bN2", "cN4", "dN4", "eN8"), "f": ("bN4", "cN8", "dN8", "eN16")},
    "aarch64": {"": ("nN2",), "f": ("nN4", "nN2")},
}


@functools.cache
def vector_library() -> ctypes.CDLL | None:
    """The library, with its symbols at hand for all kernels that are loaded later; None where there is none."""
    try:
        ctypes.CDLL("libm.so.6", mode=ctypes.RTLD_GLOBAL)
        return ctypes.CDLL("libmvec.so.1", mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return None


@functools.cache
def vector_functions() -> frozenset[str]:
    """Names (``exp``, ``expf``, ...) of the functions with vector variants; empty without glibc's libmvec."""
    variants, library = _VARIANTS.get(machine.processor()["machine"]), vector_library()
    if variants is None or library is None:
        return frozenset()
    found = set()
    for suffix, prefixes in variants.items():
        for names, shape in ((UNARY, "v"), (BINARY, "vv")):
            for name in names:
                with contextlib.suppress(OSError):  # a symbol is missing
                    for prefix in prefixes:  # an attribute of the library would be a function object that nobody wants
                        _ctypes.dlsym(library._handle, f"_ZGV{prefix}{shape}_{name}{suffix}")
                    found.add(name + suffix)
    return frozenset(found)
