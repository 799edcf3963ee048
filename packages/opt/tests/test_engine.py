"""The engine on small graphs: results of local rewriters, equilibrium, budget, failures, patterns, traces."""

import logging

import pytest

import theano.tensor as T
from theano import config
from theano.graph import Apply, FunctionGraph, Op, Type, equal_computations
from theano.opt import (
    EquilibriumOptimizer,
    LocalOptGroup,
    LocalOptimizer,
    OpRemove,
    OpSub,
    PatternSub,
    SeqOptimizer,
    in2out,
    local_optimizer,
    optimizer,
    out2in,
)
from theano.opt.engine import dispatch_keys, rewriter
from theano.tensor.elemwise import Elemwise


class _Number(Type):
    def filter(self, value, strict=False, allow_downcast=None):
        return float(value)

    def __eq__(self, other):
        return isinstance(other, _Number)

    def __hash__(self):
        return hash(_Number)


number = _Number()


class _Named(Op):
    __props__ = ("name",)

    def __init__(self, name):
        self.name = name

    def make_node(self, *inputs):
        return Apply(self, list(inputs), [number()])


f, g, h = _Named("f"), _Named("g"), _Named("h")


def graph(outputs, *inputs):
    return FunctionGraph(list(inputs), outputs, clone=False)


def text(variable):
    if variable.owner is None:
        return variable.name
    return f"{variable.owner.op.name}({', '.join(text(v) for v in variable.owner.inputs)})"


@pytest.fixture
def x():
    return number("x")


def test_equilibrium_applies_until_nothing_changes(x):
    fgraph = graph([f(f(f(x)))], x)
    EquilibriumOptimizer([PatternSub((f, "a"), (g, "a")), PatternSub((g, (g, "a")), (h, "a"))]).optimize(fgraph)
    fgraph.verify()
    assert text(fgraph.outputs[0]) == "g(h(x))"


def test_a_change_far_below_is_seen_by_patterns_above(x):
    """The pattern looks three nodes down; its last piece appears only after a rewrite."""
    fgraph = graph([f(f(f(g(x))))], x)
    EquilibriumOptimizer([PatternSub((f, (f, (f, (h, "a")))), "a"), PatternSub((g, "a"), (h, "a"))]).optimize(fgraph)
    assert fgraph.outputs[0] is x


def test_a_lost_client_lets_single_client_patterns_match(x):
    inner = g(x)
    fgraph = graph([f(inner), h(inner)], x)
    rules = [PatternSub((f, (g, "a")), "a"), PatternSub((h, (g, "a")), "a", allow_multiple_clients=True)]
    EquilibriumOptimizer(rules).optimize(fgraph)
    assert text(fgraph.outputs[0]) == "x"


def test_looping_rewriter_is_named_and_leaves_a_right_graph(x, caplog):
    @local_optimizer([f])
    def f_to_g(node):
        return [g(*node.inputs)]

    @local_optimizer([g])
    def g_to_f(node):
        return [f(*node.inputs)]

    config.on_opt_error = "warn"
    fgraph = graph([f(x)], x)
    with caplog.at_level(logging.ERROR):
        EquilibriumOptimizer([f_to_g, g_to_f]).optimize(fgraph)
    fgraph.verify()
    assert "f_to_g" in caplog.text
    assert text(fgraph.outputs[0]) in ("f(x)", "g(x)")


def test_growing_rewriter_is_stopped_too(x):
    @local_optimizer([f])
    def grow(node):
        return [f(g(*node.inputs))]

    fgraph = graph([f(x)], x)
    with pytest.raises(AssertionError, match="grow was applied more than"):
        EquilibriumOptimizer([grow], max_use_ratio=2).optimize(fgraph)


