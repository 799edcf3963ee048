"""Passes look only at what may concern them, and at what is new."""

import numpy as np
import pytest

import theano.scalar as ts
import theano.tensor as T
from theano.graph import FunctionGraph
from theano.opt import EquilibriumOptimizer, LocalOptGroup, MergeOptimizer, in2out, local_optimizer
from theano.opt.constant_folding import constant_folding
from theano.opt.engine import Dispatch
from theano.opt.engine import merge as merge_module
from theano.opt.fusion import FusionOptimizer
from theano.tensor.dimshuffle import DimShuffle
from theano.tensor.elemwise import Elemwise
from theano.tensor.reduction import CAReduce, Sum


def noted(tracks):
    """A rule that changes nothing and lists the nodes that it is offered."""
    seen = []

    @local_optimizer(tracks)
    def note(node):
        seen.append(node)

    return note, seen


def graph():
    x = T.dmatrix("x")
    return FunctionGraph([x], [T.exp(x).sum(axis=0) + T.tanh(x.T).sum(axis=1)], clone=False)


@pytest.mark.parametrize(
    "track", [Elemwise, CAReduce, Sum, "Sum", ts.Exp, ts.exp, T.exp, DimShuffle, T.tanh, ts.UnaryScalarOp]
)
def test_selection_by_kinds_is_selection_by_nodes(track):
    fgraph = graph()
    rule, _ = noted([track])
    dispatch = Dispatch([rule])
    found = dispatch.select(fgraph)
    assert found == [node for node in fgraph.toposort() if dispatch.of(node.op)]
    assert found


def test_a_rule_without_tracks_sees_every_node():
    fgraph = graph()
    rule, seen = noted(None)
    in2out(rule).optimize(fgraph)
    assert seen == fgraph.toposort()


def test_a_rule_for_all_nodes_does_not_bring_the_others_to_them():
    fgraph = graph()
    everything, all_seen = noted(None)
    sums, sums_seen = noted([Sum])
    in2out(LocalOptGroup(sums, everything)).optimize(fgraph)
    assert all_seen == fgraph.toposort()
    assert {type(node.op) for node in sums_seen} == {Sum}


def test_kinds_follow_changes():
    x = T.dmatrix("x")
    y = T.exp(x)
    fgraph = FunctionGraph([x], [T.tanh(y)], clone=False)
    assert set(fgraph.kinds()) == {(Elemwise, ts.Exp), (Elemwise, ts.Tanh)}
    fgraph.replace(y, T.sqr(x))
    assert set(fgraph.kinds()) == {(Elemwise, ts.Sqr), (Elemwise, ts.Tanh)}
    assert [n for nodes in fgraph.kinds().values() for n in nodes] == fgraph.toposort()


def test_nothing_is_walked_for_rules_that_cannot_match(monkeypatch):
    fgraph = graph()
    rule, seen = noted([T.Dot])
    fgraph.kinds()
    monkeypatch.setattr(Dispatch, "of", lambda *args: pytest.fail("a node was looked at"))
    in2out(rule).optimize(fgraph)
    EquilibriumOptimizer([rule]).optimize(fgraph)
    assert not seen


def test_a_graph_that_did_not_change_is_not_merged_again(monkeypatch):
    fgraph = graph()
    MergeOptimizer().optimize(fgraph)
    calls = []
    real = merge_module.merge_constants
    monkeypatch.setattr(merge_module, "merge_constants", lambda *args: calls.append(1) or real(*args))
    MergeOptimizer().optimize(fgraph)
    assert not calls
    (x,) = fgraph.inputs
    fgraph.replace(fgraph.outputs[0], (T.exp(x) * T.exp(x)).sum(axis=0))
    MergeOptimizer().optimize(fgraph)
    assert calls == [1]
    assert [str(node.op) for node in fgraph.toposort()].count(str(T.exp)) == 1


def test_folding_is_offered_towers_of_constants_only():
    x = T.dvector("x")
    tower = T.exp(T.constant(2.0)) + 1
    fgraph = FunctionGraph([x], [x * tower, T.tanh(x)], clone=False)
    offered = constant_folding.candidates(fgraph)
    assert {type(node.op.scalar_op) for node in offered if isinstance(node.op, Elemwise)} == {ts.Exp, ts.Add}
    in2out(constant_folding).optimize(fgraph)
    assert float(np.asarray(fgraph.outputs[0].owner.inputs[1].data).reshape(())) == pytest.approx(np.exp(2) + 1)


def test_equal_clusters_share_one_op():
    x, y, z = T.dmatrices("x", "y", "z")
    f = T.fmatrix("f")
    made = [T.exp(x) * 2 + y, T.exp(y) * 2 + z, T.exp(x) * 3 + y, T.exp(y) + z * 2, T.exp(f) * np.float32(2) + f]
    fgraph = FunctionGraph([x, y, z, f], [v.sum() for v in made], clone=False)
    in2out(constant_folding).optimize(fgraph)
    FusionOptimizer().optimize(fgraph)
    fgraph.verify()
    ops = [out.owner.inputs[0].owner.op for out in fgraph.outputs]
    assert ops[0] is ops[1]
    assert len(set(ops)) == 4
    assert all(ops[0] != op for op in ops[2:])
