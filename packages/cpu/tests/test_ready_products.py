"""Products in loops whose second operand is packed once for all steps: the bits of products one by one."""

import numpy as np
import pytest

import theano.tensor as T
from theano.scan_module import scan
from theano.tensor.blas import Gemm

pytestmark = pytest.mark.c
STEPS = 70  # packing pays only in long loops where it need not be

LAYOUTS = {
    "rows": lambda u: u,
    "columns": np.asfortranarray,
    "strided": lambda u: np.repeat(np.repeat(u, 2, 0), 3, 1)[::2, ::3],
    "reversed": lambda u: np.ascontiguousarray(u[::-1, ::-1])[::-1, ::-1],
}
SIZES = [(2, 40), (8, 16), (13, 50), (32, 256), (37, 65), (50, 33), (70, 530), (3, 7), (1, 30), (40, 4)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_bits_of_single_products(native, width, size, dtype):
    rng = np.random.default_rng(size[1])
    m, n = size
    h0, u = T.matrix("h0", dtype), T.matrix("u", dtype)
    step = native([h0, u], T.dot(h0, u))
    h, _ = scan(lambda h, u: T.dot(h, u), outputs_info=h0, non_sequences=[u], n_steps=STEPS)
    loop = native([h0, u], h)
    start = rng.normal(size=(m, n)).astype(dtype)
    weights = np.linalg.qr(rng.normal(size=(n, n)))[0].astype(dtype)
    for name, layout in LAYOUTS.items():
        given = layout(weights)
        expected, value = [], start
        for _ in range(STEPS):
            value = step(value, given)
            expected.append(value)
        np.testing.assert_array_equal(loop(start, given), expected, err_msg=name)


@pytest.mark.parametrize("turned", [False, True])
def test_products_that_are_added(native, turned):
    """The addend changes, the weights are a view of something that stays."""
    rng = np.random.default_rng(1)
    x, h0, u = T.ftensor3("x"), T.fmatrix("h0"), T.fmatrix("u")
    half, two = np.float32(0.5), np.float32(-1.5)

    def step(row, h, u):
        return Gemm(False)(row, half, h, u.T if turned else u, two)

    h, _ = scan(step, sequences=x, outputs_info=h0, non_sequences=[u])
    loop, single = native([x, h0, u], h), native([x, h0, u], step(x[0], h0, u))
    rows, value = rng.normal(size=(STEPS, 19, 40)).astype("float32"), rng.normal(size=(19, 40)).astype("float32")
    weights = rng.normal(size=(40, 40)).astype("float32") / 8
    found = loop(rows, value, weights)
    for k in range(STEPS):
        value = single(rows[k : k + 1], value, weights)
        np.testing.assert_array_equal(found[k], value)


def test_weights_that_change(native):
    """A second operand that is a row of a sequence, or a state, is read anew in each step."""
    rng = np.random.default_rng(2)
    ws, h0, u0 = T.dtensor3("ws"), T.dmatrix("h0"), T.dmatrix("u0")
    h, _ = scan(lambda w, h: T.dot(h, w), sequences=ws, outputs_info=h0)
    weights = np.stack([np.linalg.qr(rng.normal(size=(20, 20)))[0] for _ in range(STEPS)])
    start = rng.normal(size=(16, 20))
    expected = start
    for w in weights:
        expected = expected @ w
    np.testing.assert_allclose(native([ws, h0], h[-1])(weights, start), expected, rtol=1e-10, atol=1e-12)
    (h, _u), _ = scan(lambda h, u: (T.dot(h, u), u * 0.99), outputs_info=[h0, u0], n_steps=STEPS)
    expected, u = start, weights[0]
    for _ in range(STEPS):
        expected, u = expected @ u, u * 0.99
    np.testing.assert_allclose(native([h0, u0], h[-1])(start, weights[0]), expected, rtol=1e-9, atol=1e-15)
