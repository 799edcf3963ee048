"""The text of a function that does all steps of a loop over short rows with products, see `theano.cpu.recurrence`.

Rows live in arrays on the stack, filled up to whole vectors with copies of their first elements. What a step computes
is cut into stages: a product needs all elements of its operand before the first one of its result is there.
"""

from __future__ import annotations

from typing import Any

from theano.codegen import Expr
from theano.codegen.dtypes import ITEMSIZE
from theano.codegen.expr import post_order
from theano.cpu.loop_printer import Printer
from theano.cpu.step_values import StepValues
from theano.frozen import dataclass

__all__ = ["PADDED", "PaddedPrinter"]

PADDED = 16
"""Elements of the longest row; see MAX_PADDED in runtime/short_product.h."""


@dataclass(frozen=True)
class Stage:
    """Work between products.

    products : tuple of int
        Which ones come first.
    reads : tuple of Expr
        Elements of rows, and values that an earlier stage kept.
    values : tuple of Expr
        What is computed, in order.
    targets : tuple of Expr
        What must be there in the end.
    """

    products: tuple[int, ...]
    reads: tuple[Expr, ...]
    values: tuple[Expr, ...]
    targets: tuple[Expr, ...]


class PaddedPrinter(Printer):
    """Prints the function."""

    count = 0
    """How many elements of each row are computed; 0: as many as a whole number of vectors takes."""

    def __init__(self, op: Any, step: StepValues) -> None:
        self.given = len(step.dtypes)
        super().__init__(op, step)
        self.given_rows = [k for k in self.row_inputs if k < self.given]
        self.carried_rows = self._carried_rows()
        self.kept: dict[Expr, str] = {}
        self.stages = self._stages()

    # What is where.

    def _is_looped(self, k: int) -> bool:
        return k >= self.given or super()._is_looped(k)

    def _width(self) -> int:
        dtypes = [e.dtype for e in self.varying] + [self._out_dtype(o) for o in self.row_outputs]
        return 64 // min(ITEMSIZE[dtype] for dtype in dtypes)

    def _carried_rows(self) -> dict[int, int]:
        """From row inputs to the outputs that they are one step later."""
        found = {}
        for state in self.op.states:
            for k, tap in zip(state.inner_inputs, state.taps, strict=True):
                if k in self.given_rows and len(state.out_taps) == 1 and state.out_taps[0] == tap + 1:
                    found[k] = state.inner_outputs[0]
        return found

    def _carried_inputs(self) -> set[int]:
        return super()._carried_inputs() | set(self.carried_rows)

    def _array(self, expr: Expr) -> str:
        """The array that holds a row, or "" where there is none."""
        if expr.kind != "load" or not self._is_looped(expr.value[0]):
            return self.kept.get(expr, "")
        k = expr.value[0]
        return f"g{k}" if k < self.given else f"y{k - self.given}"

    def _keep(self, expr: Expr) -> None:
        self.kept.setdefault(expr, f"e{len(self.kept)}")

    def _stages(self) -> list[Stage]:
        levels = self._levels()
        products = list(enumerate(self.step.products))
        stages, known = [], set[Expr]()
        for level in range(1 + max(levels, default=0)):
            operands = [product.operand for number, product in products if levels[number] == level + 1]
            targets = [expr for expr in operands if not self._array(expr)]
            for expr in targets:
                self._keep(expr)
            if level == max(levels, default=0):
                targets = [self.step.outputs[o][0] for o in self.row_outputs]
            reads, values = self._work(targets, known)
            known.update(values)
            first = tuple(number for number, _ in products if levels[number] == level)
            stages.append(Stage(first, tuple(reads), tuple(values), tuple(targets)))
        return stages

    def _levels(self) -> list[int]:
        """For each product how many others come before it, one behind the other, and 1."""
        known: dict[Expr, int] = {}
        levels: list[int] = []
        for product in self.step.products:
            for expr in post_order([product.operand]):
                is_result = expr.kind == "load" and expr.value[0] >= self.given
                known[expr] = max((known[a] for a in expr.args), default=0)
                known[expr] = levels[expr.value[0] - self.given] if is_result else known[expr]
            levels.append(1 + known[product.operand])
        return levels

    def _work(self, targets: list[Expr], known: set[Expr]) -> tuple[list[Expr], list[Expr]]:
        """What a stage reads and computes for `targets` when `known` were computed before."""
        needed, reads, values = set(targets), [], []
        for expr in reversed(list(post_order(targets))):
            if expr not in needed or expr not in self.varying:
                continue
            if expr.args and expr not in known:
                values.append(expr)
                needed.update(expr.args)
                continue
            reads.append(expr)
            if expr.args:
                self._keep(expr)
        return reads[::-1], values[::-1]

    # The text.

    def _head(self) -> list[str]:
        lines = super()._head()
        if not self.count:
            lines.append(f'    {self.index} c = m + {self.width - 1}; __asm__("" : "+r"(c)); c &= -{self.width};')
        for k in self.given_rows:
            if k >= self.moving:
                lines += self._indented(self._fill(k, f"p[{k}]"))
            elif k in self.carried_rows:
                lines += self._indented(["if (n > 0)", *self._fill(k, f"(a{k}p + a{k})")])
        for number in range(len(self.step.products)):
            lines.append(f"    const char *const z{number} = {self.ready(number)};")
        return lines

    def ready(self, number: int) -> str:
        """Where the runtime put the matrix of a product."""
        return f"p[{len(self.step.dtypes) + self.stored + 1 + number}]"

    def _buffers(self) -> list[str]:
        named = [(f"g{k}", self.step.dtypes[k]) for k in self.given_rows]
        named += [(name, expr.dtype) for expr, name in self.kept.items()]
        named += [(f"w{o}", self._out_dtype(o)) for o in self.row_outputs if o not in self.carried_rows.values()]
        named += [(f"y{number}", product.operand.dtype) for number, product in enumerate(self.step.products)]
        room = f"[{self.count or max(PADDED, self.width)}] __attribute__((aligned(64)));"
        return [f"    {self._memory(dtype)} {name}{room}" for name, dtype in named]

    def _indented(self, lines: list[str]) -> list[str]:
        return ["    " + line for line in lines]

    def _loop(self, lines: list[str], count: str = "") -> list[str]:
        pragma = [self.dialect.loop_pragma] if self.dialect.loop_pragma else []
        return [
            *pragma,
            f"for ({self.index} j = 0; j < {count or self.count or 'c'}; j++) {{",
            *self._indented(lines),
            "}",
        ]

    def _fill(self, k: int, base: str) -> list[str]:
        memory = self._memory(self.step.dtypes[k])
        lines = [f"{{ const {memory} *const r = (const {memory} *)({base}), first = *r;"]
        return [*lines, *self._indented(self._loop([f"g{k}[j] = j < m ? r[j] : first;"])), "}"]

    def _rows_of_step(self) -> list[str]:
        lines = []
        for k in self.given_rows:
            if k < self.moving and k not in self.carried_rows:
                lines += self._fill(k, f"a{k}p + a{k}")
        stored: set[Expr] = set()
        for stage in self.stages:
            for number in stage.products:
                lines += self._product(number)
            lines += self._stage(stage, stored)
        return [*lines, *self._carry(), *(line for o in self.row_outputs for line in self._write(o))]

    def _carry(self) -> list[str]:
        """What is to be done for the next step once the outputs of this one are in their arrays."""
        return []

    def _write(self, o: int) -> list[str]:
        memory, source = self._memory(self._out_dtype(o)), self._output_arrays(o)[0]
        lines = [f"{{ {memory} *const s = ({memory} *)(b{o}p + b{o});"]
        return [*lines, *self._indented(self._loop([f"s[j] = {source}[j];"], "m")), "}"]

    def _product(self, number: int) -> list[str]:
        operand = self._array(self.step.products[number].operand)
        return [f"(*(void (**)(const char *, const void *, void *))z{number})(z{number}, {operand}, y{number});"]

    def _output_arrays(self, o: int) -> list[str]:
        return [f"g{k}" for k, carried in self.carried_rows.items() if carried == o] or [f"w{o}"]

    def _stage(self, stage: Stage, stored: set[Expr]) -> list[str]:
        lines = [self.out.load(e, f"t{j}", f"{self._array(e)}[j]") for j, e in enumerate(stage.reads)]
        lines += [self.out.compute(e, f"v{len(self.single) + j}") for j, e in enumerate(stage.values)]
        for expr in (*stage.values, *stage.targets):
            if expr in self.kept and expr not in stored:
                stored.add(expr)
                lines.append(f"{self.kept[expr]}[j] = {self.out.name(expr)};")
        if stage is self.stages[-1]:
            for o in self.row_outputs:
                value = self.out.name(self.step.outputs[o][0])
                lines += [f"{array}[j] = {value};" for array in self._output_arrays(o)]
        return self._loop(lines) if lines else []
