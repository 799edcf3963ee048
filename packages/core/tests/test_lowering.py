"""From graphs to plans: steps, memory lifetimes, in-place choices, updates."""

import dataclasses

import pytest

from theano.codegen import MapSweep, NotLowerable
from theano.graph import Apply, FunctionGraph, Op, Type, frozen_op
from theano.lowering import KernelStep, PerformStep, PlanError, ViewStep, lower
from theano.lowering.waist import _step_for


class Array(Type):
    """A type with just what lowering looks at."""

    def __init__(self, dtype, broadcastable):
        self.dtype, self.broadcastable = dtype, tuple(broadcastable)

    ndim = property(lambda self: len(self.broadcastable))

    def filter(self, value, strict=False, allow_downcast=None):
        return value

    def __eq__(self, other):
        return isinstance(other, Array) and vars(self) == vars(other)

    def __hash__(self):
        return hash((self.dtype, self.broadcastable))


matrix, vector = Array("float64", (False, False)), Array("float64", (False,))


@frozen_op
class Mul(Op):
    def make_node(self, x, y):
        return Apply(self, [x, y], [x.type()])

    def lower(self, node, build):
        return build.map([build.load(0) * build.load(1)])


@frozen_op
class AddRow(Op):
    """A matrix plus a vector under each of its rows."""

    def make_node(self, x, b):
        return Apply(self, [x, b], [x.type()])

    def lower(self, node, build):
        return build.map([build.load(0) + build.load(1, order=(-1, 0))])


@frozen_op
class RowSoftmax(Op):
    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def lower(self, node, build):
        rows = build.rows(axes=(1,))
        x = build.load(0)
        e = rows.let(build.k.exp(x - rows.reduce("maximum", x)))
        rows.store(0, e / rows.reduce("add", e))
        return rows.step()


@frozen_op
class SumRows(Op):
    def make_node(self, x):
        return Apply(self, [x], [vector()])

    def lower(self, node, build):
        return build.reduce("add", build.load(0), (1,), "float64")


@frozen_op
class Turn(Op):
    view_map = {0: [0]}

    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def lower(self, node, build):
        return build.view("dimshuffle", (1, 0))


@frozen_op
class Unknown(Op):
    def make_node(self, x):
        return Apply(self, [x], [x.type()])

    def lower(self, node, build):
        return build.map([build.k.no_such_function(build.load(0))])


mul, turn = Mul(), Turn()


def plan_of(inputs, outputs, updates=None):
    graph = FunctionGraph(inputs, outputs, clone=False, update_mapping=updates)
    plan = lower(graph, "loops")
    plan.verify()
    return plan


def test_without_a_target_every_step_is_python():
    x = matrix("x")
    plan = lower(FunctionGraph([x], [mul(x, x)]))
    assert [type(s) for s in plan.steps] == [PerformStep]


def test_an_elementwise_op_becomes_one_map_sweep():
    x, y = matrix("x"), matrix("y")
    (step,) = plan_of([x, y], [mul(x, y)]).steps
    assert isinstance(step, KernelStep)
    assert step.kernel.is_map
    assert step.input_orders == ((0, 1), (0, 1))


def test_an_operand_of_lower_rank_follows_its_order():
    x, b = matrix("x"), vector("b")
    (step,) = plan_of([x, b], [AddRow()(x, b)]).steps
    assert step.input_orders == ((0, 1), (-1, 0))


def test_a_row_program_has_its_sweeps_in_order():
    x = matrix("x")
    (step,) = plan_of([x], [RowSoftmax()(x)]).steps
    assert [type(s).__name__ for s in step.kernel.sweeps] == ["ReduceSweep", "MapSweep", "ReduceSweep", "MapSweep"]
    assert step.reduced_axes == (1,)
    assert step.kernel.temps == ("float64",)


def test_a_reduction_lacks_its_axes():
    x = matrix("x")
    (step,) = plan_of([x], [SumRows()(x)]).steps
    assert step.kernel.outputs[0].reduced


