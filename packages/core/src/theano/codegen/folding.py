"""The CPU's schedule of a reduction: a loop that folds what it computes into partial results held in registers."""

from __future__ import annotations

from collections.abc import Callable

from theano.codegen.contiguous import Body, Contiguous, Operand
from theano.codegen.dialect import Dialect
from theano.codegen.expr import Expr, call, cast
from theano.codegen.single import is_long

LANES = 32
"""Partial results; element ``i`` of a block goes into number ``i % LANES``."""

_PRIMITIVES = {"and": "and_", "or": "or_"}


def combined(kind: str, total: Expr, value: Expr) -> Expr:
    """`total` with `value` folded in by the reduction `kind`."""
    return call(_PRIMITIVES.get(kind, kind), total, value)


def folding_body(
    value: Expr, kind: str, acc_dtype: str, operand_of: Callable[[Expr], Operand], dialect: Dialect
) -> Body | None:
    """Print the function that folds `value` by `kind` into LANES partial results.

    It reads them from its operand ``("start", "S")`` and writes them to ``("fold", "S")``, the last; these may be one.

    None where the loop would be split, or where a vector has more elements than there are lanes: such values are better
    computed into memory first.
    """
    found = _Folding(value, kind, acc_dtype, operand_of, dialect)
    return found.body() if found.fits() else None


class _Folding(Contiguous):
    def __init__(
        self, value: Expr, kind: str, acc_dtype: str, operand_of: Callable[[Expr], Operand], dialect: Dialect
    ) -> None:
        super().__init__((value,), (("start", "S"), ("fold", "S")), operand_of, dialect)
        self.kind = kind
        self.target_dtypes = [acc_dtype, acc_dtype]

    def fits(self) -> bool:
        return self._count() == 1 and super()._width() <= LANES

    def _width(self) -> int:
        return LANES

    def _lines(self) -> list[str]:
        """Blocks of LANES elements around the loop over them; partial results in an array that needs no memory."""
        k, index = len(self.operands) - 1, self.dialect.types["int64"]
        memory = self.dialect.memory_type(self.target_dtypes[0])
        each = f"for ({index} i = 0; i < {LANES}; i++)"
        return [
            f"    {memory} a[{LANES}];",
            f"    {each} a[i] = p{k - 1}[i];",
            f"    for ({index} b = 0; b < n; b += {LANES}) {{",
            *self._loop(str(LANES), 0, 1, "b + "),
            "    }",
            f"    {each} p{k}[i] = a[i];",
        ]

    def _has_functions(self) -> bool:
        calls = [e for e in self.varying if e.kind == "call"]
        return any(is_long(self.dialect.row(e.value, e.args[-1].dtype)) for e in calls)

    def _pragmas(self) -> list[str]:
        """The loop is written out, so that partial results get registers, unless functions need the registers."""
        unroll = self.dialect.unroll_pragma
        return [*super()._pragmas(), *([unroll] if unroll and not self._has_functions() else [])]

    def _store(self, k: int, value: Expr, offset: str) -> str:
        total = Expr("temp", (), self.target_dtypes[0], -1)
        widened = cast(value, total.dtype)
        self.out.names[total] = "a[i]"
        if widened is not value:
            self.out.names[widened] = f"({self.dialect.types[total.dtype]}){self.out.name(value)}"
            if self.kind == "add" and self.dialect.widening_sum and total.dtype == "float64":
                return f"a[i] = {self.dialect.widening_sum.format(self.out.name(total), self.out.name(widened))};"
        return f"a[i] = {self.out.text(combined(self.kind, total, widened))};"
