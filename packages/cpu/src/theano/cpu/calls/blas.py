"""Matrix products: own kernels in the runtime, and for the rest the BLAS that SciPy carries."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from theano.codegen import Kernel, MapSweep, Out, cast
from theano.cpu import machine
from theano.frozen import dataclass
from theano.lowering import KernelStep
from theano.tensor.blas import BatchedDot, Dot22, Dot22Scalar, Gemm, Gemv, Ger
from theano.tensor.dot import Dot
from theano.tensor.swept import Swept

__all__ = ["ROWS", "SweepStep", "load_blas"]

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
    """Hand SciPy's BLAS to the runtime; False where SciPy or the runtime is missing.

    Importing SciPy's linear algebra costs a quarter of a second, so its library is loaded directly where its place is
    known, and in any case not before the first product is compiled. A later import of SciPy uses the same copy.
    """
    try:
        from theano.cpu import _runtime  # lazy: optional

        with _best_core():
            routines = _bundled_openblas() or _published_routines()
    except ImportError:
        return False
    return bool(_runtime.lib.rt_load_blas(id(routines)) == 0)


def _has_blas(node: Any) -> bool:
    """Whether all operands are of one dtype that BLAS knows here, and the library is there."""
    dtypes = {v.type.dtype for v in (*node.inputs, *node.outputs)}
    return len(dtypes) == 1 and bool(dtypes & {"float32", "float64"}) and load_blas()


def _routine(name: str, *pairs: tuple[int, int]) -> Callable[[Any, Any], Any]:
    """A row: call `name` if BLAS can do it; `pairs` are (output, input) that may share memory."""

    def call(node: Any, build: Any) -> Any:
        return build.call(name, (), pairs) if _has_blas(node) else None

    return call


@dataclass(frozen=True)
class SweepStep(KernelStep):
    """A kernel over the rows of input 0 that reads their products with input 1 in its place; see `Swept`."""

    chosen: int = 0


def call_swept(node: Any, build: Any) -> Any:
    """The kernel between two products, each for a block of rows."""
    op, others = node.op, range(2, len(node.inputs))
    if node.inputs[0].type.dtype not in ("float32", "float64") or not load_blas():
        return None
    loads = op.operands(build.load(1), [build.load(i) for i in others])
    values = op.scalar_op.lower_exprs(build.k, loads)
    wanted = [j for j in range(len(values)) if j in build.wanted or j == op.chosen]
    dtypes = [v.type.dtype for v in node.outputs]
    sweep = MapSweep(tuple(("out", j) for j in wanted), tuple(cast(values[j], dtypes[j]) for j in wanted))
    outs = tuple(Out(dtype, False, j in wanted) for j, dtype in enumerate(dtypes))
    kernel = Kernel(tuple(v.type.dtype for v in node.inputs), outs, (sweep,))
    orders = ((0,), (-1,), *((0,) for _ in others))
    return SweepStep(node=node, kernel=kernel, ndim=1, input_orders=orders, chosen=op.chosen)


ROWS = (
    (Swept, call_swept),
    (Dot, _routine("dot")),
    (Dot22, _routine("dot")),
    (Dot22Scalar, _routine("dot")),
    (Gemm, _routine("gemm", (0, 0))),
    (Gemv, _routine("gemm", (0, 0))),
    (Ger, _routine("ger", (0, 0))),
    (BatchedDot, _routine("batched_dot")),
)
