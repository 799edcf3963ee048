"""Folding of constant nodes."""

import numpy as np
import pytest

import theano.tensor as T
from theano.graph import Apply, Constant, FunctionGraph, Op
from theano.opt import in2out
from theano.opt.constant_folding import constant_folding


def folded(outputs, inputs=()):
    fgraph = FunctionGraph(list(inputs), outputs, clone=False)
    in2out(constant_folding).optimize(fgraph)
    fgraph.verify()
    return fgraph.outputs


def test_towers_of_constants_become_one_constant():
    (out,) = folded([T.exp(T.constant([1.0, 2.0])).sum() * 2])
    assert isinstance(out, Constant)
    assert out.data == pytest.approx(2 * np.exp([1.0, 2.0]).sum())
    assert out.type == T.dscalar


def test_nodes_with_inputs_stay():
    x = T.dscalar("x")
    (out,) = folded([T.exp(x) + (T.constant(1.0) + 2)], [x])
    assert isinstance(out.owner.inputs[1], Constant)
    assert out.owner.inputs[0].owner.op == T.exp


def test_broadcast_flags_and_dtype_are_kept():
    (out,) = folded([T.constant(np.float32(3)).dimshuffle("x", "x") + T.constant(np.ones((1, 4), dtype="float32"))])
    assert out.type == T.frow


def test_errors_are_left_for_the_call():
    (out,) = folded([T.dot(T.constant(np.ones((2, 3))), T.constant(np.ones((2, 3))))])
    assert out.owner is not None


def test_large_allocations_are_not_folded():
    (out,) = folded([T.zeros((1000, 1000))])
    assert out.owner is not None


def test_ops_may_decline():
    class Wary(Op):
        __props__ = ()

        def make_node(self, x):
            return Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0]

        def do_constant_folding(self, node):
            return False

    (out,) = folded([Wary()(T.constant(1.0))])
    assert out.owner is not None


def test_folded_constants_keep_the_trace():
    made = T.constant(1.0) + 2
    assert folded([made])[0].tag.trace == made.tag.trace


def test_compiled_constant_expressions_are_computed_once(rewriting):
    assert rewriting.ops([], T.exp(T.constant([1.0])) + 1) == ["DeepCopyOp"]
