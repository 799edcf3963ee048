"""The CPU's schedule: one function with one loop over contiguous operands.

See `theano.cpu.kernels` for the calling convention. Functions that no compiler vectorises get loops of their own over
tiles.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from theano.codegen.cfamily import Statements, prototypes
from theano.codegen.dialect import Dialect
from theano.codegen.dtypes import BOOL, ITEMSIZE, is_float
from theano.codegen.expr import Expr, post_order
from theano.codegen.single import compute_single, is_scalar
from theano.frozen import dataclass

SYMBOL = "@SYMBOL@"
"""Stands for the function's name in `Body.text`: the name is made of the text's digest."""

Operand = tuple[Any, ...]
"""``(role, ...)``, see `theano.cpu.kernels.CompiledSweep`."""


@dataclass(frozen=True)
class Body:
    """A printed function over contiguous operands.

    text : str
        The function; its name is `SYMBOL`.
    support : tuple of str
        Prototypes and helper functions that must precede it (each once in a file).
    operands, dtypes : tuple
        As in `theano.cpu.kernels.CompiledSweep`.
    written : tuple of int
    width : int
        The element count is a multiple of this.
    ps : int
        Estimated picoseconds per element.
    """

    text: str
    support: tuple[str, ...]
    operands: tuple[Operand, ...]
    dtypes: tuple[str, ...]
    written: tuple[int, ...]
    width: int
    ps: int


TILE = 256


def contiguous_body(
    values: Sequence[Expr], targets: Sequence[Operand], operand_of: Callable[[Expr], Operand], dialect: Dialect
) -> Body:
    """Print the function that computes `values` into `targets`.

    Parameters
    ----------
    values : sequence of Expr
    targets : sequence of tuples
        The operand that each value is stored to.
    operand_of : callable
        ``load``, ``temp``, ``acc`` and ``iota`` leaves to operands; a last item ``"S"`` means one element.
        ``("iota",)`` is one element too, the position of the first element: the loop counts on from it.
    """
    return Contiguous(values, targets, operand_of, dialect).body()


def _is_single(operand: Operand) -> bool:
    return bool(operand[-1] == "S" or operand[0] == "iota")


def _counts(operand: Operand) -> bool:
    """Whether the operand is a position that grows along the loop."""
    return bool(operand[0] == "iota" and operand[-1] != "S")


class Contiguous:
    """Prints one body; see `contiguous_body`."""

    def __init__(
        self,
        values: Sequence[Expr],
        targets: Sequence[Operand],
        operand_of: Callable[[Expr], Operand],
        dialect: Dialect,
    ) -> None:
        self.values, self.targets, self.dialect = tuple(values), tuple(targets), dialect
        self.out = Statements(dialect)
        self.order = list(post_order(self.values))
        self.places: dict[Expr, int] = {}
        self.operands: list[Operand] = []
        self.dtypes: list[str] = []
        self.target_dtypes = [v.dtype for v in self.values]
        for expr in self.order:
            if not expr.args and expr.kind != "const":
                self.places[expr] = len(self.operands)
                self.operands.append(operand_of(expr))
                self.dtypes.append(expr.dtype)
        self.numbers = itertools.count()
        self.varying = self._varying()
        self.stages = self._stages()

    def _fresh(self) -> str:
        return f"v{next(self.numbers)}"

    def _varying(self) -> set[Expr]:
        """Expressions whose value depends on the position."""
        found: set[Expr] = set()
        for expr in self.order:
            operand = self.operands[self.places[expr]] if expr in self.places else ("none", "S")
            leaf = _counts(operand) or not _is_single(operand)
            if leaf or any(a in found for a in expr.args):
                found.add(expr)
        return found

    def _stages(self) -> dict[Expr, int]:
        """Loop number of each varying expression: odd loops hold what cannot be vectorised, even ones the rest.

        One loop (all zeros) when there is nothing to separate or too little to gain.
        """
        computed = [e for e in self.order if e in self.varying and e.args]
        scalar = {e for e in computed if is_scalar(e, self.dialect)}
        rest = [e for e in computed if e not in scalar]
        rows = [self.dialect.row(e.value, e.args[-1].dtype) for e in rest if e.kind == "call"]
        gain = len(rest) >= 8 or any(r is not None and r.ps >= 300 for r in rows)
        if not scalar or not gain:
            return dict.fromkeys(computed, 0)
        stages: dict[Expr, int] = {}
        for expr in computed:
            earliest = max((stages[a] for a in expr.args if a in stages), default=0)
            stages[expr] = earliest + ((earliest & 1) != (expr in scalar))
        return stages

    def body(self) -> Body:
        head = self._head()
        self.crossing: dict[Expr, str] = {}
        lines = self._lines()
        first = len(self.operands) - len(self.targets)
        text = "\n".join(
            [f"void {SYMBOL}(char *const *p, {self.dialect.types['int64']} n)", "{", *head, *lines, "}", ""]
        )
        helpers = tuple(self.out.helpers)
        support = (*prototypes(text + "".join(helpers), self.dialect), *helpers)
        ps = self.out.ps + 30 * len(self.operands)
        written = tuple(range(first, len(self.operands)))
        return Body(text, support, tuple(self.operands), tuple(self.dtypes), written, self._width(), ps)

    def _count(self) -> int:
        """Number of loops."""
        return max(self.stages.values(), default=0) + 1

    def _lines(self) -> list[str]:
        return self._loop("n", 0, 1) if self._count() == 1 else self._tiled(self._count())

    def _width(self) -> int:
        """Elements of the widest vector of the smallest type in the loop: then no element is left to a scalar
        remainder, whose library functions round differently. One where the loop computes nothing."""
        if not self.varying:
            return 1
        sizes = [ITEMSIZE[self.dtypes[k]] for k, o in enumerate(self.operands) if not _is_single(o)]
        sizes += [ITEMSIZE[e.dtype] for e in self.varying if e.dtype != BOOL]
        if any(stage for stage in self.stages.values()) and any(e.dtype == BOOL for e in self.varying):
            sizes.append(1)  # a bool that goes from loop to loop is a byte
        return 64 // min(sizes, default=8)

    def _head(self) -> list[str]:
        """Operand pointers, single elements, and what follows from single elements alone."""
        types, lines = self.dialect.types, []
        for expr, k in self.places.items():
            memory = self.dialect.memory_type(expr.dtype)
            if _counts(self.operands[k]):
                lines.append(f"    const {types['int64']} s{k} = *(const {memory} *)p[{k}];")
            elif _is_single(self.operands[k]):
                lines.append("    " + self.out.load(expr, f"s{k}", f"*(const {memory} *)p[{k}]"))
            else:
                lines.append(f"    const {memory} *const p{k} = (const {memory} *)p[{k}];")
        for target, dtype in zip(self.targets, self.target_dtypes, strict=True):
            k, memory = len(self.operands), self.dialect.memory_type(dtype)
            self.operands.append(target)
            self.dtypes.append(dtype)
            lines.append(f"    {memory} *const p{k} = ({memory} *)p[{k}];")
        if self._goes_to_integer_and_back():
            lines.append(f'    {types["int64"]} zero = 0; __asm__("" : "+r"(zero));')
            self.out.zero = "zero"
        for expr in self.order:
            if expr.args and expr not in self.varying:
                lines.append("    " + self._compute_once(expr))
        lines.append(f"    n &= -{self._width()};")
        return lines

    def _compute_once(self, expr: Expr) -> str:
        """Statement for what is the same for all positions."""
        return compute_single(self.out, expr, self._fresh())

    def _goes_to_integer_and_back(self) -> bool:
        casts = {(is_float(e.args[0].dtype), is_float(e.dtype)) for e in self.order if e.kind == "cast"}
        return {(True, False), (False, True)} <= casts

    def _tiled(self, count: int) -> list[str]:
        """Loops over tiles; values that a later loop needs go through arrays on the stack."""
        types = self.dialect.types
        for expr in self.stages:
            for arg in expr.args:
                if self.stages.get(arg, self.stages[expr]) < self.stages[expr]:
                    self.crossing.setdefault(arg, f"t{len(self.crossing)}")
        for value in self.values:
            if self.stages.get(value, count - 1) < count - 1:
                self.crossing.setdefault(value, f"t{len(self.crossing)}")
        lines = [
            f"    {self.dialect.memory_type(e.dtype)} {t}[{TILE}] __attribute__((aligned(64)));"
            for e, t in self.crossing.items()
        ]
        index = types["int64"]
        lines.append(f"    for ({index} b = 0; b < n; b += {TILE}) {{")
        lines.append(f"    {index} m = n - b < {TILE} ? n - b : {TILE};")
        # The asm hides what the compiler knows of m; only so it believes the mask and makes no remainder loop.
        lines.append(f'    __asm__("" : "+r"(m)); m &= -{self._width()};')
        for stage in range(count):
            lines += self._loop("m", stage, count, "b + ")
        lines.append("    }")
        return lines

    def _loop(self, limit: str, stage: int, count: int, offset: str = "") -> list[str]:
        lines = self._pragmas()
        lines.append(f"    for ({self.dialect.types['int64']} i = 0; i < {limit}; i++) {{")
        self.defined: set[Expr] = set()
        for expr, at in self.stages.items():
            if at == stage:
                for arg in expr.args:
                    lines += self._available(arg, offset)
                lines.append("        " + self.out.compute(expr, self._fresh()))
                self.defined.add(expr)
                if expr in self.crossing:
                    lines.append(f"        {self.crossing[expr]}[i] = {self.out.name(expr)};")
        if stage == count - 1:
            first = len(self.operands) - len(self.targets)
            for value in self.values:
                lines += self._available(value, offset)
            for k, value in enumerate(self.values, first):
                lines.append(f"        {self._store(k, value, offset)}")
        return [*lines, "    }"]

    def _pragmas(self) -> list[str]:
        return [self.dialect.loop_pragma] if self.dialect.loop_pragma else []

    def _store(self, k: int, value: Expr, offset: str) -> str:
        """The statement that puts `value` into operand `k`."""
        return f"p{k}[{offset}i] = {self.out.name(value)};"

    def _available(self, expr: Expr, offset: str) -> list[str]:
        """Statements that give `expr` a name inside the current loop, if it has none yet."""
        if expr not in self.varying or expr in self.defined:
            return []
        self.defined.add(expr)
        if expr in self.stages:
            return ["        " + self.out.load(expr, self._fresh(), f"{self.crossing[expr]}[i]")]
        k = self.places[expr]
        if _counts(self.operands[k]):
            return ["        " + self.out.assign(expr, self._fresh(), f"s{k} + {offset}i")]
        return ["        " + self.out.load(expr, self._fresh(), f"p{k}[{offset}i]")]
