"""What `DebugMode` reports: errors of ops and rewrites, with the classic names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.errors import BadOptimization, DebugModeError, explain
from theano.graph.trace import user_line

__all__ = [
    "BadDestroyMap",
    "BadOptimization",
    "BadThunkOutput",
    "BadViewMap",
    "DebugModeError",
    "InvalidValueError",
    "StochasticOrder",
]


class StochasticOrder(DebugModeError):
    """Rewriting the same graph twice gave different results."""


class InvalidValueError(DebugModeError):
    """A value does not fit the type of its variable, or is not finite.

    Parameters
    ----------
    r : Variable
    v : object
        Its value.
    client_node : Apply, optional
        The node that was about to use it.
    hint, specific_hint : str
        What is wrong.
    """

    def __init__(
        self, r: Any, v: Any = None, client_node: Any = None, hint: str = "none", specific_hint: str = "none"
    ) -> None:
        super().__init__(r, v, client_node, hint, specific_hint)
        self.r, self.v, self.client_node, self.hint, self.specific_hint = r, v, client_node, hint, specific_hint

    def __str__(self) -> str:
        facts = [repr(self.v)[:400], f"a {type(self.v).__name__}"]
        facts += [f"{name} {getattr(self.v, name)}" for name in ("dtype", "shape") if hasattr(self.v, name)]
        facts += [hint for hint in (self.hint, self.specific_hint) if hint != "none"]
        facts += [f"used by {self.client_node}"] if self.client_node is not None else []
        return explain(
            f"a value of {self.r} ({self.r.type}{_made(self.r)})",
            ", ".join(facts),
            "correct the op that made it, or the argument of the function",
        )


class BadThunkOutput(DebugModeError):
    """Two ways to run a node, of which one is its ``perform``, gave different values.

    Parameters
    ----------
    r : Variable
    thunk1, thunk2 : str
        The ways.
    val1, val2 : object
        What they gave.
    inputs_val : sequence
        Values of the node's inputs.
    """

    def __init__(
        self, r: Any, thunk1: Any = None, val1: Any = None, thunk2: Any = None, val2: Any = None, inputs_val: Any = ()
    ) -> None:
        super().__init__(r, thunk1, val1, thunk2, val2, inputs_val)
        self.r, self.thunk1, self.val1, self.thunk2, self.val2 = r, thunk1, val1, thunk2, val2
        self.inputs_val: Sequence[Any] = inputs_val

    def offending_op(self) -> Any:
        """The op whose results differ."""
        return self.r.owner.op

    def __str__(self) -> str:
        shapes = [getattr(value, "shape", value) for value in self.inputs_val]
        return explain(
            f"run {self.r.owner} (output {self.r}{_made(self.r)}; shapes of inputs {shapes}) in two ways",
            f"{self.thunk1} gave {self.val1!r}, {self.thunk2} gave {self.val2!r}",
            "correct the one that is wrong; if both will do, give the variable a tag.values_eq_approx",
        )


class BadDestroyMap(DebugModeError):
    """An op changed an input that its ``destroy_map`` does not name.

    Parameters
    ----------
    node : Apply
    idx : int
        Which input.
    old_val, new_val : object
        Before and after.
    perform : str
        What ran: "perform".
    """

    def __init__(self, node: Any, idx: Any = None, old_val: Any = None, new_val: Any = None, perform: Any = "") -> None:
        super().__init__(node, idx, old_val, new_val, perform)
        self.node, self.idx, self.old_val, self.new_val, self.perform = node, idx, old_val, new_val, perform

    def __str__(self) -> str:
        return explain(
            f"run {self.perform} of {self.node}, whose destroy_map is {self.node.op.destroy_map}",
            f"it changed input {self.idx} from {self.old_val!r} to {self.new_val!r}",
            "let it work on a copy, or name the input in destroy_map",
        )


class BadViewMap(DebugModeError):
    """An output shares memory with an input or with another output, and the op does not say so.

    Parameters
    ----------
    node : Apply
    output_idx : int
    out_storage : object
        The value of the output.
    in_alias_idx, out_alias_idx : sequence of int, optional
        Inputs, or outputs, that share its memory.
    """

    def __init__(
        self,
        node: Any,
        output_idx: Any = None,
        out_storage: Any = None,
        in_alias_idx: Any = None,
        out_alias_idx: Any = None,
    ) -> None:
        super().__init__(node, output_idx, out_storage, in_alias_idx, out_alias_idx)
        self.node, self.output_idx, self.out_storage = node, output_idx, out_storage
        self.in_alias_idx, self.out_alias_idx = in_alias_idx, out_alias_idx

    def __str__(self) -> str:
        with_inputs = f"inputs {self.in_alias_idx}" if self.in_alias_idx else ""
        with_outputs = f"outputs {self.out_alias_idx}" if self.out_alias_idx else ""
        return explain(
            f"run perform of {self.node}, whose view_map is {self.node.op.view_map}",
            f"output {self.output_idx} shares memory with {with_inputs or with_outputs}",
            "store a copy, or name the input in view_map",
        )


def _made(variable: Any) -> str:
    line = user_line(variable)
    return f", written at {line}" if line else ""
