"""The helpers that tests of ops used."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.configuration import change_flags
from theano.tests import unittest_tools as utt
from theano.tests.breakpoint import PdbBreakpoint


def test_seeds():
    assert utt.seed_rng(5) == 5
    first = np.random.rand()
    utt.seed_rng(5)
    assert np.random.rand() == first
    with change_flags(**{"unittests.rseed": 7}):
        assert utt.fetch_seed() == 7
    assert utt.fetch_seed("random") is None


def test_assert_allclose():
    utt.assert_allclose(np.float32([1, 2]), np.float64([1, 2.000001]))
    utt.assert_allclose([1, 2], [1, 2])
    for value, words in (([1.0, 2.1], "worst at"), ([1.0], "shape"), ([1.0, np.nan], "nan")):
        with pytest.raises(utt.WrongValue, match=words):
            utt.assert_allclose([1.0, 2.0], value)


def test_contents_of_functions():
    x = T.dvector("x")
    f = theano.function([x], T.exp(x), mode=theano.Mode("py", None))
    mixin = utt.TestOptimizationMixin()
    mixin.assertFunctionContains1(f, T.exp)
    mixin.assertFunctionContains0(f, T.tanh)
    with pytest.raises(AssertionError, match="1 to inf nodes"):
        mixin.assertFunctionContains(f, T.tanh)


def test_breakpoint_stops_when_its_condition_holds(monkeypatch, capsys):
    stops = []
    monkeypatch.setattr("pdb.set_trace", lambda: stops.append(1))
    x, y = T.dvectors("xy")
    a, b = PdbBreakpoint("large")(T.gt(x.max(), 10), x, y)
    f = theano.function([x, y], [a * 2, b + 1, a.shape])
    assert [v.tolist() for v in f([1.0], [2.0])] == [[2.0], [3.0], [1]]
    assert not stops
    f([11.0], [2.0])
    assert stops == [1]
    assert "Conditional breakpoint large" in capsys.readouterr().out
    with pytest.raises(TypeError, match="reduce it"):
        PdbBreakpoint("all")(x > 1, x)
