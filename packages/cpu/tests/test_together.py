"""Loops inside loops share one run of the compiler with the function around them."""

import warnings

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.configuration import change_flags
from theano.cpu import together
from theano.cpu.compiler import CompileError
from theano.cpu.native_function import NativeFunction
from theano.cpu.together import is_put_off, put_off
from theano.ifelse import ifelse
from theano.scan_module import scan
from theano.scan_module.scan_op import Scan

pytestmark = pytest.mark.c


def deep(h, row, nodes):
    for k in range(nodes // 5):
        h = T.tanh(h * 0.9 + row) - T.exp(-h) * (k + 1.5)
    return h


def nested(nodes, levels):
    """A loop in a loop ... whose innermost step has about `nodes` nodes, and work of its own on each level."""

    def step(level, row, h):
        if level == levels:
            return deep(h, row, nodes)
        inner, _ = scan(lambda r, h: step(level + 1, r, h), sequences=row.dimshuffle(0, "x") * level, outputs_info=h)
        return T.sqrt(inner[-1] ** 2 + level) * T.log1p(row.sum() ** 2)

    x, w = T.dmatrix("x"), T.dvector("w")
    h, _ = scan(lambda row, h: step(1, row, h), sequences=x, outputs_info=w)
    return [x, w], h[-1] * T.cosh(w)


@pytest.mark.parametrize(("nodes", "levels"), [(100, 1), (100, 2), (20, 3)])
def test_nested_loops_are_compiled_in_one_run(native, compiler_runs, nodes, levels):
    inputs, result = nested(nodes, levels)
    f = native(inputs, result)
    assert len(compiler_runs) == 1
    values = np.linspace(0.1, 0.4, 6).reshape(3, 2), np.linspace(0.2, 0.6, 2)
    oracle = theano.function(inputs, result, mode=theano.Mode(linker="py", optimizer=None))
    np.testing.assert_allclose(f(*values), oracle(*values), rtol=1e-10)
    assert len(compiler_runs) == 1


def test_branches_inside_loops(native, compiler_runs):
    x, s = T.dmatrix("x"), T.dvector("s")

    def step(row, s):
        inner, _ = scan(lambda v, t: T.exp(-v) + T.tanh(t), row, s.sum())
        return ifelse(T.gt(inner[-1], 1.0), T.sin(s * inner[-1]), T.cos(s) + inner.sum())

    out, _ = scan(step, x, s)
    f = native([x, s], out)
    assert len(compiler_runs) == 1
    f(np.ones((3, 2)), np.ones(2))
    assert len(compiler_runs) == 1


def test_loops_that_python_runs(native, compiler_runs):
    """The step is compiled with the function around it, not by its first call."""
    from theano.tensor.shared_randomstreams import RandomStreams

    stream, x = RandomStreams(3), T.dvector("x")
    out, updates = scan(lambda v: T.tanh(v) * stream.uniform((2,)), x)
    f = native([x], T.exp(out), updates=updates)
    (step,) = [s for s in f.plan.steps if isinstance(s.node.op, Scan)]
    assert type(step).__name__ == "PerformStep"
    assert len(compiler_runs) == 1
    f(np.ones(3))
    assert len(compiler_runs) == 1


def test_equal_loops_are_settled_once(native, compiler_runs):
    x = T.dvector("x")
    (a, _), (b, _) = (scan(lambda v: T.tanh(v) * 3, x) for _ in range(2))
    f = native([x], [a, b])
    np.testing.assert_array_equal(*f(np.ones(3)))
    assert len(compiler_runs) == 1


def waiting():
    x = T.dvector("x")
    with put_off(), change_flags(plan_cache=False):
        f = theano.function([x], T.tanh(x) * 1.75, mode=theano.Mode(linker="cvm", optimizer=None))
    assert isinstance(f, NativeFunction)
    assert f.draft is not None
    return f


def test_a_function_that_waits_settles_when_it_is_called(compiler_runs):
    f = waiting()
    assert not compiler_runs
    np.testing.assert_allclose(f(np.ones(3)), np.tanh(1) * 1.75)
    assert compiler_runs == [1]
    assert f.draft is None
    np.testing.assert_allclose(f([1, 1]), np.tanh(1) * 1.75)


def test_a_function_that_waits_runs_in_python_when_the_compiler_fails(monkeypatch):
    def fail(*args):
        raise CompileError("no machine code today")

    x, s = T.dscalar("x"), theano.shared(1.0)
    with put_off(), change_flags(plan_cache=False):
        f = theano.function([x], s * x, updates=[(s, s + x)], mode=theano.Mode(linker="cvm", optimizer=None))
    monkeypatch.setattr(together, "settle", fail)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert f(2.0) == 2.0
    assert f(2.0) == 6.0
    assert s.get_value() == 5.0


def test_waiting_ends_with_its_block():
    with put_off():
        with put_off():
            assert is_put_off()
        assert is_put_off()
    assert not is_put_off()
    with pytest.raises(KeyError), put_off():
        raise KeyError
    assert not is_put_off()


def test_loops_of_functions_in_the_background_are_compiled_at_once():
    with change_flags([("compile.background", 0.0)]), put_off():
        assert not is_put_off()
