"""Writing under basic indices: IncSubtensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import explain
from theano.graph import Apply, Op
from theano.tensor.conversion import as_tensor_variable
from theano.tensor.subtensor.basic import basic_index_key, indexed_pattern, runtime_indices
from theano.tensor.subtensor.entries import convert_entry, entry_text, get_idx_list

__all__ = ["IncSubtensor"]


class IncSubtensor(Op):
    """Inputs (x, y, *indices): x with y added to, or put in place of, the part under a basic index.

    Parameters
    ----------
    idx_list : sequence
        As for `Subtensor`.
    inplace : bool
        Write into the memory of x.
    set_instead_of_inc : bool
        Replace instead of adding.
    destroyhandler_tolerate_aliased : sequence of pairs, optional
        Input pairs that may share memory in the in-place form.
    """

    __props__ = ("idx_list", "inplace", "set_instead_of_inc")

    def __init__(
        self,
        idx_list: Any,
        inplace: bool = False,
        set_instead_of_inc: bool = False,
        destroyhandler_tolerate_aliased: Any = None,
    ) -> None:
        self.idx_list = tuple(convert_entry(entry) for entry in idx_list)
        self.inplace = bool(inplace)
        self.set_instead_of_inc = bool(set_instead_of_inc)
        if self.inplace:
            self.destroy_map = {0: [0]}
        self.destroyhandler_tolerate_aliased = list(destroyhandler_tolerate_aliased or [])

    def _key(self) -> tuple:
        return (basic_index_key(self.idx_list), self.inplace, self.set_instead_of_inc)

    def __str__(self) -> str:
        kind = "Set" if self.set_instead_of_inc else "Inc"
        where = ", ".join(entry_text(entry) for entry in self.idx_list)
        return f"{type(self).__name__}{{{'Inplace' if self.inplace else ''}{kind};{where}}}"

    def make_node(self, x: Any, y: Any, *inputs: Any) -> Apply:
        x, y = as_tensor_variable(x), as_tensor_variable(y)
        indices = runtime_indices(inputs, self.idx_list)
        region = indexed_pattern(x, get_idx_list([x, *indices], self.idx_list))
        if y.type.ndim > len(region):
            raise ValueError(
                explain(
                    f"{self}: a value of {y.type.ndim} dimensions",
                    f"the indexed part has {len(region)}",
                    "give a value that broadcasts into the indexed part",
                )
            )
        return Apply(self, [x, y, *indices], [x.type()])

    def perform(self, node: Apply, inputs: list, output_storage: list) -> None:
        x, y = inputs[:2]
        index = get_idx_list([x, *inputs[2:]], self.idx_list)
        out = x if self.inplace else x.copy()
        try:
            out[index] = y if self.set_instead_of_inc else out[index] + y.astype(out.dtype, copy=False)
        except ValueError as error:
            raise ValueError(
                explain(
                    f"{self}: a value of shape {y.shape} into a part of shape {np.shape(x[index])}",
                    str(error),
                    "each length of the value must be 1 or that of the part",
                )
            ) from None
        output_storage[0][0] = out

    def infer_shape(self, node: Apply, shapes: list) -> list:
        return [shapes[0]]

    def connection_pattern(self, node: Apply) -> list:
        return [[True], [True], *([False] for _ in node.inputs[2:])]
