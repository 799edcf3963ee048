"""``output_subset`` computes what it needs and nothing else, in native functions too."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import as_op

calls = []


@as_op(itypes=[T.dvector], otypes=[T.dvector])
def first(x):
    calls.append("first")
    return x + 1


@as_op(itypes=[T.dvector], otypes=[T.dvector])
def second(x):
    calls.append("second")
    return x + 2


@pytest.fixture(params=["py", "cvm"])
def build(request):
    def make(*args, **kwargs):
        calls.clear()
        return theano.function(*args, mode=theano.Mode(request.param, "fast_run"), **kwargs)

    return make


def ran():
    found = list(calls)
    calls.clear()
    return found


def test_only_what_is_needed_runs(build):
    x = T.dvector("x")
    f = build([x], [first(x) * 2, second(x), x.sum()])
    for _ in range(2):
        assert f(np.ones(2), output_subset=[1])[0].tolist() == [3, 3]
        assert ran() == ["second"]
        found = f(np.ones(2), output_subset=[2, 0, 2])
        assert [np.asarray(v).tolist() for v in found] == [2.0, [4, 4], 2.0]
        assert ran() == ["first"]
    assert f(np.ones(2), output_subset=[-1]) == [2.0]
    assert f(np.ones(2), output_subset=[]) == []
    assert ran() == []
    f(np.ones(2))
    assert sorted(ran()) == ["first", "second"]


def test_updates_are_done_always(build):
    x, s = T.dvector("x"), theano.shared(0.0)
    f = build([x, theano.In(T.dscalar("k"), value=2.0)], [first(x), s * 1], updates=[(s, s + second(x).sum())],
              on_unused_input="ignore")  # fmt: skip
    assert f(np.ones(2), output_subset=[1]) == [0.0]
    assert ran() == ["second"]
    assert s.get_value() == 6.0
    assert f(np.ones(2), 3.0, output_subset=[-1, 0])[0] == 6.0
    assert s.get_value() == 12.0
    s.set_value(1.0)
    assert f(np.ones(2), output_subset=[1]) == [1.0]


def test_outputs_by_key(build):
    x = T.dvector("x")
    f = build([x], {"a": first(x), "b": second(x)})
    found = f(np.ones(2), output_subset=["b"])
    assert list(found) == ["b"]
    assert found["b"].tolist() == [3, 3]
    assert ran() == ["second"]
    with pytest.raises(ValueError, match="its outputs are"):
        f(np.ones(2), output_subset=["c"])


def test_a_single_output_and_bad_positions(build):
    x = T.dvector("x")
    f = build([x], first(x))
    assert f(np.ones(1), output_subset=[0])[0].tolist() == [2]
    with pytest.raises(IndexError, match=r"outputs \[1\](.|\n)*Do: list some of these"):
        f(np.ones(1), output_subset=[1])


def test_loops_that_are_not_needed_do_not_run(build):
    x, y = T.dmatrix("x"), T.dmatrix("y")
    a, b = (theano.scan(lambda row, op=op: op(row), rows)[0] for op, rows in ((first, x), (second, y)))
    f = build([x, y], [a, b])
    assert f(np.ones((2, 2)), np.ones((3, 2)), output_subset=[1])[0].shape == (3, 2)
    assert ran() == ["second"] * 3


def test_errors_name_their_node(build):
    x, y = T.dvector("x"), T.dvector("y")
    f = build([x, y], [x + y, first(x)])
    with pytest.raises(ValueError, match=r"(?i)(mismatch|broadcast)(.|\n)*Elemwise"):
        f(np.ones(2), np.ones(3), output_subset=[0])
    assert f(np.ones(2), np.ones(3), output_subset=[1])[0].tolist() == [2, 2]