def test_what_the_ir_cannot_say_runs_in_python():
    x = matrix("x")
    (step,) = plan_of([x], [Unknown()(x)]).steps
    assert isinstance(step, PerformStep)


def test_float16_runs_in_python():
    x = Array("float16", (False,))("x")
    (step,) = plan_of([x], [mul(x, x)]).steps
    assert isinstance(step, PerformStep)


def test_a_rule_that_raises_otherwise_is_not_hidden():
    def broken(node, build):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _step_for(mul(matrix(), matrix()).owner, lambda op: [broken])

    def declines(node, build):
        raise NotLowerable("no")

    assert isinstance(_step_for(mul(matrix(), matrix()).owner, lambda op: [declines]), PerformStep)


def test_a_dying_operand_is_written_over_and_inputs_never():
    x, y = matrix("x"), matrix("y")
    a = mul(x, y)
    plan = plan_of([x, y], [mul(a, y)])
    first, second = plan.steps
    assert first.inplace == ()
    assert second.inplace == ((0, 0),)
    assert second.frees == first.outputs


def test_an_operand_read_twice_or_later_is_kept():
    x = matrix("x")
    a = mul(x, x)
    assert plan_of([x], [mul(a, a)]).steps[1].inplace == ()
    plan = plan_of([x], [mul(a, x), mul(a, x)])
    assert [s.inplace for s in plan.steps] == [(), (), ((0, 0),)]


def test_an_operand_that_another_operand_shows_is_kept():
    """``s * s.T`` must not be written over ``s``."""
    x = matrix("x")
    a = mul(x, x)
    assert plan_of([x], [mul(a, turn(a))]).steps[-1].inplace == ()
    w = matrix("w")
    assert not any(getattr(s, "commit", ()) for s in plan_of([w], [mul(w, turn(w))], {0: 0}).steps)


def test_memory_lives_as_long_as_its_views():
    x = matrix("x")
    a = mul(x, x)
    b = turn(a)
    plan = plan_of([x], [mul(mul(a, x), b)])
    assert isinstance(plan.steps[1], ViewStep) or isinstance(plan.steps[2], ViewStep)
    frees = [s for step in plan.steps for s in step.frees]
    a_slot = plan.steps[0].outputs[0]
    assert a_slot in plan.steps[-1].frees
    assert len(frees) == len(set(frees))


def test_a_returned_view_keeps_its_base():
    x = matrix("x")
    plan = plan_of([x], [turn(mul(x, x))])
    assert all(not step.frees for step in plan.steps)


def test_an_update_in_place_is_chosen_and_comes_last():
    w, x = matrix("w"), matrix("x")
    new = mul(w, x)
    plan = plan_of([x, w], [mul(w, w), new], {1: 1})
    assert plan.updates == ((1, 1),)
    assert plan.steps[-1].node is new.owner
    assert plan.steps[-1].commit == ((0, 0),)


def test_no_update_in_place_when_the_new_value_is_also_returned_or_read():
    w, x = matrix("w"), matrix("x")
    new = mul(w, x)
    assert not any(getattr(s, "commit", ()) for s in plan_of([x, w], [new, new], {1: 1}).steps)
    assert not any(getattr(s, "commit", ()) for s in plan_of([x, w], [mul(new, x), new], {1: 1}).steps)


@frozen_op
class Both(Op):
    """Product and sum, from one step."""

    def make_node(self, x, y):
        return Apply(self, [x, y], [x.type(), x.type()])

    def lower(self, node, build):
        x, y = build.load(0), build.load(1)
        return build.map([x * y, x + y])


