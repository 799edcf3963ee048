"""Models: logistic regression, second derivatives of a small network, a hierarchical regression."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.logistic import logistic
from benchmarks.measure import Contestants, Result, interleaved
from benchmarks.peers import jax, jax_call, numba, numba_call, pytensor, pytensor_call, theano_call

INPUTS, HIDDEN, BATCH = 8, 10, 32
PARAMETERS = INPUTS * HIDDEN + 2 * HIDDEN + 1


def _network(m: Any, theta: Any, x: Any) -> Any:
    """A network with one hidden layer whose parameters are slices of one vector; a number for each row of `x`."""
    cut = INPUTS * HIDDEN
    w = theta[:cut].reshape((INPUTS, HIDDEN))
    h = m.tanh(m.dot(x, w) + theta[cut : cut + HIDDEN])
    return m.dot(h, theta[cut + HIDDEN : cut + 2 * HIDDEN]) + theta[cut + 2 * HIDDEN]


def _cost(m: Any, theta: Any, x: Any, y: Any) -> Any:
    return m.mean((_network(m, theta, x) - y) ** 2)


def _arrays() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    theta, v = 0.3 * rng.normal(size=(2, PARAMETERS))
    return theta, v, rng.normal(size=(BATCH, INPUTS)), rng.normal(size=BATCH)


def _symbolic(library: Any, tensor: Any, kind: str) -> Any:
    """The derivative of one kind as a function of symbolic theta, v, x, y."""
    gradient = library.gradient
    forward = gradient.pushforward if library is pytensor else gradient.Rop

    def build(theta, v, x, y):
        cost = _cost(tensor, theta, x, y)
        if kind == "Hessian-vector product":
            return tensor.grad((tensor.grad(cost, theta) * v).sum(), theta)
        if kind == "R-op of the gradient":
            return forward(tensor.grad(cost, theta), theta, v)
        if kind == "R-op":
            return forward(_network(tensor, theta, x), theta, v)
        if kind == "Jacobian":
            return gradient.jacobian(_network(tensor, theta, x), theta)
        return gradient.hessian(cost, theta)

    return build


def _by_jax(kind: str) -> Any:
    jnp = jax.numpy

    def build(theta, v, x, y):
        slope = jax.grad(lambda t: _cost(jnp, t, x, y))
        if kind == "Hessian-vector product":
            return jax.grad(lambda t: jnp.vdot(slope(t), v))(theta)
        if kind == "R-op of the gradient":
            return jax.jvp(slope, (theta,), (v,))[1]
        if kind == "R-op":
            return jax.jvp(lambda t: _network(jnp, t, x), (theta,), (v,))[1]
        if kind == "Jacobian":
            return jax.jacrev(lambda t: _network(jnp, t, x))(theta)
        return jax.hessian(lambda t: _cost(jnp, t, x, y))(theta)

    return build


def _expected(kind: str, theta: Any, v: Any, x: Any, y: Any) -> Any:
    """By NumPy, through complex steps: exact to rounding."""
    step = 1e-30

    def along(function: Any, direction: Any) -> Any:
        return function(theta + 1j * step * direction).imag / step

    def slope(t: Any) -> Any:
        cut = INPUTS * HIDDEN
        h = np.tanh(x @ t[:cut].reshape(INPUTS, HIDDEN) + t[cut : cut + HIDDEN])
        weights = t[cut + HIDDEN : cut + 2 * HIDDEN]
        g = 2 * (h @ weights + t[-1] - y) / len(y)
        below = g[:, None] * weights * (1 - h * h)
        return np.concatenate([(x.T @ below).ravel(), below.sum(0), g @ h, [g.sum()]])

    basis = np.eye(len(theta))
    if kind in ("Hessian-vector product", "R-op of the gradient"):
        return along(slope, v)
    if kind == "R-op":
        return along(lambda t: _network(np, t, x), v)
    if kind == "Jacobian":
        return np.stack([along(lambda t: _network(np, t, x), e) for e in basis], axis=1)
    return np.stack([along(slope, e) for e in basis], axis=1)


def derivative(kind: str, bound: float) -> Result:
    """One kind of derivative of the small network."""
    import theano
    import theano.gradient
    from theano import tensor

    arrays = _arrays()
    used = [k for k, name in enumerate(("theta", "v", "x", "y")) if _uses(kind, name)]
    kept = tuple(arrays[k] for k in used)

    def with_used(build: Any) -> Any:
        def call(*given):
            full: list[Any] = [None] * 4
            for k, value in zip(used, given):
                full[k] = value
            return build(*full)

        return call

    ours = _symbolic(theano, tensor, kind)
    contestants: Contestants = {"theano": theano_call(with_used(_guard(ours)), *kept)}
    if jax:
        contestants["JAX"] = jax_call(with_used(_by_jax(kind)), *kept)
    if pytensor:
        import pytensor.tensor as pt

        contestants["PyTensor"] = pytensor_call(with_used(_guard(_symbolic(pytensor, pt, kind))), *kept)
    name = f"{kind}, MLP {INPUTS}-{HIDDEN}-1, batch {BATCH}"
    return interleaved(name, contestants, bound=bound, expected=_expected(kind, *arrays), tolerance=1e-10)


def _uses(kind: str, name: str) -> bool:
    unused = {"R-op": "y", "Jacobian": "vy", "Hessian": "v"}.get(kind, "")
    return name not in unused


def _guard(build: Any) -> Any:
    """`build` for kinds that do not use all of theta, v, x, y."""
    return lambda theta, v, x, y: build(theta, v, x, 0.0 if y is None else y)


def _density(m: Any) -> Any:
    """The log-density of y[i] ~ N(a[g[i]] + b[g[i]] x[i], exp(s)), with a and b normal around their own means."""
    constant = 0.5 * float(np.log(2 * np.pi))

    def normal(value, mean, log_scale):
        z = (value - mean) * m.exp(-log_scale)
        return -0.5 * z * z - log_scale - constant

    def density(hyper, a, b, x, y, group):
        prior = m.sum(normal(hyper, 0.0, 0.0 * hyper))
        effects = m.sum(normal(a, hyper[0], hyper[1])) + m.sum(normal(b, hyper[2], hyper[3]))
        return prior + effects + m.sum(normal(y, a[group] + b[group] * x, hyper[4]))

    return density


def _by_hand(hyper, a, b, x, y, group):
    """The same with its gradient, as loops for Numba and NumPy's check."""
    constant = 0.5 * np.log(2 * np.pi)
    value, dh, da, db = 0.0, np.zeros_like(hyper), np.zeros_like(a), np.zeros_like(b)
    for k in range(len(hyper)):
        value += -0.5 * hyper[k] ** 2 - constant
        dh[k] -= hyper[k]
    for effects, gradient, at in ((a, da, 0), (b, db, 2)):
        inverse = np.exp(-hyper[at + 1])
        for k in range(len(effects)):
            z = (effects[k] - hyper[at]) * inverse
            value += -0.5 * z * z - hyper[at + 1] - constant
            gradient[k] -= z * inverse
            dh[at] += z * inverse
            dh[at + 1] += z * z - 1
    inverse = np.exp(-hyper[4])
    for i in range(len(x)):
        g = group[i]
        z = (y[i] - a[g] - b[g] * x[i]) * inverse
        value += -0.5 * z * z - hyper[4] - constant
        da[g] += z * inverse
        db[g] += z * inverse * x[i]
        dh[4] += z * z - 1
    return value, dh, da, db


