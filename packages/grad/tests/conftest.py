"""What the tests of rules share: comparison with central differences, and forward against reverse mode."""

from types import SimpleNamespace

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import Mode, function
from theano.gradient import Lop, Rop, grad

# Nothing is rewritten and nothing compiled: rules are tested as they are, and quickly.
PLAIN = Mode("py", None)
STEP = 1e-5


def compiled(inputs, outputs):
    return function(inputs, outputs, mode=PLAIN, on_unused_input="ignore")


def evaluate(outputs, point):
    """Values of `outputs` where the variables that are keys of `point` have its values."""
    return compiled(list(point), outputs)(*point.values())


def variables(points, patterns=None):
    made = []
    for i, point in enumerate(points):
        pattern = patterns[i] if patterns else (False,) * np.ndim(point)
        made.append(T.TensorType(str(point.dtype), pattern)(f"x{i}"))
    return made


def differences(f, points):
    """Central differences of a scalar function."""
    results = []
    for i, point in enumerate(points):
        result = np.zeros(point.shape)
        for j in range(point.size):
            sides = []
            for sign in (1, -1):
                moved = [p.copy() for p in points]
                moved[i].reshape(-1)[j] += sign * STEP
                sides.append(float(f(*moved)))
            result.reshape(-1)[j] = (sides[0] - sides[1]) / (2 * STEP)
        results.append(result)
    return results


def arrays(points):
    return [np.array(p, dtype=np.result_type(np.asarray(p).dtype, "float64")) for p in points]


def check_gradient(build, points, patterns=None, tolerance=1e-6):
    """The gradient of a random projection of ``build(*xs)`` agrees with central differences."""
    points = arrays(points)
    xs = variables(points, patterns)
    out = build(*xs)
    shape = compiled(xs, out)(*points).shape
    weights = np.random.RandomState(5).uniform(0.5, 1.5, shape)
    cost = T.sum(out * T.constant(weights).reshape(shape, ndim=out.ndim)) if shape != () else out * float(weights)
    found = compiled(xs, grad(cost, xs))(*points)
    for x, g, expected in zip(points, found, differences(compiled(xs, cost), points), strict=True):
        assert g.shape == x.shape
        np.testing.assert_allclose(g, expected, rtol=tolerance, atol=tolerance)


def check_forward(build, points, patterns=None, tolerance=1e-9):
    """Forward mode agrees with reverse mode: <v, J u> = <J' v, u>."""
    points = arrays(points)
    xs = variables(points, patterns)
    out = build(*xs)
    rng = np.random.RandomState(6)
    us = [
        T.patternbroadcast(T.constant(rng.uniform(-1, 1, p.shape)), x.broadcastable)
        for p, x in zip(points, xs, strict=True)
    ]
    shape = compiled(xs, out)(*points).shape
    v = T.patternbroadcast(T.constant(rng.uniform(-1, 1, shape)), out.broadcastable)
    ahead = Rop(out, xs, us)
    assert ahead.ndim == out.ndim
    back = Lop(out, xs, v)
    *values, tangent = compiled(
        xs, [T.sum(v * ahead), sum(T.sum(g * u) for g, u in zip(back, us, strict=True)), ahead]
    )(*points)
    assert tangent.shape == shape
    np.testing.assert_allclose(*values, rtol=tolerance, atol=tolerance)


def check_second(build, points, patterns=None, tolerance=1e-6):
    """The gradient of the gradient agrees with central differences of the gradient."""

    def first(*xs):
        return sum(T.sum(g * (i + 2) * g) for i, g in enumerate(grad(T.sum(T.sqr(build(*xs))), list(xs))))

    check_gradient(first, points, patterns, tolerance)


@pytest.fixture(scope="session")
def check():
    return SimpleNamespace(
        gradient=check_gradient, forward=check_forward, second=check_second, compiled=compiled, evaluate=evaluate
    )
