"""Hook implementations of the tensor distribution."""

from __future__ import annotations

from typing import Any

from theano.plugin import hookimpl


@hookimpl
def theano_register_types(registry: Any) -> None:
    """Tensor and scalar types, and the makers of shared tensors, of which the last is tried first."""
    from theano.scalar import Scalar  # lazy: plugins load before anybody builds a tensor
    from theano.tensor.shared_randomstreams import randomstate_constructor
    from theano.tensor.shared_tensor import scalar_constructor, tensor_constructor
    from theano.tensor.type import TensorType

    registry.types["TensorType"] = TensorType
    registry.types["Scalar"] = Scalar
    registry.shared_constructors.append(tensor_constructor)
    registry.shared_constructors.append(scalar_constructor)
    registry.shared_constructors.append(randomstate_constructor)


@hookimpl
def theano_as_variable(value: Any) -> Any:
    """Numbers, arrays and lists of numbers become tensor constants; None leaves the value to others."""
    from theano.tensor.conversion import constant  # lazy: see above

    try:
        return constant(value)
    except (TypeError, ValueError):
        return None
