"""A product of matrices and the elementwise work that alone reads it become one op."""

from __future__ import annotations

from theano.errors import InconsistencyError
from theano.graph import Apply, FunctionGraph, Variable
from theano.opt.engine import Optimizer, copy_stack_trace
from theano.opt.matching import has_one_client, updated_with
from theano.tensor.activated import Activated
from theano.tensor.blas import Dot22
from theano.tensor.elemwise import Elemwise

__all__ = ["ActivateProducts"]


class ActivateProducts(Optimizer):
    """elementwise(X.Y, ...) -> `Activated`, which does not store the product.

    It comes after all loop fusion: what a loop with a reduction took in is left alone.
    """

    name = "activate_products"

    def apply(self, fgraph: FunctionGraph) -> bool:
        changed = False
        for node in fgraph.toposort():
            if isinstance(node.op, Elemwise) and not node.op.inplace_pattern and node in fgraph.apply_nodes:
                changed = _activate(fgraph, node) or changed
        return changed


def _activate(fgraph: FunctionGraph, work: Apply) -> bool:
    position = next((p for p, v in enumerate(work.inputs) if _is_product(fgraph, v)), None)
    if position is None:
        return False
    product = work.inputs[position]
    if any(v.type.broadcastable != product.type.broadcastable or v.type.dtype == "float16" for v in work.outputs):
        return False
    if _updates_in_place(fgraph, work):
        return False
    others = [v for p, v in enumerate(work.inputs) if p != position]
    new = Activated(work.op.scalar_op, position).make_node(*product.owner.inputs, *others).outputs
    if any(old.type != value.type for old, value in zip(work.outputs, new, strict=True)):
        return False
    copy_stack_trace(work.outputs, new)
    try:
        fgraph.replace_all_validate(list(zip(work.outputs, new, strict=True)), reason=ActivateProducts.name)
    except InconsistencyError:
        return False  # a node that overwrites an operand of the product stands between
    return True


def _updates_in_place(fgraph: FunctionGraph, work: Apply) -> bool:
    """Whether a result is the new value of a shared variable that `work` reads, and better written over the old one."""
    return any(old in work.inputs for new in work.outputs for old in updated_with(fgraph, new))


def _is_product(fgraph: FunctionGraph, variable: Variable) -> bool:
    """Whether `variable` is a product of matrices of many rows and columns, as far as its type tells, read once."""
    node = variable.owner
    if node is None or not isinstance(node.op, Dot22) or not has_one_client(fgraph, variable):
        return False
    return variable.type.dtype in ("float32", "float64") and not any(variable.type.broadcastable)
