"""The BLAS that SciPy carries, handed to the runtime."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from theano.cpu import machine

__all__ = ["blas_is_loaded", "load_blas", "load_library"]

_WIDE = frozenset({"avx512f", "avx512bw", "avx512dq", "avx512vl"})


@contextmanager
def _best_core() -> Iterator[None]:
    """Let OpenBLAS use its AVX-512 kernels where the processor has them.

    Its own detection does not know newer processors, and then takes kernels of half the speed. The variable is read
    when the library is loaded, so it is set only around that.
    """
    name = "OPENBLAS_CORETYPE"
    if name in os.environ or "scipy.linalg" in sys.modules or not machine.features() >= _WIDE:
        yield
        return
    os.environ[name] = "SkylakeX"
    try:
        yield
    finally:
        os.environ.pop(name, None)


_ROUTINES = tuple(f"{letter}{name}" for letter in "sd" for name in ("gemm", "gemv"))


def _bundled_openblas() -> dict[str, int] | None:
    """Addresses of the routines in the OpenBLAS (32-bit sizes) that wheels of SciPy carry beside the package."""
    spec = find_spec("scipy")
    for place in (spec and spec.submodule_search_locations) or ():
        folder = f"{place}.libs"
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        for name in (n for n in names if n.startswith("libscipy_openblas-")):
            try:
                library = ctypes.CDLL(os.path.join(folder, name))
                found = {r: ctypes.cast(library[f"scipy_{r}_"], ctypes.c_void_p).value or 0 for r in _ROUTINES}
            except (OSError, AttributeError):
                continue
            with contextlib.suppress(AttributeError):
                setter = library["openblas_set_num_threads_local"]
                found["set_threads"] = ctypes.cast(setter, ctypes.c_void_p).value or 0
            return found
    return None


def _published_routines() -> dict[str, Any]:
    """Capsules that SciPy, wherever it comes from, publishes for Cython."""
    from scipy.linalg import cython_blas  # lazy: costs a quarter of a second

    return dict(cython_blas.__pyx_capi__)


@functools.cache
def load_blas() -> bool:
    """See to it that the runtime can multiply matrices; False where SciPy or the runtime is missing.

    On processors with AVX2 its own kernels do all of it, and no library is loaded: that would cost some milliseconds.
    """
    try:
        from theano.cpu import _runtime  # lazy: optional
    except ImportError:
        return False
    return bool(_runtime.lib.rt_own_products()) or load_library()


@functools.cache
def load_library() -> bool:
    """Hand SciPy's BLAS to the runtime; False where SciPy is missing.

    Importing SciPy's linear algebra costs a quarter of a second, so its library is loaded directly where its place is
    known, and in any case not before the first product is compiled. A later import of SciPy uses the same copy.
    """
    from theano.cpu import _runtime  # lazy: optional

    try:
        with _best_core():
            routines = _bundled_openblas() or _published_routines()
    except ImportError:
        return False
    return bool(_runtime.lib.rt_load_blas(id(routines)) == 0)


def blas_is_loaded() -> bool:
    """Whether a product was compiled in this process."""
    return load_blas.cache_info().currsize > 0 and load_blas()
