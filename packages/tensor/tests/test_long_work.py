"""Ctrl-C while NumPy or SciPy works for long in one call: nobody waits for the end of that call."""

import os
import signal
import threading

import numpy as np
import pytest
from scipy import special

import theano
import theano.tensor as T
from theano.scalar.formulas import numpy_k

x = T.dvector("x")
CASES = {
    "sort": (np, "sort", T.sort(x)),
    "argsort": (np, "argsort", T.argsort(x)),
    "argpartition": (np, "argpartition", T.topk(x, 3, sorted=False)),
    "unique": (np, "unique", T.extra_ops.Unique()(x)),
    "searchsorted": (np, "searchsorted", T.extra_ops.searchsorted(x[:1000], x)),
    "psi": (numpy_k, "psi", T.psi(x)),
}
assert numpy_k.psi is special.psi  # looked up, so that it can be replaced


@pytest.mark.parametrize("name", CASES)
def test_nobody_waits_for_the_end_of_a_long_call(monkeypatch, name):
    place, attribute, result = CASES[name]
    calls = theano.shared(0, "calls")
    f = theano.function([x], result, updates=[(calls, calls + 1)], mode=theano.Mode("py", None))
    finish, real = threading.Event(), getattr(place, attribute)

    def endless(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGINT)
        finish.wait()
        return real(*args, **kwargs)

    value = np.random.default_rng(4).random(2_100_000)
    with monkeypatch.context() as replaced:
        replaced.setattr(place, attribute, endless)
        with pytest.raises(KeyboardInterrupt):
            f(value)
        finish.set()
    assert calls.get_value() == 0
    f(value)
    assert calls.get_value() == 1


def test_indices_of_long_sorts():
    value = np.random.default_rng(5).random(1_500_000)
    order, first = theano.function([x], [T.argsort(x), T.sort(x)[0]])(value)
    assert np.array_equal(value[order], np.sort(value))
    assert first == value.min()
