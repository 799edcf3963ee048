"""Forward mode: `Rop`.

Tangents are carried along one topological order. Three kinds of variables: those with a tangent; those that depend on
`wrt` only by ways without derivative (`_BROKEN`); all others, whose tangent is zero and which are never visited.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import theano.tensor as at
from theano.errors import DisconnectedInputError, explain
from theano.gradient.accumulate import fit
from theano.gradient.backward import choice, format_as
from theano.gradient.checks import GradientRuleError, NoGradientError, created_at
from theano.gradient.disconnected import disconnected_type
from theano.gradient.region import connection_of
from theano.gradient.walk import NodeView
from theano.gradient.zeros import is_continuous, zero_gradient
from theano.graph import Apply, Variable
from theano.graph.trace import warn_user
from theano.graph.traversal import explicit_inputs, toposort
from theano.plugin import table

__all__ = ["Rop"]

_BROKEN = object()


def Rop(
    f: Any, wrt: Any, eval_points: Any, disconnected_outputs: str = "raise", return_disconnected: str = "zero"
) -> Any:
    """Return the Jacobian of `f` times vectors, without building the Jacobian.

    Parameters
    ----------
    f : Variable or list or tuple of Variable
        Expressions of any rank.
    wrt : Variable or list or tuple of Variable
    eval_points : Variable or list or tuple of Variable
        One per `wrt`, of its shape.
    disconnected_outputs : {"raise", "warn", "ignore"}
        What to do where an expression depends on `wrt` by ways without derivative only.
    return_disconnected : {"zero", "None", "disconnected"}
        What stands for the result there.

    Returns
    -------
    Variable or list or tuple of Variable
        In the container of `f`, each of the shape of its `f`. Variables that are not in `wrt` are held fast.

    Raises
    ------
    ValueError
        An eval point has another number of dimensions than its `wrt`.
    NotImplementedError
        An op on the way has no forward rule.

    Examples
    --------
    >>> import theano.tensor as T
    >>> x, v = T.dvectors("xv")
    >>> Rop(x ** 2, x, v).eval({x: [1.0, 2.0], v: [1.0, 1.0]}).tolist()
    [2.0, 4.0]
    """
    policy = choice("disconnected_outputs", disconnected_outputs, ("raise", "warn", "ignore"))
    placeholder = choice("return_disconnected", return_disconnected, ("zero", "None", "Disconnected"))
    outputs = list(f) if isinstance(f, list | tuple) else [f]
    tangents: dict[Variable, Any] = dict(_pairs(wrt, eval_points))
    for node in toposort(outputs, list(tangents)):
        if any(v in tangents for v in node.inputs):
            _visit(node, tangents)
    results = [_result(v, tangents, policy, placeholder) for v in outputs]
    _note_inputs(outputs, results)
    return format_as(isinstance(f, list), isinstance(f, tuple), results)


def _note_inputs(outputs: list[Variable], results: list[Variable | None]) -> None:
    """Note on each result what its `f` depends on.

    The tangent of a linear expression does not contain it, but classic programs hand all inputs of `f` to
    ``function``, which must not call them unused.
    """
    for output, result in zip(outputs, results, strict=True):
        if result is not None:
            result.tag.held_fast = explicit_inputs([output])


def _pairs(wrt: Any, eval_points: Any) -> list[tuple[Variable, Variable]]:
    by = list(wrt) if isinstance(wrt, list | tuple) else [wrt]
    points = list(eval_points) if isinstance(eval_points, list | tuple) else [eval_points]
    if len(by) != len(points):
        raise AssertionError(explain("Rop", f"{len(points)} eval_points for {len(by)} wrt", "give one for each wrt"))
    pairs = []
    for i, (x, point) in enumerate(zip(by, points, strict=True)):
        if not isinstance(x, Variable):
            raise TypeError(explain(f"Rop with respect to {x!r}", "no variable", "give symbolic variables"))
        point = point if isinstance(point, Variable) else at.as_tensor_variable(point)
        if getattr(x.type, "ndim", None) != getattr(point.type, "ndim", None):
            raise ValueError(
                explain(
                    f"Rop: eval point {i} ({point} of {point.type})",
                    f"its variable {x} is of {x.type}",
                    "give an eval point with as many dimensions as the variable",
                )
            )
        pairs.append((x, fit(x, point)))
    return pairs


def _visit(node: Apply, tangents: dict[Variable, Any]) -> None:
    pattern = connection_of(node)
    moving = [i for i, v in enumerate(node.inputs) if tangents.get(v, _BROKEN) is not _BROKEN]
    reached = [any(pattern is None or pattern[i][o] for i in moving) for o in range(len(node.outputs))]
    for v, hit in zip(node.outputs, reached, strict=True):
        if not hit:
            tangents.setdefault(v, _BROKEN)
    # a discrete output that is reached moves in steps: its tangent is zero
    if not any(hit and is_continuous(v) for v, hit in zip(node.outputs, reached, strict=True)):
        return
    for v, hit, result in zip(node.outputs, reached, _ask_rule(node, tangents), strict=True):
        if hit and is_continuous(v):
            tangents.setdefault(v, _BROKEN if result is None else fit(v, result))


def _ask_rule(node: Apply, tangents: dict[Variable, Any]) -> Sequence[Variable | None]:
    rule = table("forward").lookup(node.op)
    if rule is None:
        raise NoGradientError(
            explain(
                f"Rop through {node.op}",
                "the op has neither a forward rule nor a method R_op" + created_at(node.outputs[0]),
                "define one of them, or use Lop",
            )
        )
    points: list[Variable | None] = []
    for v in node.inputs:
        tangent = tangents.get(v)
        if tangent is _BROKEN:
            points.append(None)
        elif tangent is None and not getattr(rule, "takes_none", False):
            points.append(_zeros(v))
        else:
            points.append(tangent)
    results = rule(NodeView(node) if node.op.destroy_map else node, points)
    if not isinstance(results, list | tuple) or len(results) != len(node.outputs):
        raise GradientRuleError(
            explain(f"forward rule of {node.op}", f"{results!r}", "return one item per output, None for none")
        )
    return results


def _zeros(v: Variable) -> Variable | None:
    """Zeros for a variable that is held fast: classic R_op methods take None for "no derivative"."""
    try:
        return zero_gradient(v)
    except TypeError:
        return None


def _result(v: Variable, tangents: dict[Variable, Any], policy: str, placeholder: str) -> Variable | None:
    tangent = tangents.get(v)
    if tangent is None and v.owner is not None:
        return zero_gradient(v)
    if tangent is not None and tangent is not _BROKEN:
        return tangent
    text = explain(
        f"Rop of {v}",
        "it does not depend on wrt, or only by ways without derivative",
        "leave it out of f, or pass disconnected_outputs='ignore' (then its result is zero)",
    ) + created_at(v)
    if policy == "raise":
        raise DisconnectedInputError(text)
    if policy == "warn":
        warn_user(text)
    if placeholder == "None":
        return None
    return disconnected_type() if placeholder == "Disconnected" else zero_gradient(v)
