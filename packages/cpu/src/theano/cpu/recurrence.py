"""Loops over numbers and short rows: all steps of a scan as one generated function.

The function is called as the bodies of kernels are (see `theano.cpu.kernels`), with ``n`` steps to do::

    void body(char *const *p, ptrdiff_t n);

``p`` holds the first row of each moving input, the address of each fixed input, the first row of each output, and last
an array of int64: three numbers (offset of the next row, distance of rows, offset behind the last row, all in bytes)
for each moving input and each output, then the number of steps done, whether the condition to stop was met, and the
number of elements in a row.

Elements of rows are computed in a loop inside the loop over steps. Where library functions are called in it, it does
whole vectors only, as kernels do, and the rest of a row goes through arrays on the stack: bits do not depend on the
position in the row.

Where rows are multiplied by matrices (behind the int64 array ``p`` then holds what the runtime made of each of them,
see ``runtime/short_product.h``), they are short, and live in arrays on the stack all the time. Rows of up to eight
elements have a function of their own, in which they stay in registers (`theano.cpu.narrow_printer`).
"""

from __future__ import annotations

from typing import Any

from theano.codegen.contiguous import SYMBOL, Body
from theano.cpu.loop_printer import Printer, body_of
from theano.cpu.narrow_printer import NARROW, NarrowPrinter
from theano.cpu.padded_printer import PaddedPrinter
from theano.cpu.step_values import StepValues, step_values
from theano.frozen import dataclass

__all__ = ["Recurrence", "recurrence_of"]


@dataclass(frozen=True)
class Recurrence:
    """All steps of a loop as one function.

    body : Body
    length : int
        Elements that each vector among the inputs must have; 0: as many as the others, whatever it is.
    out_lengths : tuple of int
        Elements in a row of each output; 0: as many as in rows of the inputs.
    products : tuple of (int, int)
        Input that is the matrix of each product, and whether it is transposed.
    """

    body: Body
    length: int
    out_lengths: tuple[int, ...]
    products: tuple[tuple[int, int], ...] = ()

    def numbers(self) -> list[int]:
        """How the runtime is told."""
        return [self.length, *self.out_lengths, len(self.products), *(i for pair in self.products for i in pair)]


def recurrence_of(op: Any, plan: Any) -> Recurrence | None:
    """The function that does the steps of loop `op`, whose step is `plan`; None where there is none."""
    step = step_values(plan)
    if step is None or not _fits(op, step):
        return None
    if any(product.matrix.input < op.inner_fixed_start for product in step.products):
        return None  # another matrix in each step
    printer = PaddedPrinter(op, step) if step.products else Printer(op, step)
    if not printer.makes_vectors():
        return None
    stored = range(printer.stored)
    lengths = tuple(len(step.outputs[o]) if step.length or not step.row_outputs[o] else 0 for o in stored)
    products = tuple((product.matrix.input, int(product.matrix.turned)) for product in step.products)
    return Recurrence(_body(op, step, printer), step.length, lengths, products)


def _body(op: Any, step: StepValues, usual: Printer) -> Body:
    """The function, which calls others for rows that fit a register; each costs 10 ms of compiler time."""
    counts = NARROW if step.products else NARROW[-1:]
    narrow = [NarrowPrinter(op, step, count) for count in counts if usual.row_outputs]
    narrow = [printer for printer in narrow if printer.is_possible()]
    if not narrow:
        return usual.body()
    texts, choice = [usual.function(f"{SYMBOL}_usual", "static ")], []
    for printer in narrow:
        name = f"{SYMBOL}_{printer.count}"
        texts.append(printer.function(name, "static "))
        choice += [f"    if ({printer.fits()}) {{", f"        {name}(p, n);", "        return;", "    }"]
        usual.out.helpers |= printer.out.helpers
    choice.append(f"    {SYMBOL}_usual(p, n);")
    texts.append("\n".join([f"void {SYMBOL}(char *const *p, {usual.index} n)", "{", *choice, "}", ""]))
    return body_of(usual, "\n".join(texts))


def _fits(op: Any, step: StepValues) -> bool:
    """Whether states keep their length, and what tells to stop is a number."""
    if op.as_while and (step.row_outputs[-1] or len(step.outputs[-1]) > 1):
        return False
    pairs = [(k, o) for state in op.states for k in state.inner_inputs for o in state.inner_outputs]
    return all(step.rows[k] == step.row_outputs[o] and len(step.cells(k)) == len(step.outputs[o]) for k, o in pairs)
