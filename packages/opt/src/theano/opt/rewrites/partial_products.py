"""Products of all elements but one, as loops."""

from __future__ import annotations

from typing import Any

from theano import tensor as tt
from theano.graph import Apply, FunctionGraph
from theano.opt.matching import keep_type
from theano.opt.ruleset import RuleSet
from theano.tensor.partial_products import PartialProducts
from theano.tensor.reduction import Prod

__all__ = ["rules"]

rules = RuleSet()


@rules.local([PartialProducts], "C P", "fast_compile")
def local_partial_products(fgraph: FunctionGraph, node: Apply) -> Any:
    """The product of the others: the product of what is not zero, divided where that is part of it.

    With one zero in a group all other products vanish, with more all. Only without directions: with one, an element
    would be left out of a sum by a difference, which cancels.
    """
    if len(node.inputs) > 1:
        return None
    (x,), axes, dtype = node.inputs, node.op.axes, node.outputs[0].type.dtype
    groups = ["x" if i in axes else i - sum(a < i for a in axes) for i in range(x.type.ndim)]
    one, zero = tt.constant(1, dtype=x.type.dtype), tt.constant(0, dtype=dtype)
    is_zero = tt.eq(x, tt.constant(0, dtype=x.type.dtype))
    zeros = tt.sum(is_zero, axis=axes).dimshuffle(*groups)
    divisor = tt.switch(is_zero, one, x)
    others = Prod(axes, dtype=dtype)(divisor).dimshuffle(*groups)
    at_zero = tt.switch(tt.eq(zeros, 1), others, zero)
    elsewhere = tt.switch(tt.eq(zeros, 0), others / divisor, zero)
    return [keep_type(fgraph, tt.switch(is_zero, at_zero, elsewhere), node.outputs[0])]