def test_no_update_in_place_by_a_step_that_also_computes_a_result():
    """Results are handed out before anything is written, so the step cannot run last."""
    w, x = matrix("w"), matrix("x")
    product, total = Both().make_node(w, x).outputs
    assert not any(getattr(s, "commit", ()) for s in plan_of([w, x], [turn(total), product], {1: 0}).steps)
    assert not any(getattr(s, "commit", ()) for s in plan_of([w, x], [total, product], {1: 0}).steps)
    both = plan_of([w, x], [product, total], {0: 0, 1: 1}).steps[-1]
    assert both.commit == ((0, 0), (1, 1))


def test_no_update_in_place_when_the_old_value_is_returned():
    w, x = matrix("w"), matrix("x")
    assert not any(getattr(s, "commit", ()) for s in plan_of([x, w], [w, mul(w, x)], {1: 1}).steps)
    assert not any(getattr(s, "commit", ()) for s in plan_of([x, w], [turn(w), mul(w, x)], {1: 1}).steps)


def test_two_updates_that_read_each_other_are_not_both_in_place():
    v, w = matrix("v"), matrix("w")
    plan = plan_of([v, w], [mul(v, w), mul(w, v)], {0: 0, 1: 1})
    commits = [s for s in plan.steps if getattr(s, "commit", ())]
    assert len(commits) <= 1
    for step in commits:
        committed = {step.inputs[i] for _, i in step.commit}
        later = plan.steps[plan.steps.index(step) + 1 :]
        assert not any(committed & set(s.inputs) for s in later)


def test_the_verifier_finds_contradictions():
    x = matrix("x")
    a = mul(x, x)
    plan = plan_of([x], [mul(a, x)])
    swapped = dataclasses.replace(plan, steps=plan.steps[::-1])
    with pytest.raises(PlanError, match="before it is written"):
        swapped.verify()
    early = dataclasses.replace(plan.steps[0], frees=plan.steps[0].outputs)
    with pytest.raises(PlanError, match="after it is freed"):
        dataclasses.replace(plan, steps=(early, plan.steps[1])).verify()


def test_kernels_of_equal_ops_are_equal():
    x, y = matrix("x"), matrix("y")
    first, second = plan_of([x, y], [mul(x, y)]), plan_of([y, x], [mul(y, x)])
    assert first.steps[0].kernel == second.steps[0].kernel
    assert hash(first.steps[0].kernel) == hash(second.steps[0].kernel)
    assert isinstance(first.steps[0].kernel.sweeps[0], MapSweep)


@frozen_op
class Pick(Op):
    """Two outputs: a softmax-like matrix, and the value at a label of each row."""

    def make_node(self, x, label):
        return Apply(self, [x, label], [x.type(), vector()])

    def lower(self, node, build):
        rows = build.rows(axes=(1,))
        x, label = build.load(0), build.load(1, order=(0, -1))
        rows.guard_position(1)
        e = rows.let(build.k.exp(x))
        rows.store(0, e / rows.reduce("add", e))
        at_label = build.k.eq(build.iota(), label)
        rows.store_reduced(1, rows.reduce("add", build.k.where(at_label, x, build.k.const(0.0, "float64"))))
        return rows.step()


def test_outputs_that_nobody_wants_are_not_computed():
    x, label = matrix("x"), Array("int64", (False,))("label")
    both = Pick().make_node(x, label).outputs
    sweeps = {
        names: [type(s).__name__ for s in plan_of([x, label], outputs).steps[0].kernel.sweeps]
        for names, outputs in {"both": both, "matrix": both[:1], "picked": both[1:]}.items()
    }
    assert sweeps["both"] == ["MapSweep", "ReduceSweep", "MapSweep", "ReduceSweep", "FinalSweep"]
    assert sweeps["matrix"] == ["MapSweep", "ReduceSweep", "MapSweep"]
    assert sweeps["picked"] == ["ReduceSweep", "FinalSweep"]


def test_guards_name_inputs_that_hold_positions():
    x, label = matrix("x"), Array("int64", (False,))("label")
    (step,) = plan_of([x, label], Pick().make_node(x, label).outputs).steps
    assert step.guards == (1,)
