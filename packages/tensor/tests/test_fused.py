"""`Fused`: a value, the meaning of its inner graph, its shapes and its loops."""

import pickle

import numpy as np
import pytest

import theano.tensor as T
from theano.codegen import FinalSweep, MapSweep, NotLowerable, ReduceSweep
from theano.codegen.verify import verify_kernel
from theano.errors import MethodNotDefined
from theano.lowering import Build
from theano.tensor.fused import Fused
from theano.tensor.fused_loops import input_order, is_cheap, kernel_kind
from theano.tensor.reduction import All, Max, Prod, Sum

x, y = T.dmatrices("x", "y")
f, v = T.fmatrix("f"), T.dvector("v")
rng = np.random.default_rng(3)
X, Y = rng.normal(size=(4, 5)), rng.normal(size=(4, 5))


def largest(z):
    return Max((1,))(z)


def spread(z):
    return z.dimshuffle(0, "x")


def softmax(z):
    e = T.exp(z - spread(largest(z)))
    return e / spread(e.sum(1))


def sweeps(inputs, outputs):
    node = Fused(inputs, outputs).make_node(*inputs)
    step = node.op.lower(node, Build(node))
    verify_kernel(step.kernel)
    return step.kernel.sweeps


def value(inputs, outputs, *arrays):
    node = Fused(inputs, outputs).make_node(*inputs)
    cells = [[None] for _ in outputs]
    node.op.perform(node, list(arrays), cells)
    return [cell[0] for cell in cells]


def test_equal_graphs_are_equal_ops():
    a, b = T.dmatrices("a", "b")
    one, two = Fused([x, y], [T.sqr(x - y).sum(1)]), Fused([a, b], [T.sqr(a - b).sum(1)])
    assert one == two
    assert hash(one) == hash(two)
    assert str(one) == "Fused{Sum{1}(sqr((i0 - i1)))}"
    others = [
        Fused([y, x], [T.sqr(x - y).sum(1)]),
        Fused([x, y], [T.sqr(x - y).sum(0)]),
        Fused([x, y], [T.sqr(x - y).prod(1)]),
        Fused([f, y], [T.sqr(f - y).sum(1)]),
        Fused([x, y], [T.sqr(x - 2 * y).sum(1)]),
        Fused([x, y], [T.sqr(x - 3 * y).sum(1)]),
    ]
    assert len({one, *others}) == 7


def test_a_copy_is_equal():
    op = Fused([x], [softmax(x), largest(x)])
    again = pickle.loads(pickle.dumps(op))
    assert again == op
    assert str(again) == str(op)
    assert again(x)[0].owner.op == op


def softmax_of(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def test_long_formulas_are_named_once():
    out = x
    for _ in range(20):
        out = softmax(out)
    text = str(Fused([x], [out]))
    assert text.startswith("Fused{t0=")
    assert len(text) < 4000


def test_meaning():
    found = value([x, y], [softmax(x * y), T.log(T.exp(x).sum(1))], X, Y)
    np.testing.assert_allclose(found[0], softmax_of(X * Y))
    np.testing.assert_allclose(found[1], np.log(np.exp(X).sum(1)))
    assert not any(np.shares_memory(a, b) for a in found for b in (X, Y))


def test_shapes():
    row = T.TensorType("float64", (True, False))("row")
    op = Fused([row, x], [softmax(row + x), x.sum(1)])
    n, m = T.lscalars("n", "m")
    assert op.infer_shape(op.make_node(row, x), [(1, m), (n, m)]) == [(n, m), (n,)]


def test_inputs_are_checked():
    op = Fused([x, y], [T.sqr(x - y).sum(1)])
    with pytest.raises(TypeError, match="1 inputs"):
        op(x)
    with pytest.raises(TypeError):
        op(f, y)
    with pytest.raises(ValueError, match="rank, axes"):
        Fused([x], [x.sum(0), x.sum(1)])
    with pytest.raises(ValueError, match="rank, axes"):
        Fused([x], [T.exp(x)])
    with pytest.raises(ValueError, match="dot"):
        Fused([x, y], [T.dot(x, y).sum(1)])
    with pytest.raises(ValueError, match="neither an input nor a constant"):
        Fused([x], [T.sqr(x - y).sum(1)])


def test_derivatives_are_refused_with_a_reason():
    op = Fused([x], [T.sqr(x).sum(1)])
    for ask in (lambda: op.L_op([x], [op(x)], [v]), lambda: op.R_op([x], [x])):
        with pytest.raises(MethodNotDefined, match="after differentiation"):
            ask()


def test_sweeps_of_a_reduction():
    (reduce, final) = sweeps([x, y], [T.sqrt(T.sqr(x - y).sum(1))])
    assert isinstance(reduce, ReduceSweep)
    assert isinstance(final, FinalSweep)
    assert repr(reduce.value) == "mul(sub(load0, load1), sub(load0, load1))"


def test_accumulators_are_those_of_the_ops():
    (reduce, final) = sweeps([f], [T.tanh(f).sum(1)])
    assert reduce.acc_dtype == "float64"
    assert reduce.value.dtype == "float64"
    assert final.values[0].dtype == "float32"
    (reduce, _) = sweeps([f], [Sum((1,), acc_dtype="float32")(T.tanh(f))])
    assert reduce.acc_dtype == "float32"


def test_what_is_dear_is_kept():
    kinds = [type(s) for s in sweeps([x], [softmax(x)])]
    assert kinds == [ReduceSweep, MapSweep, ReduceSweep, MapSweep]


def test_what_is_cheap_is_computed_again():
    d = x - spread(x.sum(1))
    assert [type(s) for s in sweeps([x], [d / spread(T.sqr(d).sum(1))])] == [ReduceSweep, ReduceSweep, MapSweep]


def test_what_does_not_move_along_the_row_is_not_kept():
    column = T.TensorType("float64", (False, True))("column")
    scale = T.exp(column) * spread(T.exp(x.sum(1)))
    assert [type(s) for s in sweeps([x, column], [x * scale, largest((x + 1) * scale)])].count(MapSweep) == 1


def test_all_stored_outputs_take_one_sweep():
    d = x - spread(largest(x))
    (_, stored) = sweeps([x], [d, d * 2, T.sqr(d)])
    assert stored.targets == (("out", 0), ("out", 1), ("out", 2))


def test_inputs_of_lower_rank_follow_the_kept_axes():
    assert input_order(3, (1,), 3) == (0, 1, 2)
    assert input_order(3, (1,), 2) == (0, -1, 1)
    assert input_order(2, (0, 1), 0) == (-1, -1)
    with pytest.raises(NotLowerable):
        input_order(3, (1,), 1)


def test_kinds():
    assert kernel_kind(Sum(), "float32") == "add"
    assert kernel_kind(Prod(), "int8") == "mul"
    assert kernel_kind(All(), "bool") == "and"
    assert kernel_kind(Max(), "bool") is None
    assert all(is_cheap(s.value) for s in sweeps([x], [T.sqr(x).sum(1)]) if isinstance(s, ReduceSweep))
    assert not is_cheap(sweeps([x], [T.exp(x).sum(1)])[0].value)


def test_half_precision_runs_in_python():
    h = T.TensorType("float16", (False, False))("h")
    node = Fused([h], [T.sqr(h).sum(1)]).make_node(h)
    with pytest.raises(NotLowerable):
        node.op.lower(node, Build(node))
