"""Loops over numbers: all steps of a scan without any dimensions as one generated function.

The function is called as the bodies of kernels are (see `theano.cpu.kernels`), with ``n`` steps to do::

    void body(char *const *p, ptrdiff_t n);

``p`` holds the first row of each moving input, the address of each fixed input, the first row of each output, and last
an array of int64: three numbers (offset of the next row, distance of rows, offset behind the last row, all in bytes)
for each moving input and each output, then the number of steps done, and whether the condition to stop was met.
"""

from __future__ import annotations

from typing import Any

from theano.codegen import Expr, can_lower
from theano.codegen.cfamily import Statements, prototypes
from theano.codegen.contiguous import SYMBOL, Body
from theano.codegen.expr import cast, const, post_order
from theano.codegen.simplify import simplify
from theano.codegen.single import compute_single
from theano.cpu.dialect import c_dialect
from theano.lowering import CallStep, KernelStep, ViewStep

__all__ = ["recurrence_body"]

MAX_VALUES = 400
"""Larger steps gain little, and cost compile time."""


def recurrence_body(op: Any, plan: Any) -> Body | None:
    """The function that does the steps of loop `op`, whose step is `plan`; None where there is none."""
    values = _values(plan)
    if values is None or sum(1 for _ in post_order(values)) > MAX_VALUES:
        return None
    return _Recurrence(op, plan, values).body()


def _values(plan: Any) -> tuple[Expr, ...] | None:
    """The outputs as expressions over ``load`` of inputs; None when a step is not plain arithmetic of numbers."""
    if any(getattr(slot.type, "ndim", 0 if hasattr(slot.type, "py_type") else 1) for slot in plan.slots):
        return None
    if not all(can_lower(slot.type.dtype) for slot in plan.slots):
        return None
    dtypes = [plan.slots[slot].type.dtype for slot in plan.inputs]
    known = {slot: Expr("load", (), dtypes[i], i) for i, slot in enumerate(plan.inputs)}
    for slot in plan.slots:
        if slot.kind == "constant":
            known[slot.number] = const(slot.data[()] if hasattr(slot.data, "dtype") else slot.data, slot.type.dtype)
    for step in plan.steps:
        made = _of_step(step, [known[slot] for slot in step.inputs])
        if made is None:
            return None
        known.update((step.outputs[j], value) for j, value in made.items())
    return tuple(known[slot] for slot in plan.outputs)


def _of_step(step: Any, inputs: list[Expr]) -> dict[int, Expr] | None:
    if isinstance(step, KernelStep) and step.kernel.is_map and len(step.kernel.sweeps) == 1:
        (sweep,) = step.kernel.sweeps
        made = zip(sweep.targets, _replaced(simplify(sweep.values), inputs), strict=True)
        return {j: cast(value, step.kernel.outputs[j].dtype) for (_, j), value in made}
    if isinstance(step, ViewStep) and step.kind in ("identity", "dimshuffle"):
        return {0: inputs[0]}
    if isinstance(step, CallStep) and step.routine == "copy":
        return {0: inputs[0]}
    return None


def _replaced(values: tuple[Expr, ...], inputs: list[Expr]) -> list[Expr]:
    new: dict[Expr, Expr] = {}
    for expr in post_order(values):
        args = tuple(new[a] for a in expr.args)
        new[expr] = inputs[expr.value] if expr.kind == "load" else Expr(expr.kind, args, expr.dtype, expr.value)
    return [new[v] for v in values]


