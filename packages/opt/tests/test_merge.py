"""Merging of constants and nodes."""

import numpy as np

import theano.tensor as T
from theano.graph import FunctionGraph
from theano.opt import MergeOptimizer, is_same_graph_with_merge, pre_constant_merge


def merged(inputs, outputs):
    fgraph = FunctionGraph(inputs, outputs, clone=False)
    MergeOptimizer().optimize(fgraph)
    fgraph.verify()
    return fgraph


def test_equal_nodes_become_one():
    x, y = T.dvectors("x", "y")
    fgraph = merged([x, y], [T.exp(x + y) + T.exp(x + y)])
    assert len(fgraph.apply_nodes) == 3
    out = fgraph.outputs[0].owner
    assert out.inputs[0] is out.inputs[1]


def test_order_of_inputs_matters():
    x, y = T.dvectors("x", "y")
    assert len(merged([x, y], [x + y, y + x]).apply_nodes) == 2


def test_equal_constants_become_one_and_named_ones_stay():
    x = T.dvector("x")
    named = T.constant(np.arange(3.0), name="c")
    fgraph = merged([x], [x + np.arange(3.0), x * named])
    assert [node.inputs[1] for node in fgraph.toposort()] == [named, named]


def test_constants_of_other_dtype_or_rank_stay_apart():
    x = T.dmatrix("x")
    fgraph = merged(
        [x], [x + T.constant(np.float32(1)), x + T.constant(np.float64(1)), x + T.constant(np.ones((1, 1)))]
    )
    assert len({node.inputs[1] for node in fgraph.toposort() if len(node.inputs) == 2}) == 3


def test_nan_and_signed_zero_constants():
    x = T.dscalar("x")
    fgraph = merged([x], [x / T.constant(0.0), x / T.constant(-0.0), x + T.constant(np.nan), x + T.constant(np.nan)])
    assert len(fgraph.apply_nodes) == 3


def test_inputs_never_merge():
    x, y = T.dvectors("x", "y")
    assert len(merged([x, y], [T.exp(x), T.exp(y)]).apply_nodes) == 2


def test_whole_twin_graphs_merge_in_one_pass():
    x = T.dmatrix("x")

    def tower(v):
        for _ in range(20):
            v = T.exp(v.T) + v.sum()
        return v

    assert len(merged([x], [tower(x), tower(x)]).apply_nodes) == len(merged([x], [tower(x)]).apply_nodes)


def test_names_and_traces_move_to_what_is_kept():
    x = T.dvector("x")
    first, second = T.exp(x), T.exp(x)
    second.name = "e"
    fgraph = merged([x], [first, second])
    assert fgraph.outputs[0] is fgraph.outputs[1] is first
    assert first.name == "e"
    assert len(first.tag.trace) >= 1


def test_long_chains_merge_in_linear_time(lines_run):
    x = T.dscalar("x")

    def lines(length):
        a = b = x
        for _ in range(length):
            a, b = T.exp(a), T.exp(b)
        fgraph = FunctionGraph([x], [a, b], clone=False)
        needed = lines_run(lambda: MergeOptimizer().optimize(fgraph))
        assert len(fgraph.apply_nodes) == length
        return needed

    lines(100)
    assert lines(2000) < 2.2 * lines(1000)


def test_comparing_graphs_by_merging():
    x, y = T.dvectors("x", "y")
    assert is_same_graph_with_merge(T.exp(x) + 1, T.exp(x) + 1)
    assert not is_same_graph_with_merge(T.exp(x) + 1, T.exp(x) + 2)
    assert is_same_graph_with_merge(T.exp(x), T.exp(y), givens={x: y})


def test_constants_of_a_free_expression_merge():
    x = T.dvector("x")
    (out,) = pre_constant_merge([T.add(x, T.constant(np.ones(3)), T.constant(np.ones(3)))])
    assert out.owner.inputs[1] is out.owner.inputs[2]
