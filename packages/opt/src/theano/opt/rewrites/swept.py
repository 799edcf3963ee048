"""Two products with one matrix and the elementwise work between them become one sweep over the matrix."""

from __future__ import annotations

from typing import Any

from theano import scalar as ts
from theano.errors import InconsistencyError
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.engine import Optimizer, copy_stack_trace
from theano.opt.matching import constant_of, has_one_client
from theano.tensor.blas import Gemv
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.elemwise import Elemwise
from theano.tensor.swept import Swept

__all__ = ["SweepProducts"]


class SweepProducts(Optimizer):
    """r = elementwise(X.w, ...) and X'.r -> `Swept`, which reads X once.

    The second product may be scaled and added to something: that becomes elementwise work on its result.
    """

    name = "sweep_products"

    def apply(self, fgraph: FunctionGraph) -> bool:
        changed = False
        for node in fgraph.toposort():
            if isinstance(node.op, Gemv) and node in fgraph.apply_nodes:
                changed = _sweep(fgraph, node) or changed
        return changed


def _sweep(fgraph: FunctionGraph, back: Apply) -> bool:
    """Try with `back` as the second product."""
    turned, r = back.inputs[2].owner, back.inputs[3]
    work = r.owner
    if turned is None or not isinstance(turned.op, DimShuffle) or turned.op.new_order != (1, 0):
        return False
    if work is None or not isinstance(work.op, Elemwise) or work.op.inplace_pattern:
        return False
    x = turned.inputs[0]
    position = next((p for p, v in enumerate(work.inputs) if _is_product(fgraph, v, x)), None)
    if position is None or any(v.type.dtype == "float16" or v.type.broadcastable[0] for v in work.outputs):
        return False
    w = work.inputs[position].owner.inputs[3]
    others = [v for p, v in enumerate(work.inputs) if p != position]
    swept = Swept(work.op.scalar_op, position, work.outputs.index(r)).make_node(x, w, *others)
    result = _add_up(back, swept.outputs[-1])
    pairs = [*zip(work.outputs, swept.outputs, strict=False), (back.outputs[0], result)]
    if any(old.type != new.type for old, new in pairs):
        return False
    copy_stack_trace([*work.outputs, back.outputs[0]], [*swept.outputs, result])
    try:
        fgraph.replace_all_validate(pairs, reason=SweepProducts.name)
    except InconsistencyError:
        return False  # a node that overwrites what the sweep reads stands between
    return True


def _is_product(fgraph: FunctionGraph, variable: Variable, x: Variable) -> bool:
    """Whether `variable` is X.w and nothing else, read once."""
    node = variable.owner
    if node is None or not isinstance(node.op, Gemv) or node.inputs[2] is not x or not has_one_client(fgraph, variable):
        return False
    return constant_of(node.inputs[1]) == 1 and constant_of(node.inputs[4]) == 0


def _add_up(back: Apply, slope: Variable) -> Variable:
    """What the second product was part of: beta z + alpha slope."""
    z, alpha, _, _, beta = back.inputs
    known = [constant_of(v) for v in (alpha, beta)]
    if known[0] == 1 and known[1] == 0:
        return slope
    kind = ts.get_scalar_type(slope.type.dtype)
    inputs: list[Any] = [kind(), kind()]
    operands = [slope, z]
    scales = []
    for scale, value in zip((alpha, beta), known, strict=True):
        if value is None:
            inputs.append(kind())
            operands.append(scale.dimshuffle("x"))
        scales.append(inputs[-1] if value is None else ts.constant(value, dtype=slope.type.dtype))
    total = ts.mul(scales[0], inputs[0])
    if known[1] != 0:
        total = ts.add(total, inputs[1] if known[1] == 1 else ts.mul(scales[1], inputs[1]))
    else:
        del inputs[1], operands[1]
    return Elemwise(ts.Composite(inputs, [total]))(*operands)
