"""Draws in graphs, and that no op of theano.tensor was forgotten."""

import importlib
import pkgutil

import numpy as np
import pytest

import theano.tensor
import theano.tensor as T
from theano.gradient import NullTypeGradError, grad
from theano.graph import Op
from theano.plugin import table
from theano.tensor.random import normal, random_state_type, uniform

# Ops that have no gradient by the specification, or are made by rewriting after differentiation.
WITHOUT = {
    "Choose", "Unique", "Bartlett", "UnravelIndex", "RavelMultiIndex", "Gemm", "Gemv", "Ger", "Dot22Scalar", "Default",
    "LoadFromDisk", "MPIRecv", "MPIRecvWait", "MPISend", "MPISendWait",
}  # fmt: skip


def test_parameters_of_draws_are_undefined():
    state, average = random_state_type("state"), T.dscalar("average")
    _, drawn = normal(state, (3,), average)
    with pytest.raises(NullTypeGradError, match="avg"):
        grad(T.sum(drawn), average)


def test_draws_are_constants_of_the_differentiation(check):
    state, x = random_state_type("state"), T.dvector("x")
    _, drawn = uniform(state, x.shape, 0.0, 1.0)
    g = grad(T.sum(x * drawn), x)
    got, expected = check.evaluate([g, drawn], {state: np.random.RandomState(1), x: np.ones(3)})
    assert got.tolist() == expected.tolist()


def op_classes():
    for module in pkgutil.walk_packages(theano.tensor.__path__, "theano.tensor."):
        importlib.import_module(module.name)
    found, waiting = [], [Op]
    while waiting:
        cls = waiting.pop()
        waiting.extend(cls.__subclasses__())
        if cls.__module__.startswith("theano.tensor.") and not cls.__name__.startswith(("_", "Base")):
            found.append(cls)
    return found


def test_every_op_has_a_gradient_or_is_listed_without():
    from theano.scalar import ScalarOp

    rules = table("gradient")
    missing = {c.__name__ for c in op_classes() if not issubclass(c, ScalarOp) and rules.lookup_class(c) is None}
    assert missing <= WITHOUT
