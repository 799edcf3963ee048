"""The text of a `Fused` op: the formula of each result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, Constant, Variable
from theano.scalar.base import ScalarOp
from theano.scalar.composite import Composite, _step_text
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.elemwise import Elemwise

__all__ = ["formulas"]

#: Longer intermediate results are named, as ``t2=...``, before the results.
_LONG = 50
_TOO_LONG = 800


def formulas(inputs: Sequence[Variable], nodes: Sequence[Apply], outputs: Sequence[Variable]) -> str:
    """Infix text of a graph, such as ``t1=exp((i0 - Max{1}(i0))); (t1 / Sum{1}(t1))``."""
    names: dict[Variable, str] = {v: f"i{i}" for i, v in enumerate(inputs)}
    definitions: list[str] = []
    for node in nodes:
        arguments = [_constant(v) if isinstance(v, Constant) else names[v] for v in node.inputs]
        for v, text in zip(node.outputs, _texts(node, arguments), strict=True):
            if len(text) > _LONG and v not in outputs:
                name = f"t{len(definitions)}"
                definitions.append(f"{name}={text[:_TOO_LONG]}; ")
                text = name
            names[v] = text
    return "".join(definitions) + ", ".join(names[v][:_TOO_LONG] for v in outputs)


def _constant(v: Constant) -> str:
    return str(v.data.reshape(-1)[0]) if v.data.size == 1 else str(v)


def _texts(node: Apply, arguments: list[str]) -> list[str]:
    op = node.op
    if isinstance(op, DimShuffle):
        return arguments
    if not isinstance(op, Elemwise):
        axes = ",".join(map(str, op.axes_of(node.inputs[0].type.ndim)))
        return [f"{type(op).__name__}{{{axes}}}({arguments[0]})"]
    if isinstance(op.scalar_op, Composite):
        results: list[str] = op.scalar_op.program.run(arguments, _scalar_texts, lambda value, dtype: str(value))
        return results
    return _scalar_texts(op.scalar_op, arguments)


def _scalar_texts(op: ScalarOp, arguments: list[Any]) -> list[str]:
    text = _step_text(op, arguments)
    if len(text) > _TOO_LONG:
        text = f"{op}(...)"
    return [text if op.nout == 1 else f"{text}.{j}" for j in range(op.nout)]
