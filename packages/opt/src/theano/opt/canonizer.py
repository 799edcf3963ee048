"""Normal forms of sums and products: flatten, cancel, merge constants.

A tree of add, sub and neg becomes ``(sum of terms) - (sum of terms)``; a tree of mul, true_div, inv and neg becomes
``(product) / (product)``. Only inner nodes with one client and the result's dtype are opened, so shared work stays
shared and no rounding or overflow moves between dtypes.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from theano import scalar as ts
from theano import tensor as tt
from theano.frozen import dataclass
from theano.graph import Apply, FunctionGraph, Variable
from theano.tensor.elemwise import Elemwise

from .engine import LocalOptimizer, copy_stack_trace
from .joined import as_dtype, difference_of, product_of, quotient_of, sum_of
from .matching import constant_like, constant_of, elemwise_node, has_one_client, keep_type, only_client

__all__ = ["AddCanonizer", "Canonizer", "Factors", "MulCanonizer", "factors", "squares_opened", "terms"]

#: Trees are opened up to this many leaves at a time.
MAX_LEAVES = 256
#: Results are wider than this only when something cancelled.
MAX_WIDTH = 24


@dataclass(eq=False)
class Factors:
    """An opened tree: ``constant (op) num... (inverse) den...``; `constant` is a NumPy scalar, or None."""

    num: list[Variable]
    den: list[Variable]
    constants: list[tuple[Variable, bool, Any]]  # variable, whether inverted, value
    sign: int = 1


_ADD, _MUL = (ts.Add, ts.Sub, ts.Neg), (ts.Mul, ts.TrueDiv, ts.Inv, ts.Neg)
#: Scalar-op class -> for each input, whether it is inverted (None: as the node itself).
_INVERTS = {ts.Add: None, ts.Mul: None, ts.Sub: (False, True), ts.TrueDiv: (False, True), ts.Inv: (True,)}


def _opens(fgraph: FunctionGraph | None, variable: Variable, dtype: str, family: tuple[type, ...]) -> bool:
    node = variable.owner
    return (
        node is not None
        and isinstance(node.op, Elemwise)
        and isinstance(node.op.scalar_op, family)
        and variable.type.dtype == dtype
        and has_one_client(fgraph, variable)
    )


def _flatten(fgraph: FunctionGraph | None, root: Variable, family: tuple[type, ...], additive: bool) -> Factors:
    found = Factors([], [], [])
    dtype = root.type.dtype
    stack: list[tuple[Variable, bool]] = [(root, False)]
    leaves = 0
    while stack:
        variable, inverted = stack.pop()
        if variable is root or (leaves + len(stack) < MAX_LEAVES and _opens(fgraph, variable, dtype, family)):
            node = variable.owner
            kind = type(node.op.scalar_op)  # type: ignore[union-attr]
            if kind is ts.Neg:
                found.sign = found.sign if additive else -found.sign
                stack.append((node.inputs[0], inverted ^ additive))  # type: ignore[union-attr]
                continue
            flips = _INVERTS[kind] or (False,) * len(node.inputs)  # type: ignore[union-attr]
            stack.extend(
                (v, inverted ^ flip)
                for v, flip in reversed(list(zip(node.inputs, flips, strict=True)))  # type: ignore[union-attr]
            )
            continue
        leaves += 1
        value = constant_of(variable)
        if value is not None:
            found.constants.append((variable, inverted, value))
        else:
            (found.den if inverted else found.num).append(variable)
    return found


def factors(fgraph: FunctionGraph | None, variable: Variable) -> Factors:
    """`variable` opened as a product; anything else is one factor."""
    if variable.owner is None or not _opens(None, variable, variable.type.dtype, _MUL):
        return Factors([variable], [], [])
    return _flatten(fgraph, variable, _MUL, additive=False)


def terms(fgraph: FunctionGraph | None, variable: Variable) -> Factors:
    """`variable` opened as a sum; anything else is one term."""
    if variable.owner is None or not _opens(None, variable, variable.type.dtype, _ADD):
        return Factors([variable], [], [])
    return _flatten(fgraph, variable, _ADD, additive=True)


def squares_opened(opened: Factors) -> Factors:
    """The same product with squares among factors and divisors written as two."""
    sides = []
    for side in (opened.num, opened.den):
        spread: list[Variable] = []
        for v in side:
            node = elemwise_node(v, ts.Sqr, ts.Pow)
            twice = node is not None and (isinstance(node.op.scalar_op, ts.Sqr) or constant_of(node.inputs[1]) == 2)
            spread.extend([node.inputs[0]] * 2 if twice else [v])  # type: ignore[union-attr]
        sides.append(spread)
    return Factors(sides[0], sides[1], opened.constants, opened.sign)


class _TreeCanonizer(LocalOptimizer):
    """What both normal forms share."""

    family: tuple[type, ...]
    main: type
    inverse: type
    additive: bool

    def tracks(self) -> Any:
        return self.family

    def transform(self, node: Apply) -> Any:
        return self.rewrite(None, node)  # type: ignore[arg-type]

    def rewrite(self, fgraph: FunctionGraph, node: Apply) -> Any:
        out = node.outputs[0]
        if not isinstance(node.op, Elemwise) or out.type.dtype == "bool" or self._parent_takes(fgraph, out):
            return None
        if self._plain(fgraph, node):
            return None
        found = _flatten(fgraph, out, self.family, self.additive)
        size = len(found.num) + len(found.den)
        self._cancel(found)
        cancelled = len(found.num) + len(found.den) < size
        constant = self._merge_constants(found, out)
        if constant is None:
            return None
        merged = len(found.constants) > 1
        if size > MAX_WIDTH and not (cancelled or merged or len(constant) < len(found.constants)):
            return None
        if not cancelled and self._same(fgraph, node, found, constant):
            return None
        result = self._build(fgraph, found, constant, out)
        if result is None or result is out:
            return None
        result = keep_type(fgraph, result, out)
        copy_stack_trace(out, result)
        return [result]

    def _parent_takes(self, fgraph: FunctionGraph, out: Variable) -> bool:
        """Whether the one reader of `out` opens it, so that the work is done there."""
        reader = only_client(fgraph, out)
        return (
            reader is not None
            and isinstance(reader.op, Elemwise)
            and isinstance(reader.op.scalar_op, self.family)
            and reader.outputs[0].type.dtype == out.type.dtype
        )

    def _plain(self, fgraph: FunctionGraph, node: Apply) -> bool:
        """A quick look for nodes of leaves only, all different, without constants."""
        if isinstance(node.op.scalar_op, ts.Neg):
            return not _opens(fgraph, node.inputs[0], node.outputs[0].type.dtype, self.family)
        dtype = node.outputs[0].type.dtype
        if len(node.inputs) == 1 and isinstance(node.op.scalar_op, self.main):
            return False
        for variable in node.inputs:
            if _opens(fgraph, variable, dtype, self.family) or constant_of(variable) is not None:
                return False
        return isinstance(node.op.scalar_op, self.main) or len(set(node.inputs)) == len(node.inputs)

    @staticmethod
    def _cancel(found: Factors) -> None:
        common = Counter(found.num) & Counter(found.den)
        if not common:
            return
        for side in (found.num, found.den):
            left = dict(common)
            kept = []
            for variable in side:
                if left.get(variable, 0):
                    left[variable] -= 1
                else:
                    kept.append(variable)
            side[:] = kept

    def _merge_constants(self, found: Factors, out: Variable) -> list[tuple[Variable, bool]] | None:
        """The constants that remain, each with whether it is inverted; None when they cannot be merged."""
        raise NotImplementedError

    def _groups(self, found: Factors, constant: list[tuple[Variable, bool]]) -> tuple[list[Variable], list[Variable]]:
        num = [v for v, inverted in constant if not inverted] + found.num
        den = [v for v, inverted in constant if inverted] + found.den
        return num, den

    def _same(self, fgraph: FunctionGraph, node: Apply, found: Factors, constant: list[tuple[Variable, bool]]) -> bool:
        """Whether `node` already has the form that would be built."""
        kind = type(node.op.scalar_op)
        dtype = node.outputs[0].type.dtype
        sign = 1
        if kind is ts.Neg:
            if self.additive:
                num: list[Variable] = []
                den = self._side(fgraph, node.inputs[0], dtype)
                return (num, den) == self._groups(found, constant)
            sign = -1
            inner = node.inputs[0]
            if not _opens(fgraph, inner, dtype, self.family):
                return found.sign == -1 and self._groups(found, constant) == ([inner], [])
            node = inner.owner  # type: ignore[assignment]
            kind = type(node.op.scalar_op)
        if found.sign != sign:
            return False
        if kind is self.main:
            current = (list(node.inputs), [])
            return len(node.inputs) > 1 and current == self._groups(found, constant)
        if kind is self.inverse:
            left, right = node.inputs
            if self.additive and self._is_neutral(left):
                return False
            num = [] if self._is_neutral(left) else self._side(fgraph, left, dtype)
            return (num, self._side(fgraph, right, dtype)) == self._groups(found, constant)
        if kind is ts.Inv:
            return ([], self._side(fgraph, node.inputs[0], dtype)) == self._groups(found, constant)
        return False

    def _side(self, fgraph: FunctionGraph, variable: Variable, dtype: str) -> list[Variable]:
        node = variable.owner
        if _opens(fgraph, variable, dtype, (self.main,)):
            return list(node.inputs)  # type: ignore[union-attr]
        return [variable]

    def _is_neutral(self, variable: Variable) -> bool:
        value = constant_of(variable)
        return value is not None and bool(value == (0 if self.additive else 1))

    def _join(self, group: list[Variable], out: Variable) -> Variable:
        """The sum or product of `group`, computed in the dtype of `out`."""
        op, dtype = sum_of if self.additive else product_of, out.type.dtype
        while len(group) > MAX_WIDTH:
            group = [op(group[i : i + MAX_WIDTH], dtype) for i in range(0, len(group), MAX_WIDTH)]
        return op(group, dtype)

    def _build(self, fgraph: FunctionGraph, found: Factors, constant: Any, out: Variable) -> Variable | None:
        raise NotImplementedError


class AddCanonizer(_TreeCanonizer):
    """Sums: ``(a + b + ...) - (c + d + ...)``, equal terms cancelled, constants merged and first."""

    name = "local_add_canonizer"
    family, main, inverse, additive = _ADD, ts.Add, ts.Sub, True

    def _merge_constants(self, found: Factors, out: Variable) -> list[tuple[Variable, bool]] | None:
        kept = [(v, inverted) for v, inverted, value in found.constants if value != 0]
        others = bool(found.num or found.den)
        if len(kept) == 1 and others:
            return kept
        if not kept and others:
            return []
        total = np.zeros((), dtype=out.type.dtype)
        with np.errstate(all="ignore"):
            for _, inverted, value in found.constants:
                number = np.asarray(value).astype(out.type.dtype)
                total = total - number if inverted else total + number
        if total == 0 and others:
            return []
        return [(constant_like(out, total), False)]

    def _build(self, fgraph: FunctionGraph, found: Factors, constant: Any, out: Variable) -> Variable | None:
        num, den = self._groups(found, constant)
        if not den:
            return self._join(num, out) if num else constant_like(out, 0)
        below = self._join(den, out)
        if not num:
            return tt.neg(as_dtype(below, out.type.dtype))
        return difference_of(self._join(num, out), below, out.type.dtype)


class MulCanonizer(_TreeCanonizer):
    """Products: ``c * a * b / (d * e)``, equal factors cancelled, constants merged and first, a sign in front."""

    name = "local_mul_canonizer"
    family, main, inverse, additive = _MUL, ts.Mul, ts.TrueDiv, False

    def _merge_constants(self, found: Factors, out: Variable) -> list[tuple[Variable, bool]] | None:
        kept = [(v, inverted) for v, inverted, value in found.constants if value != 1]
        others = bool(found.num or found.den)
        folds_sign = found.sign < 0 and bool(kept) and not kept[0][1]
        if len(kept) <= 1 and others and not folds_sign and not (kept and constant_of(kept[0][0]) == -1):
            return kept
        total = np.ones((), dtype=out.type.dtype)
        with np.errstate(all="ignore"):
            for _, inverted, value in found.constants:
                number = np.asarray(value).astype(out.type.dtype)
                total = total / number if inverted else total * number
        total = np.asarray(total).astype(out.type.dtype)
        if not np.isfinite(total) or (total == 0 and any(inverted for _, inverted, _ in found.constants)):
            return None  # overflow, or an underflow that the order of evaluation may avoid
        if total == -1 and others:
            found.sign = -found.sign
            return []
        if total == 1 and others:
            return []
        if found.sign < 0:
            total, found.sign = -total, 1
        return [(constant_like(out, total), False)]

    def _build(self, fgraph: FunctionGraph, found: Factors, constant: Any, out: Variable) -> Variable | None:
        num, den = self._groups(found, constant)
        if not den:
            result = self._join(num, out) if num else constant_like(out, 1)
        else:
            below = self._join(den, out)
            above = self._join(num, out) if num else constant_like(out, 1)
            result = quotient_of(above, below, out.type.dtype)
        result = as_dtype(result, out.type.dtype)
        return tt.neg(result) if found.sign < 0 else result


class Canonizer(LocalOptimizer):
    """The classic entry: choose the normal form by its ops.

    Parameters
    ----------
    main, inverse, reciprocal : Elemwise
        `add, sub, neg` or `mul, true_div, inv`.
    calculate, use_reciprocal
        Accepted for old programs; constants are merged in the dtype of the result.
    """

    def __init__(
        self, main: Any, inverse: Any, reciprocal: Any, calculate: Any = None, use_reciprocal: bool = True
    ) -> None:
        self.main, self.inverse, self.reciprocal = main, inverse, reciprocal
        self._inner = AddCanonizer() if isinstance(main.scalar_op, ts.Add) else MulCanonizer()
        self.name = self._inner.name

    def tracks(self) -> Any:
        return [self.main, self.inverse, self.reciprocal]

    def transform(self, node: Apply) -> Any:
        return self._inner.transform(node)

    def rewrite(self, fgraph: FunctionGraph, node: Apply) -> Any:
        return self._inner.rewrite(fgraph, node)
