"""Rules whose files are imported when a graph has what they are about."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from theano import scalar as ts
from theano import tensor as tt
from theano.graph import FunctionGraph
from theano.opt import optdb
from theano.opt.engine import GraphRule, LateOptimizer, LateRule, LocalOptGroup, in2out
from theano.opt.engine.local import Dispatch
from theano.opt.phases import PHASES
from theano.opt.rewrites import RULE_FILES, listed
from theano.opt.rewrites.listing import text_of_list
from theano.plugin import registry


def test_the_list_is_that_of_the_files():
    assert Path(listed.__file__).read_text(encoding="utf-8") == text_of_list(), (
        "run python -m theano.opt.rewrites.listing"
    )


def test_entries_of_the_databases_are_the_rules_themselves():
    assert registry().optdb is optdb
    for file in RULE_FILES:
        for entry in import_module(f"theano.opt.rewrites.{file}").rules:
            for phase in entry.phases:
                assert optdb[phase][entry.name] is entry.rewriter


@pytest.mark.parametrize("phase", [p for p in PHASES if getattr(p.make(), "local_opt", None) is not None])
def test_passes_of_one_rule_name_what_it_tracks(phase):
    rule = phase.make().local_opt
    if isinstance(rule, LateRule):
        found = [t if isinstance(t, str) else t.__name__ for t in rule.settled().tracks()]
        assert sorted(rule.late) == sorted(found)
        assert rule.settled().name


def test_steps_of_the_products_phase_are_there():
    database = optdb["BlasOpt"]
    for name in database.names():
        step = database[name]
        if isinstance(step, LateOptimizer):
            made = getattr(import_module(step.module), step.attribute)()
            assert made.dispatch.rewriters[0].name in ("local_gemm", "local_dot22_to_dot22scalar")
        else:
            assert step.local_opt.settled().name == name
            assert [t.__name__ for t in step.local_opt.settled().tracks()] == list(step.local_opt.late)


def negate(fgraph, node):
    return None


def late(name, *classes):
    rule = LateRule("theano.opt.rewrites.nowhere", name, classes)
    asked = []

    def settled():
        asked.append(name)
        rule.late, rule._rule = (), known[name]
        return known[name]

    known = {"neg": GraphRule(negate, [ts.Neg]), "both": GraphRule(negate, [ts.Neg, ts.Exp])}
    rule.settled = settled
    return rule, known[name], asked


@pytest.mark.parametrize("through", ["of", "wants", "select"])
def test_a_rule_is_asked_for_when_its_class_is_met(through):
    rule, real, asked = late("neg", "Neg")
    other = GraphRule(negate, [ts.Exp])
    dispatch = Dispatch([other, rule, other])
    x = tt.dvector()

    def meet(variable):
        op = variable.owner.op
        if through == "wants":
            return dispatch.wants((type(op), type(op.scalar_op))) and dispatch.of(op)
        if through == "select":
            return dispatch.select(FunctionGraph([x], [variable], clone=False)) and dispatch.of(op)
        return dispatch.of(op)

    assert meet(tt.exp(x)) == (other, other)
    assert asked == []
    assert meet(-x) == (real,)
    assert meet(tt.exp(x)) == (other, other)
    assert asked == ["neg"]


def test_rules_may_be_entered_while_another_thread_asks():
    """An entry made while the keys are gone through, as another thread would make it."""
    entries = []

    class Entering(type):
        def __hash__(cls):
            if entries:
                entries.pop()
                dispatch.rewriters.append(GraphRule(negate, [ts.Exp]))
                dispatch._enter(len(dispatch.rewriters) - 1)
            return id(cls)

        def __eq__(cls, other):
            return cls is other

    class Met(metaclass=Entering):
        pass

    dispatch = Dispatch([GraphRule(negate, [Met]), GraphRule(negate, [ts.Neg])])
    entries.append(1)
    assert dispatch.wants((tt.Elemwise, ts.Neg))
    assert not entries
    assert dispatch.wants((tt.Elemwise, ts.Exp))


def test_rules_keep_their_order():
    early, _, _ = late("both", "Neg", "Exp")
    exp, neg = GraphRule(negate, [ts.Exp]), GraphRule(negate, [ts.Neg])
    dispatch = Dispatch([exp, early, neg])
    x = tt.dvector()
    real = dispatch.of(tt.exp(x).owner.op)[1]
    assert dispatch.of(tt.exp(x).owner.op) == (exp, real)
    assert dispatch.of((-x).owner.op) == (real, neg)


def test_a_class_of_the_same_name_is_no_reason_to_be_offered():
    class Neg(tt.exp.scalar_op.__class__):
        pass

    rule, _, asked = late("neg", "Neg")
    dispatch = Dispatch([rule])
    assert dispatch.of(tt.Elemwise(Neg(ts.upgrade_to_float, name="other"))) == ()
    assert asked == ["neg"]


def test_a_late_rule_does_what_the_rule_does():
    x = tt.dvector()
    rule = LateRule("theano.opt.rewrites.algebra", "local_neg_neg", ["Neg"])
    for rewriter in (in2out(rule), in2out(LocalOptGroup(rule)), LocalOptGroup(rule, apply_all_opts=True)):
        fgraph = FunctionGraph([x], [tt.neg(tt.neg(x))], clone=False)
        if isinstance(rewriter, LocalOptGroup):
            assert rewriter.rewrite(fgraph, fgraph.outputs[0].owner) == [x]
            continue
        rewriter.optimize(fgraph)
        assert fgraph.outputs == [x]
    assert rule.transform(tt.exp(x).owner) in (None, False)
    assert rule.tracks() == rule.settled().tracks()


def test_a_late_optimizer_is_made_for_graphs_with_its_ops():
    x = tt.dmatrix()
    sweep = LateOptimizer("theano.opt.rewrites.swept", "SweepProducts", "sweep_products", ["Exp", "Dot"])
    assert sweep.optimize(FunctionGraph([x], [-x], clone=False)) is False
    assert sweep._made is None
    assert sweep.optimize(FunctionGraph([x], [tt.dot(x, x)], clone=False)) is False
    assert type(sweep._made).__name__ == "SweepProducts"


CHAIN = """
import sys
import theano, theano.tensor as tt
x = tt.dvector()
f = theano.function([x], tt.sin(x) + x, mode=theano.Mode("py", "fast_run"))
assert f([0.0]).tolist() == [0.0]
assert "theano.opt.engine.pattern" not in sys.modules
print(*sorted(m for m in sys.modules if m.startswith("theano.opt.rewrites.")))
"""


def test_a_sum_needs_few_files():
    done = subprocess.run([sys.executable, "-c", CHAIN], check=True, capture_output=True, text=True)
    found = {name.removeprefix("theano.opt.rewrites.") for name in done.stdout.split()}
    assert "algebra" in found
    strange = {"blas", "subtensor", "increment", "fancy_index", "join", "reshape", "reduction", "nnet", "pow", "cast"}
    assert not found & {*strange, "swept", "activated", "exp_log", "shape", "dimshuffle"}
