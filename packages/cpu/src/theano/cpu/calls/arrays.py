"""Copies, views and checks, shapes as values, tensors joined and split."""

from __future__ import annotations

from typing import Any

from theano.compile.ops import DeepCopyOp, ViewOp
from theano.cpu.calls import creation
from theano.cpu.description import typenum_of
from theano.frozen import dataclass
from theano.graph import Constant
from theano.lowering import CallStep, ViewStep
from theano.tensor.alloc import Alloc, AllocEmpty
from theano.tensor.asserts import Assert
from theano.tensor.join import Join
from theano.tensor.make_vector import MakeVector, ScalarFromTensor, TensorFromScalar
from theano.tensor.rebroadcast import Rebroadcast
from theano.tensor.shape import Shape, Shape_i, SpecifyShape
from theano.tensor.splitting import Split
from theano.tensor.type import TensorType

__all__ = ["ROWS", "CheckStep"]


@dataclass(frozen=True)
class CheckStep(CallStep, ViewStep):
    """A call of a routine that looks at its inputs, whose output is a view of input 0."""


def call_copy(node: Any, build: Any) -> Any:
    """A C ordered copy of a tensor."""
    return build.call("copy") if typenum_of(node.inputs[0].type) >= 0 else None


def call_identity(node: Any, build: Any) -> Any:
    """A view of the whole input."""
    return build.view("identity", None)


def call_shape_i(node: Any, build: Any) -> Any:
    """One length of a tensor."""
    return build.call("shape_i", [("ints", (node.op.i,))]) if isinstance(node.inputs[0].type, TensorType) else None


def call_shape(node: Any, build: Any) -> Any:
    """All lengths of a tensor."""
    return build.call("shape") if isinstance(node.inputs[0].type, TensorType) else None


def call_make_vector(node: Any, build: Any) -> Any:
    """Numbers of one dtype side by side."""
    dtype = node.outputs[0].type.dtype
    return build.call("make_vector") if node.inputs and all(v.type.dtype == dtype for v in node.inputs) else None


def call_alloc(node: Any, build: Any) -> Any:
    """A value broadcast into a new tensor."""
    return build.call("alloc")


def call_alloc_empty(node: Any, build: Any) -> Any:
    """Memory with arbitrary contents."""
    return build.call("alloc_empty")


def call_join(node: Any, build: Any) -> Any:
    """Tensors of one dtype along a constant axis."""
    axis, *parts = node.inputs
    if not isinstance(axis, Constant) or any(v.type.dtype != node.outputs[0].type.dtype for v in parts):
        return None
    ndim = node.outputs[0].type.ndim
    position = int(axis.data)
    if not -ndim <= position < ndim:
        return None
    return build.call("join", [("ints", (position % ndim, 1))])


def call_split(node: Any, build: Any) -> Any:
    """Pieces of a tensor along a constant axis."""
    x, axis, _ = node.inputs
    if not isinstance(axis, Constant) or not -x.type.ndim <= int(axis.data) < x.type.ndim:
        return None
    wanted = (int(j in build.wanted) for j in range(len(node.outputs)))
    return build.call("split", [("ints", (int(axis.data) % x.type.ndim, *wanted))])


def check_shape(node: Any, build: Any) -> Any:
    """The whole input, if it has the promised shape."""
    tensors = all(isinstance(v.type, TensorType) for v in node.inputs)
    return CheckStep(node=node, routine="specify_shape") if tensors else None


def check_conditions(node: Any, build: Any) -> Any:
    """The whole input, if all conditions hold."""
    value, *conditions = node.inputs
    if not isinstance(value.type, TensorType) or any(v.type.dtype.startswith(_NOT_TRUTHS) for v in conditions):
        return None
    return CheckStep(node=node, routine="assert", params=(("object", node.op.msg),))


_NOT_TRUTHS = ("complex", "float16")
"""Kinds of numbers whose truth the runtime does not read off."""

ROWS = (
    (Alloc, call_alloc),
    (AllocEmpty, call_alloc_empty),
    (Join, call_join),
    (DeepCopyOp, call_copy),
    (ViewOp, call_identity),
    (TensorFromScalar, call_copy),
    (ScalarFromTensor, call_copy),
    (Shape_i, call_shape_i),
    (Shape, call_shape),
    (MakeVector, call_make_vector),
    (Split, call_split),
    (Rebroadcast, call_identity),
    (SpecifyShape, check_shape),
    (Assert, check_conditions),
    *creation.ROWS,
)
