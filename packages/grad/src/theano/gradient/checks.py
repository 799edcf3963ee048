"""Checks of what a user asks of `grad`, and of what the gradient rule of an op returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from theano.configuration import config
from theano.errors import OpDefinitionError, explain
from theano.gradient.disconnected import is_disconnected, is_null
from theano.gradient.zeros import CONTINUOUS, is_continuous, is_zero
from theano.graph import Apply, Variable
from theano.graph.op import get_test_value
from theano.graph.trace import format_trace, warn_user

__all__ = ["GradientRuleError", "NoGradientError", "check_known_grads", "check_terms", "check_wrt", "created_at"]


class GradientRuleError(OpDefinitionError, ValueError):
    """The gradient rule or the connection pattern of an op breaks its contract."""


class NoGradientError(OpDefinitionError, NotImplementedError, AttributeError):
    """An op has no gradient rule, and its gradient is needed."""


def created_at(variable: Variable) -> str:
    """Where the user made `variable`, as lines to append to a message; empty if unknown."""
    trace = format_trace(variable)
    return f"\nCreated at:\n{trace}" if trace else ""


def check_wrt(wrt: Any) -> list[Variable]:
    """Return `wrt` as a list.

    Raises
    ------
    TypeError
        `wrt` is a set, or holds something that is no variable.
    """
    if isinstance(wrt, set | frozenset):
        raise TypeError(explain("grad with respect to a set", "sets have no order", "give a list"))
    items = list(wrt) if isinstance(wrt, list | tuple) else [wrt]
    for item in items:
        if not isinstance(item, Variable):
            raise TypeError(
                explain(
                    f"grad with respect to {item!r}", f"a {type(item).__name__}, no variable", "give symbolic variables"
                )
            )
    return items


def check_known_grads(known_grads: Any) -> dict[Variable, Variable]:
    """Return `known_grads` as a dict in the given order.

    Raises
    ------
    TypeError
        It is no mapping, or a value is no variable or of a discrete dtype.
    ValueError
        A gradient has another number of dimensions than its variable.
    """
    if known_grads is None:
        return {}
    if not hasattr(known_grads, "items"):
        raise TypeError(
            explain("known_grads", f"a {type(known_grads).__name__}", "give a dict of variable to gradient variable")
        )
    for variable, gradient in known_grads.items():
        if not isinstance(gradient, Variable):
            raise TypeError(
                explain(f"known_grads[{variable}]", f"{gradient!r}, no variable", "give a symbolic gradient")
            )
        dtype = getattr(gradient.type, "dtype", None)
        if dtype is not None and dtype not in CONTINUOUS:
            raise TypeError(
                explain(f"known_grads[{variable}]", f"{gradient} of {gradient.type}", "give a gradient of float dtype")
            )
        ndim, own = getattr(variable.type, "ndim", None), getattr(gradient.type, "ndim", None)
        if ndim is not None and own is not None and ndim != own:
            raise ValueError(
                explain(
                    f"known_grads[{variable}], of {variable.type}",
                    f"{gradient} of {gradient.type} has {own} dimensions",
                    f"give a gradient of {ndim} dimensions",
                )
            )
    return dict(known_grads.items())


def check_consider_constant(consider_constant: Any) -> list[Variable]:
    """Return `consider_constant` as a list (TypeError unless it is an iterable of variables)."""
    if consider_constant is None:
        return []
    if isinstance(consider_constant, Variable) or not isinstance(consider_constant, Iterable):
        raise TypeError(
            explain("consider_constant", f"a {type(consider_constant).__name__}", "give a list of variables")
        )
    items = list(consider_constant)
    for item in items:
        if not isinstance(item, Variable):
            raise TypeError(explain("consider_constant", f"{item!r}, no variable", "give a list of variables"))
    return items


def _fault(node: Apply, found: str, do: str) -> GradientRuleError:
    return GradientRuleError(explain(f"gradient rule of {node.op}", found, do) + created_at(node.outputs[0]))


def check_terms(node: Apply, terms: Any, pattern: Any, reached: Sequence[bool]) -> list[Variable]:
    """Check what a gradient rule returned.

    Parameters
    ----------
    node : Apply
    terms : object
        The rule's result: should be one variable per input.
    pattern : list of list of bool, optional
        Connections that the op declares.
    reached : sequence of bool
        Per output, whether a gradient arrives there.
    """
    if terms is None:
        raise _fault(node, "it returned None", "return a list with one variable per input")
    if isinstance(terms, Variable) or not isinstance(terms, Iterable):
        raise _fault(node, f"it returned a {type(terms).__name__}", "return a list with one variable per input")
    terms = list(terms)
    if len(terms) != len(node.inputs):
        raise _fault(node, f"{len(terms)} terms for {len(node.inputs)} inputs", "return one term per input")
    smooth = [r and is_continuous(v) for r, v in zip(reached, node.outputs, strict=True)]
    plain = pattern is None and any(smooth) and config.compute_test_value == "off"
    for i, (x, term) in enumerate(zip(node.inputs, terms, strict=True)):
        if plain and isinstance(term, Variable) and term.type == x.type and is_continuous(x):
            continue
        _check_term(node, i, x, term)
        row = pattern[i] if pattern is not None else None
        connected = any(r and c for r, c in zip(reached, row, strict=True)) if row is not None else any(reached)
        if is_disconnected(term):
            if connected:
                _report_missing_path(node, i)
        elif is_null(term):
            continue
        elif not connected and row is not None:
            if not any(row):
                raise _fault(
                    node,
                    f"input {i} ({x}) has a gradient though connection_pattern says that it is disconnected",
                    "return DisconnectedType()() for this input, or mend connection_pattern",
                )
        elif not any(s and c for s, c in zip(smooth, row or smooth, strict=True)) and not is_zero(term):
            raise _fault(
                node,
                f"input {i} ({x}) influences integer outputs only, but its gradient is not known to be zero",
                "return x.zeros_like() in a float dtype for this input",
            )
    return terms


def _check_term(node: Apply, i: int, x: Variable, term: Any) -> None:
    if term is None:
        raise _fault(
            node,
            f"the term for input {i} ({x}) is None",
            "return DisconnectedType()(), grad_undefined(...) or grad_not_implemented(...) for inputs without gradient",
        )
    if not isinstance(term, Variable):
        raise _fault(node, f"the term for input {i} ({x}) is {term!r}, no variable", "return symbolic variables")
    dtype = getattr(term.type, "dtype", None)
    if dtype is not None and dtype not in CONTINUOUS:
        raise _fault(
            node,
            f"the term for input {i} ({x}) has the integer dtype {dtype}",
            "gradients have a float dtype; cast it to floatX, or return zeros of floatX",
        )
    ndim, own = getattr(x.type, "ndim", None), getattr(term.type, "ndim", None)
    if ndim is not None and own is not None and ndim != own:
        raise _fault(
            node,
            f"the term for input {i} ({x}) has {own} dimensions, the input has {ndim}",
            "return a gradient of the input's shape",
        )
    if config.compute_test_value != "off" and ndim is not None:
        _compare_test_shapes(node, i, x, term)


def _compare_test_shapes(node: Apply, i: int, x: Variable, term: Variable) -> None:
    try:
        wanted, found = np.shape(get_test_value(x)), np.shape(get_test_value(term))
    except AttributeError:
        return
    if not is_disconnected(term) and not is_null(term) and wanted != found:
        raise _fault(
            node,
            f"on test values, the term for input {i} ({x}) has shape {found}, the input {wanted}",
            "return a gradient of the input's shape",
        )


def _report_missing_path(node: Apply, i: int) -> None:
    """An input came out disconnected though its op does not say so."""
    declared = hasattr(node.op, "connection_pattern")
    text = explain(
        f"gradient rule of {node.op}",
        f"input {i} ({node.inputs[i]}) came out as disconnected, but "
        + ("connection_pattern says that it is connected" if declared else "there is no connection_pattern"),
        "define connection_pattern(node) so that it tells which inputs matter, or return zeros",
    )
    if declared:
        raise GradientRuleError(text)
    warn_user(text)
