"""`DebugMode`: each kind of fault is found and named, and right programs run as in other modes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.debugmode import (
    BadDestroyMap,
    BadOptimization,
    BadThunkOutput,
    BadViewMap,
    DebugMode,
    DebugModeError,
    InvalidValueError,
    StochasticOrder,
)
from theano.compile.monitormode import MonitorMode, detect_nan
from theano.compile.nanguardmode import NanGuardMode
from theano.graph import Apply
from theano.ifelse import ifelse
from theano.tensor.alloc import AllocEmpty

x, m, b = T.dvector("x"), T.dmatrix("m"), T.lscalar("b")
quick = DebugMode(stability_patience=1)
rng = np.random.default_rng(5)


class Faulty(theano.Op):
    """The identity, with something wrong."""

    __props__ = ("fault",)

    def __init__(self, fault):
        self.fault = fault
        if fault == "destroys, and says another input":
            self.destroy_map = {0: [1]}

    def make_node(self, *inputs):
        return Apply(self, list(inputs), [inputs[0].type() for _ in range(2)])

    def perform(self, node, inputs, outputs):
        value = inputs[0]
        first, second = value.copy(), value + 1
        if self.fault == "view":
            first = value[...]
        elif self.fault == "outputs share":
            second = first
        elif self.fault.startswith("destroys"):
            value[...] = 0
        elif self.fault == "type":
            second = second.astype("float32")
        elif self.fault == "not finite":
            second = second / 0.0
        elif self.fault == "buffer" and outputs[0][0] is not None:
            first = outputs[0][0]
        outputs[0][0], outputs[1][0] = first, second


@pytest.mark.parametrize(
    ("fault", "error", "part"),
    [
        ("view", BadViewMap, "view_map"),
        ("outputs share", BadViewMap, "outputs [0]"),
        ("destroys", BadDestroyMap, "changed input 0"),
        ("destroys, and says another input", BadDestroyMap, "changed input 0"),
        ("type", InvalidValueError, "float32"),
        ("buffer", BadThunkOutput, "with a buffer"),
    ],
)
def test_faults_of_ops(fault, error, part):
    mode = DebugMode(stability_patience=1, check_preallocated_output="ALL")
    f = theano.function([x, m], Faulty(fault)(x, m), mode=mode, accept_inplace=True)
    with pytest.raises(error) as caught:
        f(np.arange(3.0), np.ones((2, 2)))
    assert isinstance(caught.value, DebugModeError)
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    for word in (part, "Faulty", "Do:", "test_debugmode.py"):
        assert word in text


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_is_not_finite():
    f = theano.function([x], Faulty("not finite")(x), mode=quick)
    with pytest.raises(InvalidValueError, match="NaN or infinite"):
        f(np.ones(3))
    relaxed = DebugMode(stability_patience=1, check_isfinite=False)
    assert np.isinf(theano.function([x], Faulty("not finite")(x)[1], mode=relaxed)(np.ones(3))).all()
    with pytest.raises(InvalidValueError):
        theano.function([x], x * 2, mode=quick)([np.nan])


def test_right_ops_pass_with_all_kinds_of_buffers():
    mode = DebugMode(stability_patience=1, check_preallocated_output="ALL")
    f = theano.function([x, m], Faulty("none")(x, m), mode=mode)
    first, second = f(np.arange(3.0), np.ones((2, 2)))
    assert (first.tolist(), second.tolist()) == ([0, 1, 2], [1, 2, 3])


class Change:
    """A rewriter that replaces the first output."""

    def __init__(self, make):
        self.make = make

    def optimize(self, fgraph):
        old = fgraph.outputs[0]
        fgraph.replace(old, self.make(old), reason="wrong_on_purpose")


def test_a_rewrite_that_changes_a_value():
    f = theano.function([x], x * 2, mode=DebugMode(Change(lambda old: old + 1e-3), stability_patience=1))
    with pytest.raises(BadOptimization) as caught:
        f(np.ones(3))
    for part in ("wrong_on_purpose", "old graph", "new graph", "array([2., 2., 2.])"):
        assert part in str(caught.value)
    same = theano.function([x], x * 2, mode=DebugMode(Change(lambda old: old + 0), stability_patience=1))
    assert same(np.ones(3)).tolist() == [2, 2, 2]


def test_a_rewrite_that_is_not_repeatable():
    ways = itertools.cycle([lambda old: old + 0, lambda old: old * 1])
    with pytest.raises(StochasticOrder, match="differs"):
        theano.function([x], x * 2, mode=DebugMode(Change(lambda old: next(ways)(old)), stability_patience=2))


@pytest.mark.c
def test_native_code_that_disagrees(monkeypatch):
    f = theano.function([x], T.exp(x) * 2, mode=quick)
    assert f(np.zeros(2)).tolist() == [2, 2]
    variables, native = f._native
    assert type(native).__name__ == "NativeFunction"
    f._native = variables, lambda *values: [v + 1 for v in native(*values)]
    with pytest.raises(BadThunkOutput, match="native code") as caught:
        f(np.zeros(2))
    assert caught.value.offending_op() is caught.value.r.owner.op


def programs():
    w = theano.shared(rng.normal(size=(4, 3)), "w")
    loss = -T.log(T.nnet.softmax(T.dot(m, w))[:, 0]).mean()
    yield [m], [loss, theano.grad(loss, m)], [(w, w - theano.grad(loss, w))], [rng.normal(size=(5, 4))]
    sums, _ = theano.scan(lambda row, s: T.tanh(row + s), m, x)
    yield [m, x], [sums, theano.grad(sums.sum(), x)], [], [rng.normal(size=(5, 4)), np.zeros(4)]
    yield [x], [T.set_subtensor(x[1:3], x[:2] ** 2), x[::-1].sum(), T.argmax(x)], [], [np.arange(6.0)]
    draws = T.shared_randomstreams.RandomStreams(3)
    yield [x], [draws.uniform((3,)) * x], [], [np.ones(3)]
    yield [m], [(m - m.mean(axis=1, keepdims=True)) / m.std(axis=1, keepdims=True)], [], [rng.normal(size=(3, 7))]


@pytest.mark.parametrize(("inputs", "outputs", "updates", "values"), list(programs()))
def test_right_programs_pass(inputs, outputs, updates, values):
    shared = [target for target, _ in updates]
    start = [s.get_value() for s in shared]
    f = theano.function(inputs, outputs, updates=updates, mode=DebugMode(stability_patience=2))
    found = [f(*values), [s.get_value() for s in shared]]
    for s, value in zip(shared, start, strict=True):
        s.set_value(value)
    plain = theano.function(inputs, outputs, updates=updates)
    if any("RandomFunction" in str(node.op) for node in plain.maker.fgraph.toposort()):
        return
    wanted = [plain(*values), [s.get_value() for s in shared]]
    for ours, theirs in zip(found, wanted, strict=True):
        for a, c in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, c, rtol=1e-9, atol=1e-12)


def test_only_the_branch_that_is_taken_is_computed():
    f = theano.function([b, x], ifelse(b, x * 2, Faulty("destroys")(x)[0]), mode=quick)
    assert f(1, np.ones(2)).tolist() == [2, 2]
    with pytest.raises(BadDestroyMap):
        f(0, np.ones(2))


def test_names_and_options():
    f = theano.function([x], x * 2, mode="DEBUG_MODE")
    assert f([1.0]).tolist() == [2]
    with theano.change_flags(mode="DebugMode"):
        assert isinstance(theano.function([x], x * 2).maker.mode, DebugMode)
    assert theano.compile.DebugMode is DebugMode
    with pytest.raises(ValueError, match="nothing is to be run"):
        DebugMode(check_c_code=False, check_py_code=False)
    with pytest.raises(ValueError, match="unknown"):
        DebugMode(check_preallocated_output="sideways")
    excluded = DebugMode(stability_patience=3).excluding("fusion")
    assert excluded.stability_patience == 3


@pytest.fixture
def nan_memory(monkeypatch):
    """New memory holds NaN."""

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.full([int(n) for n in inputs], np.nan, self.dtype)

    monkeypatch.setattr(AllocEmpty, "perform", perform)


@pytest.mark.parametrize(
    "mode", [DebugMode(stability_patience=1), NanGuardMode(True, True, True)], ids=["debug", "nan"]
)
def test_memory_that_a_loop_has_not_written_yet(nan_memory, mode):
    sums, _ = theano.scan(lambda row, s: T.tanh(row + s), m, x)
    f = theano.function([m, x], [sums, theano.grad(sums.sum(), x)], mode=mode)
    found, gradient = f(np.zeros((3, 2)), np.zeros(2))
    assert found.tolist() == [[0, 0]] * 3
    assert gradient.tolist() == [3, 3]
    logs, _ = theano.scan(lambda row, s: T.log(row + s), m, x)
    g = theano.function([m, x], logs, mode=mode)
    with pytest.raises((InvalidValueError, AssertionError)):
        g(np.full((3, 2), -1.0), np.zeros(2))


def test_detecting_nan_passes_over_memory_not_written_yet(nan_memory, capsys):
    logs, _ = theano.scan(lambda row, s: T.log(row + s), m, x)
    f = theano.function([m, x], logs, mode=MonitorMode(post_func=detect_nan))
    f(np.ones((3, 2)), np.zeros(2))
    assert capsys.readouterr().out == ""
    f(np.full((3, 2), -1.0), np.zeros(2))
    assert capsys.readouterr().out.count("NaN detected") > 0
