"""The CPU's schedule of a reduction: a loop that folds what it computes into partial results, which stay in registers."""

from __future__ import annotations

from collections.abc import Callable

from theano.codegen.contiguous import EXACT, Body, Contiguous, Operand
from theano.codegen.dialect import Dialect
from theano.codegen.expr import Expr, call

LANES = 32
"""Partial results; element ``i`` of a block goes into number ``i % LANES``."""

GROUP = 256
"""Elements that are added up in their own dtype before they are added to partial results of a wider one."""

_PRIMITIVES = {"and": "and_", "or": "or_"}


def combined(kind: str, total: Expr, value: Expr) -> Expr:
    """`total` with `value` folded in by the reduction `kind`."""
    return call(_PRIMITIVES.get(kind, kind), total, value)


def folding_body(
    value: Expr, kind: str, acc_dtype: str, operand_of: Callable[[Expr], Operand], dialect: Dialect
) -> Body | None:
    """Print the function that folds `value` by `kind` into its last operand, ``("fold",)``: LANES partial results.

    None where the loop would be split, or where it works on so many elements at once that they are more than lanes: such
    values are better computed into memory first.
    """
    found = _Folding(value, kind, acc_dtype, operand_of, dialect)
    return found.body() if found.fits() else None


class _Folding(Contiguous):
    def __init__(
        self, value: Expr, kind: str, acc_dtype: str, operand_of: Callable[[Expr], Operand], dialect: Dialect
    ) -> None:
        super().__init__((value,), (("fold", "S"),), operand_of, dialect)
        self.kind = kind
        self.target_dtypes = [acc_dtype]

    def fits(self) -> bool:
        return self._count() == 1 and super()._width() <= LANES

    def _width(self) -> int:
        return LANES

    def _lines(self) -> list[str]:
        """Blocks of LANES elements around the loop over them; partial results in an array that needs no memory."""
        value, k = self.values[0], len(self.operands) - 1
        acc_dtype = self.target_dtypes[0]
        index, memory = self.dialect.types["int64"], self.dialect.memory_type(value.dtype)
        each = f"for ({index} i = 0; i < {LANES}; i++)"
        block = self._loop(str(LANES), 0, 1, "b + ")
        if value.dtype == acc_dtype:
            return [
                f"    {memory} a[{LANES}];",
                f"    {each} a[i] = p{k}[i];",
                f"    for ({index} b = 0; b < n; b += {LANES}) {{",
                *block,
                "    }",
                f"    {each} p{k}[i] = a[i];",
            ]
        start = self.out.literal(0, value.dtype)
        return [
            f"    for ({index} g = 0; g < n; g += {GROUP}) {{",
            f"    {memory} a[{LANES}];",
            f"    {each} a[i] = {start};",
            f"    const {index} end = n - g < {GROUP} ? n : g + {GROUP};",
            f"    for ({index} b = g; b < end; b += {LANES}) {{",
            *block,
            "    }",
            *super()._pragmas(),
            f"    {each} p{k}[i] = p{k}[i] + ({self.dialect.types[acc_dtype]})a[i];",
            "    }",
        ]

    def _pragmas(self) -> list[str]:
        """The loop is written out, so that partial results get registers, unless library calls take all registers."""
        rows = [self.dialect.row(e.value, e.args[-1].dtype) for e in self.varying if e.kind == "call"]
        calls = any(row is not None and not set(row.calls) <= EXACT for row in rows)
        unroll = self.dialect.unroll_pragma
        return [*super()._pragmas(), *([unroll] if unroll and not calls else [])]

    def _store(self, k: int, value: Expr, offset: str) -> str:
        total = Expr("temp", (), value.dtype, -1)
        self.out.names[total] = "a[i]"
        return f"a[i] = {self.out.text(combined(self.kind, total, value))};"
