"""The namespace `k` that scalar formulas are written in, over loop expressions.

``formula(k, x, y)`` runs with NumPy's twin of this namespace to compute, and with this one to state a loop.
"""

from __future__ import annotations

from typing import Any

from theano.codegen import expr as ir
from theano.codegen.expr import BINARY, UNARY, Expr, NotLowerable
from theano.errors import explain


class FormulaNamespace:
    """The primitives as functions on `Expr`: ``k.exp(x)``, ``k.where(c, a, b)``.

    A name that the IR lacks raises `NotLowerable`.
    """

    cast = staticmethod(ir.cast)
    const = staticmethod(ir.const)

    @staticmethod
    def where(condition: Expr, a: Any, b: Any) -> Expr:
        """Elementwise choice; the condition is bool."""
        return ir.call("where", condition, a, b)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotLowerable(
            explain(f"state a loop with {name}", "the loop IR has no such primitive", "run it in Python")
        )


def _primitive(name: str) -> Any:
    def apply(*args: Any) -> Expr:
        return ir.call(name, *args)

    apply.__name__ = name
    return staticmethod(apply)


for _name in sorted(UNARY | BINARY):
    setattr(FormulaNamespace, _name, _primitive(_name))

k = FormulaNamespace()
