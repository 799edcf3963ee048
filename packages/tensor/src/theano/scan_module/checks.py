"""What must hold between the parts of a loop; every message names the part, its type and where it was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from theano.errors import MissingInputError, explain
from theano.graph import Constant, Variable, ancestors
from theano.graph.trace import user_line
from theano.tensor import TensorType, as_tensor_variable, cast, patternbroadcast, unbroadcast

if TYPE_CHECKING:
    from theano.scan_module.scan_op import Scan

__all__ = ["check_feedback", "check_inner_graph", "fitted_inputs", "written_at"]


def written_at(variable: Any) -> str:
    """`` (written at file:line: source)``, or nothing."""
    line = user_line(variable)
    return f" (written at {line})" if line else ""


def check_inner_graph(op: Scan) -> None:
    """Check counts, that nothing but inputs and constants is needed, and that states keep their type.

    Raises
    ------
    ValueError, TypeError
        A state changes its type, or the numbers of inner inputs and outputs do not fit `info`.
    MissingInputError
        An inner output needs something that is no inner input.
    """
    n_outputs = op.n_state_outs + op.n_nit_sot + op.n_shared_outs + bool(op.as_while)
    if len(op.outputs) != n_outputs or len(op.inputs) < op.inner_fixed_start:
        raise ValueError(
            explain(
                f"make {op}",
                f"{len(op.inputs)} inner inputs and {len(op.outputs)} inner outputs",
                f"its info asks for at least {op.inner_fixed_start} inputs, and for {n_outputs} outputs",
            )
        )
    given = set(op.inputs)
    for v in ancestors(op.outputs, given):
        if v.owner is None and v not in given and not isinstance(v, Constant):
            raise MissingInputError(
                explain(
                    f"make {op}: its step uses {v} of {v.type}",
                    "it is neither a sequence, nor a past output, nor among the non-sequences" + written_at(v),
                    "list it in non_sequences (with strict=True every shared variable must be listed)",
                )
            )
    for state in op.states:
        for i in state.inner_inputs:
            for o in state.inner_outputs:
                check_feedback(op.name, op.inputs[i], op.outputs[o])


def check_feedback(name: str | None, before: Variable, after: Variable) -> None:
    """Demand that what a step returns has the type of what it was given.

    Raises
    ------
    ValueError
        Another dtype or number of dimensions.
    TypeError
        Another broadcast pattern.
    """
    if before.type == after.type:
        return
    asked = f"scan {name or 'scan_fn'}: feed the result {after} of the step back as {before}"
    old: Any = before.type
    new: Any = after.type
    found = f"the initial value {before} is of {old}, the result {after} of {new}{written_at(after)}"
    ranks = [getattr(type_, "ndim", None) for type_ in (old, new)]
    if ranks[0] != ranks[1]:
        found += f": {ranks[0]} and {ranks[1]} dimensions"
    if getattr(old, "dtype", None) != getattr(new, "dtype", None):
        do = (
            f"both must have the same dtype ({getattr(old, 'dtype', old)} and {getattr(new, 'dtype', new)} here): "
            "if the result is wider, cast the initial value up yourself (theano.tensor.cast); "
            "else cast the result"
        )
        if ranks[0] != ranks[1]:
            do = f"both must have the same number of dimensions ({ranks[0]} and {ranks[1]} here), and {do[10:]}"
        raise ValueError(explain(asked, found, do))
    if ranks[0] != ranks[1]:
        raise ValueError(explain(asked, found, "give both the same number of dimensions"))
    raise TypeError(
        explain(
            asked,
            f"{found}: their broadcast patterns differ",
            "make them equal with theano.tensor.patternbroadcast, unbroadcast or addbroadcast",
        )
    )


def fitted_inputs(op: Scan, inputs: Sequence[Any]) -> list[Variable]:
    """Outer inputs, converted where that loses nothing.

    Raises
    ------
    TypeError, ValueError
        One of them does not fit its inner counterpart.
    """
    given = list(inputs)
    result = [_length(op, given[0], "the number of steps")]
    for k, outer in enumerate(op.outer_seqs(given)):
        result.append(_stack_of(op, f"sequence {k}", outer, op.inputs[k]))
    for state in op.states:
        inner = op.outputs[state.inner_outputs[0]]
        buffer = _stack_of(op, f"the initial value of output {state.outer_output}", given[state.outer_input], inner)
        result.append(unbroadcast(buffer, 0) if buffer.type.broadcastable[0] else buffer)
    for inner, outer in zip(op.inner_shared(op.inputs), op.outer_shared(given), strict=True):
        result.append(inner.type.filter_variable(outer))
    result += [_length(op, outer, f"the length of result {k}") for k, outer in enumerate(op.outer_nitsot(given))]
    for inner, outer in zip(op.inner_non_seqs(op.inputs), op.outer_non_seqs(given), strict=True):
        result.append(inner.type.filter_variable(outer))
    return result


def _length(op: Scan, value: Any, what: str) -> Variable:
    variable = value if isinstance(value, Variable) else as_tensor_variable(value)
    type_ = variable.type
    if not isinstance(type_, TensorType) or type_.ndim or not type_.dtype.startswith(("int", "uint")):
        raise ValueError(
            explain(f"{op}: {what} is an integer scalar", f"{variable} of {type_}", "give an int or an integer scalar")
        )
    return variable if type_.dtype == "int64" else cast(variable, "int64")


def _stack_of(op: Scan, what: str, outer: Any, inner: Variable) -> Any:
    """`outer` as rows of the type of `inner`."""
    variable = outer if isinstance(outer, Variable) else as_tensor_variable(outer)
    row: Any = inner.type
    type_: Any = variable.type
    ndim = getattr(type_, "ndim", None)
    if ndim != row.ndim + 1 or type_.dtype != row.dtype:
        raise ValueError(
            explain(
                f"{op}: {what} is a stack of values of {row}",
                f"{variable} of {type_}{written_at(variable)}",
                f"give a {row.dtype} tensor of {row.ndim + 1} dimensions",
            )
        )
    if tuple(type_.broadcastable[1:]) == tuple(row.broadcastable):
        return variable
    try:
        return patternbroadcast(variable, (type_.broadcastable[0], *row.broadcastable))
    except (TypeError, ValueError) as error:
        raise TypeError(
            explain(
                f"{op}: {what} is a stack of values of {row}",
                f"{variable} of {type_}: the broadcast pattern differs",
                "use theano.tensor.patternbroadcast, unbroadcast or addbroadcast",
            )
        ) from error
