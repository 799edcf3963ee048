"""Matrix products by BLAS: through the function pointers that SciPy publishes for Cython."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from theano.cpu import machine
from theano.tensor.blas import BatchedDot, Dot22, Dot22Scalar, Gemm, Gemv, Ger
from theano.tensor.dot import Dot

__all__ = ["ROWS", "load_blas"]

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


@functools.cache
def load_blas() -> bool:
    """Hand SciPy's BLAS to the runtime; False where SciPy or the runtime is missing.

    Loading SciPy's linear algebra costs a quarter of a second, so this happens with the first product that is compiled.
    """
    try:
        with _best_core():
            from scipy.linalg import cython_blas

        from theano.cpu import _runtime
    except ImportError:
        return False
    return bool(_runtime.lib.rt_load_blas(id(cython_blas.__pyx_capi__)) == 0)


def _has_blas(node: Any) -> bool:
    """Whether all operands are of one dtype that BLAS knows here, and the library is there."""
    dtypes = {v.type.dtype for v in (*node.inputs, *node.outputs)}
    return len(dtypes) == 1 and bool(dtypes & {"float32", "float64"}) and load_blas()


def _routine(name: str, *pairs: tuple[int, int]) -> Callable[[Any, Any], Any]:
    """A row: call `name` if BLAS can do it; `pairs` are (output, input) that may share memory."""

    def call(node: Any, build: Any) -> Any:
        return build.call(name, (), pairs) if _has_blas(node) else None

    return call


ROWS = (
    (Dot, _routine("dot")),
    (Dot22, _routine("dot")),
    (Dot22Scalar, _routine("dot")),
    (Gemm, _routine("gemm", (0, 0))),
    (Gemv, _routine("gemm", (0, 0))),
    (Ger, _routine("ger", (0, 0))),
    (BatchedDot, _routine("batched_dot")),
)
