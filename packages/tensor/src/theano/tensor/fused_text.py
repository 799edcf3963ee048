"""The text of a `Fused` op: the formula of each result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, Constant, Variable
from theano.scalar.base import ScalarOp
from theano.scalar.composite import Composite, _step_text
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.elemwise import Elemwise

_LONG = 100


def result_texts(inputs: Sequence[Variable], nodes: Sequence[Apply], outputs: Sequence[Variable]) -> list[str]:
    """Infix text of each output; a long intermediate result is a `t` with the number of its step."""
    names: dict[Variable, str] = {v: f"i{i}" for i, v in enumerate(inputs)}
    for number, node in enumerate(nodes):
        arguments = [_constant(v) if isinstance(v, Constant) else names[v] for v in node.inputs]
        for v, text in zip(node.outputs, _texts(node, arguments), strict=True):
            names[v] = text if len(text) <= _LONG else f"t{number}"
    return [names[v] for v in outputs]


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
        return op.scalar_op.program.run(arguments, _scalar_texts, lambda value, dtype: str(value))
    return _scalar_texts(op.scalar_op, arguments)


def _scalar_texts(op: ScalarOp, arguments: list[Any]) -> list[str]:
    text = _step_text(op, arguments)
    if len(text) > 4 * _LONG:
        text = f"{op}(...)"
    return [text if op.nout == 1 else f"{text}.{j}" for j in range(op.nout)]
