"""One value at a time, with the bits that the same value has in a loop over vectors.

Library functions round differently in their vector variants, and a value must not depend on the way it is computed. So
a single value goes through the vector variant as well.
"""

from __future__ import annotations

from theano.codegen.cfamily import Statements
from theano.codegen.dialect import Dialect, Row
from theano.codegen.dtypes import ITEMSIZE
from theano.codegen.expr import Expr
from theano.digest import digest

__all__ = ["compute_single", "is_long", "is_scalar"]

EXACT = {"sqrt", "fabs", "floor", "ceil", "trunc", "rint"}
"""Library functions that give the same bits in vectors and alone."""


def is_long(row: Row | None) -> bool:
    """Whether `row` is a function: one that is called, or whose text is part of a loop that becomes vectors."""
    if row is None:
        return False
    return not set(row.calls) <= EXACT or bool(row.helpers and not row.calls and not row.scalar)


def is_scalar(expr: Expr, dialect: Dialect) -> bool:
    """Whether the compiler would refuse to vectorise a loop around `expr`."""
    if expr.kind != "call":
        return False
    row = dialect.row(expr.value, expr.args[-1].dtype)
    by_constant = row is not None and not row.calls and expr.args[-1].kind == "const"
    return row is not None and not by_constant and not dialect.vectorised(row, expr.args[-1].dtype)


def compute_single(out: Statements, expr: Expr, name: str) -> str:
    """Statement that computes `expr` once, under `name`; library functions go through their vector variants."""
    dialect = out.dialect
    row = dialect.row(expr.value, expr.args[-1].dtype) if expr.kind == "call" else None
    exact = row is None or set(row.calls) <= EXACT or all(a.kind == "const" for a in expr.args)
    if exact or is_scalar(expr, dialect):
        return out.compute(expr, name)
    args = [a for a in dict.fromkeys(expr.args) if a.kind != "const"]
    helper = _single_helper(out, expr, args)
    return out.assign(expr, name, f"{helper}({', '.join(out.name(a) for a in args)})")


def _single_helper(out: Statements, expr: Expr, args: list[Expr]) -> str:
    """Name of the function that computes `expr` in all lanes of a vector, and returns one."""
    dialect, dtype, named = out.dialect, expr.args[-1].dtype, out.names
    kind, result, index = dialect.types[dtype], dialect.types[expr.dtype], dialect.types["int64"]
    out.names = {a: f"x{j}[i]" for j, a in enumerate(args)}
    text = out.text(expr)
    out.names = named
    lanes = 64 // ITEMSIZE[dtype]
    name = f"one_{dtype}_{digest(text)[:8]}_{expr.value}"
    numbers = range(len(args))
    arrays = ", ".join([f"x{j}[{lanes}]" for j in numbers])
    fill = " ".join(f"x{j}[i] = a{j};" for j in numbers)
    hidden = ", ".join(f'"r"(x{j})' for j in numbers)
    helper = (
        f"{dialect.helper_qualifier} {result} {name}({', '.join(f'{kind} a{j}' for j in numbers)})\n{{\n"
        f"    {kind} {arrays}; {result} y[{lanes}]; {index} n = {lanes};\n"
        f"    for ({index} i = 0; i < {lanes}; i++) {{ {fill} }}\n"
        f'    __asm__("" : "+r"(n) : {hidden} : "memory"); n &= -{lanes};\n'
        f"    for ({index} i = 0; i < n; i++) y[i] = {text};\n    return y[0];\n}}"
    )
    out.helpers.setdefault(helper, helper)
    return name
