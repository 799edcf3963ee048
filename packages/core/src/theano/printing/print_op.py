"""`Print`: an identity that tells what passes through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from theano.graph import Apply, Op

__all__ = ["Print"]


def _print_fn(op: Print, xin: Any) -> None:
    for attribute in op.attrs:
        value = getattr(xin, attribute)
        print(op.message, attribute, "=", value() if callable(value) else value)


class Print(Op):
    """Print a message and attributes of a value whenever the value is computed; the value passes unchanged.

    Rewrites do not see through it, so it may keep a graph from being fused.  Gradients pass.

    Parameters
    ----------
    message : str
        Stands in front.
    attrs : sequence of str
        Attributes of the value to print; those that are callable are called.
    global_fn : callable
        ``global_fn(op, value)`` prints; the default prints one line for each attribute.

    Examples
    --------
    ``x_printed = theano.printing.Print("x")(x)``, then use ``x_printed`` in place of ``x``.
    """

    view_map = {0: [0]}
    __props__ = ("message", "attrs", "global_fn")

    def __init__(
        self,
        message: str = "",
        attrs: Sequence[str] = ("__str__",),
        global_fn: Callable[[Any, Any], None] = _print_fn,
    ) -> None:
        self.message = message
        self.attrs = tuple(attrs)
        self.global_fn = global_fn

    def make_node(self, xin: Any) -> Apply:
        return Apply(self, [xin], [xin.type()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Any, params: Any = None) -> None:
        (value,) = inputs
        self.global_fn(self, value)
        output_storage[0][0] = value

    def grad(self, inputs: Sequence[Any], output_gradients: Sequence[Any]) -> list[Any]:
        return list(output_gradients)

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return list(eval_points)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        return list(shapes)

    def do_constant_folding(self, node: Apply) -> bool:
        return False
