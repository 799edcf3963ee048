"""The text of a function that does all steps of a loop, see `theano.cpu.recurrence`."""

from __future__ import annotations

from typing import Any

from theano.codegen import Expr
from theano.codegen.cfamily import Statements, prototypes
from theano.codegen.contiguous import SYMBOL, Body
from theano.codegen.dtypes import BOOL, ITEMSIZE, is_float
from theano.codegen.expr import post_order
from theano.codegen.single import EXACT, compute_single, is_long, is_scalar
from theano.cpu.dialect import dialect_of
from theano.cpu.step_values import Cell, StepValues

__all__ = ["Printer", "body_of"]


def body_of(printer: Printer, text: str) -> Body:
    """`text`, which `printer` wrote, with what it needs."""
    helpers = tuple(printer.out.helpers)
    support = (*prototypes(text + "".join(helpers), printer.dialect), *helpers)
    return Body(text, support, (), (), (), 1, printer.out.ps)


class Printer:
    """Prints the function. Elements of rows are computed where they lie, in a loop inside the loop over steps."""

    def __init__(self, op: Any, step: StepValues) -> None:
        values = [*(e for row in step.outputs for e in row), *(product.operand for product in step.products)]
        self.op, self.step, self.dialect = op, step, dialect_of(values)
        self.out = Statements(self.dialect)
        self.moving = op.inner_fixed_start
        self.stored = op.n_state_outs + op.n_nit_sot
        self.index = self.dialect.types["int64"]
        self.order = list(post_order(values))
        self.varying = self._varying()
        self.inner = [e for e in self.order if e.args and e in self.varying]
        self.single = [e for e in self.order if e.args and e not in self.varying]
        self.row_inputs = sorted({e.value[0] for e in self.order if e.kind == "load" and e in self.varying})
        self.row_outputs = [o for o in range(self.stored) if step.row_outputs[o] and not step.length]
        self.width = self._width()
        self.carried = self._carried()

    # What is where.

    def _is_looped(self, k: int) -> bool:
        """Whether input `k` is a row whose elements the inner loop reads."""
        return self.step.rows[k] and not self.step.length

    def _varying(self) -> set[Expr]:
        """Expressions that differ along a row."""
        found: set[Expr] = set()
        for expr in self.order:
            if (expr.kind == "load" and self._is_looped(expr.value[0])) or any(a in found for a in expr.args):
                found.add(expr)
        return found

    def makes_vectors(self) -> bool:
        """Whether the compiler makes vectors of the inner loop, where they make much of a difference."""
        calls = [e for e in self.inner if e.kind == "call" and not is_scalar(e, self.dialect)]
        has_functions = any(is_long(self.dialect.row(e.value, e.args[-1].dtype)) for e in calls)
        return not has_functions or not any(is_scalar(e, self.dialect) for e in self.inner)

    def _width(self) -> int:
        """Elements of the widest vector of the smallest type in the inner loop, 1 where vectors make no difference."""
        called = [e for e in self.inner if e.kind == "call" and not is_scalar(e, self.dialect)]
        rows = [self.dialect.row(e.value, e.args[-1].dtype) for e in called]
        if all(row is None or set(row.calls) <= EXACT for row in rows):
            return 1
        dtypes = [e.dtype for e in self.varying if e.dtype != BOOL or not e.args]
        dtypes += [self.step.outputs[o][0].dtype for o in self.row_outputs]
        return 64 // min(ITEMSIZE[dtype] for dtype in dtypes)

    def _carried(self) -> dict[Cell, Expr]:
        """From cells to what they hold one step later: numbers that go from step to step through a register."""
        found = {}
        for state in self.op.states:
            for k, tap in zip(state.inner_inputs, state.taps, strict=True):
                if len(state.out_taps) == 1 and state.out_taps[0] == tap + 1 and not self._is_looped(k):
                    found.update(zip(self.step.cells(k), self.step.outputs[state.inner_outputs[0]], strict=True))
        return found

    def _carried_inputs(self) -> set[int]:
        return {k for k, _ in self.carried}

    def _rows(self) -> list[tuple[str, int]]:
        """Name of the offset and position in ``p`` of everything that has rows."""
        inputs = [(f"a{k}", k) for k in range(self.moving)]
        return inputs + [(f"b{o}", len(self.step.dtypes) + o) for o in range(self.stored)]

    def _moving_rows(self) -> list[tuple[str, int]]:
        """What is addressed in every step; a carried row is read only before the first one."""
        return [(name, at) for name, at in self._rows() if name[0] == "b" or at not in self._carried_inputs()]

    def _memory(self, dtype: str) -> str:
        return str(self.dialect.memory_type(dtype))

    def _out_dtype(self, o: int) -> str:
        return self.step.outputs[o][0].dtype

    # The text.

    def function(self, name: str = SYMBOL, qualifier: str = "") -> str:
        """The text of the function."""
        lines = [*self._head(), "    for (i = 0; i < n; i++) {", *self._step(), "    }", *self._tail()]
        lines = [line.lstrip() if line.lstrip().startswith("#") else line for line in lines]
        return "\n".join([f"{qualifier}void {name}(char *const *p, {self.index} n)", "{", *lines, "}", ""])

    def body(self) -> Body:
        """The function with what it needs."""
        return body_of(self, self.function())

    def told(self) -> str:
        """Where the numbers lie that the function is told."""
        return f"({self.index} *)p[{len(self.step.dtypes) + self.stored}]"

    def length_place(self) -> int:
        """Which of them is the number of elements of rows."""
        return 3 * len(self._rows()) + 2

    def _head(self) -> list[str]:
        index, lines = self.index, []
        lines.append(f"    {index} i, *const q = {self.told()}; int stop = 0;")
        if self.row_outputs:
            lines.append(f"    const {index} m = q[{self.length_place()}];")
        for number, (name, at) in enumerate(self._rows()):
            lines.append(f"    char *const {name}p = p[{at}]; {index} {name} = q[{3 * number}];")
            lines.append(f"    const {index} {name}d = q[{3 * number + 1}], {name}e = q[{3 * number + 2}];")
        if self._goes_to_integer_and_back():
            lines.append(f'    {index} zero = 0; __asm__("" : "+r"(zero));')
            self.out.zero = "zero"
        for k in range(self.moving, len(self.step.dtypes)):
            if not self._is_looped(k):
                lines += ["    " + self._load(cell, f"p[{k}]") for cell in self.step.cells(k)]
        for cell in self.carried:
            kind = self.dialect.types[self.step.dtypes[cell[0]]]
            place = self._element(cell, f"(a{cell[0]}p + a{cell[0]})")
            lines.append(f"    {kind} {self._name('c', cell)} = n > 0 ? {place} : 0;")
        return [*lines, *self._buffers()]

    def _goes_to_integer_and_back(self) -> bool:
        casts = {(is_float(e.args[0].dtype), is_float(e.dtype)) for e in self.order if e.kind == "cast"}
        return {(True, False), (False, True)} <= casts

    def _buffers(self) -> list[str]:
        """Room for the elements of a row that fill no vector."""
        if self.width == 1:
            return []
        named = [(f"t{k}", self.step.dtypes[k]) for k in self.row_inputs]
        named += [(f"w{o}", self._out_dtype(o)) for o in self.row_outputs]
        return [
            f"    {self._memory(dtype)} {name}[{self.width}] __attribute__((aligned(64)));" for name, dtype in named
        ]

    def _name(self, letter: str, cell: Cell) -> str:
        return f"{letter}{cell[0]}_{cell[1]}" if self.step.length else f"{letter}{cell[0]}"

    def _element(self, cell: Cell, base: str) -> str:
        memory = self._memory(self.step.dtypes[cell[0]])
        return f"((const {memory} *){base})[{cell[1]}]"

    def _load(self, cell: Cell, base: str) -> str:
        return self.out.load(self.step.load(cell), self._name("x", cell), self._element(cell, base))

    def _step(self) -> list[str]:
        lines = []
        for k in range(self.moving):
            for cell in self.step.cells(k) if not self._is_looped(k) else ():
                if cell in self.carried:
                    lines.append(self.out.load(self.step.load(cell), self._name("x", cell), self._name("c", cell)))
                else:
                    lines.append(self._load(cell, f"(a{k}p + a{k})"))
        lines += [compute_single(self.out, expr, f"v{j}") for j, expr in enumerate(self.single)]
        for o in range(self.stored):
            if o not in self.row_outputs:
                lines += self._stores(o)
        if self.row_outputs:
            lines += self._rows_of_step()
        for name, _ in self._moving_rows():
            lines.append(f"{name} += {name}d; if ({name} == {name}e) {name} = 0;")
        lines += [f"{self._name('c', cell)} = {self.out.name(value)};" for cell, value in self.carried.items()]
        if self.op.as_while:
            lines.append(f"if ({self.out.name(self.step.outputs[-1][0])}) {{ stop = 1; i++; break; }}")
        return [" " * 8 + line for line in lines]

    def _stores(self, o: int) -> list[str]:
        memory = self._memory(self._out_dtype(o))
        names = [self.out.name(value) for value in self.step.outputs[o]]
        return [f"(({memory} *)(b{o}p + b{o}))[{i}] = {name};" for i, name in enumerate(names)]

    def _rows_of_step(self) -> list[str]:
        return [*self._row_pointers(), *self._elements()]

    def _row_pointers(self) -> list[str]:
        lines = []
        for k in self.row_inputs:
            base, memory = f"a{k}p + a{k}" if k < self.moving else f"p[{k}]", self._memory(self.step.dtypes[k])
            lines.append(f"const {memory} *r{k} = (const {memory} *)({base});")
        for o in self.row_outputs:
            memory = self._memory(self._out_dtype(o))
            lines.append(f"{memory} *s{o} = ({memory} *)(b{o}p + b{o});")
        return lines

    def _elements(self) -> list[str]:
        """The loop over the elements of a row."""
        number = len(self.single)
        loop = [self.dialect.loop_pragma] if self.dialect.loop_pragma else []
        loop.append(f"for ({self.index} j = 0; j < c; j++) {{")
        for k in self.row_inputs:
            loop.append("    " + self.out.load(self.step.load((k, 0)), f"x{k}", f"r{k}[j]"))
        loop += ["    " + self.out.compute(e, f"v{number + j}") for j, e in enumerate(self.inner)]
        loop += [f"    s{o}[j] = {self.out.name(self.step.outputs[o][0])};" for o in self.row_outputs]
        loop.append("}")
        return [f"const {self.index} c = m;", *loop] if self.width == 1 else self._in_vectors(loop)

    def _in_vectors(self, loop: list[str]) -> list[str]:
        """`loop` over whole vectors, and once more over what is left, in arrays filled up to a vector."""
        width = self.width
        lines = [f"{self.index} rest = m & {width - 1}, from = m - rest, c = from;"]
        lines += ["for (int last = from == 0; ; last = 1) {", "    if (last) {"]
        for k in self.row_inputs:
            lines.append(f"        for (c = 0; c < {width}; c++) t{k}[c] = r{k}[from + (c < rest ? c : 0)];")
            lines.append(f"        r{k} = t{k};")
        lines += [f"        s{o} = w{o};" for o in self.row_outputs]
        # The asm hides what the compiler knows of c; only so it believes the mask and makes no remainder loop.
        lines += [f"        c = {width};", "    }", f'    __asm__("" : "+r"(c) : : "memory"); c &= -{width};']
        lines += ["    " + line for line in loop]
        lines.append("    if (last) {")
        for o in self.row_outputs:
            row = f"(({self._memory(self._out_dtype(o))} *)(b{o}p + b{o}))"
            lines.append(f"        for (c = 0; c < rest; c++) {row}[from + c] = w{o}[c];")
        return [*lines, "        break;", "    }", "    if (!rest) break;", "}"]

    def _tail(self) -> list[str]:
        lines = [f"    if (i) a{k} = (a{k} + i * a{k}d) % a{k}e;" for k in sorted(self._carried_inputs())]
        lines += [f"    q[{3 * number}] = {name};" for number, (name, _) in enumerate(self._rows())]
        last = 3 * len(self._rows())
        return [*lines, f"    q[{last}] = i; q[{last + 1}] = stop;"]
