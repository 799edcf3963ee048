"""Import time, and the first result of a training step in a fresh process, with cold and warm cache."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.fresh import in_fresh_process, own_environment
from benchmarks.measure import Result
from benchmarks.peers import jax, pytensor

OURS = """
import time, json, numpy as np
import theano, theano.gradient
from theano import tensor
started = time.perf_counter()
x, y = tensor.fmatrix('x'), tensor.lvector('y')
w, b = theano.shared(np.zeros((784, 10), 'float32')), theano.shared(np.zeros(10, 'float32'))
p = tensor.nnet.softmax(tensor.dot(x, w) + b)
cost = -tensor.mean(tensor.log(p)[tensor.arange(y.shape[0]), y])
gw, gb = theano.grad(cost, [w, b])
f = theano.function([x, y], cost, updates=[(w, w - np.float32(.1) * gw), (b, b - np.float32(.1) * gb)])
f(np.ones((60, 784), 'float32'), np.zeros(60, 'int64'))
print(json.dumps(time.perf_counter() - started))
"""

PYTENSOR = OURS.replace("theano.gradient", "pytensor.gradient").replace(
    "from theano import tensor", "import pytensor.tensor as tensor"
)
PYTENSOR = PYTENSOR.replace("theano.", "pytensor.").replace("import theano,", "import pytensor,")
PYTENSOR = PYTENSOR.replace(
    "tensor.nnet.softmax(tensor.dot(x, w) + b)", "tensor.special.softmax(tensor.dot(x, w) + b, axis=1)"
)

JAX = """
import os, time, json, numpy as np
os.environ['JAX_PLATFORMS'] = 'cpu'
import jax, jax.numpy as jnp
jnp.zeros(1).block_until_ready()
started = time.perf_counter()
def cost(wb, x, y):
    return -jnp.mean(jax.nn.log_softmax(x @ wb[0] + wb[1])[jnp.arange(y.shape[0]), y])
@jax.jit
def step(wb, x, y):
    value, g = jax.value_and_grad(cost)(wb, x, y)
    return value, [p - np.float32(.1) * d for p, d in zip(wb, g)]
wb = [np.zeros((784, 10), 'float32'), np.zeros(10, 'float32')]
value, wb = step(wb, np.ones((60, 784), 'float32'), np.zeros(60, 'int64'))
value.block_until_ready()
print(json.dumps(time.perf_counter() - started))
"""


def first_result_cold() -> Result:
    """From building the graph to the first result, nothing cached."""
    seconds = {"theano": in_fresh_process(OURS)}
    if jax:
        seconds["JAX"] = in_fresh_process(JAX)
    if pytensor:
        seconds["PyTensor"] = in_fresh_process(PYTENSOR, repeats=1)
    return Result("first result of a softmax step, cold", seconds, "<= 1.0 s")


def first_result_warm() -> Result:
    """The same in a second process."""
    seconds = {}
    for name, code, wanted in (("theano", OURS, True), ("JAX", JAX, jax), ("PyTensor", PYTENSOR, pytensor)):
        if wanted:
            with tempfile.TemporaryDirectory() as folder:
                in_fresh_process(code, Path(folder), repeats=1)
                seconds[name] = in_fresh_process(code, Path(folder), repeats=3 if name != "PyTensor" else 1)
    return Result("first result of a softmax step, second process", seconds, "<= 0.25 s")


def import_time() -> Result:
    """``import theano`` beside ``import numpy`` (wall, whole process)."""
    samples: dict[str, list[float]] = {"theano": [], "NumPy": []}
    for _ in range(12):
        for name, module in (("theano", "theano"), ("NumPy", "numpy")):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {module}"], check=True, env=own_environment())
            samples[name].append(time.perf_counter() - started)
    return Result("import", {name: statistics.median(s[1:]) for name, s in samples.items()}, "<= NumPy + 60 ms")


CASES = [import_time, first_result_cold, first_result_warm]
