"""The C-family printer: from loop expressions to text, for every language that a `Dialect` describes.

`Statements` writes values as single assignments and is what all schedules share; the schedule of the CPU is in
`theano.codegen.contiguous`.
"""

from __future__ import annotations

import functools
import re
from typing import Any

import numpy as np

from theano.codegen.dialect import CLASS_OF, Dialect, Row
from theano.codegen.dtypes import BOOL, ITEMSIZE, is_float
from theano.codegen.expr import Expr
from theano.codegen.verify import KernelError
from theano.errors import explain


def literal(dialect: Dialect, value: Any, dtype: str) -> str:
    """`value` as a literal of `dtype` in `dialect`."""
    if dtype == BOOL:
        return "1" if value else "0"
    if is_float(dtype):
        return _float(dialect, float(value), dtype)
    number = int(value)
    kind = dialect.types[dtype]
    if ITEMSIZE[dtype] < 4:
        return f"(({kind})({number}))"
    unsigned = "u" if CLASS_OF[dtype] == "u" else ""
    suffix = unsigned + ("ll" if ITEMSIZE[dtype] == 8 else "")
    if number == np.iinfo(dtype).min and not unsigned:
        return f"(({kind})({number + 1}{suffix} - 1))"
    return f"(({kind}){number}{suffix})" if number >= 0 else f"(({kind})({number}{suffix}))"


def _float(dialect: Dialect, value: float, dtype: str) -> str:
    if value != value:
        return f"({dialect.nan[dtype]})"
    if value in (float("inf"), float("-inf")):
        sign = "-" if value < 0 else ""
        return f"({sign}{dialect.infinity[dtype]})"
    text = repr(value) + dialect.suffixes[dtype]
    return f"({text})" if text.startswith("-") else text


@functools.lru_cache(maxsize=64)
def _fields(dialect: Dialect, dtype: str) -> dict[str, str]:
    """The fields of row templates that depend on the operands' dtype alone."""
    suffixes = dialect.suffixes
    fields = {"t": dialect.types[dtype], "d": dtype, "s": suffixes.get(dtype, ""), "S": suffixes["float64"]}
    fields |= {"zero": literal(dialect, 0, dtype), "one": literal(dialect, 1, dtype)}
    return fields | {"max": literal(dialect, np.finfo(dtype).max, dtype) if is_float(dtype) else ""}


class Statements:
    """Writes expressions of one dialect; `names` holds what each expression is called.

    `zero` may name an integer variable that is zero without the compiler knowing it: casts from float to integer then
    pass through it. gcc takes a cast to integer and back for a truncation, which it is not for NaN, -0.5 and 1e30.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.names: dict[Expr, str] = {}
        self.helpers: dict[str, str] = {}
        self.ps = 0
        self.zero = ""

    def literal(self, value: Any, dtype: str) -> str:
        """`value` as a literal of `dtype`."""
        return literal(self.dialect, value, dtype)

    def name(self, expr: Expr) -> str:
        """Name of `expr`, or its literal."""
        return self.literal(expr.value, expr.dtype) if expr.kind == "const" else self.names[expr]

    def assign(self, expr: Expr, name: str, text: str) -> str:
        """Statement that defines `expr` under `name`."""
        self.names[expr] = name
        return f"const {self.dialect.types[expr.dtype]} {name} = {text};"

    def load(self, expr: Expr, name: str, place: str) -> str:
        """Statement that reads `expr` from the memory `place`."""
        return self.assign(expr, name, f"{place} != 0" if expr.dtype == BOOL else place)

    def compute(self, expr: Expr, name: str) -> str:
        """Statement that computes a cast or call."""
        return self.assign(expr, name, self.text(expr))

    def text(self, expr: Expr) -> str:
        """The expression's right-hand side."""
        args = [self.name(a) for a in expr.args]
        if expr.kind == "cast":
            self.ps += 60
            return self._cast(args[0], expr.args[0].dtype, expr.dtype)
        row = self.dialect.row(expr.value, expr.args[-1].dtype)
        if row is None:
            asked = f"print {expr.value} of {expr.args[-1].dtype}"
            raise KernelError(explain(asked, f"{self.dialect.name} has no row for it", "cast the operands first"))
        fields = _fields(self.dialect, expr.args[-1].dtype) | {"r": self.dialect.types[expr.dtype]}
        for helper in row.helpers:
            text = self.dialect.helpers[helper.format(**fields)].format(q=self.dialect.helper_qualifier, **fields)
            self.helpers.setdefault(text, text)
        self.ps += self._cost(row, expr.args[-1].dtype)
        return row.text.format(*args, **fields)

    def _cost(self, row: Row, dtype: str) -> int:
        """Rows state the cost of 64-bit vectors' elements; scalar code is about eight times slower at any size."""
        if row.scalar:
            return row.ps
        return row.ps * ITEMSIZE[dtype] // 8 if self.dialect.vectorised(row, dtype) else 8 * row.ps

    def _cast(self, x: str, old: str, new: str) -> str:
        """NumPy's casts; those from float go through a signed integer so that every compiler gives the same bits."""
        kind = self.dialect.types[new]
        if new == BOOL:
            return f"{x} != 0"
        if not is_float(old) or is_float(new):
            return f"({kind}){x}"
        signed = self.dialect.types["int64" if ITEMSIZE[new] == 8 else "int32"]
        if new in ("int32", "int64"):
            return f"({signed}){x} ^ ({signed}){self.zero}" if self.zero else f"({signed}){x}"
        if ITEMSIZE[new] < 4:
            return f"({kind})({signed}){x}"
        half = self.literal(2.0 ** (8 * ITEMSIZE[new] - 1), old)
        top = self.literal(2 ** (8 * ITEMSIZE[new] - 1), new)
        return f"{x} >= {half} ? ({kind})({signed})({x} - {half}) ^ {top} : ({kind})({signed}){x}"


def prototypes(text: str, dialect: Dialect) -> list[str]:
    """Declarations of the library functions called in `text`, in alphabetical order."""
    called = set(re.findall(r"\b([a-z_0-9]+)\(", text))
    return [dialect.prototypes[name] for name in sorted(called) if name in dialect.prototypes]
