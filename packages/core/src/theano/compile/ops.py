"""Ops that the compiler itself needs, and `as_op`, which makes an op of a function."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from theano.errors import explain
from theano.graph import Apply, Op, Type, Variable, frozen_op

__all__ = ["DeepCopyOp", "FromFunctionOp", "ViewOp", "as_op", "deep_copy_op", "view_op"]


@frozen_op
class ViewOp(Op):
    """The identity, as a view of its input."""

    view_map = {0: [0]}

    def make_node(self, x: Variable) -> Apply:
        return Apply(self, [x], [x.type.make_variable()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        output_storage[0][0] = inputs[0]

    def infer_shape(self, node: Apply, shapes: list[Any]) -> list[Any]:
        return shapes

    def grad(self, inputs: list[Variable], output_grads: list[Variable]) -> list[Variable]:
        return output_grads

    def R_op(self, inputs: list[Variable], eval_points: list[Variable | None]) -> list[Variable | None]:
        return eval_points


@frozen_op
class DeepCopyOp(Op):
    """The identity, as a deep copy of its input."""

    def make_node(self, x: Variable) -> Apply:
        return Apply(self, [x], [x.type.make_variable()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        x = inputs[0]
        output_storage[0][0] = x.copy() if hasattr(x, "copy") and hasattr(x, "dtype") else copy.deepcopy(x)

    def infer_shape(self, node: Apply, shapes: list[Any]) -> list[Any]:
        return shapes

    def grad(self, inputs: list[Variable], output_grads: list[Variable]) -> list[Variable]:
        return output_grads

    def R_op(self, inputs: list[Variable], eval_points: list[Variable | None]) -> list[Variable | None]:
        return eval_points


view_op = ViewOp()
deep_copy_op = DeepCopyOp()


class FromFunctionOp(Op):
    """An op that calls a Python function on values; see `as_op`.

    Ops of the same function are equal. There is no gradient: differentiating raises AttributeError.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        itypes: Sequence[Type],
        otypes: Sequence[Type],
        infer_shape: Callable[..., Any] | None = None,
    ) -> None:
        self._fn = fn
        self.itypes = list(itypes)
        self.otypes = list(otypes)
        self._infer_shape = infer_shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FromFunctionOp) and self._fn is other._fn

    def __hash__(self) -> int:
        return hash((type(self), self._fn))

    def __str__(self) -> str:
        return f"FromFunctionOp{{{self._fn.__name__}}}"

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        results = self._fn(*inputs)
        if len(output_storage) == 1 and not isinstance(results, tuple | list):
            results = (results,)
        if len(results) != len(output_storage):
            raise ValueError(
                explain(
                    f"{self} has {len(output_storage)} outputs",
                    f"the function returned {len(results)}",
                    "return one value for each of otypes",
                )
            )
        for cell, type_, result in zip(output_storage, self.otypes, results, strict=True):
            cell[0] = type_.filter(result)

    def __reduce__(self) -> Any:
        module = sys.modules.get(self._fn.__module__)
        found = getattr(module, self._fn.__name__, None)
        if found is self:  # the decorator put this op in the place of the function
            return (_load, (self._fn.__module__, self._fn.__name__))
        if found is not self._fn:
            raise pickle.PicklingError(
                explain(
                    f"pickle {self}",
                    f"{self._fn.__module__}.{self._fn.__name__} is {found!r}, not its function",
                    "define the function at the top level of a module, under a name of its own",
                )
            )
        return (type(self), (self._fn, self.itypes, self.otypes, self._infer_shape))


class FromFunctionOpWithShape(FromFunctionOp):
    """A `FromFunctionOp` that knows the shapes of its results."""

    def infer_shape(self, node: Apply, shapes: list[Any]) -> Any:
        assert self._infer_shape is not None
        return self._infer_shape(node, shapes)


def _load(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


def as_op(
    itypes: Type | Sequence[Type],
    otypes: Type | Sequence[Type],
    infer_shape: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], FromFunctionOp]:
    """Make an op of a function of values.

    Parameters
    ----------
    itypes, otypes : Type or list of Type
        Types of the arguments and results.
    infer_shape : callable, optional
        ``infer_shape(node, input_shapes) -> list of shapes``.

    Returns
    -------
    decorator
        Turns ``fn(*values)`` into an op; `fn` returns one value, or a tuple or list of them.

    Raises
    ------
    TypeError
        The types are no types, or `infer_shape` cannot be called.
    """
    if infer_shape is not None and not callable(infer_shape):
        raise TypeError(explain("infer_shape is a function", f"{infer_shape!r}", "pass infer_shape(node, shapes)"))

    def as_list(types: Any, which: str) -> list[Type]:
        listed = list(types) if isinstance(types, list | tuple) else [types]
        for item in listed:
            if not isinstance(item, Type):
                raise TypeError(
                    explain(
                        f"{which} is a Type or a list of Types",
                        f"{item!r}",
                        "pass for instance [theano.tensor.dmatrix]",
                    )
                )
        return listed

    checked_itypes, checked_otypes = as_list(itypes, "itypes"), as_list(otypes, "otypes")

    def make_op(fn: Callable[..., Any]) -> FromFunctionOp:
        kind = FromFunctionOp if infer_shape is None else FromFunctionOpWithShape
        return kind(fn, checked_itypes, checked_otypes, infer_shape)

    return make_op


# Classic names of this module that have to do with tensors.
_IN_TENSOR = frozenset({"Rebroadcast", "Shape", "Shape_i", "SpecifyShape", "shape", "shape_i", "shape_i_op",
                        "specify_shape"})  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _IN_TENSOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("theano.tensor"), name)  # by name: tensors stand above this room
