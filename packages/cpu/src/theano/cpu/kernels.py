"""Compiled kernels: from kernel IR to addresses of machine-code bodies.

A kernel (:class:`theano.codegen.Kernel`) is a list of sweeps over one row. Each sweep that computes something becomes
one C function, the *body*::

    void body(char *const *p, ptrdiff_t n);

``p[k]`` is the address of operand ``k`` of :attr:`CompiledSweep.operands`; ``n`` is the number of elements and must be
a multiple of :attr:`CompiledSweep.width`. A ``"V"`` operand is ``n`` contiguous elements, an ``"S"`` operand is one
element used for all positions. Bodies never touch memory beyond these elements, keep no state, and may run in any
thread.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from theano.codegen.contiguous import SYMBOL, Body, Operand, contiguous_body
from theano.codegen.dtypes import ITEMSIZE
from theano.codegen.expr import Expr, cast
from theano.codegen.kernel import FinalSweep, Kernel, MapSweep, ReduceSweep, Sweep
from theano.codegen.simplify import simplify
from theano.codegen.verify import KernelError, verify_inplace, verify_kernel
from theano.cpu.dialect import dialect_of
from theano.cpu.machine_code import Source, addresses_of, source_of
from theano.cpu.recipes import Address
from theano.errors import explain
from theano.frozen import dataclass, replace

if TYPE_CHECKING:
    from theano.cpu.moments import Moments

ANY_LENGTH = (0, 2**63 - 1)
"""Least and largest length of the rows that a sweep is for."""

MAX_WIDTH = 64
"""No body asks for a larger multiple of elements than this; rows are padded with at most ``MAX_WIDTH - 1`` elements."""


@dataclass(frozen=True)
class KernelRequest:
    """One kernel in the form in which a plan uses it.

    kernel : theano.codegen.Kernel
    modes : str
        One letter per kernel input: ``V`` (contiguous along the row) or ``S`` (one element, the same for the whole
        row).
    inplace : tuple of (output, input)
        Output ``j`` is written over input ``i``: the caller passes the same address for both. Input ``i`` must have
        mode ``V``.
    lanes : str
        Modes of the inputs in a second version of the sweeps. With reductions: for rows that lie side by side, ``V``
        (one element for each row) or ``S`` (the same for all rows). Of a map: for one row of the last axis, as in
        `modes`. Empty: no such version.
    """

    kernel: Kernel
    modes: str
    inplace: tuple[tuple[int, int], ...] = ()
    lanes: str = ""


@dataclass(frozen=True)
class CompiledSweep:
    """One body and the meaning of its operands.

    body : int
        Address of the function; 0 for a reduction of a plain contiguous input (or temp).
    operands : tuple of tuples
        ``("in", i, mode)``, ``("out", j)``, ``("temp", t)``, ``("acc", a, mode)``, ``("iota",)`` (one int64: the
        position of element 0 of this call in the row), ``("start", "S")`` and ``("fold", "S")`` (partial results of a
        reduce sweep, see `theano.codegen.folding`), ``("tile",)`` (where a reduce sweep has no such operands: its
        value, to be folded by the runtime). With ``body == 0`` the single operand is what the runtime folds:
        ``("in", i, mode)`` or ``("temp", t)``.
        ``out`` and ``tile`` are V and are written; a ``temp`` is V, written by the sweep that has it in `written` and
        read by later ones.
    dtypes, sizes : tuple
        Dtype name and element size in bytes of each operand.
    written : tuple of int
        Positions in `operands` that the body writes.
    width : int
        ``n`` must be a multiple of this power of two (at most MAX_WIDTH).
    cost_ps : int
        Estimated picoseconds per element on one core.
    reduce : (acc, kind, acc_dtype) or None
        The sweep folds into accumulator `acc` by `kind`: add mul maximum minimum and or, of values of the accumulator's
        dtype, or "add float32", which adds up in float64.
    final : bool
        True: this sweep runs once over *rows*: accumulators are V operands with one element per row, outputs have one
        element per row. In other sweeps accumulators are S operands: the finished value of the current row. In the
        version for rows side by side, every call is for one position of many rows: accumulators are V operands, which
        a reduce sweep reads and writes, and ``("iota", "S")`` is that position.
    per_row : bool
        Only there: this sweep runs for one position of each row and writes accumulators of its own.
    sums : int
        Not -1: `theano.cpu.moments.Moments`. The last operand is what is added up into this accumulator, and the
        squared deviations from what the body makes of one element go into that of `reduce`.
    lengths : (int, int)
        Least and largest length of the rows that it is for; others have another sweep in its place.
    """

    body: int
    operands: tuple[Operand, ...]
    dtypes: tuple[str, ...]
    sizes: tuple[int, ...]
    written: tuple[int, ...]
    width: int
    cost_ps: int
    reduce: tuple[int, str, str] | None = None
    final: bool = False
    per_row: bool = False
    sums: int = -1
    lengths: tuple[int, int] = ANY_LENGTH


@dataclass(frozen=True)
class CompiledKernel:
    """A kernel whose sweeps are machine code; `sweeps` are those of ``kernel.sweeps`` (`theano.cpu.moments` joins two).

    temp_dtypes, acc_dtypes : tuple of str
        Dtype of each temp (row-sized scratch given by the runtime) and of each accumulator.
    lane_sweeps : tuple of CompiledSweep
        The version for rows that lie side by side; empty when it was not asked for. The accumulators that only its
        sweeps have come last in `acc_dtypes`.
    """

    request: KernelRequest
    sweeps: tuple[CompiledSweep, ...]
    temp_dtypes: tuple[str, ...] = ()
    acc_dtypes: tuple[str, ...] = ()
    lane_sweeps: tuple[CompiledSweep, ...] = ()


_PLAIN_PS = 60


def compile_kernels(requests: list[KernelRequest]) -> list[CompiledKernel]:
    """Machine code for `requests`: from this process, the cache on disk, or one compiler run for all that is missing.

    Raises
    ------
    CompileError
        When machine code cannot be had; the core then says so, once, and uses NumPy.
    KernelError
        When a kernel or an in-place pair breaks a rule of the loop IR.
    """
    printed, by_lanes = _printed(requests)
    addresses = addresses_of(_bodies(printed, by_lanes))
    return [
        CompiledKernel(r, _finish(s, addresses), r.kernel.temps, accs or r.kernel.accs, _finish(lanes, addresses))
        for r, s, (lanes, accs) in zip(requests, printed, by_lanes, strict=True)
    ]


def bodies_of(requests: list[KernelRequest]) -> list[Body]:
    """What `compile_kernels` would compile for `requests`."""
    return _bodies(*_printed(requests))


def kernel_source(request: KernelRequest) -> str:
    """The C of all sweeps of a kernel, for reading: names are short, and types are those of `c_dialect`."""
    sweeps = _print_kernel(request.kernel, request.modes, not request.lanes)
    support = dict.fromkeys(text for s in sweeps if s.body is not None for text in s.body.support)
    parts = list(support)
    for number, sweep in enumerate(sweeps):
        if sweep.reduce is not None:
            acc, kind, dtype = sweep.reduce
            what = "an operand" if sweep.body is None else "what it computes"
            if sweep.sums >= 0:
                what, kind = f"operand {sweep.operand[1]}, and into {sweep.sums} its sum,", "squared deviations"
            least, most = sweep.lengths
            of = f", of rows of up to {most}" if not least and most < ANY_LENGTH[1] else f", of rows from {least} on"
            rows = of if sweep.lengths != ANY_LENGTH else ""
            parts.append(
                f"/* sweep {number}: the runtime folds {what} by {kind} into accumulator {acc} ({dtype}){rows} */"
            )
        if sweep.body is not None:
            parts.append(sweep.body.text.replace(SYMBOL, f"sweep{number}"))
    return "\n".join(parts)


@dataclass(frozen=True)
class _Printed:
    """A sweep before it has machine code; without body it accumulates `operand` as it is."""

    body: Body | None
    operand: Operand = ()
    dtype: str = ""
    reduce: tuple[int, str, str] | None = None
    final: bool = False
    per_row: bool = False
    sums: int = -1
    lengths: tuple[int, int] = ANY_LENGTH


@functools.lru_cache(maxsize=4096)
def _print_kernel(kernel: Kernel, modes: str, alone: bool = True) -> tuple[_Printed, ...]:
    """The sweeps over a row, `alone` where it is the only one."""
    verify_kernel(kernel)
    if len(modes) != len(kernel.inputs) or set(modes) - set("VS"):
        found = f"the kernel has {len(kernel.inputs)} inputs"
        raise KernelError(explain(f"compile a kernel with modes {modes!r}", found, "give V or S for each"))
    if kernel.is_map:
        return tuple(_print_sweep(sweep, modes, False) for sweep in kernel.sweeps)
    # lazy: maps are the most, and do without
    from theano.cpu.moments import by_length, with_moments
    from theano.cpu.roots import with_reciprocal_roots

    kernel = with_reciprocal_roots(kernel, modes)
    if alone:
        return tuple(_print_sweep(sweep, modes, False) for sweep in with_moments(kernel, modes))
    return tuple(
        replace(_print_sweep(sweep, modes, False, lengths[1]), lengths=lengths)
        for sweep, lengths in by_length(kernel, modes)
    )


@functools.lru_cache(maxsize=4096)
def _print_lanes(kernel: Kernel, modes: str, lanes: str) -> tuple[tuple[_Printed, ...], tuple[str, ...]]:
    if kernel.is_map:
        return _print_kernel(kernel, lanes, True), ()
    # lazy: as above
    from theano.cpu.lanes import lane_sweeps
    from theano.cpu.roots import with_reciprocal_roots

    sweeps, accs = lane_sweeps(with_reciprocal_roots(kernel, modes), modes)
    return tuple(_print_sweep(sweep, lanes, True) for sweep in sweeps), accs


def _print_sweep(sweep: Sweep | Moments, modes: str, lanes: bool, longest: int = ANY_LENGTH[1]) -> _Printed:
    """`longest`: no row that it is for has more elements."""
    final = isinstance(sweep, FinalSweep)

    def operand_of(leaf: Expr) -> Operand:
        if leaf.kind == "load":
            return ("in", leaf.value, modes[leaf.value])
        if leaf.kind == "acc":
            return ("acc", leaf.value, "V" if final or lanes else "S")
        if leaf.kind == "iota" and lanes:
            return ("iota", "S")
        return ("iota",) if leaf.kind == "iota" else ("temp", leaf.value)

    if isinstance(sweep, ReduceSweep):
        return _print_fold(sweep, operand_of, lanes, longest)
    if not isinstance(sweep, MapSweep | FinalSweep):
        return _print_moments(sweep, operand_of)
    targets: list[Operand] = (
        [("out", j) for j in sweep.outputs] if isinstance(sweep, FinalSweep) else list(sweep.targets)
    )
    per_row = any(role == "acc" for role, _ in targets)
    targets = [(*target, "V") if target[0] == "acc" else target for target in targets]
    values = simplify(sweep.values)
    body = contiguous_body(values, targets, operand_of, dialect_of(values))
    return _Printed(body, final=final, per_row=per_row)


def _print_fold(sweep: ReduceSweep, operand_of: Callable[[Expr], Operand], lanes: bool, longest: int) -> _Printed:
    from theano.codegen.folding import combined, folding_body  # lazy: as above

    value, acc, acc_dtype = _folded(sweep), sweep.acc, sweep.acc_dtype
    kind = sweep.kind if value.dtype == acc_dtype else f"{sweep.kind} {value.dtype}"
    reduce = (acc, kind, acc_dtype)
    if value.kind in ("load", "temp"):
        return _Printed(None, operand_of(value), value.dtype, reduce)
    dialect = dialect_of([value])
    if lanes:
        total = combined(sweep.kind, Expr("acc", (), acc_dtype, acc), cast(value, acc_dtype))
        return _Printed(contiguous_body([total], [("acc", acc, "V")], operand_of, dialect), reduce=reduce)
    body = folding_body(value, sweep.kind, acc_dtype, operand_of, dialect, longest)
    if body is None:
        body = contiguous_body([value], [("tile",)], operand_of, dialect)
    return _Printed(body, reduce=reduce)


def _print_moments(sweep: Moments, operand_of: Callable[[Expr], Operand]) -> _Printed:
    about = simplify((sweep.about,))
    body = contiguous_body(about, [("tile",)], operand_of, dialect_of(about))
    dtype = sweep.load.dtype
    kind = "add" if dtype == "float64" else f"add {dtype}"
    return _Printed(body, operand_of(sweep.load), dtype, (sweep.squares, kind, "float64"), sums=sweep.sums)


def _folded(sweep: ReduceSweep) -> Expr:
    """What is folded: of the accumulator's dtype, but float32 for sums in float64, which the fold widens."""
    (value,) = simplify((cast(sweep.value, sweep.acc_dtype),))
    widens = value.kind == "cast" and value.args[0].dtype == "float32" and sweep.acc_dtype == "float64"
    return value.args[0] if widens and sweep.kind == "add" else value


