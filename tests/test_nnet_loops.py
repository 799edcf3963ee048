"""The loops of softmax and cross-entropy compute what their NumPy meaning computes, on every backend there is."""

import numpy as np
import pytest

import theano
from theano import tensor as T
from theano.compile import Mode
from theano.tensor import nnet

R = np.random.RandomState(8)
X = R.randn(6, 5) * 4
X[1, 2:4] = X[1].max() + 1  # a tie
X[2, 3] = np.nan
X[3] = [-np.inf, 0, 1, 2, 3]
X[4] *= 200
B, G, LABELS = R.randn(5), R.randn(6), np.array([0, 3, 1, 4, 2, 2])

ROWS = {
    "softmax": lambda x, dy, b, g, y, s: nnet.softmax(x),
    "logsoftmax": lambda x, dy, b, g, y, s: nnet.logsoftmax(x),
    "softmax_with_bias": lambda x, dy, b, g, y, s: nnet.softmax_with_bias(x, b),
    "softmax_grad": lambda x, dy, b, g, y, s: nnet.softmax_grad(dy, nnet.softmax(x)),
    "nll": lambda x, dy, b, g, y, s: nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, y)[0],
    "fused_softmax": lambda x, dy, b, g, y, s: nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, y)[1],
    "argmax": lambda x, dy, b, g, y, s: nnet.crossentropy_softmax_argmax_1hot_with_bias(x, b, y)[2],
    "dx_of_vector": lambda x, dy, b, g, y, s: nnet.crossentropy_softmax_1hot_with_bias_dx(g, nnet.softmax(x), y),
    "dx_of_scalar": lambda x, dy, b, g, y, s: nnet.crossentropy_softmax_1hot_with_bias_dx(s, nnet.softmax(x), y),
    "categorical": lambda x, dy, b, g, y, s: nnet.crossentropy_categorical_1hot(nnet.softmax(x), y),
    "categorical_grad": lambda x, dy, b, g, y, s: nnet.crossentropy_categorical_1hot_grad(g, nnet.softmax(x), y),
    "activations": lambda x, dy, b, g, y, s: sum(
        f(x) for f in (nnet.sigmoid, nnet.softplus, nnet.softsign, nnet.hard_sigmoid, nnet.ultra_fast_sigmoid)
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("name", ROWS)
def test_loops_agree_with_numpy(name, dtype):
    inputs = [T.matrix("x", dtype), T.matrix("dy", dtype), T.vector("b", dtype), T.vector("g", dtype), T.lvector("y")]
    inputs.append(T.scalar("s", dtype))
    numbers = [X, R.randn(6, 5), B, G, LABELS, np.array(1.5)]
    values = [v.astype(i.dtype) for i, v in zip(inputs, numbers, strict=True)]
    out = ROWS[name](*inputs)
    python, best = (
        theano.function(inputs, out, mode=mode, on_unused_input="ignore")
        for mode in (Mode(linker="py", optimizer=None), Mode(optimizer=None))
    )
    with np.errstate(all="ignore"):
        expected = python(*values)
    found = best(*values)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol={"float64": 1e-10, "float32": 2e-5, "float16": 1e-2}[dtype])


@pytest.mark.parametrize("shape", [(1, 5), (6, 1)])
def test_broadcastable_rows_and_columns(shape):
    m, bias, labels = T.TensorType("float64", [n == 1 for n in shape])("m"), T.vector("b"), T.lvector("y")
    given = [R.randn(*shape), R.randn(shape[1]), np.zeros(shape[0], "int64")]
    with pytest.warns(UserWarning, match="length 1") if shape[1] == 1 else np.errstate():
        outs = [nnet.softmax(m), *nnet.crossentropy_softmax_argmax_1hot_with_bias(m, bias, labels)]
    python, best = (
        theano.function([m, bias, labels], outs, mode=mode)
        for mode in (Mode(linker="py", optimizer=None), Mode(optimizer=None))
    )
    for a, b in zip(best(*given), python(*given), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
