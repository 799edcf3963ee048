"""Checks that a kernel is well formed: what every printer and runtime may rely on."""

from __future__ import annotations

from collections.abc import Iterable

from theano.codegen.dtypes import BOOL, can_lower
from theano.codegen.expr import BINARY, COMPARISONS, PRIMITIVES, UNARY, Expr, post_order
from theano.codegen.kernel import REDUCTIONS, FinalSweep, Kernel, MapSweep, ReduceSweep, sweep_values
from theano.errors import TheanoError, explain


class KernelError(TheanoError):
    """A kernel breaks a rule of the loop IR; the op that stated it (or a rewrite) is at fault."""


def verify_kernel(kernel: Kernel) -> None:
    """Raise `KernelError` if `kernel` breaks a rule.

    The rules: loads, temps and accumulators exist, have the declared dtype and are read only after the sweep that makes
    them; every output is written once, reduced ones by a final sweep and others by a map sweep; operands of a primitive
    have one dtype.
    """
    _Check(kernel).run()


def verify_inplace(kernel: Kernel, pairs: Iterable[tuple[int, int]]) -> None:
    """Raise `KernelError` unless each output ``j`` may be written over input ``i`` for all ``(j, i)`` of `pairs`.

    Within one sweep an element is read before it is written, so only a later sweep that reads input ``i`` forbids it.
    """
    for j, i in pairs:
        if kernel.outputs[j].reduced or kernel.inputs[i] != kernel.outputs[j].dtype:
            _fail(
                f"write output {j} over input {i}",
                "they differ in dtype or extent",
                "give the output memory of its own",
            )
        if not can_be_inplace(kernel, j, i):
            _fail(
                f"write output {j} over input {i}", "a later sweep reads the input", "give the output memory of its own"
            )


def can_be_inplace(kernel: Kernel, j: int, i: int) -> bool:
    """Whether no sweep after the one that writes output `j` loads input `i`."""
    written = False
    for sweep in kernel.sweeps:
        if written and any(e.kind == "load" and e.value == i for e in post_order(sweep_values(sweep))):
            return False
        written = written or (isinstance(sweep, MapSweep) and ("out", j) in sweep.targets)
    return True


def _fail(asked: str, found: str, do: str) -> None:
    raise KernelError(explain(asked, found, do))


class _Check:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.temps: set[int] = set()
        self.accs: set[int] = set()
        self.outs: set[int] = set()

    def run(self) -> None:
        kernel = self.kernel
        for dtype in (*kernel.inputs, *(o.dtype for o in kernel.outputs), *kernel.temps, *kernel.accs):
            self.demand(can_lower(dtype), f"dtype {dtype}", "generated code has no such dtype")
        for sweep in kernel.sweeps:
            for expr in post_order(sweep_values(sweep)):
                self.expression(expr, final=isinstance(sweep, FinalSweep))
            if isinstance(sweep, MapSweep):
                self.map(sweep)
            elif isinstance(sweep, ReduceSweep):
                self.reduce(sweep)
            else:
                self.final(sweep)
        missing = {j for j, out in enumerate(kernel.outputs) if out.wanted} - self.outs
        self.demand(not missing, f"outputs {sorted(missing)}", "no sweep writes them")

    def demand(self, condition: bool, what: str, found: str) -> None:
        if not condition:
            _fail(f"use a kernel with {what}", found, "correct the op's lower() or the rewrite that made it")

    def expression(self, expr: Expr, final: bool) -> None:
        kernel, kind, i = self.kernel, expr.kind, expr.value
        if kind == "load":
            self.demand(not final, f"input {i} in a final sweep", "a final sweep sees accumulators only")
            self.demand(0 <= i < len(kernel.inputs), f"input {i}", f"it has {len(kernel.inputs)} inputs")
            self.demand(kernel.inputs[i] == expr.dtype, f"input {i}", f"loaded as {expr.dtype}, is {kernel.inputs[i]}")
        elif kind == "temp":
            self.demand(not final and i in self.temps, f"temp {i}", "read before a sweep has computed it")
            self.demand(kernel.temps[i] == expr.dtype, f"temp {i}", f"read as {expr.dtype}, is {kernel.temps[i]}")
        elif kind == "acc":
            self.demand(i in self.accs, f"accumulator {i}", "read before its reduction is finished")
            self.demand(kernel.accs[i] == expr.dtype, f"accumulator {i}", f"read as {expr.dtype}, is {kernel.accs[i]}")
        elif kind == "iota":
            self.demand(not final and expr.dtype == "int64", "a position", "it is int64, and not of final sweeps")
        elif kind == "call":
            self.call(expr)

    def call(self, expr: Expr) -> None:
        name, args = expr.value, expr.args
        self.demand(name in PRIMITIVES, f"primitive {name}", "the loop IR has no such primitive")
        arity = 1 if name in UNARY else 2 if name in BINARY else 3
        self.demand(len(args) == arity, f"primitive {name}", f"{len(args)} operands, takes {arity}")
        operands = args[1:] if name == "where" else args
        self.demand(len({a.dtype for a in operands}) == 1, f"primitive {name}", f"operands {[a.dtype for a in args]}")
        self.demand(name != "where" or args[0].dtype == BOOL, "where", f"a condition of {args[0].dtype}")
        expected = BOOL if name in COMPARISONS else operands[0].dtype
        self.demand(expr.dtype == expected, f"primitive {name}", f"result {expr.dtype} of operands {operands[0].dtype}")

    def map(self, sweep: MapSweep) -> None:
        self.demand(len(sweep.targets) == len(sweep.values) > 0, "a map sweep", "targets and values differ in number")
        for (role, number), value in zip(sweep.targets, sweep.values, strict=True):
            if role == "temp":
                self.demand(number not in self.temps, f"temp {number}", "it is written twice")
                self.demand(self.kernel.temps[number] == value.dtype, f"temp {number}", f"it gets {value.dtype}")
                self.temps.add(number)
            else:
                self.write(number, value, reduced=False)

    def reduce(self, sweep: ReduceSweep) -> None:
        self.demand(sweep.kind in REDUCTIONS, f"reduction {sweep.kind}", f"known are {', '.join(REDUCTIONS)}")
        self.demand(sweep.acc not in self.accs, f"accumulator {sweep.acc}", "it is reduced twice")
        self.demand(self.kernel.accs[sweep.acc] == sweep.acc_dtype, f"accumulator {sweep.acc}", "its dtype differs")
        self.accs.add(sweep.acc)

    def final(self, sweep: FinalSweep) -> None:
        self.demand(len(sweep.outputs) == len(sweep.values), "a final sweep", "outputs and values differ in number")
        for number, value in zip(sweep.outputs, sweep.values, strict=True):
            self.write(number, value, reduced=True)

    def write(self, number: int, value: Expr, reduced: bool) -> None:
        out = self.kernel.outputs[number]
        self.demand(number not in self.outs, f"output {number}", "it is written twice")
        self.demand(out.reduced == reduced, f"output {number}", "written by a sweep of the wrong kind")
        self.demand(out.dtype == value.dtype, f"output {number} of {out.dtype}", f"it gets {value.dtype}")
        self.outs.add(number)