_ByLanes = tuple[tuple[_Printed, ...], tuple[str, ...]]


def _printed(requests: list[KernelRequest]) -> tuple[list[tuple[_Printed, ...]], list[_ByLanes]]:
    """Each request as text, and in its version for lanes."""
    for request in requests:
        verify_inplace(request.kernel, request.inplace)
    plain = [_print_kernel(r.kernel, r.modes, not r.lanes) for r in requests]
    return plain, [_print_lanes(r.kernel, r.modes, r.lanes) if r.lanes else ((), ()) for r in requests]


def _bodies(printed: list[tuple[_Printed, ...]], by_lanes: list[_ByLanes]) -> list[Body]:
    every = [*printed, *(lanes for lanes, _ in by_lanes)]
    return [s.body for sweeps in every for s in sweeps if s.body is not None]


def _finish(sweeps: tuple[_Printed, ...], addresses: dict[Source, Address]) -> tuple[CompiledSweep, ...]:
    done = []
    for s in sweeps:
        b = s.body
        if b is None:
            assert s.reduce is not None
            sizes = (ITEMSIZE[s.dtype],)
            done.append(
                CompiledSweep(0, (s.operand,), (s.dtype,), sizes, (), 8, _PLAIN_PS, s.reduce, lengths=s.lengths)
            )
            continue
        # what a body beside moments computes is computed once; the operand of these comes last
        more = s.operand and ((s.operand,), (s.dtype,))
        operands, dtypes = (b.operands + more[0], b.dtypes + more[1]) if more else (b.operands, b.dtypes)
        ps, sizes = (2 * _PLAIN_PS if more else b.ps), tuple(ITEMSIZE[d] for d in dtypes)
        how = (b.written, b.width, ps, s.reduce, s.final, s.per_row, s.sums, s.lengths)
        done.append(CompiledSweep(addresses[source_of(b)], operands, dtypes, sizes, *how))
    return tuple(done)
