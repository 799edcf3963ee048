"""Clusters around reductions become one node: it fires, keeps values, and leaves alone what it should."""

import numpy as np
import pytest

import theano
import theano.opt.fusion_reduction
import theano.tensor as T
from theano.compile import Mode, function
from theano.graph import Apply, Op
from theano.tensor.elemwise import Elemwise
from theano.tensor.fused import Fused
from theano.tensor.reduction import CAReduce

x, y = T.dmatrices("x", "y")
v, w = T.dvectors("v", "w")
c = T.dtensor3("c")
f, g = T.fmatrix("f"), T.fvector("g")
rng = np.random.default_rng(0)
X, Y, V, W = rng.normal(size=(6, 5)), rng.normal(size=(6, 5)), rng.normal(size=5), rng.normal(size=5)
C, F, G = rng.normal(size=(3, 4, 5)), rng.normal(size=(6, 5)).astype("f4"), rng.normal(size=5).astype("f4")


def fused(rewriting, inputs, outputs, **kwargs):
    """The fused nodes, after checking values against the graph as it was written."""
    compiled = rewriting.compile(inputs, outputs, **kwargs)
    compiled.maker.fgraph.verify()
    values = [{x: X, y: Y, v: V, w: W, c: C, f: F, g: G}[i] for i in inputs]
    plain = rewriting.compile(inputs, outputs, optimizer=None)
    _same(compiled(*values), plain(*values))
    return [n for n in compiled.maker.fgraph.toposort() if isinstance(n.op, Fused)]


