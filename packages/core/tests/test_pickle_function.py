"""Copies of functions: copy, pickle, deepcopy."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from small_ops import add, mul, number, vector

from theano.compile import Function, In, Mode, SharedVariable, function
from theano.configuration import change_flags
from theano.errors import AliasedMemoryError

PY = Mode("py", None)


def counter(start=0.0):
    """A function that adds its argument to a shared sum and returns the sum before."""
    x = number("x")
    s = SharedVariable("s", number, start, False)
    return function([x], s, PY, updates=[(s, add(s, x))], name="counter"), s


def both_ways(function):
    return [pickle.loads(pickle.dumps(function)), copy.deepcopy(function)]


def test_copies_have_storage_of_their_own():
    f, s = counter(10.0)
    f(1)
    for twin in both_ways(f):
        assert twin(5) == 11
        assert twin(5) == 16
        assert twin.name == "counter"
    assert s.get_value() == 11


def test_pickling_does_not_rewrite_again():
    class Once:
        runs = 0

        def optimize(self, fgraph):
            type(self).runs += 1

    globals()["Once"] = Once
    Once.__qualname__ = "Once"
    x = number("x")
    f = function([x], add(x, 1), Mode("py", Once()))
    g = pickle.loads(pickle.dumps(f))
    assert (g(1), Once.runs) == (2, 1)
    with change_flags(reoptimize_unpickled_function=True):
        g = pickle.loads(pickle.dumps(f))
    assert (g(1), Once.runs) == (2, 2)


def test_unpickling_can_be_switched_off():
    f, _ = counter()
    data = pickle.dumps(f)
    with change_flags(unpickle_function=False):
        assert pickle.loads(data) is None


def test_functions_pickled_together_go_on_sharing():
    x = number("x")
    s = SharedVariable("s", number, 0.0, False)
    write = function([x], [], PY, updates=[(s, add(s, x))])
    read = function([], s, PY)
    for new_write, new_read in both_ways((write, read)):
        new_write(4)
        assert new_read() == 4
    assert s.get_value() == 0


def test_names_defaults_and_forms_survive():
    x, y = number("x"), number("y")
    f = function([x, In(y, value=3, name="other")], {"sum": add(x, y)}, PY)
    f.trust_input = True
    for twin in both_ways(f):
        assert twin(np.asarray(1.0)) == {"sum": 4}
        assert twin(np.asarray(1.0), other=np.asarray(5.0)) == {"sum": 6}
        assert twin.trust_input


def test_arguments_that_share_memory_are_told():
    v, w = vector("v"), vector("w")
    value = np.zeros(2)
    f = function([In(v, value=value), In(w, value=value)], add(v, w), PY)
    with pytest.warns(UserWarning, match="v and w share memory"):
        pickle.dumps(f)
    f.pickle_aliased_memory_strategy = "raise"
    with pytest.raises(AliasedMemoryError, match="share memory"):
        pickle.dumps(f)
    f.pickle_aliased_memory_strategy = "ignore"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.dumps(f)
    assert Function.pickle_aliased_memory_strategy == "warn"


def test_a_copy_shares_updated_variables():
    f, s = counter()
    twin = f.copy()
    f(1)
    twin(10)
    assert s.get_value() == 11
    assert twin.name == "counter copy"
    assert copy.copy(f)(0) == 11
    assert twin.maker.fgraph is not f.maker.fgraph
    assert f.copy(name="other").name == "other"


def test_a_copy_with_swapped_variables():
    f, s = counter(1.0)
    other = SharedVariable("other", number, 100.0, False)
    twin = f.copy(swap={s: other})
    assert twin(5) == 100
    assert (s.get_value(), other.get_value()) == (1, 105)
    assert twin.get_shared() == [other]
    assert twin[other] == 105
    assert f(0) == 1


def test_swaps_that_cannot_be():
    f, s = counter()
    with pytest.raises(ValueError, match="its shared variables are"):
        f.copy(swap={SharedVariable("t", number, 0.0, False): s})
    with pytest.raises(AssertionError, match="same type"):
        f.copy(swap={s: SharedVariable("v", vector, np.zeros(1), False)})


def test_a_copy_without_updates():
    f, s = counter(7.0)
    twin = f.copy(delete_updates=True)
    assert twin(5) == 7
    assert s.get_value() == 7
    assert not twin.maker.fgraph.update_mapping
    f(1)
    assert s.get_value() == 8


def test_a_copy_has_its_own_state():
    x, state = number("x"), number("state")
    f = function([x, In(state, value=0.0, update=add(state, x))], mul(state, 1), PY)
    f(1)
    twin = f.copy()
    assert [twin(10), twin(10)] == [1, 11]
    assert f(0) == 1
