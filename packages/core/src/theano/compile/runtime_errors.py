"""Errors raised by a node, told in the user's terms.

The exception keeps its class. Its message grows by what the graph knows: the op as written, the line of the user's
program that wrote it, and each operand's name, type, shape and dtype.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from theano.compile.advice import advice
from theano.configuration import config
from theano.errors import KeyText, OpDefinitionError, explain
from theano.graph import format_trace
from theano.graph.trace import user_line
from theano.plugin import hook

__all__ = ["check_outputs", "explain_node", "outputs_with_values", "raise_with_op"]

_SMALL = 5


def check_outputs(node: Any, cells: Sequence[Sequence[Any]], wanted: Sequence[int]) -> None:
    """Raise for an output that ``perform`` has left empty.

    Parameters
    ----------
    node : Apply
    cells : sequence of list
        What ``perform`` was given to store its outputs.
    wanted : sequence of int
        The outputs to look at; see `outputs_with_values`.

    Raises
    ------
    OpDefinitionError
        Names the op, its class and the output.
    """
    for k in wanted:
        if cells[k][0] is None:
            op = type(node.op)
            raise OpDefinitionError(
                explain(
                    f"run perform of {node.op} (class {op.__module__}.{op.__qualname__})",
                    f"output {k} of {node.outputs[k].type} was left empty",
                    f"store the result with output_storage[{k}][0] = value",
                )
            )


def outputs_with_values(node: Any) -> tuple[int, ...]:
    """Outputs of `node` that cannot be None: those whose type holds numbers."""
    return tuple(k for k, output in enumerate(node.outputs) if hasattr(output.type, "dtype"))


def raise_with_op(
    node: Any,
    error: Any = None,
    inputs: Sequence[Any] | None = None,
    *,
    index: int | None = None,
    fgraph: Any = None,
    storage_map: Any = None,
) -> NoReturn:
    """Raise `error` again with what is known about the node that caused it.

    Parameters
    ----------
    node : Apply
    error : BaseException, optional
        The original, by default the one being handled; KeyboardInterrupt and its like pass untouched.
    inputs : sequence, optional
        The values that the node was given.
    index : int, optional
        Position of the node in the order of evaluation.
    fgraph : FunctionGraph, optional
        Tells who reads the results.
    storage_map : dict of Variable to list, optional
        Where to find the values, if not in `inputs`.

    Raises
    ------
    type(error)
        With a longer message. Where the class cannot be made from one message, the original with a note.
    """
    if not isinstance(error, BaseException):  # the classic signature has a thunk here
        error = sys.exc_info()[1]
    if inputs is None and storage_map is not None:
        inputs = [storage_map[v][0] for v in node.inputs]
    if not isinstance(error, Exception) or hasattr(error, "__op_instance__"):
        raise error
    if node is None:
        raise error
    mark: Any = error
    mark.__thunk_trace__ = getattr(node.outputs[0].tag, "trace", None) if node.outputs else None
    mark.__op_instance__ = node
    mark.__applynode_index__ = index
    details = explain_node(node, error, inputs, index, fgraph)
    new = _extended(error, details)
    if new is None:
        error.add_note(details)
    try:
        raise error if new is None else new.with_traceback(error.__traceback__) from error.__cause__
    finally:  # the traceback holds this frame: no circle may keep the operands alive after the error is forgotten
        del new, error, inputs, mark


def _extended(error: Exception, details: str) -> Exception | None:
    """A new exception of the same class with a longer message; None if that does not work for the class."""
    kind: Any = type(error)
    message = f"{str(error) or 'no memory'}\n{details}" if isinstance(error, MemoryError) else f"{error}\n{details}"
    if isinstance(error, MemoryError):
        kind = MemoryError  # NumPy's own wants a shape and a dtype
    elif len(error.args) > 1:
        return None
    elif isinstance(error, KeyError):
        message = KeyText(message)
    try:
        new: Exception = kind(message)
    except Exception:  # the class wants other arguments
        return None
    if str(new) != message:
        return None
    for name, value in error.__dict__.items():
        setattr(new, name, value)
    for note in getattr(error, "__notes__", ())[len(getattr(new, "__notes__", ())) :]:
        new.add_note(note)
    return new


def explain_node(
    node: Any,
    error: BaseException | None = None,
    inputs: Sequence[Any] | None = None,
    index: int | None = None,
    fgraph: Any = None,
) -> str:
    """What the graph knows about `node`, several lines.

    See `raise_with_op` for the parameters.
    """
    lines = [f"Apply node that caused the error: {node}"]
    written = next((line for line in map(user_line, node.outputs) if line), None)
    if written:
        lines.append(f"Written at: {written}")
    if index is not None:
        lines.append(f"Toposort index: {index}")
    lines.append(f"Inputs types: {[v.type for v in node.inputs]}")
    if inputs is not None:
        lines.extend(_values(inputs))
        lines.extend(_operands(node, inputs))
    if fgraph is not None:
        lines.append(f"Outputs clients: {[_clients(fgraph, output) for output in node.outputs]}")
    trace = next((text for text in map(format_trace, node.outputs) if text), "")
    if trace:
        more = "use theano.config.traceback.limit=N to make it longer"
        lines.append(f"\nBacktrace when the node is created ({more}):\n{trace}")
    if config.exception_verbosity == "high":
        lines.extend(_verbose(node, inputs))
    lines.extend(_hints(node, error, inputs, bool(trace)))
    return "\n".join(lines)


def _values(inputs: Sequence[Any]) -> list[str]:
    shapes = [getattr(value, "shape", "No shapes") for value in inputs]
    strides = [getattr(value, "strides", "No strides") for value in inputs]
    small = [_short(value) for value in inputs]
    return [f"Inputs shapes: {shapes}", f"Inputs strides: {strides}", f"Inputs values: [{', '.join(small)}]"]


def _short(value: Any) -> str:
    size = getattr(value, "size", None)
    if size is None:
        text = repr(value)
        return text if len(text) <= 60 else "not shown"
    return repr(value) if size <= _SMALL else "not shown"


def _operands(node: Any, inputs: Sequence[Any]) -> list[str]:
    lines = ["Operands:"]
    for i, (variable, value) in enumerate(zip(node.inputs, inputs, strict=False)):
        facts = [str(variable.type)]
        if hasattr(value, "shape"):
            facts.append(f"shape {tuple(value.shape)}")
        facts.append(f"dtype {value.dtype}" if hasattr(value, "dtype") else f"a {type(value).__name__}")
        lines.append(f"  {i}: {variable}: {', '.join(facts)}")
    return lines


def _clients(fgraph: Any, variable: Any) -> list[Any]:
    return ["output" if reader == "output" else f"{reader.op}({i})" for reader, i in fgraph.clients(variable)]


def _verbose(node: Any, inputs: Sequence[Any] | None) -> list[str]:
    # Printing stands above this room, so it is reached by name.
    debugprint = import_module("theano.printing").debugprint
    lines = ["\nDebugprint of the apply node:", str(debugprint(node.outputs, file="str", print_type=True))]
    sized = [(getattr(value, "nbytes", 0), v) for v, value in zip(node.inputs, inputs or (), strict=False)]
    lines.append("Storage of the operands:")
    for size, variable in sorted(sized, key=lambda pair: -pair[0]):
        given = "Shared Input" if hasattr(variable, "container") else "Input"
        kind = given if variable.owner is None else "Intermediate"
        lines.append(f" - {variable}, {kind}, {size} bytes")
    return lines


def _hints(node: Any, error: BaseException | None, inputs: Sequence[Any] | None, traced: bool) -> list[str]:
    lines: list[str] = []
    if error is not None:
        lines.extend(advice(node, error, inputs))
        lines.extend(f"HINT: {hint}" for hint in _hints_of_plugins(node, error) if hint)
    if not traced:
        lines.append(
            "HINT: rewriting left no creation trace for this node; with theano.config.optimizer='fast_compile' or "
            "'None' the report can name the line of your program."
        )
    if config.exception_verbosity != "high":
        lines.append("HINT: theano.config.exception_verbosity='high' shows the graph below this node and its storage.")
    return lines


def _hints_of_plugins(node: Any, error: BaseException) -> list[str | None]:
    try:
        hints: list[str | None] = hook("theano_explain_error", error=error, node=node)
    except Exception as broken:  # a plugin must not hide the error that it was asked about
        return [f"a plugin failed to explain the error: {type(broken).__name__}: {broken}"]
    return hints
