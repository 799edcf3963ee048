"""Products in the forms of BLAS: dot22, gemm, gemv, ger, with scales, sums and transposes taken in."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano import scalar as ts
from theano import tensor as tt
from theano.frozen import dataclass, field
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.canonizer import factors, terms
from theano.opt.engine import EquilibriumOptimizer, GraphRule, TopoOptimizer, in2out
from theano.opt.joined import product_of, sum_of
from theano.opt.matching import constant_of, elemwise_node, has_one_client, keep_type, only_client, strip_dimshuffle
from theano.opt.shape_feature import lengths_of
from theano.tensor.alloc import AllocEmpty
from theano.tensor.blas import Dot22, _dot22, _dot22scalar, gemm_no_inplace, gemv_no_inplace, ger
from theano.tensor.dot import Dot
from theano.tensor.elemwise import Elemwise

__all__ = [
    "dot22scalar_optimizer", "gemm_optimizer", "local_dot22_to_dot22scalar", "local_dot_to_dot22", "local_gemm",
    "local_gemm_to_gemv",
]  # fmt: skip

_SUMS, _SCALES = (ts.Add, ts.Sub), (ts.Mul, ts.TrueDiv, ts.Neg)
_FLOATS = ("float16", "float32", "float64", "complex64", "complex128")


def _rule(tracks: list[Any]) -> Any:
    def decorate(fn: Any) -> GraphRule:
        rule = GraphRule(fn, tracks)
        rule.name = fn.__name__
        return rule

    return decorate


def _blas_operands(node: Apply) -> bool:
    dtype = node.outputs[0].type.dtype
    return dtype in _FLOATS and all(v.type.dtype == dtype for v in node.inputs)


@_rule([Dot])
def local_dot_to_dot22(fgraph: FunctionGraph, node: Apply) -> Any:
    """dot of two matrices of one float dtype -> dot22."""
    if any(v.type.ndim != 2 for v in node.inputs) or not _blas_operands(node):
        return None
    return [_dot22(*node.inputs)]


@dataclass(eq=False)
class _Scaled:
    """A term of a sum: sign * scalars / divisors * core."""

    core: Variable
    scalars: list[Variable] = field(default_factory=list)
    divisors: list[Variable] = field(default_factory=list)
    sign: int = 1
    whole: tuple[Variable, bool] | None = None  # the term as it stands in the sum, and whether it is subtracted

    @property
    def plain(self) -> bool:
        """Whether the term is its core as it stands."""
        return not self.scalars and not self.divisors and self.sign == 1


def _scaled(fgraph: FunctionGraph, term: Variable, sign: int) -> _Scaled:
    """`term` as scalars times one array; the whole term where it is no such product."""
    whole = _Scaled(term, sign=sign)
    if elemwise_node(term, ts.Mul, ts.TrueDiv, ts.Neg) is None or not has_one_client(fgraph, term):
        return whole
    opened = factors(fgraph, term)
    wide = [v for v in opened.num if not all(v.type.broadcastable)]
    if len(wide) != 1 or wide[0].type != term.type or any(not all(v.type.broadcastable) for v in opened.den):
        return whole
    scalars = [v for v in opened.num if v is not wide[0]] + [v for v, inverted, _ in opened.constants if not inverted]
    divisors = opened.den + [v for v, inverted, _ in opened.constants if inverted]
    return _Scaled(wide[0], scalars, divisors, sign * opened.sign)


def _zero_d(variable: Variable, dtype: str) -> Variable:
    """A variable of one element as a 0-d variable of `dtype`."""
    value = constant_of(variable)
    if value is not None:
        return tt.constant(np.asarray(value).astype(dtype))
    below = strip_dimshuffle(variable)
    scalar = below if below.type.ndim == 0 else variable.dimshuffle()
    return scalar if scalar.type.dtype == dtype else tt.cast(scalar, dtype)


def _alpha(term: _Scaled, dtype: str) -> Variable:
    """The scale of a term as a 0-d variable of `dtype`; one constant where all parts are constant."""
    known = np.asarray(term.sign, dtype=dtype)
    rest: list[tuple[Variable, bool]] = []
    for v, inverted in [(v, False) for v in term.scalars] + [(v, True) for v in term.divisors]:
        value = constant_of(v)
        if value is None:
            rest.append((_zero_d(v, dtype), inverted))
        else:
            number = np.asarray(value).astype(dtype)
            known = np.asarray(known / number if inverted else known * number, dtype=dtype)
    result = tt.constant(known)
    negative = bool(known == -1)
    for i, (v, inverted) in enumerate(rest):
        if inverted:
            result = tt.true_div(result, v)
        elif i == 0 and (negative or known == 1):
            result = tt.neg(v) if negative else v
        else:
            result = tt.mul(result, v)
    return result


def _is_product(fgraph: FunctionGraph, variable: Variable) -> bool:
    """Whether a term is a matrix product that only this sum reads."""
    node = variable.owner
    if node is None or not has_one_client(fgraph, variable):
        return False
    if isinstance(node.op, Dot22):
        return not any(variable.type.broadcastable)
    return (
        isinstance(node.op, Dot)
        and variable.type.ndim == 1
        and not any(variable.type.broadcastable)
        and _blas_operands(node)
    )


def _opens(root: Variable, term: _Scaled, fgraph: FunctionGraph) -> bool:
    """Whether a scaled term is itself a sum that holds a product, so that its scale is worth spreading."""
    stack = [term.core]
    while stack:
        variable = stack.pop()
        if elemwise_node(variable, ts.Add, ts.Sub) is None or variable.type != root.type:
            continue
        if not has_one_client(fgraph, variable):
            continue
        opened = terms(fgraph, variable)
        cores = [_scaled(fgraph, v, 1).core for v in (*opened.num, *opened.den)]
        if any(core.type == root.type and _is_product(fgraph, core) for core in cores):
            return True
        stack.extend(core for core in cores if core not in opened.num and core not in opened.den)
    return False


def _group(fgraph: FunctionGraph, root: Variable) -> list[_Scaled]:
    """The terms of a sum with their scales; scales of inner sums with products are spread over their terms."""
    group: list[_Scaled] = []
    stack = [_Scaled(root)]
    while stack:
        outer = stack.pop()
        opened = terms(fgraph, outer.core)
        leaves = [(v, False) for v in opened.num] + [(v, True) for v in opened.den]
        leaves += [(v, inverted) for v, inverted, _ in opened.constants]
        for v, inverted in leaves:
            own = _scaled(fgraph, v, -1 if inverted else 1)
            term = _Scaled(own.core, outer.scalars + own.scalars, outer.divisors + own.divisors, outer.sign * own.sign)
            if outer.core is root:
                term.whole = (v, inverted)
            if own.core is not v and _opens(root, own, fgraph):
                stack.append(term)
            else:
                group.append(term)
    return group


def _beta(targets: list[_Scaled], dtype: str) -> Variable:
    """The sum of the scales of terms with the same core."""
    parts = [_alpha(t, dtype) for t in targets]
    known = [constant_of(part) for part in parts]
    if all(value is not None for value in known):
        return tt.constant(np.asarray(sum(known), dtype=dtype))
    return parts[0] if len(parts) == 1 else tt.add(*parts)


def _accumulate(product: _Scaled, targets: list[_Scaled]) -> Variable:
    """The targets (one array, scaled) plus the product, in one BLAS call."""
    node = product.core.owner
    dtype, target = product.core.type.dtype, targets[0].core
    alpha, beta = _alpha(product, dtype), _beta(targets, dtype)
    x, y = node.inputs  # type: ignore[union-attr]
    if isinstance(node.op, Dot):  # type: ignore[union-attr]
        matrix, vector = (x, y) if x.type.ndim == 2 else (y.dimshuffle(1, 0), x)
        return gemv_no_inplace(target, alpha, matrix, vector, beta)
    if x.type.broadcastable == (False, True) and y.type.broadcastable == (True, False) and constant_of(beta) == 1:
        return ger(target, alpha, x.dimshuffle(0), y.dimshuffle(1))
    return gemm_no_inplace(target, alpha, x, y, beta)


def _outer_sum_takes(fgraph: FunctionGraph, out: Variable) -> bool:
    """Whether a sum further down, reached through scales only, sees all terms of this one."""
    kind = out.type
    reader = only_client(fgraph, out)
    while reader is not None and reader.outputs[0].type == kind and elemwise_node(reader.outputs[0], *_SCALES):
        if any(v is not out and not all(v.type.broadcastable) for v in reader.inputs) or reader.inputs.count(out) != 1:
            return False
        if isinstance(reader.op.scalar_op, ts.TrueDiv) and reader.inputs[0] is not out:
            return False
        out = reader.outputs[0]
        reader = only_client(fgraph, out)
    return (
        reader is not None and reader.outputs[0].type == kind and elemwise_node(reader.outputs[0], *_SUMS) is not None
    )


def _is_added_in_passing(fgraph: FunctionGraph, out: Variable) -> bool:
    """Whether elementwise work reads the sum, and nothing else: fused, it adds while it reads the product anyway.

    A gemm would have to copy the array that it adds to, or at least to go over it once more.
    """
    reader = only_client(fgraph, out)
    return reader is not None and isinstance(reader.op, Elemwise) and reader.outputs[0].type == out.type  # type: ignore[attr-defined]


@_rule([ts.Add, ts.Sub])
def local_gemm(fgraph: FunctionGraph, node: Apply) -> Any:
    """beta*C + alpha*(A . B), in any spelling -> gemm; for vectors gemv, for outer products ger."""
    out = node.outputs[0]
    if out.type.dtype not in _FLOATS or out.type.ndim not in (1, 2) or any(out.type.broadcastable):
        return None
    if _outer_sum_takes(fgraph, out) or _is_added_in_passing(fgraph, out):
        return None
    group = _group(fgraph, out)
    product = next((t for t in group if t.core.type == out.type and _is_product(fgraph, t.core)), None)
    if product is None:
        return None
    target = _best_target([t for t in group if t.core.type == out.type and t.core is not product.core])
    if target is None:
        return None
    targets = [t for t in group if t.core is target.core]
    result = _accumulate(product, targets)
    rest_up, rest_down = _rest([t for t in group if t is not product and t.core is not target.core], out)
    if rest_up:
        result = tt.add(result, *rest_up)
    if rest_down:
        result = tt.sub(result, sum_of(rest_down, out.type.dtype))
    return [keep_type(fgraph, result, out)]


def _best_target(candidates: list[_Scaled]) -> _Scaled | None:
    """The term to accumulate into: rather a given array than something that is still to be computed."""
    given = [t for t in candidates if t.core.owner is None]
    return (given or candidates or [None])[0]


def _rest(group: list[_Scaled], out: Variable) -> tuple[list[Variable], list[Variable]]:
    """The other terms, as added and subtracted variables."""
    up: list[Variable] = []
    down: list[Variable] = []
    for term in group:
        if term.whole is not None:
            variable, subtracted = term.whole
        else:
            variable, subtracted = tt.mul(_alpha(term, out.type.dtype), term.core), False
        (down if subtracted else up).append(variable)
    return up, down


@_rule([Dot])
def local_gemm_to_gemv(fgraph: FunctionGraph, node: Apply) -> Any:
    """dot of a matrix and a vector -> gemv into fresh memory."""
    x, y = node.inputs
    out = node.outputs[0]
    if sorted((x.type.ndim, y.type.ndim)) != [1, 2] or not _blas_operands(node) or out.type.broadcastable[0]:
        return None
    matrix, vector = (x, y) if x.type.ndim == 2 else (y.dimshuffle(1, 0), x)
    dtype = out.type.dtype
    length = lengths_of(fgraph, x)[0] if x.type.ndim == 2 else lengths_of(fgraph, y)[1]
    one, zero = (tt.constant(np.asarray(v, dtype=dtype)) for v in (1, 0))
    return [gemv_no_inplace(AllocEmpty(dtype)(length), one, matrix, vector, zero)]


@_rule([ts.Mul, ts.TrueDiv, ts.Neg])
def local_dot22_to_dot22scalar(fgraph: FunctionGraph, node: Apply) -> Any:
    """a * (A . B) -> dot22scalar, for a 0-d scale."""
    out = node.outputs[0]
    if out.type.ndim != 2 or out.type.dtype not in _FLOATS:
        return None
    reader = only_client(fgraph, out)
    if reader is not None and reader.outputs[0].type == out.type and elemwise_node(reader.outputs[0], *_SCALES):
        return None  # the outermost product sees all scales
    opened = factors(fgraph, out)
    scaled = _scaled_products(fgraph, opened)
    if scaled is None:
        return None
    product, scalars, divisors, rest, rest_down = scaled
    if (not scalars and not divisors) or product.type.dtype != out.type.dtype:
        return None  # a wider scale widens the product, which BLAS does not do
    alpha = _alpha(_Scaled(product, scalars, divisors, opened.sign), out.type.dtype)
    result = _dot22scalar(*product.owner.inputs, alpha)
    if rest:
        result = tt.mul(result, *rest)
    if rest_down:
        result = tt.true_div(result, product_of(rest_down, out.type.dtype))
    return [keep_type(fgraph, result, out)]


def _scaled_products(fgraph: FunctionGraph, opened: Any) -> Any:
    product = next(
        (v for v in opened.num if v.owner is not None and isinstance(v.owner.op, Dot22) and has_one_client(fgraph, v)),
        None,
    )
    if product is None:
        return None
    others = [v for v in opened.num if v is not product]
    scalars = [v for v in others if all(v.type.broadcastable)] + [
        v for v, inverted, _ in opened.constants if not inverted
    ]
    divisors = [v for v in opened.den if all(v.type.broadcastable)] + [
        v for v, inverted, _ in opened.constants if inverted
    ]
    rest = [v for v in others if not all(v.type.broadcastable)]
    rest_down = [v for v in opened.den if not all(v.type.broadcastable)]
    return product, scalars, divisors, rest, rest_down


def gemm_optimizer() -> EquilibriumOptimizer:
    """The rewriter of sums with products."""
    return EquilibriumOptimizer([local_gemm])


def dot22scalar_optimizer() -> TopoOptimizer:
    """The pass over scaled products."""
    return in2out(local_dot22_to_dot22scalar, name="local_dot22_to_dot22scalar")
