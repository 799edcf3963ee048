"""A third-party op, installed and not imported from source."""

import importlib.metadata

import numpy as np
import theano_softsign
from theano_softsign import softsign

import theano
from theano import tensor
from theano.plugin import registry

VALUES = np.array([-1e300, -2.0, -0.0, 0.0, 0.5, 3.0, np.inf, np.nan])


def expected(x):
    with np.errstate(invalid="ignore"):
        return x / (1 + np.abs(x))


def test_it_is_installed_and_found():
    assert importlib.metadata.version("theano-softsign") == "1.0"
    assert "site-packages" in theano_softsign.__file__
    assert registry().ops["softsign"] is softsign


def test_values_compiled_and_in_python():
    x = tensor.dvector("x")
    for mode in (None, theano.Mode("py", None)):
        f = theano.function([x], softsign(x), mode=mode)
        with np.errstate(invalid="ignore"):
            assert np.array_equal(f(VALUES), expected(VALUES), equal_nan=True)


def test_it_is_compiled_and_fused():
    x = tensor.dvector("x")
    f = theano.function([x], tensor.exp(softsign(x)) + 1)
    nodes = f.maker.fgraph.toposort()
    assert len(nodes) == 1, "softsign fuses with its neighbours like any op of Theano's own"
    assert np.allclose(f(np.arange(5.0)), np.exp(expected(np.arange(5.0))) + 1)


def test_gradient_against_differences():
    x = tensor.dvector("x")
    g = theano.function([x], theano.grad(tensor.sum(softsign(x)), x))
    at = np.array([-2.0, -0.3, 0.7, 5.0])
    step = 1e-6
    assert np.allclose(g(at), (expected(at + step) - expected(at - step)) / (2 * step), rtol=1e-6)
