"""Elementwise clusters become composites."""

import numpy as np
import pytest

import theano.scalar as ts
import theano.tensor as T
from theano.opt.fusion import MAX_INPUTS, can_lower
from theano.scalar import Composite
from theano.tensor.elemwise import Elemwise

x, y = T.dmatrices("x", "y")
v = T.dvector("v")
f = T.fmatrix("f")
rng = np.random.default_rng(0)
X, Y, V = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.normal(size=4)


def elementwise(rewriting, inputs, outputs, excluding=(), **kwargs):
    compiled = rewriting.compile(inputs, outputs, excluding=(*excluding, "reduction_fusion"), **kwargs)
    compiled.maker.fgraph.verify()
    return [n for n in compiled.maker.fgraph.toposort() if isinstance(n.op, Elemwise) and n.outputs[0].type.ndim]


def test_a_chain_is_one_composite(rewriting):
    out = T.exp(x) * y + T.tanh(x)
    (node,) = elementwise(rewriting, [x, y], out)
    assert isinstance(node.op.scalar_op, Composite)
    assert str(node.op).startswith("Elemwise{Composite{")
    rewriting.same([x, y], out, X, Y)


def test_constants_are_embedded(rewriting):
    (node,) = elementwise(rewriting, [x], T.exp(x * 2.5) + 3.25)
    assert node.inputs[0].name == "x"
    assert len(node.inputs) == 1
    assert "2.5" in str(node.op)
    assert "3.25" in str(node.op)


def test_broadcast_operands_are_read_as_they_are(rewriting):
    out = T.exp(x + v) * T.nnet.sigmoid(x.sum(axis=1, keepdims=True))
    rewriting.same([x, v], out, X, V)
    assert len(elementwise(rewriting, [x, v], out)) == 2


def test_smaller_arrays_are_computed_before_they_are_spread(rewriting):
    """exp(v) has 4 elements; fused into the matrix it would be computed 12 times."""
    out = x + T.exp(v * 2)
    assert len(elementwise(rewriting, [x, v], out)) == 2
    rewriting.same([x, v], out, X, V)


def test_a_shared_value_makes_a_composite_with_several_outputs(rewriting):
    e = T.exp(x)
    outputs = [e * y, e + y]
    (node,) = elementwise(rewriting, [x, y], outputs)
    assert len(node.outputs) == 2
    for out in outputs:
        rewriting.same([x, y], out, X, Y)
    both = rewriting.compile([x, y], outputs)(X, Y)
    np.testing.assert_allclose(both, [np.exp(X) * Y, np.exp(X) + Y])


def test_reductions_between_do_not_close_a_cycle(rewriting):
    """exp(x) feeds both the sum and the quotient; the two elementwise parts must stay apart."""
    e = T.exp(x) * y
    out = e / e.sum(axis=1, keepdims=True) + e.max(axis=0) * T.tanh(e)
    rewriting.same([x, y], out, X, Y)
    assert len(elementwise(rewriting, [x, y], out)) >= 2


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs_stay_free_of_cycles(rewriting, seed):
    random = np.random.default_rng(seed)
    pool = [x, y]
    for _ in range(25):
        a, b = (pool[random.integers(len(pool))] for _ in range(2))
        kind = random.integers(6)
        if kind < 3:
            pool.append([T.tanh(a), a * b, a + b][kind])
        elif kind == 3:
            pool.append(T.tanh(a) - b.mean(axis=int(random.integers(2)), keepdims=True))
        elif kind == 4:
            pool.append(T.nnet.sigmoid(a) * b.sum() / 10)
        else:
            pool.append(T.dot(a, T.tanh(b).T).dot(x) / 10)
    outputs = pool[-3:]
    compiled = rewriting.compile([x, y], outputs)
    compiled.maker.fgraph.verify()
    plain = rewriting.compile([x, y], outputs, optimizer=None)
    with np.errstate(all="ignore"):
        for a, b in zip(compiled(X, Y), plain(X, Y), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-7)


def test_at_most_so_many_inputs(rewriting):
    arrays = [T.dvector(f"a{k}") for k in range(80)]
    out = arrays[0]
    for a in arrays[1:]:
        out = T.tanh(out) * a
    nodes = elementwise(rewriting, arrays, out)
    assert len(nodes) == 3
    assert max(len(n.inputs) for n in nodes) <= MAX_INPUTS
    rewriting.same(arrays, out, *rng.normal(size=(80, 5)))


def test_long_chains_are_cut_into_composites(rewriting):
    out = x
    for _ in range(1000):
        out = T.tanh(out)
    assert 5 <= len(elementwise(rewriting, [x], out)) <= 20
    rewriting.same([x], out, X)


def test_ops_without_loops_stay_apart(rewriting):
    out = T.exp(T.psi(abs(x)) * 2)
    nodes = elementwise(rewriting, [x], out)
    assert [isinstance(n.op.scalar_op, ts.Psi) for n in nodes].count(True) == 1
    assert len(nodes) == 3
    assert not can_lower(ts.psi, ("float64",))
    assert can_lower(ts.exp, ("float64",))
    assert not can_lower(ts.exp, ("float16",))


def test_dtypes_inside_are_kept(rewriting):
    out = T.cast(T.cast(x, "int32") + 1, "float32") * f
    rewriting.same([x, f], out, X * 10, Y.astype("float32"))
    assert elementwise(rewriting, [x, f], out)[0].outputs[0].dtype == "float32"


def test_sums_of_sums_are_flat(rewriting):
    """With the algebra switched off, the pass before fusion still joins nested sums."""
    a, b = T.dmatrices("a", "b")
    out = (x + y) + (a + b)
    (node,) = elementwise(
        rewriting, [x, y, a, b], out, excluding=("canonicalize", "stabilize", "composite_elemwise_fusion")
    )
    assert len(node.inputs) == 4


def test_excluding_fusion(rewriting):
    assert len(elementwise(rewriting, [x], T.exp(T.tanh(x)), excluding=("fusion",))) == 2
    assert len(elementwise(rewriting, [x], T.exp(T.tanh(x)), optimizer="fast_compile")) == 2


def test_run_time_shape_errors_stay(rewriting):
    with pytest.raises(ValueError, match="mismatch"):
        rewriting.compile([x, y], T.exp(x) + T.tanh(y))(X, Y[:1])
