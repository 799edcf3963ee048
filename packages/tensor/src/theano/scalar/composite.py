"""`Composite`: a graph of scalar ops that acts as one scalar op, made by fusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.errors import explain
from theano.graph import Apply, Constant, Variable, clone_replace, toposort
from theano.scalar.base import ScalarOp
from theano.scalar.type import Scalar, get_scalar_type

__all__ = ["Composite"]

_INFIX = {"add": "+", "sub": "-", "mul": "*", "true_div": "/", "int_div": "//", "mod": "%", "pow": "**"}
_MAX_TEXT = 400


class Composite(ScalarOp):
    """The scalar op that computes `outputs` from `inputs`.

    Composites among the inner ops are dissolved. Two composites are equal when they compute the same steps.

    Parameters
    ----------
    inputs, outputs : sequence of scalar variables
        The graph; constants may appear inside.

    Examples
    --------
    >>> from theano.scalar import floats, add, mul
    >>> x, y, z = floats("xyz")
    >>> print(Composite([x, y, z], [add(x, mul(y, z))]))
    Composite{(i0 + (i1 * i2))}
    """

    __props__ = ("program",)

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        own = [v.type.make_variable(v.name) for v in inputs]
        # the graph belongs to the op: later changes of the caller's graph must not reach it
        self._take(own, clone_replace(list(outputs), dict(zip(inputs, own, strict=True))))

    @classmethod
    def owning(cls, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> Composite:
        """The op of a graph that was made for it and that nobody else has: it is not copied."""
        made = cls.__new__(cls)
        made._take(inputs, outputs)
        return made

    def _take(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        self.name = None
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.inputs_type = tuple(v.type for v in self.inputs)
        self.outputs_type = tuple(v.type for v in self.outputs)
        self.nin = len(self.inputs)
        self.nout = len(self.outputs)
        self.program = _Program(self.inputs, self.outputs)

    def output_types(self, types: Sequence[Scalar]) -> Sequence[Scalar]:
        if tuple(types) == self.inputs_type:
            return self.outputs_type
        dtypes = self.program.run(
            [t.dtype for t in types], lambda op, args: op.output_dtypes(tuple(args)), lambda value, dtype: dtype
        )
        return tuple(get_scalar_type(d) for d in dtypes)

    def lower_exprs(self, k: Any, xs: Sequence[Any], dtypes: tuple[str, ...] | None = None) -> list[Any]:
        return self.program.run(xs, lambda op, args: op.lower_exprs(k, args), k.const)

    def formula(self, k: Any, *xs: Any) -> Any:
        results = self.lower_exprs(k, xs)
        return results[0] if self.nout == 1 else tuple(results)

    @property
    def nodes(self) -> list[Apply]:
        """Inner nodes in order of computation."""
        return toposort(self.outputs)

    def __str__(self) -> str:
        return f"Composite{{{', '.join(self.program.texts(self.nin))}}}"

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        del state["program"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.program = _Program(self.inputs, self.outputs)


class _Program:
    """Steps ``(op, places of arguments)`` over a row of places: inputs first, then constants, then results.

    The form does not depend on variable identities, so it serves as the value of the composite.
    """

    def __init__(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        place: dict[Variable, Any] = {v: ("in", i) for i, v in enumerate(inputs)}
        self.constants: list[tuple[Any, str, bytes]] = []
        self.steps: list[tuple[ScalarOp, tuple[Any, ...]]] = []
        for node in toposort(list(outputs), blockers=list(inputs)):
            for variable in node.inputs:
                self._place_leaf(variable, place)
            self._append(node, place)
        for variable in outputs:
            self._place_leaf(variable, place)
        self.results = tuple(place[v] for v in outputs)
        self._key = (
            tuple(v.type.dtype for v in inputs),
            tuple((dtype, raw) for _, dtype, raw in self.constants),
            tuple(self.steps),
            self.results,
        )
        self._hash = hash(self._key)

    def _place_leaf(self, variable: Variable, place: dict[Variable, Any]) -> None:
        if variable in place:
            return
        if not isinstance(variable, Constant):
            raise ValueError(
                explain(
                    "make a Composite",
                    f"{variable} is neither an input nor a constant",
                    "list it among the inputs",
                )
            )
        place[variable] = ("const", self._constant(variable.data, variable.type.dtype))

    def _constant(self, value: Any, dtype: str) -> int:
        entry = (value, dtype, value.tobytes())
        for i, known in enumerate(self.constants):
            if known[1:] == entry[1:]:
                return i
        self.constants.append(entry)
        return len(self.constants) - 1

    def _append(self, node: Apply, place: dict[Variable, Any]) -> None:
        args = tuple(place[v] for v in node.inputs)
        if not isinstance(node.op, Composite):
            self.steps.append((node.op, args))
            for j, variable in enumerate(node.outputs):
                place[variable] = ("step", len(self.steps) - 1, j)
            return
        inner = node.op.program
        offset = len(self.steps)
        moved = {i: self._constant(value, dtype) for i, (value, dtype, _) in enumerate(inner.constants)}

        def outer(p: Any) -> Any:
            if p[0] == "in":
                return args[p[1]]
            return ("const", moved[p[1]]) if p[0] == "const" else ("step", p[1] + offset, p[2])

        self.steps.extend((op, tuple(outer(p) for p in inner_args)) for op, inner_args in inner.steps)
        for variable, p in zip(node.outputs, inner.results, strict=True):
            place[variable] = outer(p)

    def run(self, xs: Sequence[Any], apply: Any, constant: Any) -> list[Any]:
        """Results: ``apply(op, arguments)`` makes those of a step, ``constant(value, dtype)`` those of a constant."""
        constants = [constant(value, dtype) for value, dtype, _ in self.constants]
        results: list[Any] = []

        def at(p: Any) -> Any:
            if p[0] == "step":
                return results[p[1]][p[2]]
            return xs[p[1]] if p[0] == "in" else constants[p[1]]

        for op, args in self.steps:
            results.append(apply(op, [at(p) for p in args]))
        return [at(p) for p in self.results]

    def texts(self, nin: int) -> list[str]:
        """Infix text of each result; long intermediate results are shortened to their step number."""
        counter = iter(range(len(self.steps)))

        def apply(op: ScalarOp, args: list[str]) -> list[str]:
            number = next(counter)
            text = _step_text(op, [a if len(a) <= _MAX_TEXT else a.partition(":=")[0] for a in args])
            if len(text) > _MAX_TEXT:
                text = f"t{number}:={text}"
            return [text if op.nout == 1 else f"{text}.{j}" for j in range(op.nout)]

        return self.run([f"i{i}" for i in range(nin)], apply, lambda value, dtype: str(value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Program) and (self is other or self._key == other._key)

    def __hash__(self) -> int:
        return self._hash


def _step_text(op: ScalarOp, args: list[str]) -> str:
    symbol = _INFIX.get(str(op))
    if symbol is not None and len(args) > 1:
        return "(" + f" {symbol} ".join(args) + ")"
    if str(op) == "neg":
        return f"(-{args[0]})"
    return f"{op}({', '.join(args)})"
