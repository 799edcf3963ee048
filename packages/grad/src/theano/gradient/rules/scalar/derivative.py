"""Asking the table "derivative": the one place that calls derivative rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.errors import explain
from theano.gradient.checks import GradientRuleError, NoGradientError
from theano.gradient.disconnected import disconnected_type, is_disconnected, is_null
from theano.gradient.zeros import CONTINUOUS, is_continuous, zero_gradient
from theano.graph import Apply, Variable
from theano.plugin import table

__all__ = ["nothing", "partials", "real_only", "tangent"]


def partials(
    op: Any, k: Any, xs: Sequence[Variable], outs: Sequence[Variable], gs: Sequence[Variable | None]
) -> list[Variable | None]:
    """Return the gradient terms of a scalar op in namespace `k`, one per input.

    Parameters
    ----------
    op : ScalarOp
    k : module
        theano.tensor or theano.scalar, to which the variables belong.
    xs, outs : sequence of Variable
        Inputs and outputs of the op.
    gs : sequence of Variable or None
        Gradients that arrive at the outputs; None where nothing arrives.

    Returns
    -------
    list of Variable or None
        None stands for zero: a discrete input, or one that matters in steps only. Null and disconnected gradients
        are variables of those types.

    Raises
    ------
    NoGradientError
        The op has no row, and no method ``grad`` or ``L_op``.
    """
    arriving = [g if g is not None and is_continuous(out) else None for g, out in zip(gs, outs, strict=True)]
    if all(g is None for g in arriving) or not any(is_continuous(x) for x in xs):
        return [None] * len(xs)
    row = table("derivative").lookup(op)
    if row is None:
        raise NoGradientError(
            explain(
                f"gradient of the scalar op {op}",
                "it has neither a derivative row nor a method grad or L_op",
                "define one of them, or keep the op out of the gradient with disconnected_grad or consider_constant",
            )
        )
    if len(outs) == 1:
        terms = row(op, k, xs, outs[0], arriving[0])
    else:
        terms = row(op, k, xs, outs, [disconnected_type() if g is None else g for g in arriving])
    if not isinstance(terms, list | tuple) or len(terms) != len(xs):
        raise GradientRuleError(
            explain(f"derivative of the scalar op {op}", f"{terms!r} for {len(xs)} inputs", "return one term per input")
        )
    return [_wanted(x, term) for x, term in zip(xs, terms, strict=True)]


def tangent(op: Any, k: Any, node: Apply, o: int, points: Sequence[Variable | None]) -> Variable:
    """Return the tangent of output `o` of a node that applies the scalar op `op` in namespace `k`.

    The sum of partial derivative times tangent over the inputs; rows are linear in g, so the tangent takes the place
    of g. Of operands that are stretched alone, the sum lacks the stretched lengths.

    Parameters
    ----------
    points : sequence of Variable or None
        Tangents of the inputs; None where nothing arrives.

    Raises
    ------
    NotImplementedError
        A derivative that is needed is not known; the text of its null type.
    """
    out = node.outputs[o]
    terms = []
    for i, point in enumerate(points):
        if point is None:
            continue
        gs: list[Variable | None] = [None] * len(node.outputs)
        gs[o] = point if point.type.dtype == out.type.dtype else k.cast(point, out.type.dtype)
        term = partials(op, k, node.inputs, node.outputs, gs)[i]
        if term is not None and is_null(term):
            raise NotImplementedError(term.type.why_null)  # type: ignore[attr-defined]
        if term is not None and not is_disconnected(term):
            terms.append(term)
    if not terms:
        return zero_gradient(out)
    return terms[0] if len(terms) == 1 else k.add(*terms)


def nothing(node: Apply, i: int) -> Variable:
    """Return what input `i` gets when its term is None: zeros, or no connection where the op declares none."""
    pattern = getattr(node.op, "connection_pattern", None)
    return zero_gradient(node.inputs[i]) if pattern is None or any(pattern(node)[i]) else disconnected_type()


def _wanted(x: Variable, term: Variable | None) -> Variable | None:
    if term is None or is_disconnected(term) or is_null(term):
        return term
    if not is_continuous(x):
        return None
    if getattr(term.type, "dtype", None) not in CONTINUOUS:
        raise GradientRuleError(
            explain(f"a derivative term of dtype {term.type}", f"for input {x}", "return terms of a float dtype")
        )
    return term


def real_only(row: Any) -> Any:
    """Make a derivative row refuse complex numbers, for which its formula would be wrong."""

    def checked(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
        for v in (*xs, out):
            if v.type.dtype.startswith("complex"):
                raise NotImplementedError(
                    explain(
                        f"gradient of {op}",
                        f"complex operand {v} of {v.type}",
                        "write the expression in real and imaginary parts",
                    )
                )
        return row(op, k, xs, out, g)

    checked.__name__, checked.__doc__, checked.__module__ = row.__name__, row.__doc__, row.__module__
    return checked
