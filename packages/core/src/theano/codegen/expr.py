"""Scalar expressions of the loop IR: frozen, shared, and built with Python's operators.

Equal expressions are one object, so common sub-expressions are found for free and comparison is identity.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from theano.codegen.dtypes import BOOL, can_lower
from theano.errors import TheanoError, explain

KINDS = ("load", "const", "acc", "temp", "iota", "cast", "call")


class NotLowerable(TheanoError):
    """The formula uses something that the loop IR cannot say; the op then runs in Python."""


class Expr:
    """One value of a loop body.

    Attributes
    ----------
    kind : str
        ``load`` (value: input position), ``const`` (value: the number), ``acc`` (value: which reduction),
        ``temp`` (value: which row temporary), ``iota`` (position along the row), ``cast``, ``call`` (value: primitive).
    args : tuple of Expr
    dtype : str
    value : object
    """

    __slots__ = ("__weakref__", "args", "dtype", "kind", "value")
    kind: str
    args: tuple[Expr, ...]
    dtype: str
    value: Any

    _table: weakref.WeakValueDictionary[Any, Expr] = weakref.WeakValueDictionary()

    def __new__(cls, kind: str, args: tuple[Expr, ...], dtype: str, value: Any = None) -> Expr:
        key = (kind, args, dtype, _value_key(kind, value))
        found = cls._table.get(key)
        if found is not None:
            return found
        if not can_lower(dtype):
            raise NotLowerable(
                explain(f"state a loop over {dtype}", "generated code has no such dtype", "run it in Python")
            )
        self = object.__new__(cls)
        for name, item in (("kind", kind), ("args", args), ("dtype", dtype), ("value", value)):
            object.__setattr__(self, name, item)
        cls._table[key] = self
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(explain(f"set {name} of an expression", "expressions are frozen", "build a new one"))

    def __reduce__(self) -> Any:
        return (Expr, (self.kind, self.args, self.dtype, self.value))

    def __repr__(self) -> str:
        if self.kind == "const":
            return repr(self.value)
        if self.kind in ("cast", "call"):
            name = self.dtype if self.kind == "cast" else self.value
            return f"{name}({', '.join(map(repr, self.args))})" if depth_below(self, 12) else f"{name}(...)"
        return self.kind if self.value is None else f"{self.kind}{self.value}"

    # Operators build calls; two operands must have one dtype, a Python number takes the other's.
    def __add__(self, other: Any) -> Expr:
        return call("add", self, other)

    def __radd__(self, other: Any) -> Expr:
        return call("add", other, self)

    def __sub__(self, other: Any) -> Expr:
        return call("sub", self, other)

    def __rsub__(self, other: Any) -> Expr:
        return call("sub", other, self)

    def __mul__(self, other: Any) -> Expr:
        return call("mul", self, other)

    def __rmul__(self, other: Any) -> Expr:
        return call("mul", other, self)

    def __truediv__(self, other: Any) -> Expr:
        return call("true_div", self, other)

    def __rtruediv__(self, other: Any) -> Expr:
        return call("true_div", other, self)

    def __floordiv__(self, other: Any) -> Expr:
        return call("floor_div", self, other)

    def __mod__(self, other: Any) -> Expr:
        return call("mod", self, other)

    def __pow__(self, other: Any) -> Expr:
        return call("pow", self, other)

    def __neg__(self) -> Expr:
        return call("neg", self)

    def __abs__(self) -> Expr:
        return call("abs", self)

    def __lt__(self, other: Any) -> Expr:
        return call("lt", self, other)

    def __le__(self, other: Any) -> Expr:
        return call("le", self, other)

    def __gt__(self, other: Any) -> Expr:
        return call("gt", self, other)

    def __ge__(self, other: Any) -> Expr:
        return call("ge", self, other)

    def __and__(self, other: Any) -> Expr:
        return call("and_", self, other)

    def __or__(self, other: Any) -> Expr:
        return call("or_", self, other)

    def __xor__(self, other: Any) -> Expr:
        return call("xor", self, other)

    def __invert__(self) -> Expr:
        return call("invert", self)

    def __bool__(self) -> bool:
        raise TypeError(explain("take the truth value of a loop expression", "it has none", "use k.where"))


def _value_key(kind: str, value: Any) -> Any:
    if kind != "const":
        return value
    # -0.0 equals 0.0 and nan differs from itself: the bits tell constants apart.
    return (type(value).__name__, np.asarray(value).tobytes())


def depth_below(expr: Expr, limit: int) -> bool:
    """Whether no path in `expr` is longer than `limit`."""
    layer: set[Expr] = {expr}
    for _ in range(limit):
        layer = {a for e in layer for a in e.args}
        if not layer:
            return True
    return False


def const(value: Any, dtype: str) -> Expr:
    """Return the constant `value` as `dtype`."""
    with np.errstate(all="ignore"):
        number = np.asarray(value).astype(dtype)[()]
    return Expr("const", (), dtype, number)


def cast(x: Expr, dtype: str) -> Expr:
    """Return `x` as `dtype` (itself if it is that already)."""
    if x.dtype == dtype:
        return x
    if x.kind == "const":
        return const(x.value, dtype)
    return Expr("cast", (x,), dtype)


COMPARISONS = frozenset(("eq", "neq", "lt", "le", "gt", "ge", "isnan", "isinf"))
ELEMENTARY = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
    *("erf", "erfc", "gamma", "gammaln", "sigmoid", "softplus"),
)
"""Functions of one float."""

UNARY = frozenset((*ELEMENTARY, "neg", "abs", "sign", "floor", "ceil", "trunc", "rint", "isnan", "isinf", "invert"))
BINARY = frozenset((
    *("add", "sub", "mul", "true_div", "floor_div", "mod", "pow", "arctan2", "minimum", "maximum"),
    *("eq", "neq", "lt", "le", "gt", "ge", "and_", "or_", "xor"),
))  # fmt: skip
PRIMITIVES = UNARY | BINARY | {"where"}
FLOAT_ONLY = frozenset((*ELEMENTARY, "true_div", "arctan2"))


def call(name: str, *args: Any) -> Expr:
    """Apply the primitive `name`; Python numbers take the dtype of the expressions they meet.

    Raises
    ------
    NotLowerable
        If there is no such primitive, or not for these dtypes.
    """
    if name not in PRIMITIVES:
        raise NotLowerable(
            explain(f"state a loop with {name}", "the loop IR has no such primitive", "run it in Python")
        )
    exprs = _coerce(name, args)
    operands = exprs[1:] if name == "where" else exprs
    dtypes = {e.dtype for e in operands}
    if len(dtypes) != 1:
        raise NotLowerable(explain(f"state a loop with {name}", f"operands of {sorted(dtypes)}", "cast them first"))
    dtype = dtypes.pop()
    if name in FLOAT_ONLY and dtype not in ("float32", "float64"):
        raise NotLowerable(explain(f"state a loop with {name}", f"operands of {dtype}", "cast to a float first"))
    return Expr("call", tuple(exprs), BOOL if name in COMPARISONS else dtype, name)


def _coerce(name: str, args: tuple[Any, ...]) -> list[Expr]:
    partners = [a for a in (args[1:] if name == "where" else args) if isinstance(a, Expr)]
    if not partners:
        raise NotLowerable(explain(f"state a loop with {name}", "only plain numbers", "fold them first"))
    dtype = partners[0].dtype
    exprs = [a if isinstance(a, Expr) else const(a, dtype) for a in args]
    if name == "where" and exprs[0].dtype != BOOL:
        raise NotLowerable(explain("state a loop with where", f"a condition of {exprs[0].dtype}", "compare with zero"))
    return exprs


def post_order(roots: tuple[Expr, ...] | list[Expr]) -> Iterator[Expr]:
    """Yield every expression behind `roots` once, arguments first (iterative)."""
    done: set[int] = set()
    for root in roots:
        stack: list[tuple[Expr, bool]] = [(root, False)]
        while stack:
            expr, ready = stack.pop()
            if id(expr) in done:
                continue
            if ready:
                done.add(id(expr))
                yield expr
                continue
            stack.append((expr, True))
            stack.extend((a, False) for a in reversed(expr.args) if id(a) not in done)
