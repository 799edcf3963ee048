"""Derivatives of scalar graphs: of `Composite`, and of classic scalar ops that define ``grad`` or ``L_op``.

Both come down to replaying a graph of scalar ops in another namespace; nothing recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import theano.scalar as aes
from theano.errors import explain
from theano.gradient.checks import GradientRuleError
from theano.gradient.disconnected import is_disconnected, is_null
from theano.gradient.rules.scalar.derivative import partials
from theano.gradient.rules.scalar.namespace import apply
from theano.graph import Constant, Variable
from theano.graph.traversal import toposort

__all__ = ["ROWS", "adapt_grad", "adapt_l_op", "replay"]


def replay(outputs: Sequence[Variable], k: Any, values: dict[Variable, Any]) -> dict[Variable, Any]:
    """Build a graph of scalar ops again in namespace `k`.

    Parameters
    ----------
    outputs : sequence of Variable
        What is wanted of the scalar graph.
    k : module
        theano.tensor or theano.scalar.
    values : dict
        What stands for the inputs of the graph; extended by what stands for every variable, and returned.
    """
    for node in toposort(outputs, list(values)):
        arguments = [_value_of(v, k, values) for v in node.inputs]
        results = apply(k, node.op, *arguments)
        for old, new in zip(node.outputs, results if isinstance(results, list) else [results], strict=True):
            values.setdefault(old, new)
    for output in outputs:
        _value_of(output, k, values)
    return values


def _value_of(v: Variable, k: Any, values: dict[Variable, Any]) -> Any:
    if v not in values:
        if not isinstance(v, Constant):
            raise GradientRuleError(
                explain("replay a scalar graph", f"{v} is no input of it", "use only inputs, outputs and constants")
            )
        values[v] = k.constant(v.data, dtype=v.type.dtype)
    return values[v]


def composite(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
    """Run back over the graph inside, with its intermediate results computed again in `k`."""
    gs = [g] if isinstance(out, Variable) else g
    values = replay(op.outputs, k, dict(zip(op.inputs, xs, strict=True)))
    arriving: dict[Variable, list[Variable]] = {}
    for inner, gradient in zip(op.outputs, gs, strict=True):
        if not is_disconnected(gradient):
            arriving.setdefault(inner, []).append(gradient)
    for node in reversed(toposort(op.outputs, op.inputs)):
        gradients = [_sum(k, arriving.get(v)) for v in node.outputs]
        null = next((n for n in gradients if n is not None and is_null(n)), None)
        if all(n is None for n in gradients):
            continue
        inputs = [values[v] for v in node.inputs]
        results = [values[v] for v in node.outputs]
        terms = [null] * len(inputs) if null is not None else partials(node.op, k, inputs, results, gradients)
        for v, term in zip(node.inputs, terms, strict=True):
            if term is not None and not is_disconnected(term):
                arriving.setdefault(v, []).append(term)
    return [_sum(k, arriving.get(v)) for v in op.inputs]


def _sum(k: Any, terms: list[Variable] | None) -> Variable | None:
    if not terms:
        return None
    null = next((t for t in terms if is_null(t)), None)
    if null is not None:
        return null
    return terms[0] if len(terms) == 1 else k.add(*terms)


def _adapt(call: Callable[[Any, list, list, list], Any]) -> Callable[..., list]:
    def row(op: Any, k: Any, xs: Any, out: Any, g: Any) -> list:
        outs, gs = ([out], [g]) if isinstance(out, Variable) else (list(out), list(g))
        if k is aes:
            return list(call(op, list(xs), outs, gs))
        scalars = [[_scalar_twin(v) for v in group] for group in (xs, outs, gs)]
        terms = list(call(op, *scalars))
        values = {
            twin: v
            for twins, group in zip(scalars, (xs, outs, gs), strict=True)
            for twin, v in zip(twins, group, strict=True)
        }
        plain = [t for t in terms if t is not None and not is_null(t) and not is_disconnected(t)]
        replay(plain, k, values)
        return [values.get(t, t) for t in terms]

    return row


def _scalar_twin(v: Variable) -> Variable:
    return v if is_disconnected(v) else aes.get_scalar_type(v.type.dtype)()


def adapt_l_op(method: Callable[..., Any]) -> Callable[..., list]:
    """Turn a classic ``L_op(self, inputs, outputs, output_grads)`` of a scalar op into a derivative row."""
    return _adapt(lambda op, xs, outs, gs: method(op, xs, outs, gs))


def adapt_grad(method: Callable[..., Any]) -> Callable[..., list]:
    """Turn a classic ``grad(self, inputs, output_grads)`` of a scalar op into a derivative row."""
    return _adapt(lambda op, xs, outs, gs: method(op, xs, gs))


ROWS = {"Composite": composite}
