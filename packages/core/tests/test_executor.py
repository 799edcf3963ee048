"""The Python executor: lifetimes, laziness, parameters, profiles."""

import io

import numpy as np
import pytest
from small_ops import add, add_inplace, mul, number, tail, vector

from theano.compile import Mode, ProfileStats, function
from theano.compile.executor import PythonExecutor
from theano.graph import Apply, FunctionGraph, Op, Type, view_roots
from theano.lowering import lower

PY = Mode("py", None)


def executor(inputs, outputs, **options):
    return PythonExecutor(lower(FunctionGraph(inputs, outputs)), **options)


def test_it_runs_a_plan_in_order():
    x = number("x")
    run = executor([x], [add(mul(x, 2), 1), mul(x, x)])
    assert run.run([3.0]) == [7, 9]
    assert len(run.nodes) == 3


def test_unwanted_outputs_are_not_computed():
    x = number("x")
    run = executor([x], [add(x, 1), mul(x, 2)])
    assert run.run([3.0], wanted=[1]) == [None, 6]


def test_intermediate_values_are_kept_only_on_request():
    x = number("x")
    f = function([x], add(mul(x, 2), 1), Mode("vm_nogc", None))
    f(3)
    middle = f.maker.fgraph.toposort()[0].outputs[0]
    assert f.fn.storage_map[middle] == [6]
    f.free()
    assert f.fn.storage_map[middle] == [None]
    g = function([x], add(mul(x, 2), 1), PY)
    g(3)
    assert g.fn.storage_map[g.maker.fgraph.toposort()[0].outputs[0]] == [None]


def test_intermediate_values_die_after_their_last_reader():
    import weakref

    class Box(np.ndarray):
        pass

    alive = []

    class Make(Op):
        __props__ = ()

        def make_node(self, x):
            return Apply(self, [x], [vector()])

        def perform(self, node, inputs, output_storage, params=None):
            value = np.zeros(3).view(Box)
            alive.append(weakref.ref(value))
            output_storage[0][0] = value

    class Use(Make):
        def perform(self, node, inputs, output_storage, params=None):
            output_storage[0][0] = np.asarray(inputs[0]) + 1

    class Look(Make):
        def perform(self, node, inputs, output_storage, params=None):
            output_storage[0][0] = np.asarray([float(ref() is not None) for ref in alive])

    x = vector("x")
    f = function([x], Look()(Use()(Make()(x))), PY)
    assert list(f([1.0])) == [0.0]


def test_a_constant_is_copied_before_it_is_destroyed():
    from small_ops import as_array

    constant = as_array(np.ones(2))
    run = executor([], [add_inplace(constant, 1.0)])
    for _ in range(2):
        assert list(run.run([])[0]) == [2, 2]
    assert list(constant.data) == [1, 1]


def test_a_view_of_a_protected_value_is_copied_before_it_is_destroyed():
    x = vector("x")
    out = add_inplace(tail(x), 1.0)
    assert view_roots(out.owner.inputs[0]) == [x]
    value = np.zeros(3)
    assert list(executor([x], [out], mutable=[False]).run([value])[0]) == [1, 1]
    assert list(value) == [0, 0, 0]
    assert list(executor([x], [out], mutable=[True]).run([value])[0]) == [1, 1]
    assert list(value) == [0, 1, 1]


def test_ops_with_parameters_receive_them():
    class Whole(Type):
        def filter(self, value, strict=False, allow_downcast=None):
            return int(value)

    class Scale(Op):
        __props__ = ("factor",)
        params_type = Whole()

        def __init__(self, factor):
            self.factor = factor

        def get_params(self, node):
            return self.factor

        def make_node(self, x):
            return Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage, params=None):
            output_storage[0][0] = np.asarray(inputs[0] * params)

    x = number("x")
    assert function([x], Scale(4)(x), PY)(2) == 8


def test_lists_of_several_outputs_of_one_node():
    class Both(Op):
        __props__ = ()

        def make_node(self, x):
            return Apply(self, [x], [x.type(), x.type()])

        def perform(self, node, inputs, output_storage, params=None):
            output_storage[0][0] = np.asarray(inputs[0] + 1)
            output_storage[1][0] = np.asarray(inputs[0] - 1)

    x = number("x")
    up, down = Both()(x)
    assert function([x], [down, up], PY)(5) == [4, 6]


