"""Hook implementations of the tensor distribution."""

from __future__ import annotations

import sys
from typing import Any

from theano.plugin import hookimpl


@hookimpl
def theano_register_types(registry: Any) -> None:
    """Tensor and scalar types, and the makers of shared tensors, of which the last is tried first."""
    from theano.scalar import Scalar  # lazy: plugins load before anybody builds a tensor
    from theano.tensor.shared_tensor import scalar_constructor, tensor_constructor
    from theano.tensor.type import TensorType

    registry.types["TensorType"] = TensorType
    registry.types["Scalar"] = Scalar
    registry.shared_constructors.append(tensor_constructor)
    registry.shared_constructors.append(scalar_constructor)
    registry.shared_constructors.append(_randomstate_constructor)


def _randomstate_constructor(value: Any, *args: Any, **kwargs: Any) -> Any:
    """Ask for random states only where NumPy's random part is in use: loading it takes as long as compiling."""
    random = sys.modules.get("numpy.random")
    if random is None or not isinstance(value, random.RandomState):
        raise TypeError(f"{type(value).__name__} is no RandomState")
    from theano.tensor.shared_randomstreams import randomstate_constructor  # lazy: see above

    return randomstate_constructor(value, *args, **kwargs)


@hookimpl
def theano_modify_pipeline(stages: list[Any]) -> None:
    """Loops are compiled in the mode of the function that they are in."""
    if "theano.scan_module.scan_op" in sys.modules:
        from theano.compile.pipeline import add_inner_stage  # loaded already: it has asked

        add_inner_stage(stages)


@hookimpl
def theano_as_variable(value: Any) -> Any:
    """Numbers, arrays and lists of numbers become tensor constants; None leaves the value to others."""
    from theano.tensor.conversion import constant  # lazy: see above

    try:
        return constant(value)
    except (TypeError, ValueError):
        return None