def _same(found, expected, rtol=1e-10):
    several = isinstance(expected, list)
    for a, b in zip(found if several else [found], expected if several else [expected], strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_allclose(
            a, b, rtol=1e-4 if b.dtype == "float32" else rtol, atol=1e-5 if b.dtype == "float32" else 1e-12
        )


def big_nodes(rewriting, inputs, outputs):
    compiled = rewriting.compile(inputs, outputs)
    return [n for n in compiled.maker.fgraph.toposort() if isinstance(n.op, Fused | Elemwise | CAReduce)]


def softmax(z, axis=-1):
    e = T.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def layer_norm(z, axis=-1):
    d = z - z.mean(axis, keepdims=True)
    return d / T.sqrt(T.sqr(d).mean(axis, keepdims=True) + 1e-5)


PRODUCERS = {
    "squares": ([x, y], lambda: T.sum((x - y) ** 2)),
    "weighted": ([x, y], lambda: T.sum(T.exp(x) * y)),
    "largest": ([x], lambda: abs(x).max()),
    "product": ([x], lambda: T.prod(x + 2, axis=1)),
    "all": ([x], lambda: T.all(x > -1, axis=1)),
    "middle_axis": ([c], lambda: T.sum(T.tanh(c), axis=1)),
    "columns": ([x, v], lambda: T.sum(T.sqr(x * v + x), axis=0)),
    "scaled_root": ([x], lambda: T.sqrt(T.sum(T.sqr(x), axis=1)) * 3),
    "norm": ([v], lambda: T.sqrt(T.sum(T.sqr(v)))),
    "narrow": ([f], lambda: T.sum(T.tanh(f), axis=1)),
    "logsumexp": ([x], lambda: T.log(T.exp(x).sum(axis=1))),
    "logsumexp_of_all": ([x], lambda: T.log(T.exp(x).sum())),
    "softmax_3d": ([c], lambda: softmax(c)),
    "softmax_of_two_axes": ([c], lambda: softmax(c, (1, 2))),
    "softmax_and_bias": ([c, v], lambda: softmax(c * 2 + v)),
    "row_norm": ([x], lambda: x / T.sqrt((x**2).sum(1, keepdims=True))),
    "row_shares": ([f], lambda: f / f.sum(1, keepdims=True)),
}


@pytest.mark.parametrize("name", PRODUCERS)
def test_one_node_is_left(rewriting, name):
    inputs, make = PRODUCERS[name]
    out = make()
    (node,) = fused(rewriting, inputs, out)
    assert [n.op for n in big_nodes(rewriting, inputs, out)] == [node.op]


def test_layer_norm_is_one_node_beside_the_length(rewriting):
    out = layer_norm(x) * v + w
    (node,) = fused(rewriting, [x, v, w], out)
    wide = [n for n in big_nodes(rewriting, [x, v, w], out) if n.outputs[0].type.broadcastable == (False, False)]
    assert [n.op for n in wide] == [node.op]
    assert len(node.outputs) == 1


def test_reductions_of_the_same_data_share_a_node(rewriting):
    (node,) = fused(rewriting, [x], [x.sum(1), T.sqr(x).sum(1), x.max(1)])
    assert len(node.outputs) == 3
    (node,) = fused(rewriting, [v], [v.mean(), v.var()])
    assert len(node.outputs) == 2


def test_reductions_of_columns_share_a_node_if_they_read_one_array(rewriting):
    (node,) = fused(rewriting, [x], [x.sum(0), x.max(0), x.min(0) * 2])
    assert len(node.outputs) == 3
    (node,) = fused(rewriting, [c], [c.sum((0, 2)), c.max((0, 2))])
    assert len(node.outputs) == 2
    assert not fused(rewriting, [x, y], [x.sum(0), y.sum(0), x.max(1)])
    (node,) = fused(rewriting, [x, v], [T.sqr(x * v + x).sum(0), x.max(0)])
    assert len(node.outputs) == 1


def test_what_is_read_outside_is_handed_out(rewriting):
    e = T.exp(x - x.max(1, keepdims=True))
    (node,) = fused(rewriting, [x], [e, e.sum(1), T.dot(e.T, e)])
    assert sorted(o.type.ndim for o in node.outputs) == [1, 2]


@pytest.mark.parametrize("make", [softmax, layer_norm, lambda z: z / T.sqr(z).sum(2, keepdims=True)])
def test_gradients(rewriting, make):
    gradient = pytest.importorskip("theano.gradient").grad((make(c) ** 3).sum(), c)
    assert fused(rewriting, [c], gradient)
    before = rewriting.compile([c], gradient, excluding=("reduction_fusion",)).maker.fgraph.toposort()
    arithmetic = [n for n in before if isinstance(n.op, Elemwise | CAReduce)]
    assert len(big_nodes(rewriting, [c], gradient)) < len(arithmetic) / 2


def test_a_matrix_softmax_subtracts_its_maximum_once(rewriting):
    assert [type(n.op).__name__ for n in rewriting.compile([x], softmax(x)).maker.fgraph.toposort()] == ["Softmax"]
    rewriting.same([x], softmax(x), np.array([[1.0, 1e4], [-np.inf, 0], [np.nan, 1]]))
    other = T.nnet.softmax(x - y.max(1, keepdims=True))
    assert len(rewriting.compile([x, y], other).maker.fgraph.toposort()) > 1
    rewriting.same([x, y], other, X, Y)


def test_a_cheap_sum_leaves_a_composite_that_also_stores(rewriting):
    h = T.fvector("h")
    outputs = [T.sum((g - h) ** 2), 2 * (g - h)]
    compiled = rewriting.compile([g, h], outputs)
    (node,) = [n for n in compiled.maker.fgraph.toposort() if isinstance(n.op, Fused)]
    assert len(node.outputs) == 1
    _same(compiled(G, G * 3), rewriting.compile([g, h], outputs, optimizer=None)(G, G * 3))
    dear = [T.sum(T.exp(g - h)), T.exp(g - h) * 2]
    assert not any(isinstance(n.op, Fused) for n in rewriting.compile([g, h], dear).maker.fgraph.toposort())
    assert not fused(rewriting, [v, w], [T.sum((v - w) ** 2), 2 * (v - w)])


@pytest.mark.parametrize("axis", [0, 1, (0, 1), (0, 2)])
def test_a_layer_norm_across_memory_stores_its_result_alone(rewriting, axis):
    out = layer_norm(c, axis)
    (node,) = fused(rewriting, [c], out)
    assert [o.type.ndim for o in node.outputs] == [3 - np.size(axis)]
    full = [n for n in big_nodes(rewriting, [c], out) if n.outputs[0].type.broadcastable == (False, False, False)]
    assert len(full) == 1
    assert len(full[0].outputs) == 1


def test_sums_across_memory_of_what_is_dear_or_of_several_arrays_read_what_is_stored(rewriting):
    d = T.dtensor3("d")
    for inputs, folded, stored in (
        ([c, v], T.exp(c - v), T.exp(c - v) * 2),
        ([c, d], T.sqr(c - d), (c - d) * 2),
    ):
        values = [C, V if v in inputs else C[::-1] + 1]
        compiled = rewriting.compile(inputs, [folded.sum(0), stored])
        assert not any(isinstance(n.op, Fused) for n in compiled.maker.fgraph.toposort())
        _same(compiled(*values), rewriting.compile(inputs, [folded.sum(0), stored], optimizer=None)(*values))


ALONE = {
    "plain_sum": ([x], lambda: x.sum(1)),
    "stored_too": ([v], lambda: [T.exp(v), T.exp(v).sum()]),
    "softmax_of_one_row": ([v], lambda: softmax(v)),
    "columns_spread_back": ([x], lambda: x - x.max(0, keepdims=True)),
    "columns_of_two": ([x, y], lambda: T.sum((x - y) ** 2, axis=0)),
    "one_axis_then_the_other": ([x], lambda: x.max(0).sum()),
    "no_loop": ([x], lambda: T.psi(abs(x)).sum(1)),
    "complex": ([x], lambda: T.sum(x * (1 + 2j), axis=1)),
}


@pytest.mark.parametrize("name", ALONE)
def test_left_alone(rewriting, name):
    inputs, make = ALONE[name]
    assert not fused(rewriting, inputs, make())


def test_other_lengths_are_not_tied_together(rewriting):
    """y has as many rows as x, but need not have as many columns."""
    out = y - x.max(1, keepdims=True)
    compiled = rewriting.compile([x, y], [out, x.sum(1), y.max(1)])
    assert compiled(X, Y[:, :2])[0].shape == (6, 2)


def test_half_precision_is_left_alone(rewriting):
    h = T.TensorType("float16", (False, False))("h")
    out = T.sum(T.sqr(h), axis=1)
    rewriting.same([h], out, X.astype("float16"), rtol=1e-3)
    assert not any(isinstance(n.op, Fused) for n in rewriting.compile([h], out).maker.fgraph.toposort())


def test_excluded_with_fusion(rewriting):
    for tag in ("fusion", "reduction_fusion", "fusion_through_reductions"):
        assert not fused(rewriting, [x, y], T.sum((x - y) ** 2), excluding=(tag,))


def test_an_update_keeps_its_own_node(rewriting):
    """A shared variable that is updated elementwise is written in place, which row programs cannot."""
    s = theano.shared(X.copy())
    new = s - 0.1 * (y - y.mean(1, keepdims=True)) * y
    step = function([y], s.sum(1), updates=[(s, new)], mode=Mode("py", "fast_run"))
    (update,) = [n for n in step.maker.fgraph.toposort() if n.outputs[0] is step.maker.fgraph.outputs[1]]
    assert isinstance(update.op, Elemwise)
    step(Y)
    np.testing.assert_allclose(s.get_value(), X - 0.1 * (Y - Y.mean(1, keepdims=True)) * Y)


SPECIAL = np.array([[1, np.nan, 2], [np.inf, 0, 1], [-np.inf, 3, 1], [-np.inf, -np.inf, -np.inf], [np.inf, -np.inf, 0]])


@pytest.mark.parametrize(
    "name", ["squares", "largest", "logsumexp", "row_norm", "scaled_root", "row_shares", "all", "weighted"]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_that_are_no_numbers(rewriting, name, dtype):
    inputs, make = PRODUCERS[name]
    given = [SPECIAL.astype(dtype)] * len(inputs)
    kinds = [T.TensorType(dtype, (False, False))() for _ in inputs]
    out = theano.clone(
        make(), dict(zip(inputs, [T.cast(k, i.dtype) for k, i in zip(kinds, inputs, strict=True)], strict=True))
    )
    with np.errstate(all="ignore"):
        rewriting.same(kinds, out, *given, rtol=1e-5)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nothing(rewriting, shape):
    empty = np.zeros(shape)
    for out in (T.sum((x - y) ** 2), T.sum(T.exp(x) * y, axis=1), x / (x * y).sum(1, keepdims=True)):
        rewriting.same([x, y], out, empty, empty)
    if shape == (3, 0):
        with pytest.raises(ValueError, match=r"zero-size|no elements"):
            rewriting.compile([x], abs(x).max(1))(empty)


def test_broadcast_operands(rewriting):
    column = T.TensorType("float64", (False, True))("column")
    row = T.TensorType("float64", (True, False))("row")
    for axis in (0, 1, None):
        rewriting.same([column, row], T.sum(T.sqr(column - row), axis=axis), X[:, :1], Y[:1])
    out = softmax(x + row) * column
    rewriting.same([x, row, column], out, X, Y[:1], Y[:, :1])


@pytest.mark.parametrize("seed", range(25))
def test_random_graphs(rewriting, seed):
    random = np.random.default_rng(seed)
    pool = [x, y]
    for _ in range(20):
        a, b = (pool[random.integers(len(pool))] for _ in range(2))
        axis = int(random.integers(2))
        kind = random.integers(8)
        if kind < 3:
            pool.append([T.tanh(a), a * b, a + b][kind])
        elif kind == 3:
            pool.append(T.tanh(a) - T.sqr(b).mean(axis=axis, keepdims=True))
        elif kind == 4:
            pool.append(T.nnet.sigmoid(a) * (b * a).sum() / 10)
        elif kind == 5:
            pool.append(a - a.max(axis=axis, keepdims=True))
        elif kind == 6:
            pool.append(T.tanh(b) / (1 + abs(a).sum(axis=1, keepdims=True)))
        else:
            pool.append(T.dot(a, T.tanh(b).T).dot(x) / 10)
    _ = [fused(rewriting, [x, y], pool[-4:])]


def test_many_reductions_take_work_in_proportion(rewriting, lines_run):
    def lines(n):
        out = x
        for _ in range(n):
            out = T.dot(softmax(out) + layer_norm(out), y)
        graph = theano.graph.FunctionGraph([x, y], [out])
        rewriting_pass = theano.opt.fusion_reduction.ReductionFusion()
        needed = lines_run(lambda: rewriting_pass.apply(graph))
        graph.verify()
        return needed

    lines(2)
    assert lines(80) < 4.4 * lines(20)


class Overwrite(Op):
    """Adds one to its input, in place."""

    __props__ = ()
    destroy_map = {0: [0]}

    def make_node(self, a):
        return Apply(self, [a], [a.type()])

    def perform(self, node, inputs, output_storage):
        inputs[0] += 1
        output_storage[0][0] = inputs[0]


def test_a_node_that_overwrites_stays_between_the_parts():
    """The first sum reads the product before it is overwritten, the quotient reads it afterwards."""
    product = T.dot(x, T.dot(y.T, y))
    total = T.sqr(product * y).sum(1, keepdims=True)
    out = Overwrite()(product) * y / total
    compiled = function([x, y], out, mode=Mode("py", "fast_run"), accept_inplace=True)
    compiled.maker.fgraph.verify()
    p = X @ (Y.T @ Y)
    np.testing.assert_allclose(compiled(X, Y), (p + 1) * Y / np.square(p * Y).sum(1, keepdims=True))


OPENED = {
    "scaled": ([x], lambda: T.nnet.softmax(x * 0.3)),
    "weighted": ([x, y], lambda: T.nnet.softmax(x) * y),
    "logarithm": ([x, y], lambda: (T.nnet.logsoftmax(x + y) * y).sum(1)),
    "entropy": ([x], lambda: -(T.nnet.softmax(x) * T.nnet.logsoftmax(x)).sum(1)),
    "narrow": ([f], lambda: T.nnet.softmax(f * np.float32(0.3))),
}


@pytest.mark.parametrize("name", OPENED)
def test_a_softmax_joins_its_neighbours(rewriting, name):
    inputs, make = OPENED[name]
    out = make()
    (node,) = fused(rewriting, inputs, out)
    assert [n.op for n in rewriting.compile(inputs, out).maker.fgraph.apply_nodes] == [node.op]
    huge = [np.array([[1e4, -1e4], [np.nan, 1], [-np.inf, 2]], dtype=i.dtype) for i in inputs]
    with np.errstate(all="ignore"):
        rewriting.same(inputs, out, *huge, rtol=1e-6)


def test_a_softmax_without_such_neighbours_stays(rewriting):
    for inputs, out in (([x, y], T.nnet.softmax(T.dot(x, y.T))), ([x, v], T.nnet.softmax(x + v))):
        assert not fused(rewriting, inputs, out)
        assert any(
            type(n.op).__name__.startswith("Softmax") for n in rewriting.compile(inputs, out).maker.fgraph.toposort()
        )


def test_the_gradient_of_a_softmax_joins_its_neighbours(rewriting):
    gradient = pytest.importorskip("theano.gradient").grad((T.nnet.softmax(x) ** 3).sum(), x)
    fused(rewriting, [x], gradient)
    assert len(rewriting.compile([x], gradient).maker.fgraph.apply_nodes) == 1