def test_a_profile_counts_calls_and_nodes():
    x = number("x")
    stats = ProfileStats(atexit_print=False, message="mine")
    f = function([x], add(mul(x, 2), 1), PY, profile=stats)
    for i in range(3):
        f(i)
    assert f.profile is stats
    assert stats.fct_callcount == 3
    assert sorted(stats.apply_callcount.values()) == [3, 3]
    assert set(stats.class_time()) == {type(add), type(mul)}
    assert set(stats.op_time()) == {add, mul}
    assert stats.fct_call_time >= sum(stats.apply_time.values()) > 0
    assert stats.compile_time > 0
    text = io.StringIO()
    stats.summary(text)
    for words in ("Message: mine", "3 calls", "Stage lower", "small_ops.Add", "Mul"):
        assert words in text.getvalue()
    stats.reset()
    assert stats.fct_callcount == 0


@pytest.mark.parametrize("profile", [False, None])
def test_without_a_profile_nothing_is_measured(profile):
    x = number("x")
    assert not function([x], add(x, 1), PY, profile=profile).profile


def test_a_profile_may_be_named():
    from theano.compile import profiling

    before = list(profiling._to_print)
    x = number("x")
    f = function([x], add(x, 1), PY, profile="step")
    assert f.profile.message == "step"
    profiling._to_print[:] = before


def test_a_callback_sees_every_node_and_its_values():
    from theano.compile.linkers import VM_Linker

    seen = []

    def callback(node, thunk, storage_map, compute_map):
        seen.append((str(node.op), float(storage_map[node.outputs[0]][0]), compute_map[node.outputs[0]][0]))

    x = number("x")
    f = function([x], add(mul(x, 2), 1), Mode(VM_Linker(callback=callback), None))
    assert f(3) == 7
    assert seen == [("Mul", 6.0, True), ("Add", 7.0, True)]


def test_monitor_mode_runs_functions_around_each_node(capsys):
    from theano.compile.monitormode import MonitorMode, detect_nan

    before = []
    mode = MonitorMode(
        pre_func=lambda i, node, fn: before.append((i, [float(cell[0]) for cell in fn.inputs])),
        post_func=detect_nan,
        optimizer=None,
    )
    x = number("x")
    f = function([x], add(mul(x, 2), 1), mode.excluding("anything"))
    assert f(3) == 7
    assert before == [(0, [3, 2]), (1, [6, 1])]
    assert capsys.readouterr().out == ""
    f(float("nan"))
    assert capsys.readouterr().out.count("NaN detected") == 2
    with pytest.raises(ValueError, match="leave the linker out"):
        MonitorMode(linker="py")


def test_watched_nodes_report_errors_like_others():
    from small_ops import fail

    from theano.compile.linkers import PerformLinker, WrapLinker

    x = number("x")
    linker = WrapLinker([PerformLinker()], lambda i, node, thunk: thunk())
    with pytest.raises(ValueError, match="(?s)it went wrong.*Apply node"):  # noqa: RUF043
        function([x], fail(x), Mode(linker, None))(1)


def test_profiles_are_printed_when_the_process_ends():
    import subprocess
    import sys
    from pathlib import Path

    code = """
import sys; sys.path.insert(0, sys.argv[1])
from small_ops import add, mul, number
from theano.compile import Mode, function
x, mode = number("x"), Mode("py", None)
function([x], add(x, 1), mode, profile="first")(1)
function([x], mul(x, 2), mode, profile="second")(1)
function([x], mul(x, 3), mode, profile="unused")
function([x], mul(x, 3), mode)(1)
"""
    run = [sys.executable, "-c", code, str(Path(__file__).parent)]
    result = subprocess.run(run, capture_output=True, text=True, check=True)
    messages = [line.split(": ")[1] for line in result.stderr.splitlines() if line.startswith("  Message")]
    assert messages == ["first", "second", "Sum of all(2) printed profiles at exit."]
    assert "Skipping empty profile of unused" in result.stderr
    assert "Time in 2 calls" in result.stderr
