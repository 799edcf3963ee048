"""Steps of a plan as the native runtime reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.codegen.contiguous import Body
from theano.codegen.expr import post_order
from theano.cpu.branches import is_condition
from theano.cpu.kernels import CompiledKernel, CompiledSweep, KernelRequest, bodies_of, compile_kernels
from theano.cpu.memory import Memory
from theano.lowering import CallStep, KernelStep, PerformStep, ViewStep

__all__ = ["bodies_of_steps", "encode_steps", "is_native", "kernel_request"]

MAX_OPERANDS = 60
MAX_NDIM = 32
MAX_GUARDS = 8
_KINDS = {"in": 0, "out": 1, "temp": 2, "acc": 3, "iota": 4, "tile": 5, "fold": 6, "start": 7}
_DTYPE_NUMBERS = {name: int(np.dtype(name).num) for name in (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
)}  # fmt: skip

Entry = tuple[str, tuple[int, ...], Any]


def encode_steps(
    plan: Any, memory: Memory, specs: Sequence[Any], guards: dict[Any, Any]
) -> tuple[tuple[Any, ...], ...]:
    """One entry for each step: (routine, node, inputs, outputs, take, drop, params, commit, object, guards)."""
    kernels = _compile(plan, memory)
    copies = _copies(plan, specs)
    thunks = []
    for number, step in enumerate(plan.steps):
        routine, params, extra = _encode(step, number, kernels, copies)
        take = tuple(memory.takes[number].get(j, -1) for j in range(len(step.outputs)))
        guard = tuple(number for pair in guards.get(step.node, ()) for number in pair)
        commit = int(bool(getattr(step, "commit", ())))
        thunks.append(
            (routine, number, step.inputs, step.outputs, take, memory.drops[number], params, commit, extra, guard)
        )
    return tuple(thunks)


def _encode(step: Any, number: int, kernels: dict[int, CompiledKernel], copies: dict[int, tuple[int, ...]]) -> Entry:
    if number in kernels:
        return _kernel(step, kernels[number])
    if isinstance(step, ViewStep) and (step.kind != "identity" or len(step.inputs) == 1):
        return step.kind, _VIEW_PARAMS[step.kind](step), None
    if isinstance(step, CallStep):
        params = dict(step.params)
        return step.routine, tuple(params.get("ints", ())), _object(params.get("object"))
    if is_condition(step.node.op):
        return "choose", (), None
    from theano.cpu.perform import perform_thunk  # lazy: for steps in Python

    return "python", (), perform_thunk(step.node, copies.get(number, ()))


def _object(given: Any) -> Any:
    """What goes with a call; loops know only now where their machine code is."""
    settled = getattr(given, "settled", None)
    return given if settled is None else settled()


def _copies(plan: Any, specs: Sequence[Any]) -> dict[int, tuple[int, ...]]:
    if not any(isinstance(step, PerformStep) and step.node.op.destroy_map for step in plan.steps):
        return {}
    # lazy: only graphs with destructive ops need to know what the Python executor copies first
    from theano.compile.executor import _copies_before_destruction

    return _copies_before_destruction(plan, [bool(spec.mutable) for spec in specs])


# Kernels.


def is_native(step: Any) -> bool:
    """Whether the runtime can run this kernel step; the others run in Python."""
    kernel = step.kernel
    operands: int = len(step.inputs) + len(step.outputs) + kernel.ntemps + kernel.naccs
    rows: int = max(kernel.ntemps, kernel.naccs, 0 if step.kernel.is_map else len(step.outputs))
    if step.guards and (kernel.is_map or len(step.guards) > MAX_GUARDS):
        return False
    return operands <= MAX_OPERANDS and rows <= 32 and bool(step.ndim <= MAX_NDIM)


def _requests(plan: Any, memory: Memory) -> dict[int, KernelRequest]:
    numbers = [n for n, step in enumerate(plan.steps) if isinstance(step, KernelStep) and is_native(step)]
    return {n: kernel_request(plan.steps[n], memory, n) for n in numbers}


def _compile(plan: Any, memory: Memory) -> dict[int, CompiledKernel]:
    requests = _requests(plan, memory)
    return dict(zip(requests, compile_kernels(list(requests.values())), strict=True)) if requests else {}


def bodies_of_steps(plan: Any, memory: Memory) -> list[Body]:
    """What has to be compiled before `encode_steps` of the same plan."""
    objects = [dict(step.params).get("object") for step in plan.steps if isinstance(step, CallStep)]
    whole = [body for body in (getattr(o, "body", None) for o in objects) if isinstance(body, Body)]
    return [*bodies_of(list(_requests(plan, memory).values())), *whole]


def _pairs(step: Any, memory: Memory, number: int) -> tuple[tuple[int, int], ...]:
    if not step.kernel.is_map:
        return ()
    taken = memory.takes[number]
    commits = [(j, i) for j, i in step.commit if memory.commits.get(step.outputs[j]) == step.inputs[i]]
    return tuple(sorted([*taken.items(), *commits]))


def kernel_request(step: Any, memory: Memory, number: int) -> KernelRequest:
    """The form in which the step `number` uses its kernel."""
    inplace = _pairs(step, memory, number) if step.ndim else ()  # a number is read before anything is written
    written = {i for _, i in inplace}
    modes = "".join("S" if i not in written and _is_single(step, i) else "V" for i in range(len(step.inputs)))
    if step.stands >= 0:
        lanes = ""
    else:
        lanes = _row_modes(step, modes, written) if step.kernel.is_map else _lane_modes(step)
    return KernelRequest(step.kernel, modes, inplace, lanes)


def _moves(step: Any, i: int) -> set[int]:
    """The axes along which input `i` is more than one element, as far as its type tells."""
    flags = step.node.inputs[i].type.broadcastable if step.input_orders[i] else ()
    return {a for a, dim in enumerate(step.input_orders[i]) if dim >= 0 and not flags[dim]}


def _row_modes(step: Any, modes: str, written: set[int]) -> str:
    """Modes of a map for one row of the last axis at a time; empty when they would be the same as `modes`."""
    kernel, last = step.kernel, step.ndim - 1
    fixed = [i not in written and last not in _moves(step, i) for i in range(len(step.inputs))]
    rows = "".join("S" if single else "V" for single in fixed)
    plain = all(e.kind != "iota" for sweep in kernel.sweeps for e in post_order(sweep.values))
    return rows if rows != modes and "V" in rows and plain else ""


def _lane_modes(step: Any) -> str:
    """Modes for rows that lie side by side; empty when there is but one row."""
    kept = set(range(step.ndim)) - set(step.reduced_axes)
    moves = [_moves(step, i) & kept for i in range(len(step.inputs))]
    if step.kernel.is_map or not step.reduced_axes or not any(moves):
        return ""
    return "".join("V" if m else "S" for m in moves)


def _is_single(step: Any, i: int) -> bool:
    """Whether input `i` is one element for a whole row (of a map: for the whole index space)."""
    moves = _moves(step, i)
    if step.stands == i:
        return False  # stands for a product
    rows = set(step.reduced_axes)
    if step.kernel.is_map or not rows or max(rows) < step.ndim - 1:
        return not moves
    return not moves & rows


def _kernel(step: Any, kernel: CompiledKernel) -> Entry:
    sweeps = tuple(_sweep(s, kernel) for s in kernel.sweeps)
    lanes = tuple(_sweep(s, kernel) for s in kernel.lane_sweeps)
    if step.kernel.is_map:
        over = {i: j for j, i in kernel.request.inplace}
        places = tuple(over.get(i, -1) for i in range(len(step.inputs)))
        if hasattr(step, "chosen"):
            return "swept", (), (step.ndim, step.input_orders, sweeps[0], step.chosen)
        if step.stands >= 0:
            return "activated", (), (step.ndim, step.input_orders, sweeps[0])
        return "map", (), (step.ndim, step.input_orders, sweeps[0], places, lanes)
    sizes = [tuple(np.dtype(d).itemsize for d in dtypes) for dtypes in (kernel.temp_dtypes, kernel.acc_dtypes)]
    reduced = tuple(out.reduced for out in step.kernel.outputs)
    return (
        "rows",
        (),
        (step.ndim, step.input_orders, step.reduced_axes, sweeps, reduced, *sizes, tuple(step.guards), lanes),
    )


def _sweep(sweep: CompiledSweep, kernel: CompiledKernel) -> tuple[Any, ...]:
    sized = enumerate(zip(sweep.operands, sweep.sizes, strict=True))
    operands = tuple(_operand(op, size, k in sweep.written) for k, (op, size) in sized)
    acc, kind, dtype = sweep.reduce or (-1, "", "float64")
    inplace = int(bool(kernel.request.inplace))
    number = _DTYPE_NUMBERS[dtype]
    return (
        sweep.body,
        sweep.width,
        sweep.cost_ps,
        operands,
        acc,
        kind,
        number,
        2 if sweep.per_row else int(sweep.final),
        inplace,
        sweep.sums,
        *sweep.lengths,
    )


def _operand(op: tuple[Any, ...], size: int, written: bool) -> tuple[int, ...]:
    kind = op[0]
    index = op[1] if kind not in ("iota", "tile", "fold", "start") else 0
    single = kind in ("iota", "fold", "start") or (kind in ("in", "acc") and op[2] == "S")
    return _KINDS[kind], index, size, int(single), int(written)


# Views.

_NONE, _INPUT = 0, 2


def _subtensor_params(step: Any, first: int = 1) -> tuple[int, ...]:
    """Seven numbers for each entry: slice?, then (kind, value) of start, stop, step, or of the index."""
    return index_params(step.params, first)


def index_params(idx_list: Sequence[Any], first: int) -> tuple[int, ...]:
    """Numbers for the entries of a basic index whose run-time numbers are the inputs from `first` on."""
    params: list[int] = []
    position = first

    def number(entry: Any) -> tuple[int, int]:
        nonlocal position
        if entry is None:
            return _NONE, 0
        position += 1
        return _INPUT, position - 1

    for entry in idx_list:
        if isinstance(entry, slice):
            params.append(1)
            for bound in (entry.start, entry.stop, entry.step):
                params.extend(number(bound))
        else:
            params.extend((0, *number(entry), 0, 0, 0, 0))
    return tuple(params)


_VIEW_PARAMS: dict[str, Callable[[Any], tuple[int, ...]]] = {
    "identity": lambda step: (),
    "dimshuffle": lambda step: tuple(step.params),
    "reshape": lambda step: (),
    "subtensor": _subtensor_params,
}
