"""A step of a loop as expressions: what `theano.cpu.recurrence` makes one function of.

Three kinds of steps can be stated so. Steps over *numbers*. Steps of elementwise work, where everything that is not a
number has the same shape, whatever it is: such *rows* are one expression, of the elements at one position; vectors may
be multiplied by matrices that are the same in all steps (`theano.cpu.step_products`). And steps over short vectors
whose length the step itself tells, because it puts them together of numbers or names their elements: they are *spread*,
one expression for each element.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from theano.codegen import Expr, can_lower
from theano.codegen.expr import cast, const, post_order
from theano.codegen.simplify import simplify
from theano.cpu.step_products import MatrixOf, Product, Products
from theano.frozen import dataclass
from theano.lowering import CallStep, KernelStep, ViewStep

__all__ = ["Cell", "StepValues", "step_values"]

MAX_VALUES = 400
"""Larger steps gain little, and cost compile time."""

MAX_LENGTH = 16
"""Longer vectors are not spread."""

Cell = tuple[int, int]
"""Value of a ``load`` leaf: inner input, and the position in it of what is spread (else 0)."""

Value = Expr | tuple[Expr, ...] | MatrixOf | None
"""A number, or what stands for each element of a row; the elements of a spread vector; a matrix; None: never read."""


@dataclass(frozen=True)
class StepValues:
    """Outputs of a step as expressions over ``load`` leaves, whose values are `Cell`.

    dtypes : tuple of str
        Of the inputs.
    rows : tuple of bool
        Which inputs are rows, or spread vectors.
    length : int
        How long each spread vector among the inputs must be; 0: nothing is spread.
    outputs : tuple of tuple of Expr
        One expression, or as many as there are elements in a spread vector.
    row_outputs : tuple of bool
        Which outputs are rows, or spread vectors.
    products : tuple of Product
        Their results are ``load`` leaves behind those of the inputs.
    """

    dtypes: tuple[str, ...]
    rows: tuple[bool, ...]
    length: int
    outputs: tuple[tuple[Expr, ...], ...]
    row_outputs: tuple[bool, ...]
    products: tuple[Product, ...] = ()

    def cells(self, k: int) -> list[Cell]:
        """The leaves that stand for input `k`."""
        return [(k, i) for i in range(self.length if self.rows[k] and self.length else 1)]

    def load(self, cell: Cell) -> Expr:
        """The leaf of a cell."""
        return Expr("load", (), self.dtypes[cell[0]], cell)


def step_values(plan: Any) -> StepValues | None:
    """The step `plan` as expressions; None when it is not of such a kind, or too large."""
    kinds = [_is_row(slot.type) for slot in plan.slots]
    if None in kinds or not all(can_lower(slot.type.dtype) for slot in plan.slots):
        return None
    ranks = {slot.type.ndim for slot, row in zip(plan.slots, kinds, strict=True) if row}
    length = _length(plan, kinds) if ranks == {1} else 0
    products = Products(plan) if ranks == {1, 2} else None
    if (len(ranks) > 1 and products is None) or length > MAX_LENGTH:
        return None
    dtypes = tuple(plan.slots[slot].type.dtype for slot in plan.inputs)
    rows = tuple(bool(kinds[slot]) for slot in plan.inputs)
    found = StepValues(dtypes, rows, length, (), tuple(bool(kinds[slot]) for slot in plan.outputs))
    outputs = _outputs(plan, found, kinds, products)
    made = () if products is None else tuple(products.found)
    wanted = [*(e for values in outputs or () for e in values), *(p.operand for p in made)]
    if outputs is None or sum(1 for _ in post_order(wanted)) > MAX_VALUES:
        return None
    return StepValues(dtypes, rows, length, outputs, found.row_outputs, made)


def _is_row(type_: Any) -> bool | None:
    """Whether values of this type have elements that differ; None where they differ along some dims only."""
    flags = getattr(type_, "broadcastable", () if hasattr(type_, "py_type") else None)
    if flags is None or (any(flags) and not all(flags)):
        return None
    return len(flags) > 0 and not all(flags)


def _length(plan: Any, kinds: list[bool | None]) -> int:
    """The one length of vectors that the step tells; 0 when it tells none."""
    for step in plan.steps:
        if isinstance(step, CallStep) and step.routine == "make_vector":
            return len(step.inputs)
    constants = [s.data for s, row in zip(plan.slots, kinds, strict=True) if s.kind == "constant" and row]
    return len(constants[0]) if constants else 0


def _outputs(
    plan: Any, step: StepValues, kinds: list[bool | None], products: Products | None
) -> tuple[tuple[Expr, ...], ...] | None:
    known: dict[int, Value] = {}
    for k, slot in enumerate(plan.inputs):
        cells = tuple(step.load(cell) for cell in step.cells(k))
        known[slot] = cells if step.length and step.rows[k] else cells[0]
        if products and plan.slots[slot].type.ndim == 2 and step.rows[k]:
            known[slot] = MatrixOf(k, False)
    for slot in plan.slots:
        if slot.kind == "constant":
            value = _constant(slot, bool(kinds[slot.number]), step.length)
            if value is None:
                return None
            known[slot.number] = value
    for inner in plan.steps:
        inputs = [known[slot] for slot in inner.inputs]
        made = products.of_step(inner, inputs) if products else None
        if made is None:
            made = None if _is_special(inputs) else _of_step(inner, inputs, kinds, step.length)
        if made is None:
            return None
        known.update((inner.outputs[j], value) for j, value in made.items())
    values = [known[slot] for slot in plan.outputs]
    return None if _is_special(values) else tuple(v if isinstance(v, tuple) else (v,) for v in values)


def _is_special(values: Iterable[Value]) -> bool:
    """Whether there is something among `values` that only products can read."""
    return any(v is None or isinstance(v, MatrixOf) for v in values)


def _constant(slot: Any, is_row: bool, length: int) -> Value | None:
    data = slot.data
    if not is_row:
        return const(data.reshape(-1)[0] if hasattr(data, "reshape") else data, slot.type.dtype)
    return tuple(const(v, slot.type.dtype) for v in data) if length and len(data) <= MAX_LENGTH else None


def _of_step(step: Any, inputs: list[Value], kinds: list[bool | None], length: int) -> dict[int, Value] | None:
    if isinstance(step, KernelStep):
        plain = step.kernel.is_map and len(step.kernel.sweeps) == 1 and step.stands < 0
        return _of_kernel(step, inputs, kinds) if plain else None
    if isinstance(step, ViewStep) and step.kind == "subtensor":
        return _element(step.params, inputs) if length else None
    if isinstance(step, ViewStep) and step.kind in ("identity", "dimshuffle"):
        moves = step.kind == "dimshuffle" and kinds[step.inputs[0]]
        return None if moves and tuple(step.params) != tuple(range(len(step.params))) else {0: inputs[0]}
    if not isinstance(step, CallStep):
        return None
    if step.routine == "copy":
        return {0: inputs[0]}
    if step.routine in ("make_vector", "join") and length:
        return {0: _spread(inputs[step.routine == "join" :], bool(kinds[step.outputs[0]]))}
    return None


def _spread(values: Sequence[Value], is_row: bool) -> Value:
    """The elements of all `values` in one row."""
    elements = tuple(e for value in values for e in (value if isinstance(value, tuple) else (value,)))
    return elements if is_row else elements[0]


def _element(params: Sequence[Any], inputs: list[Value]) -> dict[int, Value] | None:
    """One element of a spread vector, by a constant index."""
    vector, index = inputs[0], inputs[1:]
    if len(params) != 1 or isinstance(params[0], slice) or len(index) != 1 or not isinstance(vector, tuple):
        return None
    place = index[0]
    if not isinstance(place, Expr) or place.kind != "const" or not -len(vector) <= int(place.value) < len(vector):
        return None
    return {0: vector[int(place.value)]}


def _of_kernel(step: Any, inputs: list[Value], kinds: list[bool | None]) -> dict[int, Value] | None:
    straight = tuple(range(step.ndim))
    rows = [kinds[slot] for slot in step.inputs]
    if any(row and tuple(order) != straight for row, order in zip(rows, step.input_orders, strict=True)):
        return None
    (sweep,) = step.kernel.sweeps
    values = simplify(sweep.values)
    if any(e.kind not in ("load", "const", "cast", "call") for e in post_order(values)):
        return None
    lengths = {len(value) for value in inputs if isinstance(value, tuple)}
    if len(lengths) > 1:
        return None
    made: dict[int, list[Expr]] = {j: [] for _, j in sweep.targets}
    for i in range(max(lengths, default=1)):
        replaced = _replaced(values, [value[i] if isinstance(value, tuple) else value for value in inputs])
        for (_, j), value in zip(sweep.targets, replaced, strict=True):
            made[j].append(cast(value, step.kernel.outputs[j].dtype))
    return {j: tuple(found) if lengths else found[0] for j, found in made.items()}


def _replaced(values: Iterable[Expr], inputs: list[Expr]) -> list[Expr]:
    new: dict[Expr, Expr] = {}
    listed = list(values)
    for expr in post_order(listed):
        args = tuple(new[a] for a in expr.args)
        new[expr] = inputs[expr.value] if expr.kind == "load" else Expr(expr.kind, args, expr.dtype, expr.value)
    return [new[v] for v in listed]