def test_failing_rewriter_is_logged_once_and_skipped(x, caplog):
    @local_optimizer([f])
    def breaks_badly(node):
        raise RuntimeError("no good")

    config.on_opt_error = "warn"
    rewriter._reported.discard("breaks_badly")
    fgraph = graph([f(f(f(x)))], x)
    with caplog.at_level(logging.ERROR):
        EquilibriumOptimizer([breaks_badly, PatternSub((f, "a"), (g, "a"))]).optimize(fgraph)
    assert caplog.text.count("Optimization failure due to: breaks_badly") == 1
    assert text(fgraph.outputs[0]) == "g(g(g(x)))"


@pytest.mark.parametrize(
    ("result", "error"),
    [("nonsense", TypeError), ([], ValueError), ([None], ValueError)],
    ids=["no list", "wrong count", "None for a used output"],
)
def test_wrong_results_of_local_rewriters(x, result, error):
    @local_optimizer([f])
    def wrong(node):
        return result

    with pytest.raises(error, match="local rewriter wrong"):
        EquilibriumOptimizer([wrong]).optimize(graph([f(x)], x))


def test_wrong_type_of_replacement_is_a_failure(x):
    @local_optimizer([f])
    def other_type(node):
        return [T.dscalar()]

    with pytest.raises(Exception, match="other_type"):
        EquilibriumOptimizer([other_type]).optimize(graph([f(x)], x))


def test_dict_results_replace_any_variable_and_remove_nodes(x):
    inner = f(x)
    fgraph = graph([g(inner)], x)

    @local_optimizer([g])
    def two_at_once(node):
        below = node.inputs[0]
        if below.owner.op != f:
            return False
        return {below: h(x), "remove": [below.owner]}

    EquilibriumOptimizer([two_at_once]).optimize(fgraph)
    assert text(fgraph.outputs[0]) == "g(h(x))"


def test_remove_that_fails_is_undone(x):
    inner = f(x)
    fgraph = graph([g(inner), inner], x)

    @local_optimizer([g])
    def keeps(node):
        return {node.outputs[0]: h(node.inputs[0]), "remove": [node.inputs[0].owner]} if node.op == g else False

    with pytest.raises(Exception, match="remove nodes"):
        EquilibriumOptimizer([keeps]).optimize(fgraph)
    assert text(fgraph.outputs[0]) == "g(f(x))"


def test_pattern_wildcards_must_match_the_same_variable(x):
    y = number("y")
    same, different = graph([f(x, x)], x), graph([f(x, y)], x, y)
    rule = in2out(PatternSub((f, "a", "a"), (g, "a")))
    rule.optimize(same)
    rule.optimize(different)
    assert [text(same.outputs[0]), text(different.outputs[0])] == ["g(x)", "f(x, y)"]


def test_pattern_refuses_inner_nodes_with_other_readers(x):
    inner = g(x)
    fgraph = graph([f(inner), inner], x)
    in2out(PatternSub((f, (g, "a")), (h, "a"))).optimize(fgraph)
    assert text(fgraph.outputs[0]) == "f(g(x))"
    in2out(PatternSub((f, (g, "a")), (h, "a"), allow_multiple_clients=True)).optimize(fgraph)
    assert text(fgraph.outputs[0]) == "h(x)"


def test_pattern_constraint(x):
    y = number("y")
    rule = in2out(PatternSub((f, {"pattern": "a", "constraint": lambda v: v.name == "y"}), (g, "a")))
    fgraph = graph([f(x), f(y)], x, y)
    rule.optimize(fgraph)
    assert [text(v) for v in fgraph.outputs] == ["f(x)", "g(y)"]


def test_pattern_matches_numbers_in_tensors():
    v = T.dvector("v")
    fgraph = FunctionGraph([v], [v * 1.0], clone=False)
    in2out(PatternSub((T.mul, "a", 1), "a")).optimize(fgraph)
    assert fgraph.outputs[0] is v


def test_op_sub_and_op_remove(x):
    fgraph = graph([f(g(x))], x)
    in2out(OpSub(f, h)).optimize(fgraph)
    in2out(OpRemove(g)).optimize(fgraph)
    assert text(fgraph.outputs[0]) == "h(x)"


