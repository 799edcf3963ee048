"""Shapes without values, reshapes, dimshuffles."""

import numpy as np
import pytest

import theano.tensor as T
from theano.configuration import change_flags
from theano.graph import Apply, Constant, FunctionGraph, Op
from theano.opt.shape_feature import ShapeFeature

x, y = T.dmatrices("x", "y")
v = T.dvector("v")
t3 = T.dtensor3("t3")
INPUTS = [x, y, v, t3]
rng = np.random.default_rng(0)
VALUES = [rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(2, 3, 4))]


def feature_of(inputs, outputs):
    fgraph = FunctionGraph(inputs, outputs, clone=False)
    fgraph.attach_feature(ShapeFeature())
    return fgraph.shape_feature


def text(variable):
    if isinstance(variable, Constant):
        return int(variable.data)
    return f"{variable.owner.op}({variable.owner.inputs[0]})"


def test_lengths_come_from_the_inputs():
    out = T.exp(T.dot(x, y.T)) + 1
    feature = feature_of([x, y], [out])
    assert [text(n) for n in feature.lengths(out)] == ["Shape_i{0}(x)", "Shape_i{0}(y)"]


def test_static_facts_are_constants():
    out = T.exp(v).dimshuffle("x", 0, "x")
    feature = feature_of([v], [out])
    assert [text(n) for n in feature.lengths(out)] == [1, "Shape_i{0}(v)", 1]
    constant = T.constant(np.ones((3, 5)))
    assert [text(n) for n in feature.lengths(constant)] == [3, 5]


def test_ops_without_a_rule_are_asked_themselves():
    class Odd(Op):
        __props__ = ()

        def make_node(self, a):
            return Apply(self, [a], [a.type()])

    out = Odd()(v)
    feature = feature_of([v], [T.exp(out)])
    assert feature.lengths(T.exp(out))[0].owner.inputs[0] is out


@pytest.mark.parametrize("answer", [None, [], [(1,), (2,)], (3,)])
def test_a_rule_that_answers_something_else_is_told_about(answer):
    class Odd(Op):
        __props__ = ()

        def make_node(self, a):
            return Apply(self, [a], [a.type()])

        def infer_shape(self, node, shapes):
            return answer

    out = Odd()(v)
    feature = feature_of([v], [out])
    with pytest.raises(TypeError, match="infer_shape of Odd: it returned"):  # a warning outside of tests
        feature.lengths(out)
    with change_flags(on_opt_error="ignore"):
        assert feature_of([v], [out]).lengths(out)[0].owner.inputs[0] is out


def test_lengths_are_lazy_and_remembered():
    out = T.exp(x)
    feature = feature_of([x], [out])
    assert not feature.known
    assert feature.lengths(out) is feature.lengths(out)
    assert feature.shape_of[out] is feature.lengths(out)


def test_one_feature_per_graph():
    fgraph = FunctionGraph([x], [T.exp(x)], clone=False)
    for _ in range(2):
        fgraph.attach_feature(ShapeFeature())
    assert len(fgraph.features) == 1


def test_deep_graphs_need_no_recursion():
    out = v
    for _ in range(20_000):
        out = T.exp(out)
    feature = feature_of([v], [out])
    assert text(feature.lengths(out)[0]) == "Shape_i{0}(v)"


def test_same_shape():
    feature = feature_of([x, y], [x, y])
    assert feature.same_shape(T.exp(x), x + 1)
    assert not feature.same_shape(x, y)


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        (lambda: T.log(x).shape[0], ["Shape_i"]),
        (lambda: T.log(x).shape, ["Shape_i", "Shape_i", "MakeVector"]),
        (lambda: T.dot(x, y.T).shape[1], ["Shape_i"]),
        (lambda: x.sum(axis=0).shape[0] + x.T.shape[1], ["Shape_i", "Shape_i", "Add"]),
        (lambda: T.join(0, x, y).shape[0], ["Shape_i", "Shape_i", "Add"]),
        (lambda: x[1:].shape[1], ["Shape_i"]),
        (lambda: x.reshape((x.shape[0], x.shape[1])), ["DeepCopyOp"]),
        (lambda: x.reshape((x.shape[0], -1)), ["DeepCopyOp"]),
        (lambda: x.flatten().reshape((4, 3)).reshape((2, 6)), ["Reshape", "DeepCopyOp"]),
        (lambda: v.reshape((1, v.shape[0])), ["DimShuffle", "DeepCopyOp"]),
        (lambda: v.dimshuffle("x", 0).reshape((2, 2)), ["Reshape", "DeepCopyOp"]),
        (lambda: v.flatten(), ["DeepCopyOp"]),
        (lambda: T.exp(x).flatten(), ["Reshape", "Exp"]),
        (lambda: x.T.T, ["DeepCopyOp"]),
        (lambda: x.dimshuffle(1, 0, "x").dimshuffle(1, 0), ["DeepCopyOp"]),
        (lambda: T.exp(x.T).T, ["Exp"]),
        (lambda: T.dot(x, y.T).T, ["DimShuffle", "Dot22"]),
        (lambda: T.zeros_like(x) + y, ["DeepCopyOp"]),
        (lambda: T.alloc(v, 3, v.shape[0]) * x, ["DimShuffle", "Mul"]),
        (lambda: T.alloc(T.alloc(2.0, 4), 3, 4), ["Alloc"]),
        (lambda: T.exp(T.alloc(v.sum(), 3, 4)), ["Sum", "Exp", "Alloc"]),
        (lambda: T.dot(T.zeros_like(x), y.T), ["Shape_i", "Shape_i", "Alloc"]),
        (lambda: T.maximum(x.shape[0], 0), ["Shape_i"]),
        (lambda: T.minimum(1, x.shape[0] + 1), ["DeepCopyOp"]),
        (lambda: T.minimum(x.shape[0] + x.shape[1], 0), ["DeepCopyOp"]),
        (lambda: T.minimum(x.shape[0], 1), ["Shape_i", "Minimum"]),
        (lambda: T.maximum(x.shape[0] - 1, 0), ["Shape_i", "Sub", "Maximum"]),
        (lambda: T.alloc(v.dimshuffle("x", 0), 1, v.shape[0]), ["DimShuffle", "DeepCopyOp"]),
        (lambda: T.lt(x.shape[0] + x.shape[1], 0), ["DeepCopyOp"]),
    ],
)
def test_expression(rewriting, expression, left):
    out = expression()
    assert sorted(rewriting.ops(INPUTS, out)) == sorted(left)
    rewriting.same(INPUTS, out, *VALUES)


def test_alloc_that_stretches_an_unflagged_dimension_stays(rewriting):
    out = T.alloc(v, y.shape[1]) * x[0]
    rewriting.same(INPUTS, out, *VALUES)
    rewriting.same(INPUTS, out, *VALUES[:2], np.array([2.0]), VALUES[3])


def test_reshape_that_may_not_fit_stays(rewriting):
    assert "Reshape" in rewriting.ops(INPUTS, x.reshape((y.shape[0], y.shape[1])))


def test_wrong_reshape_is_still_an_error(rewriting):
    with pytest.raises(ValueError, match="elements"):
        rewriting.compile([x], x.reshape((5, 5)))(VALUES[0])


def test_shape_of_a_replaced_variable_is_tracked(rewriting):
    picked = x[T.nonzero(T.gt(x, 0))]
    out = picked.shape[0] + (picked * 1).sum()
    rewriting.same(INPUTS, out, *VALUES)