class _Recurrence:
    """Prints the function."""

    def __init__(self, op: Any, plan: Any, values: tuple[Expr, ...]) -> None:
        self.op, self.values, self.dialect = op, values, c_dialect()
        self.out = Statements(self.dialect)
        self.dtypes = [plan.slots[slot].type.dtype for slot in plan.inputs]
        self.moving = op.inner_fixed_start
        self.stored = op.n_state_outs + op.n_nit_sot
        self.index = self.dialect.types["int64"]

    def body(self) -> Body:
        """The function as text."""
        lines = [*self._head(), "    for (i = 0; i < n; i++) {", *self._step(), "    }", *self._tail()]
        text = "\n".join([f"void {SYMBOL}(char *const *p, {self.index} n)", "{", *lines, "}", ""])
        helpers = tuple(self.out.helpers)
        support = (*prototypes(text + "".join(helpers), self.dialect), *helpers)
        return Body(text, support, (), (), (), 1, self.out.ps)

    def _memory(self, dtype: str) -> str:
        return str(self.dialect.memory_type(dtype))

    def _rows(self) -> list[tuple[str, int]]:
        """Name of the offset and position in ``p`` of everything that has rows."""
        inputs = [(f"a{k}", k) for k in range(self.moving)]
        return inputs + [(f"b{o}", len(self.dtypes) + o) for o in range(self.stored)]

    def _moving_rows(self) -> list[tuple[str, int]]:
        """What is addressed in every step; a carried row is read only before the first one."""
        return [(name, at) for name, at in self._rows() if name[0] == "b" or at not in self.carried]

    def _head(self) -> list[str]:
        index, lines = self.index, []
        last = len(self.dtypes) + self.stored
        lines.append(f"    {index} i, *const q = ({index} *)p[{last}]; int stop = 0;")
        for number, (name, at) in enumerate(self._rows()):
            lines.append(f"    char *const {name}p = p[{at}]; {index} {name} = q[{3 * number}];")
            lines.append(f"    const {index} {name}d = q[{3 * number + 1}], {name}e = q[{3 * number + 2}];")
        for k in range(self.moving, len(self.dtypes)):
            memory = self._memory(self.dtypes[k])
            lines.append("    " + self.out.load(self._load(k), f"x{k}", f"*(const {memory} *)p[{k}]"))
        self.carried = self._carried()
        for k in self.carried:
            kind, memory = self.dialect.types[self.dtypes[k]], self._memory(self.dtypes[k])
            lines.append(f"    {kind} c{k} = n > 0 ? *(const {memory} *)(a{k}p + a{k}) : 0;")
        return lines

    def _load(self, k: int) -> Expr:
        return Expr("load", (), self.dtypes[k], k)

    def _carried(self) -> dict[int, int]:
        """From inputs to the outputs whose row they read one step later: these go through a register."""
        found = {}
        for state in self.op.states:
            for k, tap in zip(state.inner_inputs, state.taps, strict=True):
                if len(state.out_taps) == 1 and state.out_taps[0] == tap + 1:
                    found[k] = state.inner_outputs[0]
        return found

    def _step(self) -> list[str]:
        lines = []
        for k in range(self.moving):
            place = f"c{k}" if k in self.carried else f"*(const {self._memory(self.dtypes[k])} *)(a{k}p + a{k})"
            lines.append("        " + self.out.load(self._load(k), f"x{k}", place))
        order = (e for e in post_order(self.values) if e.args)
        lines += ["        " + compute_single(self.out, expr, f"v{j}") for j, expr in enumerate(order)]
        for o, value in enumerate(self.values[: self.stored]):
            lines.append(f"        *({self._memory(value.dtype)} *)(b{o}p + b{o}) = {self.out.name(value)};")
        for name, _ in self._moving_rows():
            lines.append(f"        {name} += {name}d; if ({name} == {name}e) {name} = 0;")
        lines += [f"        c{k} = {self.out.name(self.values[o])};" for k, o in self.carried.items()]
        if self.op.as_while:
            lines.append(f"        if ({self.out.name(self.values[-1])}) {{ stop = 1; i++; break; }}")
        return lines

    def _tail(self) -> list[str]:
        lines = [f"    if (i) a{k} = (a{k} + i * a{k}d) % a{k}e;" for k in self.carried]
        lines += [f"    q[{3 * number}] = {name};" for number, (name, _) in enumerate(self._rows())]
        last = 3 * len(self._rows())
        return [*lines, f"    q[{last}] = i; q[{last + 1}] = stop;"]
