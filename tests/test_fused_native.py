"""Fused nodes: native row programs against the Python executor, over layouts, lengths and dtypes."""

import numpy as np
import pytest

import theano
from theano import tensor as T
from theano.compile import Mode
from theano.tensor.fused import Fused

QUICK, PYTHON = Mode(optimizer="fast_run"), Mode("py", None)


def softmax(z, axis=-1):
    e = T.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def layer_norm(z, g):
    d = z - z.mean(1, keepdims=True)
    return d / T.sqrt(T.sqr(d).mean(1, keepdims=True) + 1e-5) * g


PROGRAMS = {
    "squares": lambda x, y, g: T.sum((x - y) ** 2),
    "weighted": lambda x, y, g: T.sum(T.exp(x) * y, axis=1),
    "columns": lambda x, y, g: T.sum(T.sqr(x * g + x), axis=0),
    "columns_with_root": lambda x, y, g: T.sqrt(T.sum(T.sqr(x), axis=0)) + 1,
    "columns_together": lambda x, y, g: [x.sum(0), x.max(0) - x.min(0)],
    "largest": lambda x, y, g: abs(x).max(axis=1),
    "several": lambda x, y, g: [x.sum(1), x.max(1), T.sqr(x).sum(1), (x * y).min(1)],
    "several_of_all": lambda x, y, g: [x.sum(), abs(x).max(), T.sqr(x).sum()],
    "logsumexp": lambda x, y, g: T.log(T.exp(x * g).sum(1)),
    "moments": lambda x, y, g: [x.mean(1), x.var(1)],
    "layer_norm": lambda x, y, g: layer_norm(x, g),
    "gradient": lambda x, y, g: theano.grad((layer_norm(x, g) * y).sum(), [x, g]),
    "stored_and_folded": lambda x, y, g: [
        T.exp(x - x.max(1, keepdims=True)),
        T.exp(x - x.max(1, keepdims=True)).sum(1),
    ],
    "shares": lambda x, y, g: x * y / (x * y * y).sum(1, keepdims=True),
}
LAYOUTS = {
    "C": lambda a: a,
    "F": np.asfortranarray,
    "negative": lambda a: np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1],
    "every_other": lambda a: np.repeat(np.repeat(a, 2, axis=0), 3, axis=1)[::2, ::3],
    "row_gap": lambda a: np.concatenate([a, a], axis=1)[:, : a.shape[1]],
}
SHAPES = [(1, 1), (5, 3), (40, 7), (3, 64), (70, 33), (2, 1100), (600, 20), (0, 4)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_native_agrees_with_python(name, dtype):
    x, y, g = T.matrix("x", dtype), T.matrix("y", dtype), T.vector("g", dtype)
    out = PROGRAMS[name](x, y, g)
    quick, plain = (theano.function([x, y, g], out, mode=m, on_unused_input="ignore") for m in (QUICK, PYTHON))
    assert any(isinstance(n.op, Fused) for n in quick.maker.fgraph.toposort())
    random = np.random.default_rng(0)
    of_none = name in ("several_of_all", "columns_together")  # nothing has no largest element
    for shape in SHAPES[:-1] if of_none else SHAPES:
        values = [random.uniform(0.5, 2, size=s).astype(dtype) for s in (shape, shape, shape[1:])]
        with np.errstate(all="ignore"):
            expected = plain(*values)
        for first in LAYOUTS:
            for second in ("C", "every_other"):
                given = [LAYOUTS[first](values[0]), LAYOUTS[second](values[1]), values[2]]
                found = quick(*given)
                pairs = zip(found, expected, strict=True) if isinstance(expected, list) else [(found, expected)]
                for a, b in pairs:
                    assert a.dtype == b.dtype
                    assert a.shape == b.shape
                    tolerance = 2e-4 if dtype == "float32" else 1e-9
                    np.testing.assert_allclose(
                        a, b, rtol=tolerance, atol=tolerance, err_msg=f"{shape} {first} {second}"
                    )


@pytest.mark.parametrize("axis", [(2,), (1, 2), (0, 1, 2), (1,), (0, 2)])
def test_axes_of_three(axis):
    c = T.dtensor3("c")
    s = T.TensorType("float64", (False, True, False))("s")
    out = [T.sum(T.sqr(c - s), axis=axis), T.sqrt(T.max(abs(c * s), axis=axis))]
    quick, plain = (theano.function([c, s], out, mode=m) for m in (QUICK, PYTHON))
    assert any(isinstance(n.op, Fused) for n in quick.maker.fgraph.toposort())
    random = np.random.default_rng(1)
    for shape in ((2, 3, 4), (7, 1, 130), (20, 30, 5)):
        values = random.normal(size=shape), random.normal(size=(shape[0], 1, shape[2]))
        for given in (values, tuple(np.asfortranarray(v) for v in values)):
            for a, b in zip(quick(*given), plain(*values), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-10)


@pytest.mark.parametrize("axis", [-1, (1, 2)])
def test_softmax_over_last_axes(axis):
    c = T.ftensor3("c")
    axis = (2,) if axis == -1 else axis
    quick, plain = (theano.function([c], softmax(c, axis), mode=m) for m in (QUICK, PYTHON))
    (node,) = quick.maker.fgraph.toposort()
    assert isinstance(node.op, Fused)
    value = np.random.default_rng(2).normal(size=(9, 5, 30)).astype("float32") * 50
    value[1, 2, 3] = np.nan
    value[2, 2, 3] = np.inf
    value[3] = -np.inf
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(quick(value), plain(value), rtol=1e-4, atol=1e-6)
    assert quick(np.zeros((0, 3, 4), "float32")).shape == (0, 3, 4)


def test_lengths_that_differ_are_refused():
    x, y = T.dmatrices("x", "y")
    f = theano.function([x, y], T.sum((x - y) ** 2, axis=1), mode=QUICK)
    with pytest.raises(ValueError, match="mismatch"):
        f(np.ones((3, 4)), np.ones((3, 5)))
    with pytest.raises(ValueError, match="mismatch"):
        f(np.ones((3, 4)), np.ones((2, 4)))


def test_extrema_of_nothing_are_refused():
    x = T.dmatrix("x")
    f = theano.function([x], [abs(x).max(1), T.sqr(x).sum(1)], mode=QUICK)
    with pytest.raises(ValueError, match="no elements"):
        f(np.ones((3, 0)))
    assert [a.shape for a in f(np.ones((0, 3)))] == [(0,), (0,)]


def test_a_sum_is_at_least_as_accurate_as_numpys():
    x = T.fvector("x")
    f = theano.function([x], T.sum(x * x), mode=QUICK)
    value = np.random.default_rng(5).normal(size=100_001).astype("float32") + 1
    exact = np.sum((value * value).astype("float64"))
    assert f(value) == np.float32(exact)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "bool"])
