"""Classic path of features of graphs."""

from __future__ import annotations

from theano.gof._forward import forward

_ERRORS = ("AlreadyThere", "BadOptimization", "ReplacementDidntRemovedError")
_FEATURES = (
    "Bookkeeper", "History", "NoOutputFromInplace", "PreserveNames", "PreserveVariableAttributes", "ReplaceValidate",
    "Validator",
)  # fmt: skip

__getattr__, __dir__, __all__ = forward(
    __name__,
    {
        "Feature": "theano.graph.features:Feature",
        **{name: f"theano.gof.features:{name}" for name in _FEATURES},
        **{name: f"theano.errors:{name}" for name in _ERRORS},
    },
)
