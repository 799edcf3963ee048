"""What Python asks of numbers and sequences, and symbolic variables cannot answer: ``float(x)``, ``len(x)``, ...

The methods are properties that raise a TypeError which is an AttributeError too, so that ``hasattr(x, "__len__")`` and
the like stay False, as for any object that is no number and has no length. `list`, NumPy and others that ask for a
length and go on without one are answered as before: they catch the TypeError.
"""

from __future__ import annotations

from typing import Any

from theano.errors import UserError, explain
from theano.graph.text import node_text
from theano.graph.variable import Constant

__all__ = ["NotANumber", "NotANumberError", "variable_text"]


class NotANumberError(UserError, TypeError, AttributeError):
    """A symbolic variable was used where Python needs a number or a length."""


def variable_text(variable: Any) -> str:
    """The name of `variable`, or the expression that computes it, in one line."""
    if variable.name is None and variable.owner is not None and len(variable.owner.outputs) == 1:
        return node_text(variable.owner)
    return str(variable)


def way_to_the_value(variable: Any) -> str:
    """What to write to get at the value of `variable`."""
    if isinstance(variable, Constant):
        return "read its value from .data"
    if hasattr(variable, "container"):
        return "read its value now with get_value()"
    return "stay symbolic, or compute the value with theano.function (for a quick look: .eval())"


def _refused(call: str, need: str, advice: str = "") -> Any:
    def refuse(self: Any) -> Any:
        if advice:
            advised = f"{advice}; or {way_to_the_value(self)}"
        else:
            advised = way_to_the_value(self)
        raise NotANumberError(
            explain(
                call.format(variable_text(self)),
                f"it is symbolic, a {self.type}, and has no {need} while the graph is built",
                advised,
            )
        )

    return property(refuse, doc=f"Raises the TypeError of ``{call.format('x')}``.")


class NotANumber:
    """Mixin of symbolic variables: what needs a value now is refused with a text that says what to do instead."""

    __float__ = _refused("float({})", "value")
    __int__ = _refused("int({})", "value", "for a variable of an integer dtype use theano.tensor.cast(x, 'int64')")
    __complex__ = _refused("complex({})", "value")
    # range(n), [1, 2, 3][n], numpy.zeros(n)
    __index__ = _refused(
        "use {} as a Python integer", "value", "use theano.scan for loops, and theano.tensor's arange, zeros and alloc"
    )
    __len__ = _refused("len({})", "length", "use x.shape[0], which is symbolic; the number of dims is x.ndim")

    def __contains__(self, item: Any) -> bool:
        raise NotANumberError(
            explain(
                f"ask whether {variable_text(self)} contains a value",
                "its elements are not known while the graph is built",
                "use theano.tensor.eq(x, value).any(), which is symbolic",
            )
        )