def test_sequence_runs_in_order_and_survives_a_failure(x, caplog):
    @optimizer
    def broken(fgraph):
        raise RuntimeError("no")

    config.on_opt_error = "ignore"
    fgraph = graph([f(x)], x)
    first, second = in2out(OpSub(f, g)), in2out(OpSub(g, h))
    SeqOptimizer(first, broken, second).optimize(fgraph)
    assert text(fgraph.outputs[0]) == "h(x)"


def test_verbose_rewriting_names_rule_and_variables(x, capsys):
    config.optimizer_verbose = True
    try:
        EquilibriumOptimizer([OpSub(f, g)]).optimize(graph([f(x)], x))
    finally:
        config.optimizer_verbose = False
    text_printed = capsys.readouterr().out
    assert text_printed.startswith("optimizer: rewrite")
    assert "replaces" in text_printed


def test_pass_directions(x):
    seen = []

    @local_optimizer(None)
    def watch(node):
        seen.append(text(node.outputs[0]))

    fgraph = graph([f(g(x))], x)
    in2out(watch).optimize(fgraph)
    out2in(watch).optimize(fgraph)
    assert seen == ["g(x)", "f(g(x))", "f(g(x))", "g(x)"]


def test_group_first_match_wins_or_all_apply(x):
    rules = [OpSub(f, g), OpSub(g, h)]
    first, every = graph([f(x)], x), graph([f(x)], x)
    in2out(LocalOptGroup(*rules), ignore_newtrees=True).optimize(first)
    in2out(LocalOptGroup(*rules, apply_all_opts=True), ignore_newtrees=True).optimize(every)
    assert [text(first.outputs[0]), text(every.outputs[0])] == ["g(x)", "h(x)"]


def test_local_optimizer_needs_something_to_track():
    with pytest.raises(ValueError, match="an empty list"):
        local_optimizer([])


def test_scalar_classes_are_tracked():
    import theano.scalar as ts

    keys = dispatch_keys(T.exp)
    assert ts.Exp in keys
    assert Elemwise in keys
    assert T.exp in keys


def test_traces_of_creation_survive(x):
    node_out = f(x)
    assert node_out.tag.trace

    class Rule(LocalOptimizer):
        def tracks(self):
            return [f]

        def transform(self, node):
            made = g(h(*node.inputs))
            for v in (made, made.owner.inputs[0]):
                v.tag.trace = []
            return [made]

    fgraph = graph([node_out], x)
    EquilibriumOptimizer([Rule()]).optimize(fgraph)
    assert [n.outputs[0].tag.trace for n in fgraph.toposort()] == [node_out.tag.trace] * 2


def test_long_chains_take_linear_work(x):
    calls = []

    @local_optimizer([f])
    def to_g(node):
        calls.append(node)
        return [g(*node.inputs)]

    out = x
    for _ in range(2000):
        out = f(out)
    fgraph = graph([out], x)
    EquilibriumOptimizer([to_g]).optimize(fgraph)
    assert len(calls) == 2000
    assert all(n.op == g for n in fgraph.apply_nodes)


def test_equal_results_every_time(x):
    def once():
        v = T.dmatrix("v")
        fgraph = FunctionGraph([v], [T.exp(v) * 2 + v - v.sum(axis=0)], clone=False)
        from theano.opt import Query
        from theano.plugin import registry

        registry().optdb.query(Query(include=["fast_run"])).optimize(fgraph)
        return fgraph

    first, second = once(), once()
    assert equal_computations(first.outputs, second.outputs, first.inputs, second.inputs)


def test_verbose_rewriting_names_the_member_of_a_group(x, capsys):
    rule = OpSub(g, h)
    rule.name = "the_one_that_matched"
    config.optimizer_verbose = True
    try:
        in2out(LocalOptGroup(OpSub(f, g), rule)).optimize(graph([g(x)], x))
    finally:
        config.optimizer_verbose = False
    assert capsys.readouterr().out.startswith("optimizer: rewrite the_one_that_matched replaces")
