"""Matrix products: own kernels in the runtime, and for the rest the BLAS that SciPy carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theano.codegen import Kernel, MapSweep, Out, cast
from theano.cpu.library import load_blas
from theano.frozen import dataclass
from theano.lowering import KernelStep
from theano.tensor.activated import Activated
from theano.tensor.blas import BatchedDot, Dot22, Dot22Scalar, Gemm, Gemv, Ger
from theano.tensor.dot import Dot
from theano.tensor.swept import Swept

__all__ = ["ROWS", "SweepStep"]


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


def _kernel_on_product(node: Any, build: Any, *kept: int) -> Kernel | None:
    """The elementwise work, with input 1 standing for the product; of its results those that are wanted, and `kept`."""
    op, others = node.op, range(2, len(node.inputs))
    if node.inputs[0].type.dtype not in ("float32", "float64") or not load_blas():
        return None
    loads = op.operands(build.load(1), [build.load(i) for i in others])
    values = op.scalar_op.lower_exprs(build.k, loads)
    wanted = [j for j in range(len(values)) if j in build.wanted or j in kept]
    dtypes = [v.type.dtype for v in node.outputs]
    sweep = MapSweep(tuple(("out", j) for j in wanted), tuple(cast(values[j], dtypes[j]) for j in wanted))
    outs = tuple(Out(dtype, False, j in wanted) for j, dtype in enumerate(dtypes))
    return Kernel(tuple(v.type.dtype for v in node.inputs), outs, (sweep,))


def call_swept(node: Any, build: Any) -> Any:
    """The kernel between two products, each for a block of rows."""
    chosen = node.op.chosen
    kernel = _kernel_on_product(node, build, chosen)
    if kernel is None:
        return None
    orders = ((0,), (-1,), *((0,) for _ in node.inputs[2:]))
    return SweepStep(node=node, kernel=kernel, ndim=1, input_orders=orders, chosen=chosen, stands=1)


def call_activated(node: Any, build: Any) -> Any:
    """The kernel on a product, for a block of it at a time."""
    kernel = _kernel_on_product(node, build)
    if kernel is None:
        return None
    orders = ((0, -1), (-1, 1), *((0, 1) for _ in node.inputs[2:]))
    return KernelStep(node=node, kernel=kernel, ndim=2, input_orders=orders, stands=1)


ROWS = (
    (Activated, call_activated),
    (Swept, call_swept),
    (Dot, _routine("dot")),
    (Dot22, _routine("dot")),
    (Dot22Scalar, _routine("dot")),
    (Gemm, _routine("gemm", (0, 0))),
    (Gemv, _routine("gemm", (0, 0))),
    (Ger, _routine("ger", (0, 0))),
    (BatchedDot, _routine("batched_dot")),
)
