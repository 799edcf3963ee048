"""Lazy conditions in native plans."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.ops import as_op
from theano.ifelse import ifelse

pytestmark = pytest.mark.c


@pytest.fixture
def counted():
    """`counted(x, name)` doubles x and notes the name when it runs."""
    ran = []

    def make(x, name):
        @as_op(itypes=[T.dvector], otypes=[T.dvector])
        def double(value):
            ran.append(name)
            return value * 2

        return double(x)

    make.ran = ran
    return make


def run(f, counted, *args):
    counted.ran.clear()
    return f(*args).tolist(), sorted(counted.ran)


def test_only_the_chosen_branch_runs(native, counted):
    c, x = T.lscalar("c"), T.dvector("x")
    f = native([c, x], ifelse(c, counted(x + 1, "then"), counted(x - 1, "else") + 5))
    for _ in range(3):
        assert run(f, counted, 1, np.ones(2)) == ([4, 4], ["then"])
        assert run(f, counted, 0, np.ones(2)) == ([5, 5], ["else"])


def test_shared_work_runs_once_in_both(native, counted):
    c, x = T.dscalar("c"), T.dvector("x")
    both = counted(x, "both")
    f = native([c, x], ifelse(c > 0, both + 1, counted(both, "else")))
    assert run(f, counted, 1.0, np.ones(2)) == ([3, 3], ["both"])
    assert run(f, counted, -1.0, np.ones(2)) == ([4, 4], ["both", "else"])


def test_condition_that_is_computed_late(native, counted):
    x = T.dvector("x")
    branch = counted(x, "then")
    condition = T.sum(T.exp(counted(x, "condition"))) > 0
    f = native([x], ifelse(condition, branch, x))
    assert run(f, counted, np.ones(2)) == ([2, 2], ["condition", "then"])


def test_nested(native, counted):
    a, b, x = T.lscalar("a"), T.bscalar("b"), T.dvector("x")
    inner = ifelse(b, counted(x, "inner then"), counted(x + 1, "inner else"))
    f = native([a, b, x], ifelse(a, inner + 1, counted(x, "outer else")))
    assert run(f, counted, 1, 1, np.ones(1)) == ([3], ["inner then"])
    assert run(f, counted, 1, 0, np.ones(1)) == ([5], ["inner else"])
    assert run(f, counted, 0, 1, np.ones(1)) == ([2], ["outer else"])


def test_result_that_is_also_wanted_for_itself(native, counted):
    c, x = T.lscalar("c"), T.dvector("x")
    branch = counted(x, "then")
    f = native([c, x], [ifelse(c, branch, x), branch])
    assert [v.tolist() for v in f(0, np.ones(2))] == [[1, 1], [2, 2]]


def test_several_values_and_updates(native):
    c, x, s = T.lscalar("c"), T.dmatrix("x"), theano.shared(np.zeros((2, 2)))
    one, two = ifelse(c, [x + 1, x.T], [x * 5, x + s])
    f = native([c, x], one, updates=[(s, two)])
    value = np.arange(4.0).reshape(2, 2)
    assert f(1, value).tolist() == (value + 1).tolist()
    assert s.get_value().tolist() == value.T.tolist()
    assert f(0, value).tolist() == (value * 5).tolist()
    assert s.get_value().tolist() == (value + value.T).tolist()


def test_failure_in_the_branch_not_taken(native):
    c, x, y = T.lscalar("c"), T.dvector("x"), T.dvector("y")
    f = native([c, x, y], ifelse(c, x, x + y))
    assert f(1, np.ones(2), np.ones(3)).tolist() == [1, 1]
    with pytest.raises(ValueError, match="dimension mismatch"):
        f(0, np.ones(2), np.ones(3))
