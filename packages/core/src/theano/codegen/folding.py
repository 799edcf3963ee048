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

_WORTH = 512
"""Elements, from which on the check at the end of a loop over pairs costs little."""


def combined(kind: str, total: Expr, value: Expr) -> Expr:
    """`total` with `value` folded in by the reduction `kind`."""
    return call(_PRIMITIVES.get(kind, kind), total, value)


def _never_negative(value: Expr) -> bool:
    """Whether `value`, unless it is NaN, is a number without a sign: a square."""
    return value.kind == "call" and value.value == "mul" and value.args[0] is value.args[1]


def folding_body(
    value: Expr,
    kind: str,
    acc_dtype: str,
    operand_of: Callable[[Expr], Operand],
    dialect: Dialect,
    longest: int = 2**63 - 1,
) -> Body | None:
    """Print the function that folds `value` by `kind` into LANES partial results, of at most `longest` elements.

    It reads them from its operand ``("start", "S")`` and writes them to ``("fold", "S")``, the last; these may be one.

    None where the loop would be split, or where a vector has more elements than there are lanes: such values are better
    computed into memory first.
    """
    found = _Folding(value, kind, acc_dtype, operand_of, dialect)
    found.may_pair = longest >= _WORTH
    return found.body() if found.fits() else None


class _Folding(Contiguous):
    may_pair = True
    in_pairs = False

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
            *self._pairs_lines(),
            f"    {memory} a[{LANES}];",
            f"    {each} a[i] = p{k - 1}[i];",
            f"    for ({index} b = 0; b < n; b += {LANES}) {{",
            *self._loop(str(LANES), 0, 1, "b + "),
            "    }",
            f"    {each} p{k}[i] = a[i];",
        ]

    def _adds_pairs(self) -> bool:
        (value,) = self.values
        sums = self.kind == "add" and self.target_dtypes[0] == "float64" and value.dtype == "float32"
        fits = self.may_pair and self.dialect.pairs and not self._has_functions()
        return sums and fits and _never_negative(value)

    def _pairs_lines(self) -> list[str]:
        """The loop over squares of float32 that takes two for an integer, and makes float64 of them by shifts alone.

        A float64 with the bits of a float32, moved to their places, is the same number times 2**-896, small ones and
        zero included; sums of such keep their bits. Infinities and NaN become 2**-768 or more, and so does each sum
        with one of them: then the usual loop begins anew. Conversions take longer than all the rest, and shifts do not.
        """
        if not self._adds_pairs():
            return []
        k, ps, types = len(self.operands) - 1, self.out.ps, self.dialect.types
        self.in_pairs = True
        loop = self._loop(str(LANES), 0, 1, "b + ")
        self.in_pairs, self.out.ps = False, ps
        each = f"for ({types['int64']} i = 0; i < {LANES // 2}; i++)"
        return [
            f"    if (n >= {_WORTH}) {{",
            f"    {types['float64']} l[{LANES // 2}], h[{LANES // 2}], far = 0;",
            f"    {each} {{ l[i] = p{k - 1}[2 * i] * 0x1p-896; h[i] = p{k - 1}[2 * i + 1] * 0x1p-896; }}",
            f"    for ({types['int64']} b = 0; b < n; b += {LANES}) {{",
            f"    {types['float32']} q[{LANES}];",
            *loop,
            *self._add_pairs(each),
            "    }",
            f"    {each} {{",
            f"        far = p{k - 1}[2 * i] >= 0 && l[i] < 0x1p-768 ? far : 1;",
            f"        far = p{k - 1}[2 * i + 1] >= 0 && h[i] < 0x1p-768 ? far : 1;",
            "    }",
            "    if (far == 0) {",
            f"        {each} {{ p{k}[2 * i] = l[i] * 0x1p896; p{k}[2 * i + 1] = h[i] * 0x1p896; }}",
            "        return;",
            "    }",
            "    }",
        ]

    def _add_pairs(self, each: str) -> list[str]:
        """Statements that add the LANES float32 of the array q to what is in l (first of each pair) and h."""
        word, double, mask = self.dialect.types["uint64"], self.dialect.types["float64"], "0x1FFFFFFFE0000000ull"
        total = (self.dialect.widening_sum or "{0} + {1}").format("l[i]", "x")
        return [
            f"    {word} w[{LANES // 2}]; __builtin_memcpy(w, q, sizeof w);",
            *super()._pragmas(),
            *([self.dialect.unroll_pragma] if self.dialect.unroll_pragma else []),
            f"    {each} {{",
            f"        const {word} u = (w[i] << 29) & {mask}, v = (w[i] >> 3) & {mask};",
            f"        {double} x, y; __builtin_memcpy(&x, &u, 8); __builtin_memcpy(&y, &v, 8);",
            f"        l[i] = {total}; h[i] = h[i] + y;",
            "    }",
        ]

    def _has_functions(self) -> bool:
        calls = [e for e in self.varying if e.kind == "call"]
        return any(is_long(self.dialect.row(e.value, e.args[-1].dtype)) for e in calls)

    def _pragmas(self) -> list[str]:
        """The loop is written out, so that partial results get registers, unless functions need the registers."""
        unroll = self.dialect.unroll_pragma
        return [*super()._pragmas(), *([unroll] if unroll and not self._has_functions() else [])]

    def _store(self, k: int, value: Expr, offset: str) -> str:
        if self.in_pairs:
            return f"q[i] = {self.out.name(value)};"
        total = Expr("temp", (), self.target_dtypes[0], -1)
        widened = cast(value, total.dtype)
        self.out.names[total] = "a[i]"
        if widened is not value:
            self.out.names[widened] = f"({self.dialect.types[total.dtype]}){self.out.name(value)}"
            if self.kind == "add" and self.dialect.widening_sum and total.dtype == "float64":
                return f"a[i] = {self.dialect.widening_sum.format(self.out.name(total), self.out.name(widened))};"
        return f"a[i] = {self.out.text(combined(self.kind, total, widened))};"
