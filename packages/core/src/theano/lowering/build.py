"""What an op's ``lower(node, build)`` is handed: it states the op's loops.

An elementwise op::

    def lower(self, node, build):
        return build.map([build.k.exp(build.load(0))])

A row program (softmax)::

    def lower(self, node, build):
        rows = build.rows(axes=(1,))
        x = build.load(0)
        e = rows.let(build.k.exp(x - rows.reduce("maximum", x)))
        rows.store(0, e / rows.reduce("add", e))
        return rows.step()
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from theano.codegen import (
    Expr,
    FinalSweep,
    Kernel,
    MapSweep,
    NotLowerable,
    Out,
    ReduceSweep,
    can_lower,
    cast,
    k,
    post_order,
    sweep_values,
)
from theano.codegen.kernel import Sweep
from theano.errors import explain
from theano.lowering.steps import CallStep, KernelStep, ViewStep


class Build:
    """Collects the loops of one node; made by the waist, used once."""

    k = k

    def __init__(self, node: Any, wanted: Collection[int] | None = None) -> None:
        self.node = node
        self.wanted = range(len(node.outputs)) if wanted is None else wanted
        self._orders: dict[int, tuple[int, ...]] = {}
        self._guards: list[int] = []

    def load(self, i: int, order: Sequence[int] | None = None) -> Expr:
        """The element of input `i` at the current position (broadcast along length-1 dims).

        Parameters
        ----------
        i : int
        order : sequence of int, optional
            For an input of lower rank: which of its dims each axis of the index space follows, -1 for none.
        """
        if order is not None:
            self._orders[i] = tuple(order)
        dtype = getattr(self.node.inputs[i].type, "dtype", None)
        if dtype is None or not can_lower(dtype):
            raise NotLowerable(explain(f"load input {i} of {self.node.op}", f"dtype {dtype}", "run it in Python"))
        return Expr("load", (), dtype, i)

    def iota(self) -> Expr:
        """The position along the row, int64."""
        return Expr("iota", (), "int64")

    def map(self, values: Sequence[Expr]) -> Any:
        """An elementwise step: one value for each output."""
        wanted = [j for j in range(len(values)) if j in self.wanted]
        sweep = MapSweep(tuple(("out", j) for j in wanted), tuple(self._cast(j, values[j]) for j in wanted))
        return self._step(Kernel(self._inputs(), self._outs(()), (sweep,)), ())

    def reduce(self, kind: str, value: Expr, axes: Sequence[int] | None, acc_dtype: str, final: Any = None) -> Any:
        """A step that folds `value` over `axes` (None: all); `final` maps the accumulator to the output's value."""
        rows = self.rows(axes)
        total = rows.reduce(kind, value, acc_dtype)
        rows.store_reduced(0, total if final is None else final(total))
        return rows.step()

    def rows(self, axes: Sequence[int] | None) -> Rows:
        """Start a row program over `axes` of the common index space (None: all)."""
        ndim = self.ndim()
        chosen = tuple(range(ndim)) if axes is None else tuple(sorted(a % ndim for a in axes))
        return Rows(self, chosen)

    def view(self, kind: str, params: Any) -> ViewStep:
        """A step whose output is a view of input 0 (see ``ViewStep``)."""
        return ViewStep(node=self.node, kind=kind, params=params)

    def call(
        self, routine: str, params: Sequence[tuple[str, Any]] = (), inplace: Sequence[tuple[int, int]] = ()
    ) -> CallStep:
        """A step that calls a routine of the backend's library; `inplace`: (output, input) pairs it may share."""
        return CallStep(node=self.node, routine=routine, params=tuple(params), inplace=tuple(inplace))

    def ndim(self) -> int:
        """Number of dims of the index space: that of the inputs."""
        return max((v.type.ndim for v in self.node.inputs if hasattr(v.type, "ndim")), default=0)

    def _inputs(self) -> tuple[str, ...]:
        dtypes = tuple(getattr(v.type, "dtype", None) for v in self.node.inputs)
        if any(d is None or not can_lower(d) for d in dtypes):
            raise NotLowerable(explain(f"lower {self.node.op}", f"inputs of {dtypes}", "run it in Python"))
        return dtypes  # type: ignore[return-value]

    def _outs(self, reduced: Any) -> tuple[Out, ...]:
        outs = []
        for j, output in enumerate(self.node.outputs):
            dtype = getattr(output.type, "dtype", None)
            if dtype is None or not can_lower(dtype):
                raise NotLowerable(explain(f"lower {self.node.op}", f"output of {output.type}", "run it in Python"))
            outs.append(Out(dtype, j in reduced, j in self.wanted))
        return tuple(outs)

    def _cast(self, j: int, value: Expr) -> Expr:
        return cast(value, self.node.outputs[j].type.dtype)

    def _step(self, kernel: Kernel, axes: tuple[int, ...]) -> KernelStep:
        ndim = self.ndim()
        orders = tuple(self._orders.get(i, tuple(range(ndim))) for i in range(len(self.node.inputs)))
        return KernelStep(
            node=self.node,
            kernel=kernel,
            ndim=ndim,
            reduced_axes=axes,
            input_orders=orders,
            guards=tuple(self._guards),
        )


