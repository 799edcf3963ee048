"""Reverse mode: `grad`, `Lop`, `subgraph_grad`."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

import theano.scalar as aes
import theano.tensor as at
from theano.compile import view_op
from theano.errors import DisconnectedInputError, NullTypeGradError, explain
from theano.gradient.checks import (
    check_consider_constant,
    check_known_grads,
    check_wrt,
    created_at,
)
from theano.gradient.disconnected import disconnected_type, is_disconnected, is_null
from theano.gradient.region import find_region
from theano.gradient.walk import Walk
from theano.gradient.zeros import gradient_dtype, is_continuous, zero_gradient
from theano.graph import Variable
from theano.graph.trace import warn_user

__all__ = ["Lop", "format_as", "grad", "subgraph_grad"]


def format_as(use_list: bool, use_tuple: bool, outputs: Any) -> Any:
    """Return `outputs` as a list, as a tuple, or its only item.

    Examples
    --------
    >>> format_as(False, True, [1, 2]), format_as(False, False, [3])
    ((1, 2), 3)
    """
    if use_list and use_tuple:
        raise AssertionError(explain("format outputs", "both list and tuple", "choose one"))
    if not isinstance(outputs, list | tuple):
        outputs = [outputs]
    if use_list:
        return list(outputs)
    if use_tuple:
        return tuple(outputs)
    if len(outputs) != 1:
        raise AssertionError(explain("return a single output", f"{len(outputs)} outputs", "ask for a list"))
    return outputs[0]


def _seed(cost: Variable) -> Variable:
    """The gradient of the cost with respect to itself."""
    dtype = gradient_dtype(cost)
    if isinstance(cost.type, aes.Scalar):
        return aes.constant(np.ones((), dtype)[()], dtype=dtype)
    return at.ones_like(cost, dtype=dtype)


def _check_cost(cost: Variable | None, known_grads: Any) -> None:
    if cost is None:
        if known_grads is None:
            raise AssertionError(explain("grad", "neither cost nor known_grads", "give one of them"))
        return
    if not isinstance(cost, Variable):
        raise TypeError(explain("grad of a cost", f"{cost!r}, no variable", "give a symbolic scalar"))
    if is_null(cost):
        raise ValueError(
            explain("grad of a cost", f"it is undefined: {cost.type.why_null}", "do not differentiate this expression")
        )
    ndim = getattr(cost.type, "ndim", 0 if isinstance(cost.type, aes.Scalar) else None)
    if ndim != 0:
        raise TypeError(
            explain(
                "cost must be a scalar",
                f"{cost} of {cost.type} has {ndim} dimensions" + created_at(cost),
                "reduce it first, for instance with .sum() or .mean(), or ask for jacobian",
            )
        )


def grad(
    cost: Variable | None,
    wrt: Any,
    consider_constant: Any = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Any = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """Return the gradients of a scalar cost.

    Parameters
    ----------
    cost : Variable, (), or None
        None if `known_grads` says where gradients come from.
    wrt : Variable or list or tuple of Variable
        What to differentiate by; any variables of the graph, not only inputs.
    consider_constant : iterable of Variable, optional
        Variables not to differentiate through.
    disconnected_inputs : {"raise", "warn", "ignore"}
        What to do where the cost does not depend on one of `wrt`.
    add_names : bool
        Name gradients ``(d<cost>/d<wrt>)`` where both have names.
    known_grads : dict of Variable to Variable, optional
        Gradients of some variables; they take the place of what would arrive there.
    return_disconnected : {"zero", "None", "Disconnected"}
        What stands for the gradient of a disconnected `wrt`.
    null_gradients : {"raise", "return"}
        What to do where a gradient is undefined or not implemented.

    Returns
    -------
    Variable or list or tuple of Variable
        In the container of `wrt`, each of the shape of its `wrt`; dtype of `wrt`, floatX where that is discrete.

    Raises
    ------
    TypeError
        The cost is no scalar, or `wrt` holds something else than variables.
    DisconnectedInputError
        The cost does not depend on one of `wrt`.
    NullTypeGradError
        A gradient is undefined or not implemented.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x = T.dscalar("x")
    >>> float(grad(x ** 2, x).eval({x: 3.0}))
    6.0
    """
    start = time.perf_counter()
    try:
        policies = (disconnected_inputs, return_disconnected, null_gradients)
        results = _grad(cost, wrt, consider_constant, add_names, known_grads, *policies)
    finally:
        sys.modules["theano.gradient"].grad_time += time.perf_counter() - start  # type: ignore[attr-defined]
    return format_as(isinstance(wrt, list), isinstance(wrt, tuple), results)


def choice(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    found = next((a for a in allowed if str(value).lower() == a.lower()), None)
    if found is None:
        raise ValueError(explain(f"{name}={value!r}", "no such choice", f"use one of {', '.join(map(repr, allowed))}"))
    return found


def _grad(
    cost: Any,
    wrt: Any,
    consider_constant: Any,
    add_names: bool,
    known_grads: Any,
    disconnected_inputs: str,
    return_disconnected: str,
    null_gradients: str,
) -> list[Any]:
    _check_cost(cost, known_grads)
    wrt_list = check_wrt(wrt)
    given = check_known_grads(known_grads)
    blocked = check_consider_constant(consider_constant)
    on_disconnected = choice("disconnected_inputs", disconnected_inputs, ("raise", "warn", "ignore"))
    placeholder = choice("return_disconnected", return_disconnected, ("zero", "None", "Disconnected"))
    on_null = choice("null_gradients", null_gradients, ("raise", "return"))
    if cost is not None and cost not in given:
        given = {cost: _seed(cost), **given}
    region = find_region(list(given), wrt_list, blocked, given)
    walk = Walk(region, given, blocked)
    walk.run()
    results = []
    for x in wrt_list:
        g = walk.gradient_of(x)
        if g is None or is_disconnected(g):
            _report_disconnected(x, on_disconnected)
            g = _disconnected_result(x, placeholder)
        elif is_null(g):
            _report_null(x, g, on_null)
        elif add_names and cost is not None and cost.name and x.name and g.name is None:
            g.name = f"(d{cost.name}/d{x.name})"
        results.append(g)
    return results


def _report_disconnected(x: Variable, policy: str) -> None:
    if policy == "ignore":
        return
    text = explain(
        f"gradient with respect to {x}",
        "the cost does not depend on it, or only by paths without gradient (shapes, indices, disconnected_grad)",
        "leave it out of wrt, or pass disconnected_inputs='ignore' (then its gradient is zero)",
    ) + created_at(x)
    if policy == "raise":
        raise DisconnectedInputError(text)
    warn_user(text)


def _disconnected_result(x: Variable, placeholder: str) -> Variable | None:
    if placeholder == "None":
        return None
    return disconnected_type() if placeholder == "Disconnected" else zero_gradient(x)


def _report_null(x: Variable, gradient: Variable, policy: str) -> None:
    if policy == "raise":
        raise NullTypeGradError(
            explain(
                f"gradient with respect to {x}",
                f"it is not available: {gradient.type.why_null}",  # type: ignore[attr-defined]
                "leave this path out, for instance with disconnected_grad, or pass null_gradients='return'",
            )
            + created_at(x)
        )


def Lop(f: Any, wrt: Any, eval_points: Any, consider_constant: Any = None, disconnected_inputs: str = "raise") -> Any:
    """Return row vectors times the Jacobian of `f`, without building the Jacobian.

    Parameters
    ----------
    f : Variable or list or tuple of Variable
        Expressions of any rank.
    wrt : Variable or list or tuple of Variable
    eval_points : Variable or list or tuple of Variable
        One per `f`, of its shape.
    consider_constant, disconnected_inputs
        As for `grad`.

    Returns
    -------
    Variable or list or tuple of Variable
        In the container of `wrt`, each of the shape of its `wrt`.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x, v = T.dvectors("xv")
    >>> Lop(x ** 2, x, v).eval({x: [1.0, 2.0], v: [1.0, 1.0]}).tolist()
    [2.0, 4.0]
    """
    return pullback(f, wrt, eval_points, consider_constant=consider_constant, disconnected_inputs=disconnected_inputs)


def pullback(f: Any, wrt: Any, eval_points: Any, **options: Any) -> Any:
    """`Lop` with all options of `grad`.

    Each expression is seen through an identity of its own. So an expression may stand twice in `f`, or depend on
    another one: given gradients would take the place of what arrives there, and these must add up.
    """
    outputs = list(f) if isinstance(f, list | tuple) else [f]
    points = list(eval_points) if isinstance(eval_points, list | tuple) else [eval_points]
    points = [p if isinstance(p, Variable) else at.as_tensor_variable(p) for p in points]
    if len(outputs) != len(points):
        raise AssertionError(
            explain("Lop", f"{len(points)} eval_points for {len(outputs)} expressions", "give one for each expression")
        )
    # an expression of discrete values has no gradient to pass on, so what is given there changes nothing
    known = {view_op(v) if is_continuous(v) else v: p for v, p in zip(outputs, points, strict=True)}
    return grad(None, wrt, known_grads=known, **options)


def subgraph_grad(
    wrt: list[Variable], end: list[Variable], start: Any = None, cost: Variable | None = None, details: bool = False
) -> Any:
    """Return gradients through a piece of a graph, which ends at the variables `end`.

    Parameters
    ----------
    wrt : list of Variable
        What to differentiate by, inside the piece.
    end : list of Variable
        Where the piece ends: these count as constants, and their gradients are returned too.
    start : dict of Variable to Variable, optional
        Gradients where the piece starts.
    cost : Variable, (), optional
        A cost inside the piece, added to what `start` brings.
    details : bool
        Also return the gradients by `start` and by `cost` apart.

    Returns
    -------
    wrt_grads, end_grads : list of Variable
        With `details` also the lists ``start_grads`` and ``cost_grads`` (None where not given), for `wrt` + `end`.
    """
    if not isinstance(wrt, list) or not isinstance(end, list):
        raise AssertionError(explain("subgraph_grad", "wrt or end is no list", "give lists of variables"))
    if start is None and cost is None:
        raise AssertionError(explain("subgraph_grad", "neither start nor cost", "give at least one"))
    if start is not None and not hasattr(start, "items"):
        raise AssertionError(explain("subgraph_grad", "start is no dict", "give a dict of variable to gradient"))
    params = list(dict.fromkeys([*wrt, *end]))
    start_grads = _piece(None, params, end, start) if start is not None else None
    cost_grads = _piece(cost, params, end, None) if cost is not None else None
    if start_grads is None or cost_grads is None:
        grads = cost_grads if start_grads is None else start_grads
    else:
        grads = [a + b for a, b in zip(start_grads, cost_grads, strict=True)]
    assert grads is not None
    by_param = dict(zip(params, grads, strict=True))
    wrt_grads, end_grads = [by_param[v] for v in wrt], [by_param[v] for v in end]
    return (wrt_grads, end_grads, start_grads, cost_grads) if details else (wrt_grads, end_grads)


def _piece(cost: Variable | None, params: list[Variable], end: list[Variable], start: Any) -> list[Variable]:
    return list(grad(cost=cost, wrt=params, known_grads=start, consider_constant=end, disconnected_inputs="ignore"))
