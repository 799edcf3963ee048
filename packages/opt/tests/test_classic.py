"""Classic names and helpers."""

import pytest

import theano.opt
import theano.tensor as T
from theano.graph import FunctionGraph
from theano.opt import Query, local_optimizer, optdb

NAMES = [
    "Optimizer", "LocalOptimizer", "local_optimizer", "optimizer", "inplace_optimizer", "PatternSub", "OpSub",
    "OpRemove", "EquilibriumOptimizer", "SeqOptimizer", "MergeOptimizer", "NavigatorOptimizer", "TopoOptimizer",
    "OpKeyOptimizer", "LocalOptGroup", "FromFunctionOptimizer", "FromFunctionLocalOptimizer", "MergeFeature",
    "in2out", "out2in", "copy_stack_trace", "inherit_stack_trace", "check_stack_trace", "check_chain",
    "pre_constant_merge", "pre_greedy_local_optimizer", "is_same_graph_with_merge", "DB", "SequenceDB",
    "EquilibriumDB", "LocalGroupDB", "TopoDB", "ProxyDB", "Query", "Canonizer", "ShapeFeature", "FusionOptimizer",
    "constant_folding", "register_canonicalize", "register_specialize",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_name_is_there(name):
    assert getattr(theano.opt, name) is not None


def test_unknown_names_are_missing():
    with pytest.raises(AttributeError, match="no_such_thing"):
        theano.opt.no_such_thing  # noqa: B018


def test_check_chain():
    x = T.dscalar("x")
    out = T.exp(T.log(x))
    assert theano.opt.check_chain(out, T.exp, T.log)
    assert theano.opt.check_chain(out, type(T.exp))
    assert theano.opt.check_chain(out, lambda op: op == T.exp)
    assert not theano.opt.check_chain(out, T.exp, T.exp)
    assert not theano.opt.check_chain(out, T.exp, T.log, T.exp)


def test_check_stack_trace():
    x = T.dscalar("x")
    out = T.exp(x)
    fgraph = FunctionGraph([x], [out], clone=False)
    assert theano.opt.check_stack_trace(fgraph)
    out.tag.trace = []
    with pytest.raises(ValueError, match="copy_stack_trace"):
        theano.opt.check_stack_trace(fgraph, ops_to_check="all")
    assert not theano.opt.check_stack_trace(fgraph, T.exp, bug_print="ignore")
    with theano.opt.inherit_stack_trace(x * 2) as give:
        give(out)
    assert theano.opt.check_stack_trace(fgraph)


def test_rewritten_functions_keep_their_traces(rewriting):
    x, y = T.dmatrices("x", "y")
    out = T.log(1 + T.exp(T.dot(x, y) * 2 + x.sum(axis=0))).mean()
    compiled = rewriting.compile([x, y], out)
    assert theano.opt.check_stack_trace(compiled, ops_to_check="all")


def test_pre_greedy_local_optimizer():
    x = T.dscalar("x")

    @local_optimizer([T.log])
    def log_to_log1p(node):
        return [T.log1p(*node.inputs)]

    out = theano.opt.pre_greedy_local_optimizer([log_to_log1p], T.log(T.log(x)) + 1)
    assert theano.opt.check_chain(out, T.add, T.log1p, T.log1p)
    assert out.owner.inputs[0].owner.inputs[0].owner.inputs[0] is x


def test_users_register_their_own_rules(rewriting):
    x = T.dvector("x")

    @theano.opt.register_specialize("my_tag")
    @local_optimizer([T.arctan])
    def arctan_is_boring(node):
        return [T.tanh(*node.inputs)]

    try:
        assert rewriting.ops([x], T.arctan(x)) == ["Tanh"]
        assert rewriting.ops([x], T.arctan(x), excluding=("fusion", "arctan_is_boring")) == ["ArcTan"]
        chosen = optdb["specialize"].query(Query(include=["my_tag"]))
        assert [str(r) for r in chosen.local_optimizers] == ["arctan_is_boring"]
    finally:
        optdb["specialize"].remove_tags("arctan_is_boring", "fast_run", "specialize", "my_tag", "arctan_is_boring")