class Rows:
    """A row program under construction: sweeps over the chosen axes, in order."""

    def __init__(self, build: Build, axes: tuple[int, ...]) -> None:
        self._build = build
        self._axes = axes
        self._sweeps: list[Sweep] = []
        self._temps: list[str] = []
        self._accs: list[str] = []
        self._final: dict[int, Expr] = {}

    def let(self, value: Expr) -> Expr:
        """Compute `value` along the row and keep it for later sweeps."""
        self._temps.append(value.dtype)
        number = len(self._temps) - 1
        self._sweeps.append(MapSweep((("temp", number),), (value,)))
        return Expr("temp", (), value.dtype, number)

    def reduce(self, kind: str, value: Expr, acc_dtype: str | None = None) -> Expr:
        """Fold `value` over the row; the result may be used in later sweeps."""
        acc_dtype = acc_dtype or value.dtype
        self._accs.append(acc_dtype)
        number = len(self._accs) - 1
        self._sweeps.append(ReduceSweep(number, kind, value, acc_dtype))
        return Expr("acc", (), acc_dtype, number)

    def store(self, j: int, value: Expr) -> None:
        """Let output `j` be `value`, an element per position."""
        if j not in self._build.wanted:
            return
        self._sweeps.append(MapSweep((("out", j),), (self._build._cast(j, value),)))

    def guard_position(self, i: int) -> None:
        """Demand that each value of input `i` is a position along the row; another one is an error."""
        self._build._guards.append(i)

    def store_reduced(self, j: int, value: Expr) -> None:
        """Let output `j` be `value`, one per row, made of reductions only."""
        self._final[j] = self._build._cast(j, value)

    def step(self) -> Any:
        """The finished step."""
        final = {j: value for j, value in self._final.items() if j in self._build.wanted}
        sweeps = list(self._sweeps)
        if final:
            sweeps.append(FinalSweep(tuple(final), tuple(final.values())))
        sweeps = _needed(sweeps)
        outs = self._build._outs(self._final)
        kernel = Kernel(self._build._inputs(), outs, tuple(sweeps), tuple(self._temps), tuple(self._accs))
        return self._build._step(kernel, self._axes)


def _needed(sweeps: list[Sweep]) -> list[Sweep]:
    """The sweeps that an output depends on: with an output that nobody wants goes what was computed for it alone."""
    used: set[tuple[str, Any]] = set()
    kept: list[Sweep] = []
    for sweep in reversed(sweeps):
        if isinstance(sweep, MapSweep):
            needed = any(target[0] == "out" or target in used for target in sweep.targets)
        else:
            needed = isinstance(sweep, FinalSweep) or ("acc", sweep.acc) in used
        if needed:
            kept.append(sweep)
            used.update((e.kind, e.value) for e in post_order(sweep_values(sweep)) if e.kind in ("temp", "acc"))
    return kept[::-1]