def hierarchical(observations: int, groups: int, bound: float) -> Result:
    """Log-density and gradient."""
    import theano
    from theano import tensor

    rng = np.random.default_rng(0)
    effects = (0.3 * rng.normal(size=5), rng.normal(size=groups), rng.normal(size=groups))
    arrays = (
        *effects,
        rng.normal(size=observations),
        rng.normal(size=observations),
        rng.integers(0, groups, observations),
    )

    def symbolic(m: Any, grad: Any) -> Any:
        def build(*variables):
            value = _density(m)(*variables)
            return [value, *grad(value, list(variables[:3]))]

        return build

    contestants: Contestants = {"theano": theano_call(symbolic(tensor, theano.grad), *arrays)}
    if numba:
        contestants["adjoint by hand"] = numba_call(_by_hand, *arrays)
    if jax:
        slope = jax.value_and_grad(_density(jax.numpy), argnums=(0, 1, 2))
        contestants["JAX"] = jax_call(lambda *v: (lambda r: (r[0], *r[1]))(slope(*v)), *arrays)
    if pytensor:
        import pytensor.tensor as pt

        contestants["PyTensor"] = pytensor_call(symbolic(pt, pytensor.grad), *arrays)
    name = f"hierarchical regression, density and gradient, {observations} observations, {groups} groups"
    expected = _by_hand(*arrays)
    return interleaved(name, contestants, bound=bound, expected=expected, tolerance=1e-10)


CASES = [
    partial(logistic, 400, "float32", 0.85),
    partial(logistic, 400, "float64", 0.85),
    partial(logistic, 10_000, "float32", 0.75),
    partial(logistic, 10_000, "float64", 0.75),
    partial(derivative, "Hessian-vector product", 0.6),
    partial(derivative, "R-op of the gradient", 0.6),
    partial(derivative, "R-op", 0.6),
    partial(derivative, "Jacobian", 0.6),
    partial(derivative, "Hessian", 0.6),
    partial(hierarchical, 1000, 20, 0.5),
    partial(hierarchical, 50, 8, 0.25),
]
