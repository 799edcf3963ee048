"""Classic path of ops."""

from __future__ import annotations

from typing import Any

from theano.gof._forward import forward

__getattr__, __dir__, __all__ = forward(
    __name__,
    {
        "Apply": "theano.graph:Apply",
        "COp": "theano.cpu.legacy:COp",
        "MethodNotDefined": "theano.errors:MethodNotDefined",
        "Op": "theano.graph:Op",
        "OpenMPOp": "theano.cpu.legacy:OpenMPOp",
        "PureOp": "theano.graph:Op",
        "compute_test_value": "theano.graph.trial_values:compute_test_value",
        "get_test_value": "theano.graph.op:get_test_value",
    },
)
__all__ += ["get_debug_values"]


def get_debug_values(*args: Any) -> list[tuple[Any, ...]]:
    """Return a list with the test values of all arguments, or an empty list.

    The list is empty when ``theano.config.compute_test_value`` is "off", or when a value is missing and that option
    says "ignore" or "warn".  So ``for x, y in get_debug_values(a, b): assert ...`` checks when it can.

    Raises
    ------
    AttributeError
        A value is missing, and the option says "raise" or "pdb".
    """
    # lazy: as all names of this path
    from theano.configuration import config
    from theano.graph.op import get_test_value

    if config.compute_test_value == "off":
        return []
    values = []
    for position, argument in enumerate(args):
        try:
            values.append(get_test_value(argument))
        except AttributeError:
            if config.compute_test_value not in ("ignore", "warn"):
                raise
            if config.compute_test_value == "warn":
                import warnings  # lazy: rarely needed

                warnings.warn(f"argument {position} ({argument}) has no test value", stacklevel=2)
            return []
    return [tuple(values)]
