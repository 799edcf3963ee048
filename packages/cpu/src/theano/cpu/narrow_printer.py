"""The text of a function that does all steps of a loop over rows that fit a register, see `theano.cpu.recurrence`.

Loops over elements have a fixed number of rounds, of which the compiler makes one: what goes from step to step stays in
registers. Products are sums of columns times numbers, in the order of a tree, as the runtime adds up so few.
"""

from __future__ import annotations

from typing import Any

from theano.codegen.dtypes import BOOL, ITEMSIZE, is_float
from theano.codegen.single import EXACT, is_scalar
from theano.cpu.padded_printer import PaddedPrinter
from theano.cpu.step_values import StepValues

__all__ = ["NARROW", "NarrowPrinter"]

NARROW = (4, 8)
"""Elements of the longest row, for a function each; the last one is MAX_NARROW in runtime/short_product.h."""


class NarrowPrinter(PaddedPrinter):
    """Prints the function for rows of up to `count` elements."""

    def __init__(self, op: Any, step: StepValues, count: int) -> None:
        super().__init__(op, step)
        self.count = count
        dtypes = {e.dtype for e in self.varying if e.dtype != BOOL or not e.args}
        self.dtypes = dtypes | {self._out_dtype(o) for o in self.row_outputs}

    def is_possible(self) -> bool:
        """Whether the compiler makes vectors of it, in which functions have the bits that they have in longer ones."""
        if len(self.dtypes) != 1 or not is_float(self.dtype()):
            return False
        calls = [e for e in self.inner if e.kind == "call"]
        rows = [self.dialect.row(e.value, e.args[-1].dtype) for e in calls]
        whole = self.count * ITEMSIZE[self.dtype()] == 64
        return not any(is_scalar(e, self.dialect) for e in calls) and all(
            row is None or whole or set(row.calls) <= EXACT for row in rows
        )

    def dtype(self) -> str:
        """The one dtype of all rows."""
        return next(iter(self.dtypes))

    def fits(self) -> str:
        """The condition for this function to be called."""
        found = [f"(({self.index} *){self.ready(number)})[3]" for number in range(len(self.step.products))]
        return " && ".join([f"({self.told()})[{self.length_place()}] <= {self.count}", *found])

    # The text.

    def _head(self) -> list[str]:
        size = self.count * ITEMSIZE[self.dtype()]
        kind, index = self._memory(self.dtype()), f"i{8 * ITEMSIZE[self.dtype()]}"
        lines = [
            f"    typedef {kind} row __attribute__((vector_size({size})));",
            f"    typedef {index} mask __attribute__((vector_size({size})));",
            *super()._head(),
        ]
        lines += [f"    row c{k} = *(const row *)g{k};" for k in self.carried_rows]
        if self.step.products:
            inside = ", ".join(f"-(m > {j})" for j in range(self.count))
            lines.append(f"    const mask inside = {{{inside}}};")
        for number in range(len(self.step.products)):
            lines += self._indented(self._columns(number, kind))
        return lines

    def _buffers(self) -> list[str]:
        """Arrays that are filled behind `if` hold something in any case."""
        return [line.replace(";", " = {0};") for line in super()._buffers()]

    def _columns(self, number: int, kind: str) -> list[str]:
        """A copy of the matrix, with columns of this length."""
        count, width = self.index, f"(({self.index} *)z{number})[2]"
        return [
            f"{kind} m{number}[{self.count * self.count}] __attribute__((aligned(64))) = {{0}};",
            f"for ({count} k = 0; k < m; k++)",
            f"    for ({count} j = 0; j < m; j++)",
            f"        m{number}[k * {self.count} + j] = (({kind} *)(z{number} + 64))[k * {width} + j];",
        ]

    def _rows_of_step(self) -> list[str]:
        given = [f"*(row *)g{k} = c{k};" for k in self.carried_rows]
        return [*given, *super()._rows_of_step()]

    def _carry(self) -> list[str]:
        """Before rows are written: the compiler does not look for values across the branches of masked stores."""
        return [f"c{k} = *(const row *)g{k};" for k in self.carried_rows]

    def _product(self, number: int) -> list[str]:
        """A sum with a positive zero, from a column that is not there or from the beginning, is no negative one."""
        operand = self._array(self.step.products[number].operand)

        def term(k: int) -> str:
            places = ", ".join(f"{k}" for _ in range(self.count))
            return f"*(const row *)(m{number} + {k * self.count}) * __builtin_shuffle(x, (mask){{{places}}})"

        def tree(first: str, k: int, step: int) -> str:
            if step == self.count:
                return first if k == 0 else term(k)
            return f"({tree(first, k, 2 * step)} + {tree(first, k + step, 2 * step)})"

        zero = f"({term(0)} + 0.0{self.dialect.suffixes[self.dtype()]})"
        return [
            f"{{ const row x = (row)((mask)*(const row *){operand} & inside);",
            f"    row y; if (m < {self.count}) y = {tree(term(0), 0, 1)}; else y = {tree(zero, 0, 1)};",
            f"    *(row *)y{number} = y; }}",
        ]

    def _write(self, o: int) -> list[str]:
        memory, source = self._memory(self._out_dtype(o)), self._output_arrays(o)[0]
        lines = [f"{{ {memory} *const s = ({memory} *)(b{o}p + b{o});"]
        return [*lines, *self._indented(self._loop([f"if (j < m) s[j] = {source}[j];"])), "}"]