@pytest.mark.parametrize("shape", [(1, 5), (7, 1100), (300, 600), (5000, 40), (9000, 4), (3, 50, 700)])
def test_columns_reduced_together_have_the_bits_that_each_has_alone(dtype, shape):
    x = T.TensorType(dtype, (False,) * len(shape))("x")
    outputs = [x.all(0), x.any(0)] if dtype == "bool" else [x.sum(0), x.max(0), x.prod(0)]
    outputs += [x.min(0)] if dtype.startswith("float") else []
    together = theano.function([x], outputs, mode=QUICK)
    (node,) = [n for n in together.maker.fgraph.toposort() if isinstance(n.op, Fused)]
    assert len(node.outputs) == len(outputs)
    alone = [theano.function([x], out, mode=QUICK) for out in outputs]
    random = np.random.default_rng(0)
    value = (random.normal(size=shape) * 3).astype(dtype)
    if dtype.startswith("float"):
        value.reshape(-1)[random.integers(value.size, size=3)] = np.nan
        value.reshape(-1)[random.integers(value.size, size=3)] = np.inf
    for given in (value, np.asfortranarray(value), value[::-1], value[..., ::2]):
        for found, f in zip(together(given), alone, strict=True):
            expected = f(given)
            assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
            np.testing.assert_array_equal(found, expected)
