"""One program: build, differentiate, compile, call once; print what that took as JSON.

``python -m benchmarks.first_result {theano|pytensor|jax} {logistic|mlp|chain|deep|rnn} [size]``
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from itertools import pairwise
from typing import Any

import numpy as np

WIDTH, BATCH = 32, 16


def _symbolic(name: str) -> tuple[Any, Any]:
    if name == "theano":
        import theano
        import theano.gradient
        from theano import tensor

        return theano, tensor
    import pytensor
    import pytensor.gradient
    import pytensor.tensor as pt

    return pytensor, pt


def _crossentropy(library: Any, tensor: Any, scores: Any, y: Any) -> Any:
    p = tensor.nnet.softmax(scores) if library.__name__ == "theano" else tensor.special.softmax(scores, axis=1)
    return -tensor.mean(tensor.log(p)[tensor.arange(y.shape[0]), y])


def symbolic_logistic(library: Any, tensor: Any, _: int) -> tuple[Any, list[Any]]:
    """Binary logistic regression, 784 inputs."""
    x, y = tensor.fmatrix("x"), tensor.fvector("y")
    w, b = library.shared(np.zeros(784, "float32")), library.shared(np.float32(0))
    p = 1 / (1 + tensor.exp(-tensor.dot(x, w) - b))
    cost = (-y * tensor.log(p) - (1 - y) * tensor.log(1 - p)).mean() + np.float32(0.01) * (w**2).sum()
    gw, gb = tensor.grad(cost, [w, b])
    rate = np.float32(0.1)
    f = library.function([x, y], cost, updates=[(w, w - rate * gw), (b, b - rate * gb)])
    return f, [np.ones((400, 784), "float32"), np.ones(400, "float32")]


def symbolic_layers(library: Any, tensor: Any, sizes: list[int], batch: int) -> tuple[Any, list[Any]]:
    """A network of tanh layers under a softmax, one step of gradient descent."""
    rng = np.random.default_rng(0)
    x, y = tensor.fmatrix("x"), tensor.lvector("y")
    h, parameters = x, []
    for i, (above, below) in enumerate(pairwise(sizes)):
        w = library.shared((rng.normal(size=(above, below)) / above**0.5).astype("float32"))
        b = library.shared(np.zeros(below, "float32"))
        h = tensor.dot(h, w) + b
        h = h if i == len(sizes) - 2 else tensor.tanh(h)
        parameters += [w, b]
    cost = _crossentropy(library, tensor, h, y)
    rate = np.float32(0.1)
    updates = [(p, p - rate * g) for p, g in zip(parameters, tensor.grad(cost, parameters))]
    f = library.function([x, y], cost, updates=updates)
    return f, [np.ones((batch, sizes[0]), "float32"), np.zeros(batch, "int64")]


def symbolic_mlp(library: Any, tensor: Any, _: int) -> tuple[Any, list[Any]]:
    """784-500-10."""
    return symbolic_layers(library, tensor, [784, 500, 10], 60)


def symbolic_deep(library: Any, tensor: Any, depth: int) -> tuple[Any, list[Any]]:
    """`depth` layers of one width."""
    return symbolic_layers(library, tensor, [WIDTH] * depth + [10], BATCH)


def symbolic_chain(library: Any, tensor: Any, length: int) -> tuple[Any, list[Any]]:
    """`length` elementwise nodes."""
    x = tensor.dvector("x")
    y = x
    for _ in range(length // 2):
        y = tensor.sin(y) + x
    return library.function([x], y), [np.ones(1000)]


def symbolic_rnn(library: Any, tensor: Any, steps: int) -> tuple[Any, list[Any]]:
    """A recurrent net, one step of gradient descent on both of its weights."""
    rng = np.random.default_rng(0)
    x, h0 = tensor.fmatrix("x"), tensor.fvector("h0")
    w, u = (library.shared(m.astype("float32")) for m in 0.1 * rng.normal(size=(2, WIDTH, WIDTH)))
    step = lambda row, h, w, u: tensor.tanh(tensor.dot(row, w) + tensor.dot(h, u))  # noqa: E731
    h, _ = library.scan(step, sequences=x, outputs_info=h0, non_sequences=[w, u])
    cost = (h**2).sum()
    rate = np.float32(0.1)
    updates = [(p, p - rate * g) for p, g in zip([w, u], tensor.grad(cost, [w, u]))]
    return library.function([x, h0], cost, updates=updates), list(_rnn_data(steps)[1:])


def _rnn_data(steps: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    weights = [m.astype("float32") for m in 0.1 * rng.normal(size=(2, WIDTH, WIDTH))]
    return weights, np.ones((steps, WIDTH), "float32"), np.zeros(WIDTH, "float32")


def _jax_recurrent(parameters: Any, x: Any, h0: Any) -> Any:
    import jax

    def step(h, row):
        h = jax.numpy.tanh(row @ parameters[0] + h @ parameters[1])
        return h, h

    return (jax.lax.scan(step, h0, x)[1] ** 2).sum()


def jax_program(model: str, size: int) -> Any:
    """Return a function without arguments: traces, compiles and calls."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jnp.zeros(1).block_until_ready()
    rate = np.float32(0.1)

    def binary(wb, x, y):
        score = x @ wb[0] + wb[1]
        p = 1 / (1 + jnp.exp(-score))
        return (-y * jnp.log(p) - (1 - y) * jnp.log(1 - p)).mean() + np.float32(0.01) * (wb[0] ** 2).sum()

    def layers(parameters, x, y):
        for w, b in parameters[:-1]:
            x = jnp.tanh(x @ w + b)
        scores = x @ parameters[-1][0] + parameters[-1][1]
        return -jnp.mean(jax.nn.log_softmax(scores)[jnp.arange(y.shape[0]), y])

    def run() -> None:
        if model == "chain":

            def chain(x):
                y = x
                for _ in range(size // 2):
                    y = jnp.sin(y) + x
                return y

            jax.jit(chain)(np.ones(1000)).block_until_ready()
            return
        if model == "logistic":
            cost, parameters = binary, [np.zeros(784, "float32"), np.float32(0)]
            data = [np.ones((400, 784), "float32"), np.ones(400, "float32")]
        elif model == "rnn":
            cost, (parameters, *data) = _jax_recurrent, _rnn_data(size)
        else:
            sizes = [784, 500, 10] if model == "mlp" else [WIDTH] * size + [10]
            rng = np.random.default_rng(0)
            parameters = [(rng.normal(size=s).astype("float32"), np.zeros(s[1], "float32")) for s in pairwise(sizes)]
            cost, batch = layers, 60 if model == "mlp" else BATCH
            data = [np.ones((batch, sizes[0]), "float32"), np.zeros(batch, "int64")]

        @jax.jit
        def step(parameters, x, y):
            value, g = jax.value_and_grad(cost)(parameters, x, y)
            return value, jax.tree.map(lambda p, d: p - rate * d, parameters, g)

        jax.block_until_ready(step(parameters, *data))

    return run


def _program(contestant: str, model: str, size: int) -> Any:
    if contestant == "jax":
        return jax_program(model, size)
    library, tensor = _symbolic(contestant)

    def run() -> None:
        f, data = globals()[f"symbolic_{model}"](library, tensor, size)
        f(*data)

    return run


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run one program and print wall seconds, CPU seconds of the process, and of its children."""
    contestant, model, size = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0
    run = _program(contestant, model, size)
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    started, before = time.perf_counter(), [_cpu(k) for k in kinds]
    run()
    wall = time.perf_counter() - started
    own, children = (_cpu(k) - b for k, b in zip(kinds, before))
    process = sum(_cpu(k) for k in kinds)
    print(json.dumps({"wall": wall, "own": own, "children": children, "process": process}), flush=True)
    os._exit(0)  # JAX takes long to end after large programs


if __name__ == "__main__":
    main()
